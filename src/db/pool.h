/* A bounded number of connections, handed out in the order of asking. Private to this room. */
#pragma once

#include "db/backend.h"

typedef struct Pool Pool;

Pool *pool_new(const DbBackend *backend, guint max_connections);
/* Disconnects; all connections must have been given back. NULL is fine. */
void pool_free(Pool *pool);

/* Waits for a place and returns an idle connection, or NULL in *RET_CONNECTION where the taker is
 * to make one. UNAVAILABLE after half a minute: every place is taken by somebody who keeps it. */
bool pool_take(Pool *pool, DbConnection **ret_connection, GError **error);

/* The place, with the connection in it (NULL: it is gone), for the next one. */
void pool_give(Pool *pool, DbConnection *connection);

/* Disconnects those that nobody uses: the server went away. */
void pool_drop_idle(Pool *pool);
