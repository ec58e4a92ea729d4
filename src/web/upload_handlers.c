/* Resumable uploads (LST-04): tus 1.0.0 with creation, creation-with-upload, expiration, checksum
 * and termination over batches/uploads.h. Section names in comments are of the protocol's text,
 * https://tus.io/protocols/resumable-upload. */
#include "base/error.h"
#include "batches/uploads.h"
#include "web/handlers.h"
#include "web/problem.h"
#include "web/resource_json.h"
#include "web/tus.h"

#include <string.h>

/* Outside of HTTP's own (Checksum). */
#define CHECKSUM_MISMATCH 460

static void
add_tus_headers(Exchange *exchange)
{
    http_add_header(exchange->request, "Tus-Resumable", TUS_VERSION);
}

/* False when an answer was given (Headers, Tus-Resumable: anything else must not be processed). */
static bool
speaks_our_version(Exchange *exchange, HttpReplied *ret_replied)
{
    const char *version = http_request_header(exchange->request, "Tus-Resumable");
    add_tus_headers(exchange);
    if (version != NULL && strcmp(version, TUS_VERSION) == 0) {
        return true;
    }
    http_add_header(exchange->request, "Tus-Version", TUS_VERSION);
    *ret_replied = exchange_problem(exchange, 412, "uploads speak tus " TUS_VERSION);
    return false;
}

static void
add_number(Exchange *exchange, const char *name, gint64 number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    http_add_header(exchange->request, name, text);
}

static void
add_state(Exchange *exchange, const UploadInfo *upload)
{
    g_autofree char *expiry = tus_format_expiry(upload->expires_at);
    add_number(exchange, "Upload-Offset", upload->offset);
    if (upload->state == UPLOAD_OPEN) {
        http_add_header(exchange->request, "Upload-Expires", expiry);
    }
}

/* What cannot be stored is told apart from what cannot be done: a client says it of this file and
 * goes on with the next. Takes ERROR. */
static HttpReplied
fail_upload(Exchange *exchange, GError *error)
{
    if (g_error_matches(error, APP_ERROR, APP_ERROR_CANCELLED)) {
        /* The client has gone; nobody reads this. */
        g_error_free(error);
        return exchange_problem(exchange, 400, "the upload was broken off");
    }
    if (g_error_matches(error, APP_ERROR, APP_ERROR_TIMEOUT)) {
        g_error_free(error);
        return exchange_problem(exchange, 408, "nothing came for too long");
    }
    return exchange_fail(exchange, error);
}

HttpReplied
handle_uploads_options(Exchange *exchange)
{
    add_tus_headers(exchange);
    http_add_header(exchange->request, "Tus-Version", TUS_VERSION);
    http_add_header(exchange->request, "Tus-Extension", TUS_EXTENSIONS);
    http_add_header(exchange->request, "Tus-Checksum-Algorithm", TUS_CHECKSUM_ALGORITHMS);
    add_number(exchange, "Tus-Max-Size", exchange->app->settings->sheet_max_bytes);
    return exchange_empty(exchange, 204);
}

static gssize
read_body(void *buffer, gsize size, const gint *must_stop, gpointer data, GError **error)
{
    Exchange *exchange = data;
    http_request_set_interrupt(exchange->request, must_stop);
    return http_request_read(exchange->request, buffer, size, error);
}

static bool
has_offset_body(Exchange *exchange)
{
    const char *type = http_request_header(exchange->request, "Content-Type");
    return type != NULL && strcmp(type, "application/offset+octet-stream") == 0;
}

static const char *
checksum_header(Exchange *exchange)
{
    return http_request_header(exchange->request, "Upload-Checksum");
}

/* Appends the request's body. NULL when an answer was given. */
static UploadInfo *
append_body(Exchange *exchange, const Id *upload, gint64 offset, HttpReplied *ret_replied)
{
    GError *error = NULL;
    TusChecksum tus_checksum;
    if (!tus_parse_checksum(checksum_header(exchange), &tus_checksum, &error)) {
        /* "400 if the algorithm is not supported" (Checksum). */
        *ret_replied = exchange_problem(exchange, 400, error->message);
        g_error_free(error);
        return NULL;
    }
    static const ChecksumKind kinds[] = {
        [TUS_CHECKSUM_NONE] = CHECKSUM_NONE,
        [TUS_CHECKSUM_SHA1] = CHECKSUM_SHA1,
        [TUS_CHECKSUM_SHA256] = CHECKSUM_SHA256,
    };
    UploadChecksum checksum = { .kind = kinds[tus_checksum.kind] };
    memcpy(checksum.bytes, tus_checksum.bytes, sizeof checksum.bytes);
    if (!exchange_take_slot(exchange, exchange->site->streams)) {
        *ret_replied = exchange_refuse_slot(exchange, exchange->site->streams,
                                            "too many uploads at once; wait for some");
        return NULL;
    }
    g_autoptr(UploadInfo) info = NULL;
    AppendResult result = uploads_append(exchange->app->batches, &exchange->account.id, upload,
                                         offset, &checksum, read_body, exchange, &info, &error);
    switch (result) {
    case APPEND_OK:
        return g_steal_pointer(&info);
    case APPEND_FAILED:
        *ret_replied = fail_upload(exchange, error);
        return NULL;
    case APPEND_BAD_CHECKSUM:
        *ret_replied = exchange_problem(exchange, CHECKSUM_MISMATCH,
                                        "the bytes that came do not have the checksum announced");
        return NULL;
    case APPEND_BAD_OFFSET:
        if (info != NULL) {
            add_number(exchange, "Upload-Offset", info->offset);
        }
        *ret_replied =
            exchange_problem(exchange, 409, "Upload-Offset is not where the upload ends");
        return NULL;
    case APPEND_LOCKED:
        break;
    }
    http_add_header(exchange->request, "Retry-After", "1");
    *ret_replied =
        exchange_problem(exchange, 423, "another request is still adding to this upload");
    return NULL;
}

/* "batch", "name" and "kind" of Upload-Metadata. */
static bool
read_request(Exchange *exchange, GHashTable *metadata, UploadRequest *ret_request, GError **error)
{
    const char *batch = g_hash_table_lookup(metadata, "batch");
    const char *name = g_hash_table_lookup(metadata, "name");
    const char *kind = g_hash_table_lookup(metadata, "kind");
    UploadRequest request = {
        .kind = UPLOAD_AUTO,
        .name = name != NULL ? name : g_hash_table_lookup(metadata, "filename"),
        .metadata = http_request_header(exchange->request, "Upload-Metadata"),
        .bytes_follow =
            has_offset_body(exchange) && http_request_content_length(exchange->request) > 0,
    };
    const char *length = http_request_header(exchange->request, "Upload-Length");
    if (http_request_header(exchange->request, "Upload-Concat") != NULL ||
        http_request_header(exchange->request, "Upload-Defer-Length") != NULL) {
        return fail(error, APP_ERROR_INVALID,
                    "Upload-Concat and Upload-Defer-Length are not offered");
    }
    if (!tus_parse_number(length, &request.size)) {
        return fail(error, APP_ERROR_INVALID, "Upload-Length is missing or not a number");
    }
    if (batch == NULL || request.name == NULL) {
        return fail(error, APP_ERROR_INVALID, "Upload-Metadata must hold batch and name");
    }
    if (!id_parse(batch, &request.batch)) {
        return fail(error, APP_ERROR_NOT_FOUND, "there is no such batch");
    }
    if (kind != NULL && !upload_kind_from_string(kind, &request.kind)) {
        return fail(error, APP_ERROR_INVALID, "kind is photo, sheet or zip");
    }
    *ret_request = request;
    return true;
}

HttpReplied
handle_uploads_create(Exchange *exchange)
{
    HttpReplied replied;
    if (!speaks_our_version(exchange, &replied)) {
        return replied;
    }
    GError *error = NULL;
    UploadRequest request;
    g_autoptr(UploadInfo) upload = NULL;
    g_autoptr(GHashTable) metadata =
        tus_parse_metadata(http_request_header(exchange->request, "Upload-Metadata"), &error);
    if (metadata == NULL || !read_request(exchange, metadata, &request, &error) ||
        (upload = uploads_create(exchange->app->batches, &exchange->account.id, &request,
                                 &error)) == NULL) {
        return fail_upload(exchange, error);
    }
    g_autofree char *location = g_strconcat("/api/v1/uploads/", upload->id.text, NULL);
    http_add_header(exchange->request, "Location", location);
    if (has_offset_body(exchange) && request.size > 0) {
        Id id = upload->id;
        g_clear_pointer(&upload, upload_info_free);
        if ((upload = append_body(exchange, &id, 0, &replied)) == NULL) {
            return replied;
        }
    }
    add_state(exchange, upload);
    return exchange_empty(exchange, 201);
}

HttpReplied
handle_uploads_head(Exchange *exchange)
{
    HttpReplied replied;
    if (!speaks_our_version(exchange, &replied)) {
        return replied;
    }
    GError *error = NULL;
    Id id;
    g_autoptr(UploadInfo) upload = NULL;
    if (!exchange_id(exchange, "upload", &id, &error) ||
        (upload = uploads_get(exchange->app->batches, &exchange->account.id, &id, &error)) ==
            NULL) {
        return exchange_fail(exchange, error);
    }
    add_state(exchange, upload);
    add_number(exchange, "Upload-Length", upload->size);
    if (upload->metadata != NULL && upload->metadata[0] != '\0') {
        http_add_header(exchange->request, "Upload-Metadata", upload->metadata);
    }
    return exchange_empty(exchange, 200);
}

HttpReplied
handle_uploads_append(Exchange *exchange)
{
    HttpReplied replied;
    if (!speaks_our_version(exchange, &replied)) {
        return replied;
    }
    GError *error = NULL;
    Id id;
    gint64 offset;
    if (!exchange_id(exchange, "upload", &id, &error)) {
        return exchange_fail(exchange, error);
    }
    if (!has_offset_body(exchange)) {
        return exchange_problem(exchange, 415, "the body must be application/offset+octet-stream");
    }
    if (!tus_parse_number(http_request_header(exchange->request, "Upload-Offset"), &offset)) {
        return exchange_problem(exchange, 400, "Upload-Offset is missing or not a number");
    }
    g_autoptr(UploadInfo) upload = append_body(exchange, &id, offset, &replied);
    if (upload == NULL) {
        return replied;
    }
    add_state(exchange, upload);
    return exchange_empty(exchange, 204);
}

HttpReplied
handle_uploads_terminate(Exchange *exchange)
{
    HttpReplied replied;
    if (!speaks_our_version(exchange, &replied)) {
        return replied;
    }
    GError *error = NULL;
    Id id;
    if (!exchange_id(exchange, "upload", &id, &error) ||
        !uploads_terminate(exchange->app->batches, &exchange->account.id, &id, &error)) {
        return exchange_fail(exchange, error);
    }
    return exchange_empty(exchange, 204);
}

/* For environments that let a browser send GET and POST only (X-HTTP-Method-Override). */
HttpReplied
handle_uploads_post(Exchange *exchange)
{
    const char *method = http_request_header(exchange->request, "X-HTTP-Method-Override");
    if (method != NULL && strcmp(method, "PATCH") == 0) {
        return handle_uploads_append(exchange);
    }
    if (method != NULL && strcmp(method, "DELETE") == 0) {
        return handle_uploads_terminate(exchange);
    }
    if (method != NULL && strcmp(method, "HEAD") == 0) {
        return handle_uploads_head(exchange);
    }
    add_tus_headers(exchange);
    http_add_header(exchange->request, "Allow", "HEAD, PATCH, DELETE");
    return exchange_problem(exchange, 405, "POST here needs X-HTTP-Method-Override");
}

static bool
query_state(Exchange *exchange, UploadState *ret_state, GError **error)
{
    static const UploadState states[] = { UPLOAD_OPEN, UPLOAD_DONE, UPLOAD_FAILED };
    const char *text = http_request_query(exchange->request, "state");
    *ret_state = 0;
    if (text == NULL) {
        return true;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (strcmp(text, upload_state_to_string(states[i])) == 0) {
            *ret_state = states[i];
            return true;
        }
    }
    return fail(error, APP_ERROR_INVALID, "state is open, done or failed");
}

HttpReplied
handle_uploads_list(Exchange *exchange)
{
    GError *error = NULL;
    Id batch;
    UploadState state;
    const char *cursor;
    guint limit;
    g_autofree char *next = NULL;
    g_autoptr(GPtrArray) uploads = NULL;
    if (!exchange_id(exchange, "batch", &batch, &error) ||
        !exchange_page(exchange, &cursor, &limit, &error) ||
        !query_state(exchange, &state, &error) ||
        (uploads = uploads_list(exchange->app->batches, &exchange->account.id, &batch, state,
                                cursor, limit, &next, &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    JsonWriter *writer = exchange_begin_page();
    for (guint i = 0; i < uploads->len; i++) {
        json_upload(writer, g_ptr_array_index(uploads, i));
    }
    return exchange_end_page(exchange, writer, g_steal_pointer(&next));
}
