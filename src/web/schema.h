/* What the JSON of the API looks like, as data: the OpenAPI document is made of it, and tests hold
 * real answers against it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* FIELDS: "name:type" with spaces between. Types: id, string, int, bool, time (RFC 3339), or the
 * name of a schema; behind it "[]" for an array, "?" where it may be null. A field of a request may
 * be left out unless its name ends in '!'; all fields of an answer are there. */
typedef struct {
    const char *name;
    bool is_request;
    const char *fields;
} Schema;

extern const Schema schema_table[];
extern const gsize num_schemas;
