#include "blob/s3.h"

#include "base/error.h"
#include "blob/s3_client.h"
#include "blob/s3_xml.h"
#include "blob/store_cases.h"
#include "blob/test_ceph.h"
#include "net/test_server.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static Net *net; /* of the whole test */

static BlobStore *
store_of(const S3Settings *settings)
{
    g_autoptr(GError) error = NULL;
    BlobStore *store = s3_store_new(net, &system_clock, settings, &error);
    g_assert_no_error(error);
    return store;
}

static BlobStore *
make_store(void)
{
    S3Settings settings;
    return test_ceph_bucket(&settings) ? store_of(&settings) : NULL;
}

/* A proxy that hands most requests on and their answers back. What it does to request number n is
 * FAULTS[n], repeating. */
typedef enum { PASS, REFUSE, LOSE_REQUEST, LOSE_ANSWER, HALF_ANSWER, BUSY } Fault;
typedef struct {
    const Fault *faults;
    guint num_faults;
    gint num_requests; /* atomic */
    guint16 port;      /* of the server behind */
} Proxy;

static GBytes *
hand_on(const Proxy *proxy, const char *head, GBytes *body)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host(client, "127.0.0.1", proxy->port, NULL, &error);
    g_assert_no_error(error);
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    /* So that the answer has an end. */
    g_autofree char *closing =
        g_strdup_printf("%.*sConnection: close\r\n\r\n", (int)strlen(head) - 2, head);
    g_output_stream_write_all(output, closing, strlen(closing), NULL, NULL, &error);
    g_assert_no_error(error);
    g_output_stream_write_all(output, g_bytes_get_data(body, NULL), g_bytes_get_size(body), NULL,
                              NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GByteArray) answer = g_byte_array_new();
    guint8 buffer[65536];
    gssize got;
    while ((got = g_input_stream_read(input, buffer, sizeof buffer, NULL, NULL)) > 0) {
        g_byte_array_append(answer, buffer, (guint)got);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&answer));
}

static GBytes *
serve_as_proxy(const char *head, GBytes *body, gpointer data)
{
    Proxy *proxy = data;
    guint number = (guint)g_atomic_int_add(&proxy->num_requests, 1);
    Fault fault = proxy->faults[number % proxy->num_faults];
    if (fault == REFUSE) {
        return test_server_text(503, "<Error><Code>SlowDown</Code></Error>");
    }
    if (fault == BUSY) {
        return test_server_text(500, "oops");
    }
    if (fault == LOSE_REQUEST) {
        return NULL;
    }
    g_autoptr(GBytes) answer = hand_on(proxy, head, body);
    if (fault == LOSE_ANSWER) {
        return NULL;
    }
    gsize size = g_bytes_get_size(answer);
    return g_bytes_new_from_bytes(answer, 0, fault == HALF_ANSWER ? size / 2 : size);
}

/* Every fault, alone and after another, and never five in a row. */
static const Fault many_faults[] = { PASS,         LOSE_ANSWER, PASS,         REFUSE,      PASS,
                                     LOSE_ANSWER,  LOSE_ANSWER, HALF_ANSWER,  PASS,        BUSY,
                                     LOSE_REQUEST, PASS,        HALF_ANSWER,  PASS,        PASS,
                                     LOSE_ANSWER,  REFUSE,      LOSE_REQUEST, LOSE_ANSWER, PASS,
                                     LOSE_REQUEST };
static Proxy lossy = { many_faults, G_N_ELEMENTS(many_faults), 0, 0 };
static TestServer *lossy_server;

static BlobStore *
make_lossy_store(void)
{
    S3Settings settings;
    if (!test_ceph_bucket(&settings)) {
        return NULL;
    }
    if (lossy_server == NULL) {
        lossy.port = (guint16)g_ascii_strtoull(strrchr(settings.endpoint, ':') + 1, NULL, 10);
        lossy_server = test_server_new(serve_as_proxy, &lossy);
    }
    settings.endpoint = test_server_origin(lossy_server);
    return store_of(&settings);
}

static bool
count_element(const char *path, const char *text, gpointer data)
{
    if (strcmp(path, "ListMultipartUploadsResult/Upload/UploadId") == 0) {
        ++*(guint *)data;
    }
    return true;
}

/* How many uploads in parts were begun in the bucket and not ended. */
static guint
count_uploads(const S3Settings *settings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(S3Client) client = s3_client_new(net, &system_clock, settings, &error);
    g_assert_no_error(error);
    const SigV4Pair query[] = { { "uploads", "" } };
    S3Request request = { .method = "GET", .query = query, .num_query = 1 };
    g_auto(NetResponse) response = { 0 };
    s3_send(client, &request, &response, &error);
    g_assert_no_error(error);
    guint count = 0;
    g_assert_true(s3_xml_walk(response.body, count_element, &count, &error));
    return count;
}

static BlobWriter *
write_large(BlobStore *store, const char *key, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autofree guint8 *data = g_malloc0(size);
    BlobWriter *writer = blob_create(store, key, &error);
    g_assert_no_error(error);
    blob_write(writer, data, size, &error);
    g_assert_no_error(error);
    return writer;
}

static void
test_sizes_around_a_part(void)
{
    S3Settings settings;
    if (!test_ceph_bucket(&settings)) {
        return;
    }
    g_autoptr(BlobStore) store = store_of(&settings);
    const gsize part = 8 * 1024 * 1024;
    const gsize sizes[] = { 0, part - 1, part, part + 1, 2 * part };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *key = g_strdup_printf("originals/aa/%u", (guint)i);
        g_autoptr(GError) error = NULL;
        g_autoptr(BlobWriter) writer = write_large(store, key, sizes[i]);
        blob_commit(writer, &error);
        g_assert_no_error(error);
        char last;
        if (sizes[i] > 0) {
            g_assert_true(blob_read(store, key, sizes[i] - 1, &last, 1, &error));
        }
        g_assert_false(blob_read(store, key, sizes[i], &last, 1, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
    g_assert_cmpuint(count_uploads(&settings), ==, 0);
}

static void
test_a_dropped_writer_leaves_no_parts(void)
{
    S3Settings settings;
    if (!test_ceph_bucket(&settings)) {
        return;
    }
    g_autoptr(BlobStore) store = store_of(&settings);
    BlobWriter *writer = write_large(store, "originals/aa/one", 20 * 1024 * 1024);
    g_assert_cmpuint(count_uploads(&settings), ==, 1);
    blob_writer_free(writer);
    g_assert_cmpuint(count_uploads(&settings), ==, 0);
}

static void
test_parts_of_a_killed_writer(void)
{
    S3Settings settings;
    if (!test_ceph_bucket(&settings)) {
        return;
    }
    g_autoptr(BlobStore) store = store_of(&settings);
    pid_t child = fork();
    if (child == 0) {
        net = net_new();
        (void)write_large(store_of(&settings), "originals/aa/one", 20 * 1024 * 1024);
        (void)raise(SIGKILL);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpuint(count_uploads(&settings), ==, 1);
    g_autoptr(GError) error = NULL;
    blob_remove_unfinished(store, "originals/aa/on", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_uploads(&settings), ==, 1); /* another key's */
    blob_remove_unfinished(store, "originals/aa/one", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_uploads(&settings), ==, 0);
}

static void
assert_unavailable(const S3Settings *settings, const char *reason)
{
    g_autoptr(BlobStore) store = store_of(settings);
    char buffer;
    g_autoptr(GError) error = NULL;
    g_assert_false(blob_read(store, "pictures/aa/one", 0, &buffer, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_nonnull(strstr(error->message, reason));
}

/* The server checks what is signed; nothing here would be tested otherwise. */
static void
test_a_wrong_secret_is_refused(void)
{
    S3Settings settings;
    if (test_ceph_bucket(&settings)) {
        settings.secret_key = "another";
        assert_unavailable(&settings, "SignatureDoesNotMatch");
    }
}

static void
test_a_missing_bucket_is_no_missing_object(void)
{
    S3Settings settings;
    if (test_ceph_bucket(&settings)) {
        settings.bucket = "no-such-bucket";
        assert_unavailable(&settings, "NoSuchBucket");
    }
}

/* After lost answers nothing is left over either. */
static void
test_lost_answers_leave_no_uploads(void)
{
    S3Settings settings;
    if (!test_ceph_bucket(&settings)) {
        return;
    }
    static const Fault faults[] = { LOSE_ANSWER, PASS };
    Proxy proxy = { faults, G_N_ELEMENTS(faults), 0, 0 };
    proxy.port = (guint16)g_ascii_strtoull(strrchr(settings.endpoint, ':') + 1, NULL, 10);
    g_autoptr(TestServer) server = test_server_new(serve_as_proxy, &proxy);
    S3Settings through_proxy = settings;
    through_proxy.endpoint = test_server_origin(server);
    g_autoptr(BlobStore) store = store_of(&through_proxy);
    g_autoptr(BlobWriter) writer = write_large(store, "originals/aa/one", 9 * 1024 * 1024);
    g_autoptr(GError) error = NULL;
    blob_commit(writer, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_uploads(&settings), ==, 0);
    char last;
    g_assert_true(blob_read(store, "originals/aa/one", 9 * 1024 * 1024 - 1, &last, 1, &error));
}

typedef struct {
    guint status;
    const char *text;
    gint num_requests; /* atomic */
} Canned;

static GBytes *
serve_canned(const char *head, GBytes *body, gpointer data)
{
    Canned *canned = data;
    g_atomic_int_inc(&canned->num_requests);
    return test_server_text(canned->status, canned->text);
}

static S3Settings
settings_for(const TestServer *server)
{
    return (S3Settings){ .endpoint = test_server_origin(server),
                         .region = "auto",
                         .bucket = "pictures",
                         .access_key = "key",
                         .secret_key = "secret",
                         .pause_ms = 1 };
}

static void
test_a_server_that_stays_ill(void)
{
    Canned canned = { .status = 503, .text = "<Error><Code>SlowDown</Code></Error>" };
    g_autoptr(TestServer) server = test_server_new(serve_canned, &canned);
    S3Settings settings = settings_for(server);
    assert_unavailable(&settings, "503 SlowDown");
    g_assert_cmpint(canned.num_requests, ==, 5);
}

static void
test_a_refusal_is_not_repeated(void)
{
    Canned canned = { .status = 403, .text = "<Error><Code>AccessDenied</Code></Error>" };
    g_autoptr(TestServer) server = test_server_new(serve_canned, &canned);
    S3Settings settings = settings_for(server);
    assert_unavailable(&settings, "AccessDenied");
    g_assert_cmpint(canned.num_requests, ==, 1);
}

/* A range that comes back short, or as another range, is not taken for the object. */
static void
test_an_answer_that_is_too_short(void)
{
    Canned canned = { .status = 206, .text = "123" };
    g_autoptr(TestServer) server = test_server_new(serve_canned, &canned);
    S3Settings settings = settings_for(server);
    g_autoptr(BlobStore) store = store_of(&settings);
    char buffer[4];
    g_autoptr(GError) error = NULL;
    g_assert_false(blob_read(store, "pictures/aa/one", 0, buffer, 4, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

/* Puts parts together with status 200 and an error inside. */
static GBytes *
serve_late_error(const char *head, GBytes *body, gpointer data)
{
    if (strstr(head, "?uploads=") != NULL) {
        return test_server_text(200, "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                                     "</InitiateMultipartUploadResult>");
    }
    if (g_str_has_prefix(head, "PUT ")) {
        return test_server_answer(200, "ETag: \"e\"\r\n", "", 0);
    }
    if (g_str_has_prefix(head, "HEAD ")) {
        return test_server_answer(404, "", "", 0);
    }
    return test_server_text(200, "<Error><Code>InternalError</Code></Error>");
}

static void
test_an_error_after_the_status(void)
{
    g_autoptr(TestServer) server = test_server_new(serve_late_error, NULL);
    S3Settings settings = settings_for(server);
    g_autoptr(BlobStore) store = store_of(&settings);
    g_autoptr(BlobWriter) writer = write_large(store, "originals/aa/one", 9 * 1024 * 1024);
    g_autoptr(GError) error = NULL;
    g_assert_false(blob_commit(writer, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

static GBytes *
serve_slowly(const char *head, GBytes *body, gpointer data)
{
    g_usleep(1500 * 1000);
    return test_server_text(206, "x");
}

static void
test_a_server_that_is_too_slow(void)
{
    g_autoptr(TestServer) server = test_server_new(serve_slowly, NULL);
    S3Settings settings = settings_for(server);
    settings.timeout_seconds = 1;
    g_autoptr(BlobStore) store = store_of(&settings);
    char buffer;
    g_autoptr(GError) error = NULL;
    g_assert_false(blob_read(store, "pictures/aa/one", 0, &buffer, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TIMEOUT);
}

/* Answers with the request's first line and its Host. */
static GBytes *
serve_address(const char *head, GBytes *body, gpointer data)
{
    g_autofree char *lower = g_ascii_strdown(head, -1);
    const char *host = strstr(lower, "\r\nhost:") + strlen("\r\nhost:");
    host += strspn(host, " ");
    g_autofree char *text = g_strdup_printf("%.*s %.*s", (int)strcspn(head, "\r"), head,
                                            (int)strcspn(host, "\r"), host);
    return test_server_text(200, text);
}

static void
test_bucket_in_the_host_name(void)
{
    g_autoptr(TestServer) server = test_server_new(serve_address, NULL);
    const char *port = strrchr(test_server_origin(server), ':');
    g_autofree char *endpoint = g_strconcat("http://localhost", port, NULL);
    S3Settings settings = settings_for(server);
    settings.endpoint = endpoint;
    settings.is_virtual_host = true;
    g_autoptr(BlobStore) store = store_of(&settings);
    g_autofree char *expected = g_strdup_printf("GET /pictures/aa/one HTTP/1.1 "
                                                "pictures.localhost%s",
                                                port);
    g_autofree char *buffer = g_malloc0(strlen(expected) + 1);
    g_autoptr(GError) error = NULL;
    blob_read(store, "pictures/aa/one", 0, buffer, strlen(expected), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(buffer, ==, expected);
}

static void
test_settings_that_cannot_be(void)
{
    const S3Settings right = { .endpoint = "https://s3.example",
                               .region = "auto",
                               .bucket = "pictures",
                               .access_key = "k",
                               .secret_key = "s" };
    S3Settings wrong[6];
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        wrong[i] = right;
    }
    wrong[0].endpoint = "http://s3.example";
    wrong[1].endpoint = "https://s3.example/path";
    wrong[2].endpoint = "s3.example";
    wrong[3].bucket = "../other";
    wrong[4].secret_key = "";
    wrong[5].bucket = "a.b@evil";
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(s3_store_new(net, &system_clock, &wrong[i], &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
    g_autoptr(BlobStore) store = store_of(&right);
    g_assert_nonnull(store);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    net = net_new();
    add_store_cases("/s3", make_store);
    add_store_cases("/s3/lossy", make_lossy_store);
    g_test_add_func("/s3/sizes-around-a-part", test_sizes_around_a_part);
    g_test_add_func("/s3/dropped-writer", test_a_dropped_writer_leaves_no_parts);
    g_test_add_func("/s3/killed-writer", test_parts_of_a_killed_writer);
    g_test_add_func("/s3/wrong-secret", test_a_wrong_secret_is_refused);
    g_test_add_func("/s3/missing-bucket", test_a_missing_bucket_is_no_missing_object);
    g_test_add_func("/s3/lost-answers", test_lost_answers_leave_no_uploads);
    g_test_add_func("/s3/server-stays-ill", test_a_server_that_stays_ill);
    g_test_add_func("/s3/refusal-is-not-repeated", test_a_refusal_is_not_repeated);
    g_test_add_func("/s3/too-short", test_an_answer_that_is_too_short);
    g_test_add_func("/s3/error-after-the-status", test_an_error_after_the_status);
    g_test_add_func("/s3/too-slow", test_a_server_that_is_too_slow);
    g_test_add_func("/s3/bucket-in-the-host-name", test_bucket_in_the_host_name);
    g_test_add_func("/s3/settings", test_settings_that_cannot_be);
    int status = g_test_run();
    g_clear_pointer(&lossy_server, test_server_free);
    net_free(net);
    return status;
}
