/* The small store of the unit tests: one room, two gondolas that face each other, three shelves. */
#pragma once

#include "store/store_layout.h"

/* Its layout.json; a test replaces a piece of it to see what breaks. */
extern const char *const test_store_json;

StoreLayout *test_store_layout(void);
