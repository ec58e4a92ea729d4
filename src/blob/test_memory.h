/* For tests: a BlobStore in memory, whose bytes a test may change. One thread. */
#pragma once

#include "blob/store.h"

BlobStore *memory_store_new(void);

/* The bytes of KEY as they are stored, to look at or to spoil; NULL when there are none. */
GByteArray *memory_store_bytes(BlobStore *store, const char *key);
/* How many reads there were. */
guint memory_store_num_reads(const BlobStore *store);
