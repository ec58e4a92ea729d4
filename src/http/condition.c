#include "http/condition.h"

#include "http/date.h"

#include <string.h>

/* Whether LIST ("*" or tags between commas) has ETAG. A weak tag ("W/...") never equals another
 * one strongly; weakly, the mark does not count (RFC 9110 8.8.3.2). */
static bool
list_has_tag(const char *list, const char *etag, bool is_strong)
{
    if (g_str_equal(list, "*")) {
        return true;
    }
    if (etag == NULL || (is_strong && g_str_has_prefix(etag, "W/"))) {
        return false;
    }
    const char *opaque = g_str_has_prefix(etag, "W/") ? etag + 2 : etag;
    gsize opaque_size = strlen(opaque);
    while (*list != '\0') {
        list += strspn(list, " \t,");
        bool is_weak = g_str_has_prefix(list, "W/");
        list += is_weak ? 2 : 0;
        const char *end = *list == '"' ? strchr(list + 1, '"') : NULL;
        if (end == NULL) {
            return false;
        }
        gsize size = (gsize)(end + 1 - list);
        if (size == opaque_size && memcmp(list, opaque, size) == 0 && !(is_strong && is_weak)) {
            return true;
        }
        list = end + 1;
    }
    return false;
}

static bool
date_is_before(const char *date, gint64 last_modified, bool or_equal)
{
    gint64 seconds;
    return last_modified != 0 && http_date_parse(date, &seconds) &&
           (or_equal ? last_modified <= seconds : last_modified > seconds);
}

static bool
range_is_wanted(const char *if_range, const char *etag, gint64 last_modified)
{
    gint64 seconds;
    if (if_range == NULL) {
        return true;
    }
    if (if_range[0] == '"') {
        return etag != NULL && g_str_equal(if_range, etag);
    }
    return last_modified != 0 && http_date_parse(if_range, &seconds) && seconds == last_modified;
}

/* Reads digits at *TEXT; a number too large to hold becomes the largest. */
static bool
take_number(const char **text, guint64 *ret_number)
{
    gsize digits = strspn(*text, "0123456789");
    *ret_number = digits > 18 ? G_MAXUINT64 : g_ascii_strtoull(*text, NULL, 10);
    *text += digits;
    return digits > 0;
}

/* 200 where RANGE is not one range of bytes: the rest of the grammar is served whole. */
static guint
decide_range(const char *range, guint64 whole_size, guint64 *ret_first, guint64 *ret_size)
{
    guint64 first = 0, last = 0;
    if (g_ascii_strncasecmp(range, "bytes=", 6) != 0) {
        return 200;
    }
    range += 6;
    bool has_first = take_number(&range, &first);
    if (*range++ != '-') {
        return 200;
    }
    bool has_last = take_number(&range, &last);
    if (*range != '\0' || !(has_first || has_last) || (has_first && has_last && last < first)) {
        return 200;
    }
    if (!has_first) {
        first = last >= whole_size ? 0 : whole_size - last;
        first = last == 0 ? whole_size : first;
        has_last = false;
    }
    if (first >= whole_size) {
        return 416;
    }
    last = has_last ? MIN(last, whole_size - 1) : whole_size - 1;
    *ret_first = first;
    *ret_size = last - first + 1;
    return 206;
}

guint
http_condition_decide(const HttpConditions *conditions, const char *etag, gint64 last_modified,
                      guint64 whole_size, guint64 *ret_first, guint64 *ret_size)
{
    const HttpConditions *c = conditions;
    *ret_first = 0;
    *ret_size = whole_size;
    /* The order is that of RFC 9110 13.2.2. */
    if (c->if_match != NULL) {
        if (!list_has_tag(c->if_match, etag, true)) {
            return 412;
        }
    } else if (c->if_unmodified_since != NULL &&
               date_is_before(c->if_unmodified_since, last_modified, false)) {
        return 412;
    }
    if (c->if_none_match != NULL) {
        if (list_has_tag(c->if_none_match, etag, false)) {
            return 304;
        }
    } else if (c->if_modified_since != NULL &&
               date_is_before(c->if_modified_since, last_modified, true)) {
        return 304;
    }
    if (c->range != NULL && range_is_wanted(c->if_range, etag, last_modified)) {
        return decide_range(c->range, whole_size, ret_first, ret_size);
    }
    return 200;
}
