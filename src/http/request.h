/* What was asked. Strings live as long as the request, which lives until its answer is sent. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct HttpRequest HttpRequest;

/* "GET", "HEAD", ... as it came. Where a request could not be read this and the next two are "". */
const char *http_request_method(const HttpRequest *request);
/* Decoded; where it cannot be decoded, as it came. */
const char *http_request_path(const HttpRequest *request);
/* Lower case, without the port. */
const char *http_request_host(const HttpRequest *request);
/* Of the path; NULL where the route has none of this name. */
const char *http_request_param(const HttpRequest *request, const char *name);
/* Decoded, valid UTF-8 without NUL; NULL: absent. A name that comes twice is answered 400. */
const char *http_request_query(const HttpRequest *request, const char *name);
/* All behind '?', not decoded; "" where there is none. */
const char *http_request_raw_query(const HttpRequest *request);
/* NULL: absent. Fields that may come once only are answered 400 when they come twice; of others,
 * all values joined by ", ". */
const char *http_request_header(const HttpRequest *request, const char *name);
/* NULL: absent, or there twice, which nobody may choose between. */
const char *http_request_cookie(const HttpRequest *request, const char *name);
/* Of the peer, or of the client where a trusted proxy says so (X-Forwarded-For). */
const char *http_request_address(const HttpRequest *request);
bool http_request_is_tls(const HttpRequest *request);

/* HTTP_BODY_WHOLE: never NULL, empty where there was none. */
GBytes *http_request_body(const HttpRequest *request);
/* HTTP_BODY_STREAM, in the handler's thread: blocks until there is something. 0 at the end, -1 with
 * ERROR: CANCELLED when the client went away or the server stops, TIMEOUT when it sent nothing for
 * idle_seconds or less than a trickle, INVALID for broken chunks, TOO_LARGE above max_body. */
gssize http_request_read(HttpRequest *request, void *buffer, gsize size, GError **error);
/* From here on a read that waits for the client fails with CANCELLED soon after another thread has
 * set *MUST_STOP (atomic), which must live as long as the body is read. */
void http_request_set_interrupt(HttpRequest *request, const gint *must_stop);
/* -1 when the body is chunked. */
gint64 http_request_content_length(const HttpRequest *request);

/* Of the application: who is asking. Freed with the request. */
void http_request_set_data(HttpRequest *request, gpointer data, GDestroyNotify destroy);
gpointer http_request_data(const HttpRequest *request);
