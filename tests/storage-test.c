/* The seller's whole job with the pictures in two buckets of a real S3 server. */
#include "blob/test_ceph.h"
#include "tests/serve.h"
#include "tests/storage_proxy.h"

#include <glib/gstdio.h>
#include <string.h>

static guint
count_keys(Net *net, const S3Settings *bucket)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobStore) store = s3_store_new(net, &system_clock, bucket, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) keys = blob_list(store, "", 10000, &error);
    g_assert_no_error(error);
    return keys->len;
}

static void
append_bucket(GString *file, const char *region, const S3Settings *bucket)
{
    g_string_append_printf(file,
                           "storage.%s.endpoint = %s\nstorage.%s.bucket = %s\n"
                           "storage.%s.region = %s\nstorage.%s.access-key = %s\n"
                           "storage.%s.secret-key = %s\n",
                           region, bucket->endpoint, region, bucket->bucket, region, bucket->region,
                           region, bucket->access_key, region, bucket->secret_key);
}

/* Tells SERVE in a configuration file, which only its owner may read: it holds secrets. */
static void
use_buckets(Serve *serve, const S3Settings *us, const S3Settings *eu)
{
    g_autoptr(GString) file = g_string_new(NULL);
    append_bucket(file, "us", us);
    append_bucket(file, "eu", eu);
    write_file(serve->dir, "cloudpick.conf", file->str, file->len);
    char *path = g_build_filename(serve->dir, "cloudpick.conf", NULL);
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    g_ptr_array_add(serve->arguments, g_strdup("--config"));
    g_ptr_array_add(serve->arguments, path);
}

/* Fetches every URL of the batch; returns how many there are. */
static guint
fetch_all(const Serve *serve, const TestClient *client, const char *batch)
{
    static const char key[] = "\"url\":\"";
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos?limit=500", batch);
    g_autofree char *photos = test_json(client, 200, "GET", path, NULL);
    guint count = 0;
    for (const char *at = photos; (at = strstr(at, key)) != NULL; count++) {
        at += strlen(key);
        g_autofree char *url = g_strndup(at, strcspn(at, "\""));
        g_auto(NetResponse) picture = serve_fetch(serve, "GET", url, NULL);
        g_assert_cmpuint(picture.status, ==, 200);
        g_assert_cmpmem(g_bytes_get_data(picture.body, NULL), 3, "\xff\xd8\xff", 3);
    }
    return count;
}

/* LST-13, LST-28: a European seller's photos and pictures are in the European bucket, in no other
 * one and in no file. */
static void
test_job_on_buckets(Serve *serve)
{
    S3Settings us, eu;
    if (!test_ceph_bucket(&us) || !test_ceph_bucket(&eu)) {
        return;
    }
    use_buckets(serve, &us, &eu);
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann"); /* of region eu */
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_assert_cmpuint(fetch_all(serve, &client, batch), >=, 5);

    serve_kill(serve);
    serve_start(serve);
    g_assert_cmpuint(fetch_all(serve, &client, batch), >=, 5);

    g_autoptr(Net) net = net_new();
    g_assert_cmpuint(count_keys(net, &us), ==, 0);
    g_assert_cmpuint(count_keys(net, &eu), >, 10);
    g_autoptr(GPtrArray) files = list_files(serve->dir);
    for (guint i = 0; i < files->len; i++) {
        g_assert_false(g_str_has_prefix(files->pdata[i], "objects"));
    }
}

/* A service whose European bucket is behind a proxy; NULL, and the test is skipped, without Ceph.
 */
static StorageProxy *
start_behind_proxy(Serve *serve)
{
    S3Settings us, eu;
    if (!test_ceph_bucket(&us) || !test_ceph_bucket(&eu)) {
        return NULL;
    }
    StorageProxy *proxy = storage_proxy_new(eu.endpoint);
    eu.endpoint = storage_proxy_endpoint(proxy);
    use_buckets(serve, &us, &eu);
    serve_start(serve);
    return proxy;
}

/* What the service says to a photo of the sample: METHOD is POST, or PATCH of what *LOCATION (may
 * be NULL with POST) names, which is set by POST. */
static guint
send_photo(const TestClient *client, const char *batch, const char *name, const char *method,
           char **location)
{
    bool is_new = strcmp(method, "POST") == 0;
    g_autofree char *path = g_build_filename(SOURCE_ROOT, "samples/listing/photos", name, NULL);
    g_autoptr(GBytes) bytes = read_bytes(path);
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    g_autofree char *length =
        g_strdup_printf("Upload-Length: %zu\nUpload-Metadata: batch %s,name %s",
                        g_bytes_get_size(bytes), batch64, name64);
    g_autofree char *headers =
        g_strdup_printf("Tus-Resumable: 1.0.0\nContent-Type: application/offset+octet-stream\n%s\n",
                        is_new ? length : "Upload-Offset: 0");
    g_auto(NetResponse) response =
        test_call_bytes(client, method, is_new ? "/api/v1/uploads" : *location, headers, bytes);
    g_autofree char *text = test_text(&response);
    g_test_message("%s: %u %s", name, response.status, text);
    if (is_new && location != NULL) {
        *location = g_strdup(net_response_header(&response, "location"));
        g_assert_nonnull(*location);
    }
    return response.status;
}

static guint
try_photo(const TestClient *client, const char *batch, const char *name)
{
    return send_photo(client, batch, name, "POST", NULL);
}

static void
upload_sheet(const TestClient *client, const char *batch)
{
    g_autoptr(GBytes) sheet = read_bytes(SOURCE_ROOT "/samples/listing/sheet.csv");
    serve_upload(client, batch, "sheet.csv", sheet);
}

typedef struct {
    const TestClient *client;
    const char *batch;
    guint status;
    gint is_done; /* atomic */
} Uploading;

static gpointer
upload_one(gpointer data)
{
    Uploading *uploading = data;
    uploading->status = try_photo(uploading->client, uploading->batch, "BOTTLE-500.MAIN.jpg");
    g_atomic_int_set(&uploading->is_done, 1);
    return NULL;
}

/* Who waits for a storage that hangs keeps nobody else waiting, and goes on when it does. */
static void
test_slow_storage_only_takes_longer(Serve *serve)
{
    g_autoptr(StorageProxy) proxy = start_behind_proxy(serve);
    if (proxy == NULL) {
        return;
    }
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    g_autofree char *path = g_strconcat("/api/v1/batches/", batch, NULL);
    storage_proxy_set(proxy, STORAGE_STUCK);
    Uploading uploading = { .client = &client, .batch = batch };
    GThread *thread = g_thread_new("uploads", upload_one, &uploading);
    while (storage_proxy_num_met(proxy) == 0) {
        g_usleep(5000);
    }
    g_autofree char *meanwhile = test_json(&client, 200, "GET", path, NULL);
    g_autofree char *health = test_json(&client, 200, "GET", "/healthz", NULL);
    g_assert_cmpint(g_atomic_int_get(&uploading.is_done), ==, 0);
    storage_proxy_set(proxy, STORAGE_SLOW);
    g_thread_join(thread);
    g_assert_cmpuint(uploading.status, ==, 201);

    upload_sheet(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_assert_cmpuint(fetch_all(serve, &client, batch), ==, 1);
    g_assert_cmpint(serve_stop(serve), ==, 0);
}

/* A file that cannot be kept is refused with a word that says so; what was kept is worked on when
 * the storage is back. */
static void
test_failing_storage_loses_nothing(Serve *serve)
{
    g_autoptr(StorageProxy) proxy = start_behind_proxy(serve);
    if (proxy == NULL) {
        return;
    }
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_sheet(&client, batch);
    g_assert_cmpuint(try_photo(&client, batch, "BOTTLE-500.MAIN.jpg"), ==, 201);
    static const char name[] = "BOTTLE-500.PT01.jpg";
    g_autofree char *location = NULL; /* said in the refusal, too */
    storage_proxy_set(proxy, STORAGE_FAILS);
    g_assert_cmpuint(send_photo(&client, batch, name, "POST", &location), ==, 503);
    storage_proxy_set(proxy, STORAGE_TAKES_HALF);
    g_assert_cmpuint(send_photo(&client, batch, name, "PATCH", &location), ==, 503);
    g_assert_cmpuint(storage_proxy_num_met(proxy), >, 2);
    storage_proxy_set(proxy, STORAGE_PASSES);
    g_assert_cmpuint(send_photo(&client, batch, name, "PATCH", &location), ==, 204);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *photos = test_member(done, "photos");
    g_autofree char *failed = test_member(done, "failed");
    g_assert_cmpstr(photos, ==, "2");
    g_assert_cmpstr(failed, ==, "0");
    g_autofree char *published = serve_publish(&client, batch);
    g_assert_cmpuint(fetch_all(serve, &client, batch), ==, 2);
    g_assert_cmpint(serve_stop(serve), ==, 0);
}

/* LST-18, LST-19: nobody is given half of a picture as a whole one, nor anything else. */
static void
test_half_an_answer_is_no_picture(Serve *serve)
{
    g_autoptr(StorageProxy) proxy = start_behind_proxy(serve);
    if (proxy == NULL) {
        return;
    }
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_sheet(&client, batch);
    g_assert_cmpuint(try_photo(&client, batch, "BOTTLE-500.MAIN.jpg"), ==, 201);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos?limit=500", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", path, NULL);
    g_autofree char *url = test_member(photos, "url");
    g_auto(NetResponse) whole = serve_fetch(serve, "GET", url, NULL);
    g_assert_cmpuint(whole.status, ==, 200);

    g_assert_cmpint(serve_stop(serve), ==, 0); /* so that it is not in memory */
    serve_start(serve);
    static const StorageMood moods[] = { STORAGE_ANSWERS_HALF, STORAGE_FAILS };
    for (gsize i = 0; i < G_N_ELEMENTS(moods); i++) {
        storage_proxy_set(proxy, moods[i]);
        g_auto(NetResponse) half = serve_fetch(serve, "GET", url, NULL);
        g_autofree char *text = test_text(&half);
        g_assert_cmpuint(half.status, ==, 503);
        g_assert_cmpstr(text, ==, "not possible\n");
    }
    storage_proxy_set(proxy, STORAGE_PASSES);
    g_auto(NetResponse) again = serve_fetch(serve, "GET", url, NULL);
    g_assert_cmpuint(again.status, ==, 200);
    g_assert_true(g_bytes_equal(again.body, whole.body));
    g_assert_cmpint(serve_stop(serve), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_serve("/storage/job-on-buckets-LST-13", test_job_on_buckets);
    test_each_serve("/storage/slow", test_slow_storage_only_takes_longer);
    test_each_serve("/storage/failing", test_failing_storage_loses_nothing);
    test_each_serve("/storage/half", test_half_an_answer_is_no_picture);
    return g_test_run();
}
