/* The file of master keys: a line of 64 hexadecimal characters each, the newest first; empty lines
 * and lines that start with '#' are passed over. Older keys stay in it until `cloudpick keys
 * rewrap` has been run. */
#pragma once

#include "blob/keyring.h"

#include <stdbool.h>

/* Reads MasterKeys from PATH. MAY_CREATE: where there is no file one with a new key is written,
 * readable by its owner only. INVALID for a file that others may read. The array wipes the keys
 * when it is freed. */
GArray *master_keys_read(const char *path, bool may_create, GError **error);
