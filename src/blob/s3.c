#include "blob/s3.h"

#include "base/error.h"
#include "base/secret.h"
#include "blob/s3_client.h"
#include "blob/s3_xml.h"

#include <openssl/evp.h>
#include <string.h>

enum {
    PART_SIZE = 8 * 1024 * 1024, /* equal but for the last one: R2 wants that */
    MAX_PARTS = 10000,
    MAX_UPLOAD_PAGES = 100,
};

typedef struct {
    BlobStore base;
    S3Client *client;
} S3Store;

typedef struct {
    BlobWriter base;
    char *key;
    char *mark;       /* stored with the object, to recognise it as ours */
    GByteArray *part; /* what was not sent yet */
    char *upload_id;  /* NULL before there is more than one part */
    GPtrArray *etags; /* of the parts */
    bool is_committed;
} S3Writer;

static S3Client *
client_of(BlobStore *base)
{
    return ((S3Store *)base)->client;
}

/* Deletes the object KEY, or what QUERY says of it; such as is not there is fine. */
static bool
send_delete(S3Client *client, const char *key, const SigV4Pair *query, gsize num_query,
            GError **error)
{
    S3Request request = { .method = "DELETE", .key = key, .query = query, .num_query = num_query };
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) failure = NULL;
    if (s3_send(client, &request, &response, &failure) ||
        g_error_matches(failure, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
abort_upload(S3Client *client, const char *key, const char *upload_id, GError **error)
{
    const SigV4Pair query[] = { { "uploadId", upload_id } };
    return send_delete(client, key, query, 1, error);
}

typedef struct {
    const char *wanted_key;
    char *key;             /* of the <Upload> being read */
    GPtrArray *upload_ids; /* of WANTED_KEY */
} Uploads;

static bool
take_upload(const char *path, const char *text, gpointer data)
{
    Uploads *uploads = data;
    if (strcmp(path, "ListMultipartUploadsResult/Upload/Key") == 0) {
        g_free(uploads->key);
        uploads->key = g_strdup(text);
    } else if (strcmp(path, "ListMultipartUploadsResult/Upload/UploadId") == 0 &&
               g_strcmp0(uploads->key, uploads->wanted_key) == 0) {
        g_ptr_array_add(uploads->upload_ids, g_strdup(text));
    }
    return true;
}

/* Ids of the uploads of KEY that were begun and not completed: one page of them. */
static GPtrArray *
list_uploads(S3Client *client, const char *key, GError **error)
{
    const SigV4Pair query[] = { { "uploads", "" }, { "prefix", key } };
    S3Request request = { .method = "GET", .query = query, .num_query = 2 };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client, &request, &response, error)) {
        return NULL;
    }
    Uploads uploads = { key, NULL, g_ptr_array_new_with_free_func(g_free) };
    bool is_read = s3_xml_walk(response.body, take_upload, &uploads, error);
    g_free(uploads.key);
    if (!is_read) {
        g_ptr_array_unref(uploads.upload_ids);
        return NULL;
    }
    return uploads.upload_ids;
}

/* Ends all uploads of KEY that were begun and not completed. */
static bool
abort_uploads(S3Client *client, const char *key, GError **error)
{
    for (guint page = 0; page < MAX_UPLOAD_PAGES; page++) {
        g_autoptr(GPtrArray) upload_ids = list_uploads(client, key, error);
        if (upload_ids == NULL || upload_ids->len == 0) {
            return upload_ids != NULL;
        }
        for (guint i = 0; i < upload_ids->len; i++) {
            if (!abort_upload(client, key, upload_ids->pdata[i], error)) {
                return false;
            }
        }
    }
    return fail(error, APP_ERROR_UNAVAILABLE, "%s: the storage keeps listing ended uploads", key);
}

static BlobWriter *
s3_create(BlobStore *base, const char *key, GError **error)
{
    S3Writer *writer = g_new0(S3Writer, 1);
    writer->base.store = base;
    writer->key = g_strdup(key);
    writer->mark = secret_token();
    writer->part = g_byte_array_new();
    writer->etags = g_ptr_array_new_with_free_func(g_free);
    return &writer->base;
}

typedef struct {
    const char *path;
    char *text; /* of the first element of that path */
} Wanted;

static bool
find_wanted(const char *path, const char *text, gpointer data)
{
    Wanted *wanted = data;
    if (wanted->text == NULL && strcmp(path, wanted->path) == 0) {
        wanted->text = g_strdup(text);
    }
    return true;
}

/* The text at PATH of an answer; NULL when it has none. */
static char *
find_text(const NetResponse *response, const char *path, GError **error)
{
    Wanted wanted = { path, NULL };
    if (!s3_xml_walk(response->body, find_wanted, &wanted, error)) {
        g_clear_pointer(&wanted.text, g_free);
    } else if (wanted.text == NULL) {
        (void)fail(error, APP_ERROR_UNAVAILABLE, "the storage answered without %s", path);
    }
    return wanted.text;
}

static bool
begin_upload(S3Writer *writer, GError **error)
{
    const SigV4Pair query[] = { { "uploads", "" } };
    const SigV4Pair headers[] = { { "x-amz-meta-mark", writer->mark } };
    S3Request request = { .method = "POST",
                          .key = writer->key,
                          .query = query,
                          .num_query = 1,
                          .headers = headers,
                          .num_headers = 1 };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(writer->base.store), &request, &response, error)) {
        return false;
    }
    writer->upload_id = find_text(&response, "InitiateMultipartUploadResult/UploadId", error);
    return writer->upload_id != NULL;
}

static bool
send_part(S3Writer *writer, GError **error)
{
    if (writer->etags->len == MAX_PARTS) {
        return fail(error, APP_ERROR_TOO_LARGE, "%s: more than %u parts of %u bytes", writer->key,
                    (guint)MAX_PARTS, (guint)PART_SIZE);
    }
    if (writer->upload_id == NULL && !begin_upload(writer, error)) {
        return false;
    }
    g_autofree char *number = g_strdup_printf("%u", writer->etags->len + 1);
    const SigV4Pair query[] = { { "partNumber", number }, { "uploadId", writer->upload_id } };
    g_autoptr(GBytes) body = g_bytes_new_static(writer->part->data, writer->part->len);
    S3Request request = {
        .method = "PUT", .key = writer->key, .query = query, .num_query = 2, .body = body
    };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(writer->base.store), &request, &response, error)) {
        return false;
    }
    const char *etag = net_response_header(&response, "etag");
    if (etag == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s: a part was stored without an etag",
                    writer->key);
    }
    g_ptr_array_add(writer->etags, g_strdup(etag));
    g_byte_array_set_size(writer->part, 0);
    return true;
}

static bool
s3_write(BlobWriter *base, const void *data, gsize size, GError **error)
{
    S3Writer *writer = (S3Writer *)base;
    const guint8 *at = data;
    while (size > 0) {
        /* Only when more follows: an object of one part goes up in one request. */
        if (writer->part->len == PART_SIZE && !send_part(writer, error)) {
            return false;
        }
        gsize count = MIN(size, PART_SIZE - writer->part->len);
        g_byte_array_append(writer->part, at, (guint)count);
        at += count;
        size -= count;
    }
    return true;
}

/* Whether the object that exists is the one this writer sent: an answer was lost on the way, and
 * the repetition met its own work. */
static bool
is_ours(const S3Writer *writer)
{
    S3Request request = { .method = "HEAD", .key = writer->key };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(writer->base.store), &request, &response, NULL)) {
        return false;
    }
    const char *mark = net_response_header(&response, "x-amz-meta-mark");
    return mark != NULL && strcmp(mark, writer->mark) == 0;
}

static bool
put_at_once(S3Writer *writer, GError **error)
{
    const SigV4Pair headers[] = { { "if-none-match", "*" }, { "x-amz-meta-mark", writer->mark } };
    g_autoptr(GBytes) body = g_bytes_new_static(writer->part->data, writer->part->len);
    S3Request request = {
        .method = "PUT", .key = writer->key, .headers = headers, .num_headers = 2, .body = body
    };
    g_auto(NetResponse) response = { 0 };
    return s3_send(client_of(writer->base.store), &request, &response, error);
}

static bool
complete_upload(S3Writer *writer, GError **error)
{
    if (!send_part(writer, error)) {
        return false;
    }
    g_autoptr(GString) document = g_string_new("<CompleteMultipartUpload>");
    for (guint i = 0; i < writer->etags->len; i++) {
        g_autofree char *part =
            g_markup_printf_escaped("<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>",
                                    i + 1, (const char *)writer->etags->pdata[i]);
        g_string_append(document, part);
    }
    g_string_append(document, "</CompleteMultipartUpload>");
    g_autoptr(GBytes) body = g_string_free_to_bytes(g_steal_pointer(&document));
    const SigV4Pair query[] = { { "uploadId", writer->upload_id } };
    const SigV4Pair headers[] = { { "if-none-match", "*" } };
    S3Request request = { .method = "POST",
                          .key = writer->key,
                          .query = query,
                          .num_query = 1,
                          .headers = headers,
                          .num_headers = 1,
                          .body = body };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(writer->base.store), &request, &response, error)) {
        return false;
    }
    /* The status is sent before the work is done, so 200 may carry an error. */
    g_autofree char *etag = find_text(&response, "CompleteMultipartUploadResult/ETag", NULL);
    return etag != NULL ||
           fail(error, APP_ERROR_UNAVAILABLE, "%s: the parts were not put together", writer->key);
}

static bool
s3_commit(BlobWriter *base, GError **error)
{
    S3Writer *writer = (S3Writer *)base;
    g_autoptr(GError) failure = NULL;
    writer->is_committed = writer->upload_id == NULL ? put_at_once(writer, &failure)
                                                     : complete_upload(writer, &failure);
    /* CONFLICT of a repeated PUT, NOT_FOUND of an upload that was put together already. */
    if (!writer->is_committed) {
        writer->is_committed = is_ours(writer);
    }
    if (!writer->is_committed) {
        g_propagate_error(error, g_steal_pointer(&failure));
    } else if (writer->upload_id != NULL) {
        /* An upload that was begun twice because the first answer was lost. Nothing is in it, and
         * servers drop such after days, so a failure does not matter. */
        (void)abort_uploads(client_of(base->store), writer->key, NULL);
    }
    return writer->is_committed;
}

static void
s3_writer_free(BlobWriter *base)
{
    S3Writer *writer = (S3Writer *)base;
    if (!writer->is_committed && writer->upload_id != NULL) {
        /* Where this fails, remove_unfinished finds it. */
        (void)abort_upload(client_of(base->store), writer->key, writer->upload_id, NULL);
    }
    g_ptr_array_unref(writer->etags);
    g_byte_array_unref(writer->part);
    g_free(writer->upload_id);
    g_free(writer->mark);
    g_free(writer->key);
    g_free(writer);
}

static bool
s3_read(BlobStore *base, const char *key, guint64 offset, void *buffer, gsize size, GError **error)
{
    g_autofree char *range = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
                                             offset, offset + size - 1);
    const SigV4Pair headers[] = { { "range", range } };
    S3Request request = { .method = "GET",
                          .key = key,
                          .headers = headers,
                          .num_headers = 1,
                          .max_response = MAX(size, 65536) };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(base), &request, &response, error)) {
        return false;
    }
    gsize got;
    const void *data = g_bytes_get_data(response.body, &got);
    /* 200: all of it, whatever was asked for. */
    guint64 skipped = response.status == 206 ? 0 : offset;
    if (skipped > got || got - skipped < size) {
        return fail(error, APP_ERROR_INVALID, "%s: ends too early", key);
    }
    memcpy(buffer, (const guint8 *)data + skipped, size);
    return true;
}

/* Deleting many keys at once is refused without it, though the body is signed. */
static char *
make_content_md5(GBytes *body)
{
    guint8 md5[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    gsize length;
    const void *data = g_bytes_get_data(body, &length);
    int done = EVP_Digest(data, length, md5, &size, EVP_md5(), NULL);
    g_assert(done == 1);
    return g_base64_encode(md5, size);
}

static bool
s3_remove(BlobStore *base, GPtrArray *keys, GError **error)
{
    if (keys->len == 1) {
        return send_delete(client_of(base), keys->pdata[0], NULL, 0, error);
    }
    g_autoptr(GString) document = g_string_new("<Delete><Quiet>true</Quiet>");
    for (guint i = 0; i < keys->len; i++) {
        g_string_append_printf(document, "<Object><Key>%s</Key></Object>",
                               (const char *)keys->pdata[i]);
    }
    g_string_append(document, "</Delete>");
    g_autoptr(GBytes) body = g_string_free_to_bytes(g_steal_pointer(&document));
    g_autofree char *md5 = make_content_md5(body);
    const SigV4Pair query[] = { { "delete", "" } };
    const SigV4Pair headers[] = { { "content-md5", md5 } };
    S3Request request = { .method = "POST",
                          .query = query,
                          .num_query = 1,
                          .headers = headers,
                          .num_headers = 1,
                          .body = body };
    g_auto(NetResponse) response = { 0 };
    if (!s3_send(client_of(base), &request, &response, error)) {
        return false;
    }
    Wanted failed = { "DeleteResult/Error/Key", NULL };
    if (!s3_xml_walk(response.body, find_wanted, &failed, error)) {
        g_free(failed.text);
        return false;
    }
    g_autofree char *key = failed.text;
    return key == NULL || fail(error, APP_ERROR_UNAVAILABLE, "the storage did not delete %s", key);
}

static bool
s3_remove_unfinished(BlobStore *base, const char *key, GError **error)
{
    return abort_uploads(client_of(base), key, error) &&
           send_delete(client_of(base), key, NULL, 0, error);
}

typedef struct {
    GPtrArray *keys;
    bool is_truncated;
    char *continuation;
} Listing;

static bool
take_listed(const char *path, const char *text, gpointer data)
{
    Listing *listing = data;
    if (strcmp(path, "ListBucketResult/Contents/Key") == 0) {
        g_ptr_array_add(listing->keys, g_strdup(text));
    } else if (strcmp(path, "ListBucketResult/IsTruncated") == 0) {
        listing->is_truncated = strcmp(text, "true") == 0;
    } else if (strcmp(path, "ListBucketResult/NextContinuationToken") == 0) {
        g_free(listing->continuation);
        listing->continuation = g_strdup(text);
    }
    return true;
}

/* Appends one page to LISTING. */
static bool
list_page(S3Client *client, const char *after, guint max_keys, Listing *listing, GError **error)
{
    g_autofree char *max = g_strdup_printf("%u", MIN(max_keys, 1000));
    g_autofree char *continuation = g_steal_pointer(&listing->continuation);
    const SigV4Pair query[] = {
        { "list-type", "2" },
        { "max-keys", max },
        { continuation != NULL ? "continuation-token" : "start-after",
          continuation != NULL ? continuation : after },
    };
    S3Request request = { .method = "GET", .query = query, .num_query = 3 };
    g_auto(NetResponse) response = { 0 };
    listing->is_truncated = false;
    if (!s3_send(client, &request, &response, error) ||
        !s3_xml_walk(response.body, take_listed, listing, error)) {
        return false;
    }
    return !listing->is_truncated || listing->continuation != NULL ||
           fail(error, APP_ERROR_UNAVAILABLE, "the storage lists a part and does not go on");
}

static GPtrArray *
s3_list(BlobStore *base, const char *after, guint max_keys, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    Listing listing = { keys, true, NULL };
    bool is_listed = true;
    while (is_listed && listing.is_truncated && keys->len < max_keys) {
        is_listed = list_page(client_of(base), after, max_keys - keys->len, &listing, error);
    }
    g_free(listing.continuation);
    if (keys->len > max_keys) {
        g_ptr_array_set_size(keys, (gint)max_keys);
    }
    return is_listed ? g_steal_pointer(&keys) : NULL;
}

static void
s3_free(BlobStore *base)
{
    s3_client_free(client_of(base));
    g_free(base);
}

static const BlobBackend s3_backend = {
    .create = s3_create,
    .write = s3_write,
    .commit = s3_commit,
    .writer_free = s3_writer_free,
    .read = s3_read,
    .remove = s3_remove,
    .remove_unfinished = s3_remove_unfinished,
    .list = s3_list,
    .free = s3_free,
    .read_ahead = 1024 * 1024,
};

BlobStore *
s3_store_new(Net *net, const Clock *clock, const S3Settings *settings, GError **error)
{
    S3Client *client = s3_client_new(net, clock, settings, error);
    if (client == NULL) {
        return NULL;
    }
    S3Store *store = g_new0(S3Store, 1);
    store->base.backend = &s3_backend;
    store->client = client;
    return &store->base;
}
