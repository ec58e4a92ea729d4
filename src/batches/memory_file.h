/* Inside the room only: files in memory. What lies sealed in the store must not be written to a
 * disk in the clear (LST-16), but a worker and a spreadsheet reader want a descriptor. */
#pragma once

#include "blob/vault.h"

/* An empty one, without a name; NAME is for errors. -1 with ERROR. */
int memory_file_new(const char *name, GError **error);
bool memory_file_write(int fd, const void *data, gsize size, const char *name, GError **error);

/* The whole object into FD. */
bool memory_file_fill(int fd, Vault *vault, const Id *object, const char *name, GError **error);
