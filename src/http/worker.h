/* Handlers in their threads, which have the connection's socket to themselves meanwhile and wait on
 * it as they like. */
#pragma once

#include "http/connection.h"

/* Functions of the two pools; SHARED is their user data. */
void http_worker_handle(gpointer connection, gpointer shared);
void http_worker_stream(gpointer connection, gpointer shared);
