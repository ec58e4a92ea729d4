/* Objects for answers, read by the threads that answer everybody. A store that falls silent keeps
 * who reads from it waiting for minutes, and must not keep all of these threads. */
#pragma once

#include "blob/vault.h"

typedef struct ObjectReads ObjectReads;

/* MAX_AT_ONCE threads read from the store of one region at a time. VAULT must outlive it. */
ObjectReads *object_reads_new(Vault *vault, guint max_at_once);
void object_reads_free(ObjectReads *reads);

/* A picture or thumbnail, whole. Waits for its turn while the store answers others; UNAVAILABLE at
 * once where as many as may wait for it already and it has answered none of them for two seconds.
 * Else as vault_read_whole. From any thread. */
GBytes *object_reads_get(ObjectReads *reads, const Id *object, GError **error);
