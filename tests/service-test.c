/* `cloudpick serve` as a process: the seller's whole job, delivery, stopping and dying. */
#include "http/test_http.h"
#include "tests/serve.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* All URLs in JSON, in order. */
static GPtrArray *
find_urls(const char *json)
{
    GPtrArray *urls = g_ptr_array_new_with_free_func(g_free);
    static const char key[] = "\"url\":\"";
    for (const char *at = json; (at = strstr(at, key)) != NULL;) {
        at += strlen(key);
        g_ptr_array_add(urls, g_strndup(at, strcspn(at, "\"")));
    }
    return urls;
}

static GPtrArray *
published_urls(const TestClient *client, const char *batch)
{
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos?limit=500", batch);
    g_autofree char *photos = test_json(client, 200, "GET", path, NULL);
    assert_schema(photos, "Photo[]");
    return find_urls(photos);
}

static char *
get_path(const char *batch, const char *rest)
{
    return g_strdup_printf("/api/v1/batches/%s%s", batch, rest);
}

/* LST-04 to LST-07: photos and a sheet in, the sheet with URLs that work out. */
static void
test_whole_job(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    assert_schema(done, "Batch");
    g_autofree char *matched = test_member(done, "matched");
    g_autofree char *published = serve_publish(&client, batch);
    g_autoptr(GPtrArray) urls = published_urls(&client, batch);
    g_autofree char *num_urls = g_strdup_printf("%u", urls->len);
    g_assert_cmpuint(urls->len, >=, 5);
    g_assert_cmpstr(num_urls, ==, matched);

    g_autofree char *skus_path = get_path(batch, "/skus");
    g_autofree char *skus = test_json(&client, 200, "GET", skus_path, NULL);
    assert_schema(skus, "Sku[]");
    g_autofree char *history_path = get_path(batch, "/history");
    g_autofree char *history = test_json(&client, 200, "GET", history_path, NULL);
    assert_schema(history, "Event[]");

    g_autofree char *sheet_path = get_path(batch, "/export/sheet");
    g_auto(NetResponse) sheet = test_call(&client, "GET", sheet_path, NULL, NULL);
    g_autofree char *text = test_text(&sheet);
    g_assert_cmpuint(sheet.status, ==, 200);
    g_assert_nonnull(strstr(net_response_header(&sheet, "content-disposition"), "sheet.csv"));
    g_autofree char *original_path =
        g_build_filename(SOURCE_ROOT, "samples/listing/sheet.csv", NULL);
    g_autoptr(GBytes) original = read_bytes(original_path);
    g_assert_cmpuint(strlen(text), >, g_bytes_get_size(original));
    guint num_in_sheet = 0;
    for (guint i = 0; i < urls->len; i++) {
        num_in_sheet += strstr(text, g_ptr_array_index(urls, i)) != NULL;
    }
    g_assert_cmpuint(num_in_sheet, >=, 4); /* the sample's sheet has a main for four SKUs */

    g_autofree char *zip_path = get_path(batch, "/export/pictures.zip");
    g_auto(NetResponse) zip = test_call(&client, "GET", zip_path, NULL, NULL);
    g_assert_cmpuint(zip.status, ==, 200);
    g_assert_true(memcmp(g_bytes_get_data(zip.body, NULL), "PK", 2) == 0);
    g_autofree char *csv_path = get_path(batch, "/export/report.csv");
    g_auto(NetResponse) csv = test_call(&client, "GET", csv_path, NULL, NULL);
    g_autofree char *csv_text = test_text(&csv);
    g_assert_nonnull(strstr(csv_text, "BOTTLE-500.MAIN.jpg"));
}

/* LST-18: nothing but a picture is at a URL. */
static void
test_published_pictures_are_bare(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_autoptr(GPtrArray) urls = published_urls(&client, batch);
    g_auto(TempDir) dir = temp_dir_new();
    g_assert_cmpuint(urls->len, >, 0);
    for (guint i = 0; i < urls->len; i++) {
        g_auto(NetResponse) response = serve_fetch(serve, "GET", g_ptr_array_index(urls, i), NULL);
        g_assert_cmpuint(response.status, ==, 200);
        g_assert_cmpstr(net_response_header(&response, "content-type"), ==, "image/jpeg");
        g_autofree char *name = g_strdup_printf("%u.jpg", i);
        gsize size;
        const void *data = g_bytes_get_data(response.body, &size);
        write_file(dir, name, data, size);
    }
    assert_nothing_private(dir);
}

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Status, headers but the date, and body, as one text. */
static char *
all_of(const NetResponse *response)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name, value;
    for (g_hash_table_iter_init(&iter, response->headers);
         g_hash_table_iter_next(&iter, &name, &value);) {
        if (strcmp(name, "date") != 0) {
            g_ptr_array_add(lines, g_strdup_printf("%s: %s", (char *)name, (char *)value));
        }
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    g_autofree char *headers = g_strjoinv("\n", (char **)lines->pdata);
    g_autofree char *body = test_text(response);
    return g_strdup_printf("%u\n%s\n\n%s", response->status, headers, body);
}

static void
assert_same_nothing(const Serve *serve, const char *expected, const char *url)
{
    g_auto(NetResponse) response = serve_fetch(serve, "GET", url, NULL);
    g_autofree char *all = all_of(&response);
    g_test_message("%s", url);
    g_assert_cmpstr(all, ==, expected);
}

/* LST-19: what is unknown, was deleted, or is somebody else's cannot be told apart, and says
 * nothing about anybody. */
static void
test_nothing_looks_the_same_everywhere(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) ann = test_sign_in(&serve->peer, "ann");
    g_auto(TestClient) bob = test_sign_in(&serve->peer, "bob");
    g_autofree char *batch = serve_new_batch(&ann);
    serve_upload_sample(&ann, batch);
    g_autofree char *done = serve_wait_until_done(&ann, batch);
    g_autofree char *published = serve_publish(&ann, batch);
    g_autoptr(GPtrArray) urls = published_urls(&ann, batch);
    const char *url = g_ptr_array_index(urls, 0);
    g_auto(NetResponse) there = serve_fetch(serve, "GET", url, NULL);
    g_assert_cmpuint(there.status, ==, 200);
    g_autofree char *headers = all_of(&there);
    g_autofree char *session = test_json(&ann, 200, "GET", "/api/v1/session", NULL);
    g_autofree char *account = test_member(session, "id");
    g_assert_null(g_strstr_len(headers, 2000, account));
    g_assert_null(g_strstr_len(headers, 2000, "localhost"));

    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    g_autofree char *bob_session = test_json(&bob, 200, "GET", "/api/v1/session", NULL);
    g_autofree char *bob_host = test_member(bob_session, "host");
    g_autofree char *unknown_host =
        g_strdup_printf("http://nobody.pictures.localhost%s", g_uri_get_path(uri));
    g_auto(NetResponse) first = serve_fetch(serve, "GET", unknown_host, NULL);
    g_autofree char *expected = all_of(&first);
    g_assert_cmpuint(first.status, ==, 404);
    g_assert_null(strstr(expected, "localhost"));

    g_autofree char *foreign = g_strdup_printf("http://%s%s", bob_host, g_uri_get_path(uri));
    g_autofree char *unknown_path =
        g_strdup_printf("http://%s/00000000000000000000000000000000/a.jpg", g_uri_get_host(uri));
    g_autofree char *other_shape = g_strdup_printf("http://%s/", g_uri_get_host(uri));
    g_autofree char *api = g_strdup_printf("http://%s/api/v1/session", g_uri_get_host(uri));
    assert_same_nothing(serve, expected, foreign);
    assert_same_nothing(serve, expected, unknown_path);
    assert_same_nothing(serve, expected, other_shape);
    assert_same_nothing(serve, expected, api);

    g_autofree char *batch_path = get_path(batch, "");
    g_autofree char *deleted = test_json(&ann, 204, "DELETE", batch_path, NULL);
    /* A picture that was just asked for is believed for two seconds. */
    g_usleep(2200 * 1000);
    assert_same_nothing(serve, expected, url);
}

/* How many open pictures the service has a file of. */
static guint
num_open_pictures(const Serve *serve)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", serve->pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *target = g_file_read_link(path, NULL);
        count += target != NULL && g_str_has_prefix(target, "/memfd:pages");
    }
    return count;
}

/* Two, as the setting says, and perhaps one that an answer has not quite let go of. */
static void
assert_few_are_open(const Serve *serve, const GPtrArray *urls)
{
    g_assert_cmpuint(urls->len, >, 3);
    for (guint i = 0; i < urls->len; i++) {
        g_auto(NetResponse) picture = serve_fetch(serve, "GET", g_ptr_array_index(urls, i), NULL);
        g_assert_cmpuint(picture.status, ==, 200);
        guint num_open = num_open_pictures(serve);
        g_assert_cmpuint(num_open, >, 0);
        g_assert_cmpuint(num_open, <=, 3);
    }
}

/* LST-17: the browser has the bytes, and has to ask before it shows them. */
static void
test_a_private_picture_is_asked_for_each_time(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *list_path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", list_path, NULL);
    g_autofree char *photo = test_member(photos, "id");
    g_autofree char *path = g_strdup_printf("/api/v1/photos/%s/thumbnail", photo);
    g_auto(NetResponse) first = test_call(&client, "GET", path, NULL, NULL);
    g_assert_cmpuint(first.status, ==, 200);
    g_assert_cmpstr(net_response_header(&first, "cache-control"), ==, "private, no-cache");
    g_autofree char *known =
        g_strdup_printf("If-None-Match: %s\n", net_response_header(&first, "etag"));
    g_auto(NetResponse) again = test_call(&client, "GET", path, known, NULL);
    g_assert_cmpuint(again.status, ==, 304);
    g_assert_cmpstr(net_response_header(&again, "cache-control"), ==, "private, no-cache");
    g_assert_cmpstr(net_response_header(&again, "etag"), ==, net_response_header(&first, "etag"));
    g_autofree char *ended = test_json(&client, 204, "POST", "/api/v1/session/end", "{}");
    g_auto(NetResponse) signed_out = test_call(&client, "GET", path, known, NULL);
    g_assert_cmpuint(signed_out.status, ==, 401);
}

/* What caches and impatient clients ask for. */
static void
test_picture_is_delivered_as_caches_want_it(Serve *serve)
{
    g_ptr_array_add(serve->arguments, g_strdup("--set"));
    g_ptr_array_add(serve->arguments, g_strdup("server.picture-cache-pictures=2"));
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_autoptr(GPtrArray) urls = published_urls(&client, batch);
    const char *url = g_ptr_array_index(urls, 0);
    for (guint i = 0; i < 2; i++) { /* first from the storage, then from memory */
        g_auto(NetResponse) whole = serve_fetch(serve, "GET", url, NULL);
        g_assert_cmpuint(whole.status, ==, 200);
        const char *etag = net_response_header(&whole, "etag");
        const char *cache = net_response_header(&whole, "cache-control");
        g_assert_true(g_str_has_prefix(cache, "public, max-age="));
        /* LST-17: not a second beyond the picture's last day. */
        guint64 seconds = g_ascii_strtoull(cache + strlen("public, max-age="), NULL, 10);
        g_assert_cmpuint(seconds, <=, 21 * 86400);
        g_assert_cmpuint(seconds, >, 20 * 86400);
        g_autofree char *known = g_strdup_printf("If-None-Match: %s\n", etag);
        g_auto(NetResponse) same = serve_fetch(serve, "GET", url, known);
        g_assert_cmpuint(same.status, ==, 304);
        g_auto(NetResponse) head = serve_fetch(serve, "HEAD", url, NULL);
        g_assert_cmpuint(head.status, ==, 200);
        g_assert_cmpuint(g_bytes_get_size(head.body), ==, 0);
        g_auto(NetResponse) part = serve_fetch(serve, "GET", url, "Range: bytes=0-9\n");
        g_assert_cmpuint(part.status, ==, 206);
        g_assert_cmpmem(g_bytes_get_data(part.body, NULL), g_bytes_get_size(part.body),
                        g_bytes_get_data(whole.body, NULL), 10);
    }
    assert_few_are_open(serve, urls);
}

/* A socket over which URL's picture was asked for NUM times, without waiting for an answer. */
static int
ask_at_once(const Serve *serve, const char *url, guint num)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    int fd = test_connect(serve->peer.port);
    for (guint i = 0; i < num; i++) {
        g_autofree char *request =
            g_strdup_printf("GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", g_uri_get_path(uri),
                            g_uri_get_host(uri), i + 1 == num ? "Connection: close\r\n" : "");
        test_send(fd, request, strlen(request));
    }
    return fd;
}

/* How many of the answers in DATA, one behind the other, are PICTURE; all others say 404. */
static guint
count_pictures(const GByteArray *data, GBytes *picture, guint num_answers)
{
    gsize size, at = 0;
    guint num_pictures = 0;
    const void *bytes = g_bytes_get_data(picture, &size);
    for (guint i = 0; i < num_answers; i++) {
        const char *head = (const char *)data->data + at;
        const char *end = g_strstr_len(head, (gssize)(data->len - at), "\r\n\r\n");
        g_assert_nonnull(end);
        const char *length = g_strstr_len(head, end - head, "Content-Length: ");
        gsize body = g_ascii_strtoull(length + strlen("Content-Length: "), NULL, 10);
        g_assert_cmpuint(data->len, >=, (gsize)(end - (const char *)data->data) + 4 + body);
        if (test_status_of(head) == 200) {
            g_assert_cmpmem(end + 4, body, bytes, size);
            num_pictures++;
        } else {
            g_assert_cmpuint(test_status_of(head), ==, 404);
        }
        at = (gsize)(end - (const char *)data->data) + 4 + body;
    }
    g_assert_cmpuint(at, ==, data->len);
    return num_pictures;
}

/* LST-17: a picture that is deleted while a slow reader takes it is gone for all others; what is
 * under way ends well, and then nothing of it is held. */
static void
test_picture_deleted_while_it_is_sent(Serve *serve)
{
    enum { NUM = 300 };
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_autoptr(GPtrArray) urls = published_urls(&client, batch);
    const char *url = g_ptr_array_index(urls, 0);
    g_auto(NetResponse) picture = serve_fetch(serve, "GET", url, NULL);
    g_assert_cmpuint(picture.status, ==, 200);
    g_assert_cmpuint(num_open_pictures(serve), ==, 1);
    int fd = ask_at_once(serve, url, NUM); /* more than sockets hold */
    char byte;
    g_assert_cmpint(recv(fd, &byte, 1, MSG_PEEK), ==, 1);

    g_autofree char *batch_path = get_path(batch, "");
    g_autofree char *deleted = test_json(&client, 204, "DELETE", batch_path, NULL);
    for (guint status = 0; status != 404;) {
        g_auto(NetResponse) other = serve_fetch(serve, "GET", url, NULL);
        status = other.status;
    }
    g_assert_cmpuint(num_open_pictures(serve), ==, 1); /* the slow reader's */

    g_autoptr(GByteArray) data = g_byte_array_new();
    guint8 buffer[64 * 1024];
    for (gssize count; (count = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
        g_byte_array_append(data, buffer, (guint)count);
    }
    close(fd);
    guint num_pictures = count_pictures(data, picture.body, NUM);
    g_assert_cmpuint(num_pictures, >, 0);
    g_assert_cmpuint(num_pictures, <, NUM);
    while (num_open_pictures(serve) > 0) {
        g_usleep(1000);
    }
}

/* Nothing acknowledged is lost, whatever becomes of the process. */
static void
test_killed_service_goes_on_where_it_was(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    serve_upload_sample(&client, batch);
    serve_kill(serve);
    serve_start(serve);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *photos = test_member(done, "photos");
    g_autofree char *folder = g_build_filename(SOURCE_ROOT, "samples/listing/photos", NULL);
    g_autoptr(GPtrArray) names = list_files(folder);
    g_assert_cmpuint(g_ascii_strtoull(photos, NULL, 10), ==, names->len);
    g_autofree char *published = serve_publish(&client, batch);
    serve_kill(serve);
    serve_start(serve);
    g_autoptr(GPtrArray) urls = published_urls(&client, batch);
    g_auto(NetResponse) picture = serve_fetch(serve, "GET", g_ptr_array_index(urls, 0), NULL);
    g_assert_cmpuint(picture.status, ==, 200);
}

static void
test_stops_in_good_order_and_knows_its_people_afterwards(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_assert_cmpint(serve_stop(serve), ==, 0);
    serve_start(serve);
    g_autofree char *session = test_json(&client, 200, "GET", "/api/v1/session", NULL);
    assert_schema(session, "SessionState");
    g_autofree char *status = test_json(&client, 200, "GET", "/api/v1/status", NULL);
    assert_schema(status, "Status");
}

/* Asks for batches under keys of their own until the service does not answer. */
typedef struct {
    const TestClient *client;
    gint num_asked, num_answered; /* atomic */
} Asking;

static NetResponse
ask_for_batch(const TestClient *client, gint number, bool *ret_answered)
{
    g_autofree char *url =
        g_strdup_printf("http://127.0.0.1:%u/api/v1/batches", client->peer->port);
    g_autofree char *key = g_strdup_printf("Idempotency-Key: %d", number);
    const char *const headers[] = { client->credential, "Sec-Fetch-Site: same-origin",
                                    "Content-Type: application/json", key, NULL };
    g_autoptr(GBytes) body = g_bytes_new_static("{}", 2);
    NetRequest request = { .purpose = NET_SIGN_IN,
                           .method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = body,
                           .max_response = 100000,
                           .timeout_seconds = 100 };
    NetResponse response = { 0 };
    g_autoptr(GError) error = NULL;
    *ret_answered = net_send(client->peer->net, &request, &response, &error);
    return response;
}

static gpointer
ask_until_cut(gpointer data)
{
    Asking *asking = data;
    for (bool is_answered = true; is_answered;) {
        gint number = g_atomic_int_add(&asking->num_asked, 1);
        g_auto(NetResponse) response = ask_for_batch(asking->client, number, &is_answered);
        g_assert_true(!is_answered || response.status == 201);
        g_atomic_int_add(&asking->num_answered, is_answered);
    }
    return NULL;
}

/* What is asked for again under the same key, because the service died, is not made twice. */
static void
test_killed_while_creating_creates_once(Serve *serve)
{
    enum { NUM_ROUNDS = 5, NUM_THREADS = 4, PER_ROUND = 12 };
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    Asking asking = { .client = &client };
    for (guint round = 0; round < NUM_ROUNDS; round++) {
        GThread *threads[NUM_THREADS];
        gint goal = g_atomic_int_get(&asking.num_answered) + PER_ROUND + (gint)round;
        for (guint i = 0; i < NUM_THREADS; i++) {
            threads[i] = g_thread_new("asks", ask_until_cut, &asking);
        }
        while (g_atomic_int_get(&asking.num_answered) < goal) {
            g_usleep(500);
        }
        serve_kill(serve);
        for (guint i = 0; i < NUM_THREADS; i++) {
            g_thread_join(threads[i]);
        }
        serve_start(serve);
    }
    for (gint i = 0; i < asking.num_asked; i++) {
        bool is_answered;
        g_auto(NetResponse) response = ask_for_batch(&client, i, &is_answered);
        g_assert_true(is_answered);
        g_assert_cmpuint(response.status, ==, 201);
    }
    g_autofree char *list = test_json(&client, 200, "GET", "/api/v1/batches?limit=500", NULL);
    g_auto(GStrv) parts = g_strsplit(list, "\"revision\":", -1);
    g_assert_cmpint((gint)g_strv_length(parts) - 1, ==, asking.num_asked);
}

/* SIGHUP is no end for those who have no terminal: not of the service, not of a worker. */
static void
test_hangup_ends_nobody(Serve *serve)
{
    g_ptr_array_add(serve->arguments, g_strdup("--no-jobs"));
    serve_start(serve);
    g_ptr_array_remove_index(serve->arguments, serve->arguments->len - 1);
    serve_start_worker(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *name = g_strdup_printf("sheet%u.csv", i);
        g_autoptr(GBytes) sheet = g_bytes_new_static("sku,title\nA,B\n", 14);
        serve_upload(&client, batch, name, sheet);
        g_autofree char *done = serve_wait_until_done(&client, batch); /* by the worker */
        g_assert_cmpint(kill(serve->worker_pid, SIGHUP), ==, 0);
        g_assert_cmpint(kill(serve->pid, SIGHUP), ==, 0);
    }
}

/* But who closes the window that it was started in wants it to end. */
static void
test_ends_with_its_terminal(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    int terminal;
    pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        execl(g_getenv("CLOUDPICK"), "cloudpick", "serve", "--data", dir, "--set",
              "server.listen=127.0.0.1:0", NULL);
        _exit(127);
    }
    char text[1000] = "";
    for (gsize size = 0; strstr(text, "Cloudpick is at") == NULL;) {
        gssize got = read(terminal, text + size, sizeof text - 1 - size);
        g_assert_cmpint(got, >, 0);
        size += (gsize)got;
        text[size] = '\0';
    }
    close(terminal);
    int status;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* A service that others can reach has no test mode, and says so before it listens. */
static void
test_test_mode_is_for_loopback(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    static const char *const settings[] = { "server.listen=0.0.0.0:0",
                                            "server.public-url=https://cloudpick.example" };
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++) {
        g_auto(CommandResult) result =
            run_cloudpick("serve", "--data", dir, "--set", settings[i], NULL);
        assert_status(&result, 2);
        g_assert_nonnull(strstr(result.err, "nobody could sign in"));
    }
}

/* A socket to which a proxy may bring anybody, handed over as systemd does. */
static int
listen_at_path(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_assert_cmpuint(g_strlcpy(address.sun_path, path, sizeof address.sun_path), <,
                     sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0); /* for the program to inherit */
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    return fd;
}

static void
test_test_mode_is_not_for_a_passed_socket(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    int fd = listen_at_path(path);
    int out[2];
    g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
    pid_t pid = fork();
    if (pid == 0) {
        g_autofree char *own = g_strdup_printf("%d", (int)getpid());
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails takes it with it */
        dup2(out[1], STDOUT_FILENO);
        dup2(fd, 3);
        g_setenv("LISTEN_PID", own, TRUE);
        g_setenv("LISTEN_FDS", "1", TRUE);
        execl(g_getenv("CLOUDPICK"), "cloudpick", "serve", "--data", dir, NULL);
        _exit(127);
    }
    close(out[1]);
    char byte;
    g_assert_cmpint(read(out[0], &byte, 1), ==, 0); /* it ends and has said nothing */
    int status;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 2);
    close(out[0]);
    close(fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/test-mode", test_test_mode_is_for_loopback);
    g_test_add_func("/service/test-mode-socket", test_test_mode_is_not_for_a_passed_socket);
    g_test_add_func("/service/terminal", test_ends_with_its_terminal);
    test_each_serve("/service/created-once", test_killed_while_creating_creates_once);
    test_each_serve("/service/hangup", test_hangup_ends_nobody);
    test_each_serve("/service/stop", test_stops_in_good_order_and_knows_its_people_afterwards);
    test_each_serve("/service/whole-job", test_whole_job);
    test_each_serve("/service/LST-18", test_published_pictures_are_bare);
    test_each_serve("/service/LST-19", test_nothing_looks_the_same_everywhere);
    test_each_serve("/service/LST-17/cache", test_a_private_picture_is_asked_for_each_time);
    test_each_serve("/service/delivery", test_picture_is_delivered_as_caches_want_it);
    test_each_serve("/service/LST-17/deleted-while-sent", test_picture_deleted_while_it_is_sent);
    test_each_serve("/service/killed", test_killed_service_goes_on_where_it_was);
    return g_test_run();
}
