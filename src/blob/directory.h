/* A BlobStore in a directory: one file an object, named by its key, readable by its owner only. */
#pragma once

#include "blob/store.h"

/* Makes PATH if it is not there. */
BlobStore *directory_store_new(const char *path, GError **error);
