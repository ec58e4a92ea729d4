#include "base/error.h"
#include "privacy/inventory.h"
#include "web/handlers.h"

void
session_set_cookie(Exchange *exchange, const char *token)
{
    const Settings *settings = exchange->app->settings;
    bool is_secure = exchange->site->is_secure;
    g_autofree char *cookie = g_strdup_printf(
        "%s=%s; Path=/; Max-Age=%" G_GINT64_FORMAT "; HttpOnly; SameSite=Lax%s",
        is_secure ? "__Host-session" : "session", token != NULL ? token : "",
        token != NULL ? settings->session_max_days * 86400 : 0, is_secure ? "; Secure" : "");
    http_add_header(exchange->request, "Set-Cookie", cookie);
}

static void
write_account(JsonWriter *writer, const Account *account)
{
    json_begin_object(writer, "account");
    json_string(writer, "id", account->id.text);
    json_string(writer, "name", account->name);
    json_string(writer, "email", account->email);
    json_string(writer, "region", account->region);
    json_time(writer, "created_at", account->created_at);
    json_end_object(writer);
}

static void
write_limits(JsonWriter *writer, const AccountLimits *limits)
{
    json_begin_object(writer, "limits");
    json_int(writer, "max_photo_bytes", limits->max_photo_bytes);
    json_int(writer, "max_sheet_bytes", limits->max_sheet_bytes);
    json_int(writer, "max_zip_bytes", limits->max_zip_bytes);
    json_int(writer, "max_batch_photos", limits->max_batch_photos);
    json_int(writer, "quota_bytes", limits->quota_bytes);
    json_int(writer, "used_bytes", limits->used_bytes);
    json_end_object(writer);
}

HttpReplied
handle_session_get(Exchange *exchange)
{
    GError *error = NULL;
    AccountLimits limits;
    g_autofree char *host =
        account_picture_host(exchange->app->accounts, &exchange->account.id, &error);
    if (host == NULL ||
        !batches_limits(exchange->app->batches, &exchange->account.id, &limits, &error)) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    write_account(writer, &exchange->account);
    json_bool(writer, "test_mode", exchange->app->is_test_mode);
    json_string(writer, "host", host);
    write_limits(writer, &limits);
    json_int(writer, "retention_days", inventory_lifetime("photo") / DAYS(1));
    json_end_object(writer);
    return exchange_json(exchange, 200, writer);
}

HttpReplied
handle_session_end(Exchange *exchange)
{
    GError *error = NULL;
    if (!session_end(exchange->app->accounts, &exchange->account.id, &exchange->session.id,
                     &error)) {
        return exchange_fail(exchange, error);
    }
    session_set_cookie(exchange, NULL);
    return exchange_empty(exchange, 204);
}

HttpReplied
handle_sessions_list(Exchange *exchange)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) sessions =
        session_list(exchange->app->accounts, &exchange->account.id, &error);
    if (sessions == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < sessions->len; i++) {
        const Session *session = g_ptr_array_index(sessions, i);
        json_begin_object(writer, NULL);
        json_string(writer, "id", session->id.text);
        json_time(writer, "created_at", session->created_at);
        json_time(writer, "last_seen_at", session->last_seen_at);
        json_time(writer, "expires_at", session->expires_at);
        json_string(writer, "browser", session->browser);
        json_bool(writer, "is_current", id_equal(&session->id, &exchange->session.id));
        json_end_object(writer);
    }
    return exchange_end_page(exchange, writer, NULL);
}

HttpReplied
handle_sessions_end(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    if (!exchange_id(exchange, "session", &id, &error) ||
        !session_end(exchange->app->accounts, &exchange->account.id, &id, &error)) {
        return exchange_fail(exchange, error);
    }
    return exchange_empty(exchange, 204);
}
