#include "base/error.h"
#include "web/handlers.h"
#include "web/resource_json.h"

static HttpReplied
reply_batch(Exchange *exchange, guint status, const BatchInfo *batch)
{
    JsonWriter *writer = json_writer_new(false);
    json_batch(writer, NULL, batch);
    return exchange_json(exchange, status, writer);
}

HttpReplied
handle_batches_list(Exchange *exchange)
{
    GError *error = NULL;
    const char *cursor;
    guint limit;
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) batches = NULL;
    if (!exchange_page(exchange, &cursor, &limit, &error) ||
        (batches = batches_list(exchange->app->batches, &exchange->account.id, cursor, limit, &next,
                                &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < batches->len; i++) {
        json_batch(writer, NULL, g_ptr_array_index(batches, i));
    }
    return exchange_end_page(exchange, writer, g_steal_pointer(&next));
}

/* The texts that SETTINGS points to. */
typedef struct {
    BatchSettings settings;
    char *name, *marketplace;
} SettingsBody;

static void
settings_body_clear(SettingsBody *body)
{
    g_free(body->name);
    g_free(body->marketplace);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SettingsBody, settings_body_clear)

static bool
read_settings(Exchange *exchange, SettingsBody *body, GError **error)
{
    static const char *const keys[] = { "name", "marketplace", "longest_side", "quality" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return false;
    }
    body->settings = BATCH_SETTINGS_NONE;
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (json_read_null(reader)) {
            continue;
        }
        switch (key) {
        case 0:
            body->settings.name = body->name = g_strdup(json_read_string(reader));
            break;
        case 1:
            body->settings.marketplace = body->marketplace = g_strdup(json_read_string(reader));
            break;
        case 2:
            body->settings.longest_side = json_read_int(reader, 0, G_MAXINT32);
            break;
        case 3:
            body->settings.quality = json_read_int(reader, 0, G_MAXINT32);
            break;
        }
    }
    return json_reader_finish(reader, "body", 1, error);
}

typedef struct {
    Exchange *exchange;
    char *answer;
} Creation;

static bool
keep_answer(DbTx *tx, const BatchInfo *made, gpointer data, GError **error)
{
    Creation *creation = data;
    JsonWriter *writer = json_writer_new(false);
    json_batch(writer, NULL, made);
    creation->answer = g_strdup(json_writer_text(writer)->str);
    json_writer_free(writer);
    return exchange_keep_answer(creation->exchange, tx, 201, creation->answer, error);
}

HttpReplied
handle_batches_create(Exchange *exchange)
{
    GError *error = NULL;
    Creation creation = { exchange, NULL };
    g_auto(SettingsBody) body = { 0 };
    g_autoptr(BatchInfo) batch = NULL;
    if (!read_settings(exchange, &body, &error) ||
        (batch = batches_create(exchange->app->batches, &exchange->account.id, &body.settings,
                                keep_answer, &creation, &error)) == NULL) {
        g_free(creation.answer);
        return exchange_fail(exchange, error);
    }
    g_autofree char *location = g_strconcat("/api/v1/batches/", batch->id.text, NULL);
    http_add_header(exchange->request, "Location", location);
    return exchange_json_text(exchange, 201, creation.answer);
}

HttpReplied
handle_batches_get(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        (batch = batches_get(exchange->app->batches, &exchange->account.id, &id, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    return reply_batch(exchange, 200, batch);
}

HttpReplied
handle_batches_edit(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_auto(SettingsBody) body = { 0 };
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) || !read_settings(exchange, &body, &error) ||
        (batch = batches_edit(exchange->app->batches, &exchange->account.id, &id, &body.settings,
                              &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    return reply_batch(exchange, 200, batch);
}

HttpReplied
handle_batches_delete(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        !batches_delete(exchange->app->batches, &exchange->account.id, &id, &error)) {
        return exchange_fail(exchange, error);
    }
    return exchange_empty(exchange, 204);
}

static bool
read_revision(Exchange *exchange, gint64 *ret_revision, GError **error)
{
    static const char *const keys[] = { "revision" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return false;
    }
    gint64 revision = 0;
    guint64 seen = json_read_object(reader);
    while (json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen) >= 0) {
        revision = json_read_null(reader) ? 0 : json_read_int(reader, 0, G_MAXINT64);
    }
    *ret_revision = revision;
    return json_reader_finish(reader, "body", 1, error);
}

HttpReplied
handle_batches_publish(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    gint64 revision;
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        !read_revision(exchange, &revision, &error) ||
        (batch = batches_publish(exchange->app->batches, &exchange->account.id, &id, revision,
                                 &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    return reply_batch(exchange, 202, batch);
}

HttpReplied
handle_batches_reopen(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        (batch = batches_reopen(exchange->app->batches, &exchange->account.id, &id, &error)) ==
            NULL) {
        return exchange_fail(exchange, error);
    }
    return reply_batch(exchange, 200, batch);
}

HttpReplied
handle_batches_history(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    const char *cursor;
    guint limit;
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) events = NULL;
    if (!exchange_id(exchange, "batch", &id, &error) ||
        !exchange_page(exchange, &cursor, &limit, &error) ||
        (events = batches_history(exchange->app->batches, &exchange->account.id, &id, NULL, cursor,
                                  limit, &next, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < events->len; i++) {
        json_event(writer, g_ptr_array_index(events, i));
    }
    return exchange_end_page(exchange, writer, g_steal_pointer(&next));
}
