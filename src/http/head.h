/* Reads the head of a request (RFC 9112 2-3, 5), and refuses all that two readers could take for
 * two different requests. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define HTTP_HEAD_MAX_FIELDS 100

typedef struct {
    const char *name; /* lower case */
    const char *value;
} HttpField;

typedef struct {
    char *block; /* the text that the strings below point into */
    GPtrArray *joined;
    const char *method;
    const char *target; /* origin form: "/path?query" */
    guint minor_version;
    HttpField fields[HTTP_HEAD_MAX_FIELDS]; /* one row a name */
    guint num_fields;
    char *host;            /* lower case, without port; "" where a 1.0 client sent none */
    gint64 content_length; /* -1: chunked */
    bool expects_continue;
    bool keep_alive;
} HttpHead;

/* Where the head in DATA ends (its empty line included); 0: not all there yet. *SCANNED, 0 at
 * first, remembers between calls how far was looked. Also says an end where something in it is
 * wrong already, so that nobody waits for the rest. */
gsize http_head_end(const char *data, gsize size, gsize *scanned);

/* 0, or the status to answer with and in *RET_REASON why. Clear RET_HEAD in both cases. */
guint http_head_parse(const char *data, gsize size, HttpHead *ret_head, const char **ret_reason);
void http_head_clear(HttpHead *head);

/* NULL: absent. NAME in any case. */
const char *http_head_field(const HttpHead *head, const char *name);
