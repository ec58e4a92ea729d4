#include "http/request.h"

#include "http/exchange.h"

#include <string.h>

HttpRequest *
http_request_new(HttpConnection *connection, const char *address, bool is_tls)
{
    HttpRequest *request = g_new0(HttpRequest, 1);
    request->connection = connection;
    request->address = g_strdup(address);
    request->is_tls = is_tls;
    request->cookies = g_ptr_array_new_with_free_func(g_free);
    request->headers = g_string_sized_new(512);
    request->started_us = g_get_monotonic_time();
    return request;
}

static void
clear_reply(HttpRequest *request)
{
    HttpReply *reply = &request->reply;
    g_clear_pointer(&reply->content_type, g_free);
    g_clear_pointer(&reply->body, g_bytes_unref);
    g_clear_pointer(&reply->pages, memory_pages_unref);
    if (reply->destroy != NULL) {
        reply->destroy(reply->data);
    }
    g_clear_pointer(&reply->sse, http_sse_unref);
    *reply = (HttpReply){ .kind = HTTP_REPLY_NONE };
}

void
http_request_free(HttpRequest *request)
{
    if (request == NULL) {
        return;
    }
    if (request->destroy != NULL) {
        request->destroy(request->data);
    }
    clear_reply(request);
    http_head_clear(&request->head);
    http_target_clear(&request->target);
    g_free(request->address);
    g_ptr_array_unref(request->cookies);
    g_clear_pointer(&request->collected, g_byte_array_unref);
    g_clear_pointer(&request->body, g_bytes_unref);
    g_clear_pointer(&request->unsent, g_byte_array_unref);
    g_string_free(request->headers, TRUE);
    g_free(request);
}

void
http_request_refuse(HttpRequest *request, const HttpApp *app, guint status, const char *reason)
{
    clear_reply(request);
    (void)app->reply_error(request, status, reason, app->context);
    g_assert(request->reply.kind == HTTP_REPLY_BYTES);
}

bool
http_request_is_head(const HttpRequest *request)
{
    return g_str_equal(http_request_method(request), "HEAD");
}

const char *
http_request_method(const HttpRequest *request)
{
    return request->head.method == NULL ? "" : request->head.method;
}

const char *
http_request_path(const HttpRequest *request)
{
    return request->target.path == NULL ? "" : request->target.path;
}

const char *
http_request_host(const HttpRequest *request)
{
    return request->head.host == NULL ? "" : request->head.host;
}

const char *
http_request_param(const HttpRequest *request, const char *name)
{
    for (guint i = 0; i < request->num_params; i++) {
        if (strlen(name) == request->params[i].name_length &&
            strncmp(name, request->params[i].name, request->params[i].name_length) == 0) {
            return request->params[i].value;
        }
    }
    return NULL;
}

const char *
http_request_query(const HttpRequest *request, const char *name)
{
    for (guint i = 0; i < request->target.num_query; i++) {
        if (g_str_equal(request->target.query[i].name, name)) {
            return request->target.query[i].value;
        }
    }
    return NULL;
}

const char *
http_request_raw_query(const HttpRequest *request)
{
    return request->target.raw_query == NULL ? "" : request->target.raw_query;
}

const char *
http_request_header(const HttpRequest *request, const char *name)
{
    return http_head_field(&request->head, name);
}

const char *
http_request_cookie(const HttpRequest *request, const char *name)
{
    char *value = http_cookie_find(http_head_field(&request->head, "cookie"), name);
    if (value != NULL) {
        g_ptr_array_add(request->cookies, value);
    }
    return value;
}

const char *
http_request_address(const HttpRequest *request)
{
    return request->address;
}

bool
http_request_is_tls(const HttpRequest *request)
{
    return request->is_tls;
}

GBytes *
http_request_body(const HttpRequest *request)
{
    g_assert(request->body != NULL);
    return request->body;
}

void
http_request_set_interrupt(HttpRequest *request, const gint *must_stop)
{
    request->must_stop = must_stop;
}

gint64
http_request_content_length(const HttpRequest *request)
{
    return request->head.content_length;
}

void
http_request_set_data(HttpRequest *request, gpointer data, GDestroyNotify destroy)
{
    if (request->destroy != NULL) {
        request->destroy(request->data);
    }
    request->data = data;
    request->destroy = destroy;
}

gpointer
http_request_data(const HttpRequest *request)
{
    return request->data;
}
