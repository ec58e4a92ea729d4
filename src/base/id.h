/* Names of rows: 26 characters of Crockford's base 32 in lower case, in the layout of a ULID (48
 * bits of milliseconds, 80 random bits). They sort by time, need no sequence, and cannot be guessed
 * from one another. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>

#define ID_LENGTH 26

typedef struct {
    char text[ID_LENGTH + 1];
} Id;

Id id_new(const Clock *clock);

/* False, RET_ID untouched, for anything that id_new could not have made. NULL is such a thing. */
bool id_parse(const char *text, Id *ret_id);

bool id_equal(const Id *a, const Id *b);
