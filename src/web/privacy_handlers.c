/* What is promised, what is held, and leaving (LST-23, LST-24, LST-26, LST-29). */
#include "accounts/account.h"
#include "base/error.h"
#include "privacy/account_export.h"
#include "privacy/policy.h"
#include "web/asset.h"
#include "web/attachment.h"
#include "web/handlers.h"

#include <string.h>

static PolicyFacts
policy_facts(const Exchange *exchange)
{
    const char *operator_ = exchange->app->settings->server_operator;
    return (PolicyFacts){
        .service = exchange->site->host,
        .operator_ = operator_[0] != '\0' ? operator_ : NULL,
    };
}

HttpReplied
handle_policy(Exchange *exchange)
{
    PolicyFacts facts = policy_facts(exchange);
    http_add_header(exchange->request, "Cache-Control", "no-cache");
    return http_reply_string(exchange->request, 200, "application/json", policy_json(&facts));
}

/* The style sheet of the pages; NULL in a build without them. */
static const char *
style_path(void)
{
    for (const WebAsset *asset = web_assets; asset->path != NULL; asset++) {
        if (g_str_has_suffix(asset->path, ".css")) {
            return asset->path;
        }
    }
    return NULL;
}

HttpReplied
handle_policy_page(Exchange *exchange)
{
    PolicyFacts facts = policy_facts(exchange);
    g_autoptr(GString) main_html = policy_html(&facts);
    g_autoptr(GString) page = g_string_new(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<meta name=\"color-scheme\" content=\"light dark\"><title>Privacy policy</title>");
    if (style_path() != NULL) {
        g_string_append_printf(page, "<link rel=\"stylesheet\" href=\"%s\">", style_path());
    }
    g_string_append_printf(page,
                           "</head><body class=\"document\"><nav><a href=\"/\">Cloudpick</a></nav>"
                           "<main>%s</main></body></html>",
                           main_html->str);
    http_add_header(exchange->request, "Cache-Control", "no-cache");
    return http_reply_string(exchange->request, 200, "text/html; charset=utf-8",
                             g_strdup(page->str));
}

typedef struct {
    Exchange *exchange; /* lives as long as the request */
    ExportScope scope;
} AccountExport;

static bool
write_to_client(const void *data, gsize size, gpointer request, GError **error)
{
    return http_write(request, data, size, error);
}

static bool
write_archive(HttpRequest *request, gpointer data, GError **error)
{
    const AccountExport *export = data;
    const Exchange *exchange = export->exchange;
    return account_export(&exchange->app->privacy, &exchange->account.id, export->scope,
                          write_to_client, request, error);
}

HttpReplied
handle_account_export(Exchange *exchange)
{
    const char *scope = http_request_query(exchange->request, "scope");
    if (scope != NULL && strcmp(scope, "given") != 0 && strcmp(scope, "everything") != 0) {
        return exchange_problem(exchange, 400, "scope is everything or given");
    }
    bool is_given = scope != NULL && strcmp(scope, "given") == 0;
    AccountExport export = { exchange, is_given ? EXPORT_GIVEN : EXPORT_EVERYTHING };
    g_autofree char *disposition =
        attachment_disposition(is_given ? "what I gave.zip" : "everything about me.zip");
    http_add_header(exchange->request, "Content-Disposition", disposition);
    http_add_header(exchange->request, "Cache-Control", "no-store");
    return http_reply_stream(exchange->request, 200, "application/zip", -1, write_archive,
                             g_memdup2(&export, sizeof export), g_free);
}
