/* What is promised, what is held, and leaving (LST-23, LST-24, LST-26, LST-29). */
#include "accounts/account.h"
#include "base/error.h"
#include "privacy/account_export.h"
#include "privacy/erasure.h"
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

/* What the pages bring, by the begin of its path; NULL in a build without them. */
static const char *
asset_path(const char *prefix)
{
    for (const WebAsset *asset = web_assets; asset->path != NULL; asset++) {
        if (g_str_has_prefix(asset->path, prefix)) {
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
    const char *style = asset_path("/assets/style-");
    const char *theme = asset_path("/assets/theme-"); /* light or dark as it was chosen */
    if (style != NULL && theme != NULL) {
        g_string_append_printf(page,
                               "<link rel=\"stylesheet\" href=\"%s\"><script src=\"%s\"></script>",
                               style, theme);
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
write_archive(HttpRequest *request, gpointer data, GError **error)
{
    const AccountExport *export = data;
    const Exchange *exchange = export->exchange;
    bool is_done = account_export(&exchange->app->privacy, &exchange->account.id, export->scope,
                                  exchange_write, request, error);
    return exchange_end_stream(request, is_done, error);
}

HttpReplied
handle_account_export(Exchange *exchange)
{
    const char *scope = http_request_query(exchange->request, "scope");
    if (scope != NULL && strcmp(scope, "given") != 0 && strcmp(scope, "everything") != 0) {
        return exchange_problem(exchange, 400, "scope is everything or given");
    }
    if (!exchange_take_slot(exchange, exchange->site->streams)) {
        return exchange_refuse_slot(exchange, exchange->site->streams,
                                    "too many downloads at once; wait for some");
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

static char *
read_confirmation(Exchange *exchange, GError **error)
{
    static const char *const keys[] = { "confirm" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return NULL;
    }
    g_autofree char *confirm = NULL;
    guint64 seen = json_read_object(reader);
    while (json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        confirm = g_strdup(json_read_string(reader));
    }
    json_read_require(reader, keys, seen, 1);
    return json_reader_finish(reader, "body", 1, error) ? g_steal_pointer(&confirm) : NULL;
}

/* One transaction: from its commit on nobody is signed in, and the job that deletes is there. */
static bool
order_erasure(App *app, const Id *account, Id *ret_receipt, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(app->db, DB_WRITE, error);
    return tx != NULL && account_close(tx, app->accounts, account, error) &&
           erasure_request(tx, app->clock, account, ret_receipt, error) &&
           db_commit(g_steal_pointer(&tx), error);
}

HttpReplied
handle_account_delete(Exchange *exchange)
{
    GError *error = NULL;
    Id receipt;
    g_autofree char *confirm = read_confirmation(exchange, &error);
    if (confirm == NULL) {
        return exchange_fail(exchange, error);
    }
    if (strcmp(confirm, exchange->account.name) != 0) {
        return exchange_problem(exchange, 400, "confirm is not the account's display name");
    }
    if (!order_erasure(exchange->app, &exchange->account.id, &receipt, &error)) {
        return exchange_fail(exchange, error);
    }
    jobs_wake(exchange->app->jobs);
    /* Its lines of the technical log go with it; this one is not to be the next. */
    exchange->is_signed_in = false;
    session_set_cookie(exchange, NULL);
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_string(writer, "receipt", receipt.text);
    json_end_object(writer);
    return exchange_json(exchange, 202, writer);
}

/* For who has the receipt's number, which cannot be guessed: there is no account to ask any more.
 */
HttpReplied
handle_receipt(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_autofree char *text = NULL;
    if (!exchange_id(exchange, "receipt", &id, &error) ||
        (text = erasure_receipt(exchange->app->db, &id, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    http_add_header(exchange->request, "Cache-Control", "no-store");
    return http_reply_string(exchange->request, 200, "application/json", g_steal_pointer(&text));
}
