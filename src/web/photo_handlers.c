#include "base/error.h"
#include "http/condition.h"
#include "web/handlers.h"
#include "web/problem.h"
#include "web/resource_json.h"

#include <string.h>

#define MAX_IDS 100

static HttpReplied
reply_photos(Exchange *exchange, const GPtrArray *photos, char *next)
{
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < photos->len; i++) {
        json_photo(writer, NULL, g_ptr_array_index(photos, i));
    }
    return exchange_end_page(exchange, writer, next);
}

/* ?ids=a,b,c */
static GArray *
parse_ids(const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", MAX_IDS + 1);
    if (g_strv_length(parts) > MAX_IDS) {
        return fail_null(error, APP_ERROR_INVALID, "ids holds more than %d", MAX_IDS);
    }
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(Id));
    for (guint i = 0; parts[i] != NULL; i++) {
        Id id;
        if (!id_parse(parts[i], &id)) {
            return fail_null(error, APP_ERROR_INVALID, "ids holds what is no id");
        }
        g_array_append_val(ids, id);
    }
    return g_steal_pointer(&ids);
}

static GPtrArray *
list_some(Exchange *exchange, const Id *batch, const char *text, GError **error)
{
    g_autoptr(GArray) ids = parse_ids(text, error);
    return ids == NULL ? NULL
                       : photos_list_some(exchange->app->batches, &exchange->account.id, batch,
                                          (const Id *)(void *)ids->data, ids->len, error);
}

/* ?NAME= as a row of the sheet; 0 where it is absent. */
static bool
query_row(Exchange *exchange, const char *name, guint32 *ret_row, GError **error)
{
    const char *text = http_request_query(exchange->request, name);
    guint64 row = 0;
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &row, NULL)) {
        return fail(error, APP_ERROR_INVALID, "%s is not the number of a row", name);
    }
    *ret_row = (guint32)row;
    return true;
}

static bool
query_filter(Exchange *exchange, PhotoFilter *ret_filter, GError **error)
{
    const char *text = http_request_query(exchange->request, "filter");
    *ret_filter = PHOTOS_ALL;
    return text == NULL || photo_filter_from_string(text, ret_filter) ||
           fail(error, APP_ERROR_INVALID, "there is no filter of this name");
}

HttpReplied
handle_photos_list(Exchange *exchange)
{
    GError *error = NULL;
    Id batch;
    const char *cursor;
    const char *ids = http_request_query(exchange->request, "ids");
    guint limit;
    guint32 sku_row = 0;
    PhotoFilter filter;
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) photos = NULL;
    if (!exchange_id(exchange, "batch", &batch, &error) ||
        !exchange_page(exchange, &cursor, &limit, &error) ||
        !query_filter(exchange, &filter, &error) ||
        !query_row(exchange, "sku_row", &sku_row, &error)) {
        return exchange_fail(exchange, error);
    }
    photos = ids != NULL ? list_some(exchange, &batch, ids, &error)
                         : photos_list(exchange->app->batches, &exchange->account.id, &batch,
                                       filter, sku_row, cursor, limit, &next, &error);
    if (photos == NULL) {
        return exchange_fail(exchange, error);
    }
    return reply_photos(exchange, photos, g_steal_pointer(&next));
}

HttpReplied
handle_photos_get(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    g_autoptr(PhotoInfo) photo = NULL;
    if (!exchange_id(exchange, "photo", &id, &error) ||
        (photo = photos_get(exchange->app->batches, &exchange->account.id, &id, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = json_writer_new(false);
    json_photo(writer, NULL, photo);
    return exchange_json(exchange, 200, writer);
}

enum {
    KEY_SKU_ROW,
    KEY_SLOT,
    KEY_TURN,
    KEY_LEFT_OUT,
    KEY_RESET,
    KEY_DISPLACE,
    KEY_SWAP,
    KEY_REVISION
};

static void
read_change_value(JsonReader *reader, int key, PhotoChange *change)
{
    switch (key) {
    case KEY_SKU_ROW:
        change->has_place = true;
        change->sku_row =
            json_read_null(reader) ? 0 : (guint32)json_read_int(reader, 0, G_MAXINT32);
        break;
    case KEY_SLOT:
        if (!json_read_null(reader)) {
            const char *code = json_read_string(reader);
            if (!slot_from_code(code, strlen(code), &change->slot)) {
                json_read_wrong(reader, "there is no such slot");
            }
        }
        break;
    case KEY_TURN:
        change->has_turn = true;
        change->turn = (guint)json_read_int(reader, 0, 270);
        if (change->turn % 90 != 0) {
            json_read_wrong(reader, "turn is 0, 90, 180 or 270");
        }
        break;
    case KEY_LEFT_OUT:
        change->has_left_out = true;
        change->left_out = json_read_bool(reader);
        break;
    case KEY_RESET:
        change->reset = json_read_bool(reader);
        break;
    case KEY_DISPLACE:
        change->displace = json_read_bool(reader);
        break;
    case KEY_SWAP:
        change->swap = json_read_bool(reader);
        break;
    case KEY_REVISION:
        change->revision = json_read_null(reader) ? 0 : json_read_int(reader, 0, G_MAXINT64);
        break;
    }
}

static bool
read_change(Exchange *exchange, PhotoChange *ret_change, GError **error)
{
    static const char *const keys[] = { "sku_row", "slot",     "turn", "left_out",
                                        "reset",   "displace", "swap", "revision" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return false;
    }
    PhotoChange change = { 0 };
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        read_change_value(reader, key, &change);
    }
    if (!json_reader_finish(reader, "body", 1, error)) {
        return false;
    }
    bool has_slot = (seen & 1 << KEY_SLOT) != 0;
    if (has_slot && !change.has_place) {
        return fail(error, APP_ERROR_INVALID, "slot goes with sku_row");
    }
    if (change.has_place && change.sku_row != 0 && !has_slot) {
        return fail(error, APP_ERROR_INVALID, "sku_row goes with slot");
    }
    *ret_change = change;
    return true;
}

/* 409 with the photo that has the slot. Takes ERROR. */
static HttpReplied
reply_rival(Exchange *exchange, const PhotoInfo *rival, GError *error)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    problem_begin(writer, 409, problem_detail(error));
    json_photo(writer, "rival", rival);
    json_end_object(writer);
    g_error_free(error);
    return http_reply_string(exchange->request, 409, PROBLEM_CONTENT_TYPE,
                             g_strdup(json_writer_text(writer)->str));
}

HttpReplied
handle_photos_change(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    PhotoChange change;
    g_auto(PhotoChangeResult) result = { 0 };
    if (!exchange_id(exchange, "photo", &id, &error) || !read_change(exchange, &change, &error)) {
        return exchange_fail(exchange, error);
    }
    if (!photos_change(exchange->app->batches, &exchange->account.id, &id, &change, &result,
                       &error)) {
        return result.rival != NULL ? reply_rival(exchange, result.rival, error)
                                    : exchange_fail(exchange, error);
    }
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_photo(writer, "photo", result.photo);
    json_photo(writer, "displaced", result.displaced);
    json_int(writer, "revision", result.revision);
    json_end_object(writer);
    return exchange_json(exchange, 200, writer);
}

/* Whether the browser has the bytes already. Nothing is read from the store to say so. */
static bool
is_known(Exchange *exchange, const char *etag)
{
    const HttpConditions conditions = {
        .if_none_match = http_request_header(exchange->request, "If-None-Match"),
    };
    guint64 first, size;
    return http_condition_decide(&conditions, etag, 0, 0, &first, &size) == 304;
}

/* A browser may keep it, and shows it only after it has asked: what was deleted, is past its last
 * moment (LST-17), or is of somebody who has signed out meanwhile is shown no more. */
static HttpReplied
reply_object(Exchange *exchange, PhotoObject which)
{
    GError *error = NULL;
    Id id, object;
    g_autoptr(GBytes) bytes = NULL;
    if (!exchange_id(exchange, "photo", &id, &error) ||
        !photos_object(exchange->app->batches, &exchange->account.id, &id, which, &object,
                       &error)) {
        return exchange_fail(exchange, error);
    }
    /* Bytes of an object never change. */
    g_autofree char *etag = g_strconcat("\"", object.text, "\"", NULL);
    bool has_it = is_known(exchange, etag);
    if (!has_it && (bytes = object_reads_get(exchange->site->reads, &object, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    http_add_header(exchange->request, "Cache-Control", "private, no-cache");
    if (has_it) {
        http_add_header(exchange->request, "ETag", etag);
        return http_reply_empty(exchange->request, 304);
    }
    return http_reply_content(exchange->request, "image/jpeg", bytes, etag, 0);
}

HttpReplied
handle_photos_thumbnail(Exchange *exchange)
{
    return reply_object(exchange, PHOTO_THUMBNAIL);
}

HttpReplied
handle_photos_picture(Exchange *exchange)
{
    return reply_object(exchange, PHOTO_PICTURE);
}

HttpReplied
handle_photos_history(Exchange *exchange)
{
    GError *error = NULL;
    Id id;
    const char *cursor;
    guint limit;
    g_autofree char *next = NULL;
    g_autoptr(PhotoInfo) photo = NULL;
    g_autoptr(GPtrArray) events = NULL;
    if (!exchange_id(exchange, "photo", &id, &error) ||
        !exchange_page(exchange, &cursor, &limit, &error) ||
        (photo = photos_get(exchange->app->batches, &exchange->account.id, &id, &error)) == NULL ||
        (events = batches_history(exchange->app->batches, &exchange->account.id, &photo->batch, &id,
                                  cursor, limit, &next, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < events->len; i++) {
        json_event(writer, g_ptr_array_index(events, i));
    }
    return exchange_end_page(exchange, writer, g_steal_pointer(&next));
}

static bool
query_sku_filter(Exchange *exchange, SkuFilter *ret_filter, GError **error)
{
    const char *filter = http_request_query(exchange->request, "filter");
    const char *slots = http_request_query(exchange->request, "slots");
    if (filter != NULL && !g_str_equal(filter, "all") && !g_str_equal(filter, "attention")) {
        return fail(error, APP_ERROR_INVALID, "filter is all or attention");
    }
    *ret_filter = (SkuFilter){
        .attention_only = filter != NULL && g_str_equal(filter, "attention"),
        .without_photos = slots != NULL && g_str_equal(slots, "0"),
        .search = http_request_query(exchange->request, "q"),
    };
    return query_row(exchange, "at_row", &ret_filter->at_row, error);
}

HttpReplied
handle_skus_list(Exchange *exchange)
{
    GError *error = NULL;
    Id batch;
    SkuFilter filter;
    const char *cursor;
    guint limit;
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) skus = NULL;
    if (!exchange_id(exchange, "batch", &batch, &error) ||
        !exchange_page(exchange, &cursor, &limit, &error) ||
        !query_sku_filter(exchange, &filter, &error) ||
        (skus = skus_list(exchange->app->batches, &exchange->account.id, &batch, &filter, cursor,
                          limit, &next, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < skus->len; i++) {
        json_sku(writer, g_ptr_array_index(skus, i), !filter.without_photos);
    }
    return exchange_end_page(exchange, writer, g_steal_pointer(&next));
}
