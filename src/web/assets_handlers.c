/* The pages: what the program carries, and index.html for every address that the pages themselves
 * make sense of. */
#include "web/asset.h"
#include "web/handlers.h"

#include <string.h>

static const char no_pages[] =
    "<!doctype html><meta charset=utf-8><title>Cloudpick</title>"
    "<h1>Cloudpick is running</h1><p>This build has no pages: Node.js was not there when it was "
    "made. The API is at <a href=/api/v1/openapi.json>/api/v1</a>.";

static const WebAsset *
find_asset(const char *path)
{
    for (const WebAsset *asset = web_assets; asset->path != NULL; asset++) {
        if (strcmp(asset->path, path) == 0) {
            return asset;
        }
    }
    return NULL;
}

/* Whether Accept-Encoding lists CODING and does not refuse it. Browsers name codings plainly; who
 * writes weights in unusual ways gets the plain bytes. */
static bool
accepts(const char *header, const char *coding)
{
    g_auto(GStrv) parts = g_strsplit(header != NULL ? header : "", ",", 20);
    for (guint i = 0; parts[i] != NULL; i++) {
        if (g_ascii_strcasecmp(g_strstrip(parts[i]), coding) == 0) {
            return true;
        }
    }
    return false;
}

static GBytes *
choose_bytes(Exchange *exchange, const WebAsset *asset)
{
    const char *header = http_request_header(exchange->request, "Accept-Encoding");
    http_add_header(exchange->request, "Vary", "Accept-Encoding");
    if (asset->brotli != NULL && accepts(header, "br")) {
        http_add_header(exchange->request, "Content-Encoding", "br");
        return g_bytes_new_static(asset->brotli, asset->brotli_size);
    }
    if (asset->gzip != NULL && accepts(header, "gzip")) {
        http_add_header(exchange->request, "Content-Encoding", "gzip");
        return g_bytes_new_static(asset->gzip, asset->gzip_size);
    }
    return g_bytes_new_static(asset->data, asset->size);
}

static HttpReplied
reply_asset(Exchange *exchange, const WebAsset *asset)
{
    const char *known = http_request_header(exchange->request, "If-None-Match");
    http_add_header(exchange->request, "Cache-Control",
                    asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    http_add_header(exchange->request, "ETag", asset->etag);
    if (known != NULL && strstr(known, asset->etag) != NULL) {
        return http_reply_empty(exchange->request, 304);
    }
    g_autoptr(GBytes) bytes = choose_bytes(exchange, asset);
    return http_reply_bytes(exchange->request, 200, asset->content_type, bytes);
}

HttpReplied
handle_page(Exchange *exchange)
{
    const char *path = http_request_path(exchange->request);
    const WebAsset *asset = find_asset(path);
    if (asset != NULL) {
        return reply_asset(exchange, asset);
    }
    /* A name with a dot is a file, and there is none of this name. */
    if (strchr(path, '.') != NULL) {
        return exchange_problem(exchange, 404, "there is nothing at this address");
    }
    asset = find_asset("/index.html");
    if (asset != NULL) {
        return reply_asset(exchange, asset);
    }
    g_autoptr(GBytes) bytes = g_bytes_new_static(no_pages, strlen(no_pages));
    return http_reply_bytes(exchange->request, 200, "text/html; charset=utf-8", bytes);
}

HttpReplied
handle_unknown_api(Exchange *exchange)
{
    return exchange_problem(exchange, 404, "there is nothing at this address");
}
