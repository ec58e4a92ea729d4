#include "accounts/api_token.h"
#include "base/error.h"
#include "web/handlers.h"

#define MAX_TOKEN_DAYS 3650

static void
write_token(JsonWriter *writer, const ApiToken *token, const char *text)
{
    json_begin_object(writer, NULL);
    json_string(writer, "id", token->id.text);
    json_string(writer, "name", token->name);
    json_time(writer, "created_at", token->created_at);
    json_time(writer, "last_used_at", token->last_used_at);
    json_time(writer, "expires_at", token->expires_at);
    if (text != NULL) {
        json_string(writer, "token", text);
    }
    json_end_object(writer);
}

HttpReplied
handle_tokens_list(Exchange *exchange)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) tokens =
        api_token_list(exchange->app->accounts, &exchange->account.id, &error);
    if (tokens == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < tokens->len; i++) {
        write_token(writer, g_ptr_array_index(tokens, i), NULL);
    }
    return exchange_end_page(exchange, writer, NULL);
}

static bool
read_new_token(Exchange *exchange, char **ret_name, Timestamp *ret_expires_at, GError **error)
{
    static const char *const keys[] = { "name", "expires_in_days" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return false;
    }
    g_autofree char *name = NULL;
    gint64 days = 0;
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            name = g_strdup(json_read_string(reader));
        } else if (!json_read_null(reader)) {
            days = json_read_int(reader, 1, MAX_TOKEN_DAYS);
        }
    }
    json_read_require(reader, keys, seen, 1);
    if (!json_reader_finish(reader, "body", 1, error)) {
        return false;
    }
    *ret_name = g_steal_pointer(&name);
    *ret_expires_at = days == 0 ? 0 : clock_now(exchange->app->clock) + DAYS(days);
    return true;
}

HttpReplied
handle_tokens_create(Exchange *exchange)
{
    GError *error = NULL;
    g_autofree char *name = NULL;
    g_autofree char *text = NULL;
    g_auto(ApiToken) token = { 0 };
    Timestamp expires_at;
    if (!read_new_token(exchange, &name, &expires_at, &error) ||
        (text = api_token_create(exchange->app->accounts, &exchange->account.id, name, expires_at,
                                 &token, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = json_writer_new(false);
    write_token(writer, &token, text);
    return exchange_json(exchange, 201, writer);
}

HttpReplied
handle_tokens_revoke(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    if (!exchange_id(exchange, "token", &id, &error) ||
        !api_token_revoke(exchange->app->accounts, &exchange->account.id, &id, &error)) {
        return exchange_fail(exchange, error);
    }
    return exchange_empty(exchange, 204);
}

static char *
read_token_text(Exchange *exchange, GError **error)
{
    static const char *const keys[] = { "token" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return NULL;
    }
    g_autofree char *text = NULL;
    guint64 seen = json_read_object(reader);
    while (json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        text = g_strdup(json_read_string(reader));
    }
    json_read_require(reader, keys, seen, 1);
    return json_reader_finish(reader, "body", 1, error) ? g_steal_pointer(&text) : NULL;
}

HttpReplied
handle_token_exchange(Exchange *exchange)
{
    GError *error = NULL;
    Timestamp expires_at;
    g_autofree char *jwt = NULL;
    g_autofree char *text = read_token_text(exchange, &error);
    if (text == NULL ||
        (jwt = api_token_exchange(exchange->app->accounts, text, &expires_at, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_string(writer, "jwt", jwt);
    json_time(writer, "expires_at", expires_at);
    json_end_object(writer);
    return exchange_json(exchange, 200, writer);
}
