/* Which part of a representation a conditional request gets (RFC 9110 13, 14). Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Values of the fields of these names; NULL: absent. */
typedef struct {
    const char *if_match, *if_unmodified_since, *if_none_match, *if_modified_since;
    const char *range, *if_range;
} HttpConditions;

/* 200, 206 (bytes FIRST to FIRST + SIZE - 1 of the whole), 304, 412, or 416. Without LAST_MODIFIED
 * (seconds since 1970; 0) dates decide nothing, without ETAG (NULL) tags do not. */
guint http_condition_decide(const HttpConditions *conditions, const char *etag,
                            gint64 last_modified, guint64 whole_size, guint64 *ret_first,
                            guint64 *ret_size);
