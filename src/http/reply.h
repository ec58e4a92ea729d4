/* The answers. Each handler makes exactly one; headers are added before it. Content-Length, Date
 * and Connection are the server's. HEAD gets the headers that GET would. */
#pragma once

#include "base/memory_pages.h"
#include "http/request.h"

/* Only the http_reply functions make one. */
typedef struct HttpReplied {
    int private_;
} HttpReplied;

/* A name or value that is no header (control characters) stops the program. */
void http_add_header(HttpRequest *request, const char *name, const char *value);

HttpReplied http_reply_empty(HttpRequest *request, guint status);
/* Sends BODY without a copy; takes a reference. */
HttpReplied http_reply_bytes(HttpRequest *request, guint status, const char *content_type,
                             GBytes *body);
/* Takes BODY. */
HttpReplied http_reply_string(HttpRequest *request, guint status, const char *content_type,
                              char *body);

/* 200, 206, 304, 412 or 416: ETag, Range (one range, RFC 9110 14), If-Range, If-Match,
 * If-None-Match, If-Modified-Since and If-Unmodified-Since are done for the handler. ETAG as it is
 * sent, with its quotes, or NULL. LAST_MODIFIED_US: microseconds since 1970; 0: unknown. */
HttpReplied http_reply_content(HttpRequest *request, const char *content_type, GBytes *body,
                               const char *etag, gint64 last_modified_us);

/* The same of bytes that are sent without a copy where the connection is plain. Takes a reference:
 * whoever drops PAGES meanwhile need not wait for slow clients. A body of less than HTTP_MIN_PAGES
 * is copied: there a second call of the kernel costs about as much. */
#define HTTP_MIN_PAGES 16384
HttpReplied http_reply_pages(HttpRequest *request, const char *content_type, MemoryPages *pages,
                             const char *etag, gint64 last_modified_us);

/* A body that is written while it goes out, SIZE bytes or, where SIZE is -1, of unknown length.
 * WRITE runs in a streaming worker's thread after the handler has returned, calls http_write, and
 * says false with ERROR when it cannot go on: then the client gets 500 where nothing was sent yet,
 * else a cut connection, which no client takes for the whole. For HEAD it does not run. DATA is
 * freed with DESTROY in every case. */
typedef bool (*HttpWriteFunc)(HttpRequest *request, gpointer data, GError **error);
HttpReplied http_reply_stream(HttpRequest *request, guint status, const char *content_type,
                              gint64 size, HttpWriteFunc write, gpointer data,
                              GDestroyNotify destroy);
/* Blocks while the client is slow; CANCELLED when it is gone, TIMEOUT when it took less than
 * min_bytes_per_second over idle_seconds. */
bool http_write(HttpRequest *request, const void *data, gsize size, GError **error);

/* Server-sent events (HTML Living Standard 9.2). The stream is owned by both sides. CLOSED is
 * called once, on a loop's thread, when the client is gone; RET_SSE is the caller's reference, with
 * which events may be sent at once. */
typedef struct HttpSse HttpSse;
typedef void (*HttpSseClosedFunc)(HttpSse *sse, gpointer data);
HttpReplied http_reply_sse(HttpRequest *request, HttpSseClosedFunc closed, gpointer data,
                           HttpSse **ret_sse);
/* From any thread, never blocks: a reader that is more than 256 KiB behind is cut off (it comes
 * again with Last-Event-ID). EVENT and ID may be NULL; DATA may have several lines. */
void http_sse_send(HttpSse *sse, const char *event, const char *id, const char *data);
/* Ends the stream once what was sent before is out. */
void http_sse_close(HttpSse *sse);
HttpSse *http_sse_ref(HttpSse *sse);
void http_sse_unref(HttpSse *sse);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpSse, http_sse_unref)
