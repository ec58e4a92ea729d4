/* The seller's whole job with the pictures in two buckets of a real S3 server. */
#include "blob/test_ceph.h"
#include "tests/serve.h"

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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_serve("/storage/job-on-buckets-LST-13", test_job_on_buckets);
    return g_test_run();
}
