/* Published pictures at the hosts of accounts (LST-19). Whatever is not there now, whoever's it was
 * and whether the host exists at all, looks the same byte for byte; nothing in an answer names the
 * account, the service or another host. */
#include "base/error.h"
#include "base/log.h"
#include "batches/publications.h"
#include "web/handlers.h"

HttpReplied
delivery_nothing_here(HttpRequest *request, guint status)
{
    http_add_header(request, "Cache-Control", "no-store");
    http_add_header(request, "X-Content-Type-Options", "nosniff");
    return http_reply_string(request, status, "text/plain; charset=utf-8",
                             g_strdup(status == 404 ? "not found\n" : "not possible\n"));
}

static HttpReplied
reply_picture(Exchange *exchange, const PictureEntry *entry)
{
    gint64 seconds = (entry->expires_at - clock_now(exchange->app->clock)) / G_USEC_PER_SEC;
    /* LST-17: no cache that keeps to the rules has it longer than we do. */
    g_autofree char *cache_control =
        g_strdup_printf("public, max-age=%" G_GINT64_FORMAT ", immutable", MAX(seconds, 0));
    http_add_header(exchange->request, "Cache-Control", cache_control);
    http_add_header(exchange->request, "X-Content-Type-Options", "nosniff");
    http_add_header(exchange->request, "Cross-Origin-Resource-Policy", "cross-origin");
    return entry->pages != NULL ? http_reply_pages(exchange->request, "image/jpeg", entry->pages,
                                                   entry->etag, entry->published_at)
                                : http_reply_content(exchange->request, "image/jpeg", entry->bytes,
                                                     entry->etag, entry->published_at);
}

static PictureEntry *
open_picture(Exchange *exchange, const char *host, const char *path, GError **error)
{
    g_auto(Publication) publication = { 0 };
    PictureCache *cache = exchange->site->pictures;
    if (!publications_find(exchange->app->batches, host, path, &publication, error)) {
        picture_cache_forget(cache, host, path);
        return NULL;
    }
    g_autofree char *etag = g_strconcat("\"", publication.digest, "\"", NULL);
    PictureEntry *entry = picture_cache_confirm(cache, host, path, etag);
    if (entry != NULL) {
        return entry;
    }
    g_autoptr(GBytes) bytes = object_reads_get(exchange->site->reads, &publication.object, error);
    if (bytes == NULL) {
        return NULL;
    }
    entry = picture_entry_new(bytes, etag, publication.published_at, publication.expires_at);
    picture_cache_put(cache, host, path, entry);
    return entry;
}

HttpReplied
handle_picture(Exchange *exchange)
{
    HttpRequest *request = exchange->request;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strconcat(http_request_param(request, "digest"), "/",
                                        http_request_param(request, "name"), NULL);
    g_autoptr(PictureEntry) entry =
        open_picture(exchange, http_request_host(request), path, &error);
    if (entry != NULL) {
        return reply_picture(exchange, entry);
    }
    if (g_error_matches(error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        return delivery_nothing_here(request, 404);
    }
    log_line(LOG_ERROR_LEVEL, "picture-failed", LOG_REASON, error->message, LOG_END);
    return delivery_nothing_here(request, 503);
}

HttpReplied
handle_open_picture(Exchange *exchange)
{
    return reply_picture(exchange, exchange->picture);
}

HttpReplied
delivery_dispatch(HttpRequest *request, gpointer context)
{
    Exchange *exchange = http_request_data(request);
    return exchange->route->handler(exchange);
}
