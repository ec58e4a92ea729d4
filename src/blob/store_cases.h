/* For tests: what every BlobStore promises, run on each backend. */
#pragma once

#include "blob/store.h"

/* Adds the tests under PREFIX; each gets a fresh, empty store from MAKE, which may skip the test
 * and return NULL. */
void add_store_cases(const char *prefix, BlobStore *(*make)(void));

/* Writes an object whole; fails the test when it cannot. */
void put_text(BlobStore *store, const char *key, const char *text);
/* Whether there is such an object with this text. */
bool has_text(BlobStore *store, const char *key, const char *text);
