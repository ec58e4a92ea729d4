#include "http/reply.h"

#include "http/condition.h"
#include "http/date.h"
#include "http/exchange.h"
#include "http/sse.h"
#include "http/status.h"

#include <string.h>

/* A header that our own code builds from outside data without looking would let the outside write
 * headers of its own: that is a bug, and the program stops. */
static void
assert_is_field(const char *name, const char *value)
{
    g_assert(name[0] != '\0' && strpbrk(name, " :\t\r\n") == NULL);
    for (const guchar *c = (const guchar *)value; *c != '\0'; c++) {
        g_assert((*c >= 0x20 || *c == '\t') && *c != 0x7f);
    }
}

void
http_add_header(HttpRequest *request, const char *name, const char *value)
{
    assert_is_field(name, value);
    g_string_append(request->headers, name);
    g_string_append(request->headers, ": ");
    g_string_append(request->headers, value);
    g_string_append(request->headers, "\r\n");
}

static HttpReplied
set_reply(HttpRequest *request, HttpReply reply)
{
    g_assert(request->reply.kind == HTTP_REPLY_NONE);
    g_assert(reply.status >= 200 && reply.status <= 599);
    if (reply.content_type != NULL) {
        assert_is_field("Content-Type", reply.content_type);
    }
    request->reply = reply;
    return (HttpReplied){ 0 };
}

HttpReplied
http_reply_empty(HttpRequest *request, guint status)
{
    return set_reply(request, (HttpReply){ .kind = HTTP_REPLY_BYTES, .status = status });
}

HttpReplied
http_reply_bytes(HttpRequest *request, guint status, const char *content_type, GBytes *body)
{
    return set_reply(request, (HttpReply){ .kind = HTTP_REPLY_BYTES,
                                           .status = status,
                                           .content_type = g_strdup(content_type),
                                           .body = g_bytes_ref(body) });
}

HttpReplied
http_reply_string(HttpRequest *request, guint status, const char *content_type, char *body)
{
    return set_reply(request, (HttpReply){ .kind = HTTP_REPLY_BYTES,
                                           .status = status,
                                           .content_type = g_strdup(content_type),
                                           .body = g_bytes_new_take(body, strlen(body)) });
}

/* Takes references of BODY, which is a part of PAGES, and of these. */
static HttpReplied
reply_part(HttpRequest *request, guint status, const char *content_type, GBytes *body,
           MemoryPages *pages)
{
    bool is_large = g_bytes_get_size(body) >= HTTP_MIN_PAGES;
    return set_reply(
        request,
        (HttpReply){ .kind = HTTP_REPLY_BYTES,
                     .status = status,
                     .content_type = g_strdup(content_type),
                     .body = g_bytes_ref(body),
                     .pages = pages != NULL && is_large ? memory_pages_ref(pages) : NULL });
}

/* Also where PAGES, which BODY is all of, is NULL. */
static HttpReplied
reply_content(HttpRequest *request, const char *content_type, GBytes *body, MemoryPages *pages,
              const char *etag, gint64 last_modified_us)
{
    const HttpHead *head = &request->head;
    HttpConditions conditions = {
        .if_match = http_head_field(head, "if-match"),
        .if_unmodified_since = http_head_field(head, "if-unmodified-since"),
        .if_none_match = http_head_field(head, "if-none-match"),
        .if_modified_since = http_head_field(head, "if-modified-since"),
        .range = http_head_field(head, "range"),
        .if_range = http_head_field(head, "if-range"),
    };
    gint64 last_modified = last_modified_us / G_USEC_PER_SEC;
    guint64 first, size;
    guint64 whole_size = g_bytes_get_size(body);
    guint status =
        http_condition_decide(&conditions, etag, last_modified, whole_size, &first, &size);
    http_add_header(request, "Accept-Ranges", "bytes");
    if (etag != NULL) {
        http_add_header(request, "ETag", etag);
    }
    if (last_modified != 0) {
        g_autofree char *date = http_date_format(last_modified);
        http_add_header(request, "Last-Modified", date);
    }
    if (status == 206) {
        g_autofree char *range =
            g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                            first, first + size - 1, whole_size);
        http_add_header(request, "Content-Range", range);
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(body, (gsize)first, (gsize)size);
        return reply_part(request, status, content_type, part, pages);
    }
    if (status == 200) {
        return reply_part(request, status, content_type, body, pages);
    }
    if (status == 416) {
        g_autofree char *range = g_strdup_printf("bytes */%" G_GUINT64_FORMAT, whole_size);
        http_add_header(request, "Content-Range", range);
    }
    return http_reply_empty(request, status);
}

HttpReplied
http_reply_content(HttpRequest *request, const char *content_type, GBytes *body, const char *etag,
                   gint64 last_modified_us)
{
    return reply_content(request, content_type, body, NULL, etag, last_modified_us);
}

HttpReplied
http_reply_pages(HttpRequest *request, const char *content_type, MemoryPages *pages,
                 const char *etag, gint64 last_modified_us)
{
    return reply_content(request, content_type, memory_pages_bytes(pages), pages, etag,
                         last_modified_us);
}

HttpReplied
http_reply_stream(HttpRequest *request, guint status, const char *content_type, gint64 size,
                  HttpWriteFunc write, gpointer data, GDestroyNotify destroy)
{
    return set_reply(request, (HttpReply){ .kind = HTTP_REPLY_STREAM,
                                           .status = status,
                                           .content_type = g_strdup(content_type),
                                           .size = size,
                                           .write = write,
                                           .data = data,
                                           .destroy = destroy });
}

HttpReplied
http_reply_sse(HttpRequest *request, HttpSseClosedFunc closed, gpointer data, HttpSse **ret_sse)
{
    HttpSse *sse = http_sse_new(request->connection, closed, data);
    *ret_sse = http_sse_ref(sse);
    http_add_header(request, "Cache-Control", "no-store");
    http_add_header(request, "X-Accel-Buffering", "no"); /* or nginx would hold events back */
    return set_reply(request, (HttpReply){ .kind = HTTP_REPLY_EVENTS,
                                           .status = 200,
                                           .content_type = g_strdup("text/event-stream"),
                                           .sse = sse });
}

/* Every answer comes by here, and printf() showed in the profile of one. */
static void
append_number(GString *text, guint64 number)
{
    char digits[20]; /* of 2^64 */
    gsize first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    g_string_append_len(text, digits + first, (gssize)(sizeof digits - first));
}

static void
append_all(GString *text, const char *name, const char *value)
{
    g_string_append(text, name);
    g_string_append(text, value);
}

GString *
http_reply_head(const HttpRequest *request, gint64 size, const char *date)
{
    const HttpReply *reply = &request->reply;
    GString *head = g_string_sized_new(512);
    g_string_append(head, "HTTP/1.1 ");
    append_number(head, reply->status);
    append_all(head, " ", http_status_reason(reply->status));
    append_all(head, "\r\nDate: ", date);
    if (reply->content_type != NULL) {
        append_all(head, "\r\nContent-Type: ", reply->content_type);
    }
    g_string_append(head, "\r\n");
    if (size == -1) {
        g_string_append(head, "Transfer-Encoding: chunked\r\n");
    } else if (size >= 0 && reply->status != 204 && reply->status != 304) {
        g_string_append(head, "Content-Length: ");
        append_number(head, (guint64)size);
        g_string_append(head, "\r\n");
    }
    g_string_append_len(head, request->headers->str, (gssize)request->headers->len);
    if (request->closes) {
        g_string_append(head, "Connection: close\r\n");
    } else if (request->head.minor_version == 0) {
        g_string_append(head, "Connection: keep-alive\r\n");
    }
    g_string_append(head, "\r\n");
    return head;
}
