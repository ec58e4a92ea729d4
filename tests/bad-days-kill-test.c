/* kill -9 of the service and of its workers, again and again, while a seller uploads and publishes:
 * nothing that was acknowledged is lost, nothing is there twice, and nothing is left when its time
 * has come. */
#include "tests/serve.h"

#include "image/jpeg_fixture.h"
#include "web/app.h"

#include <string.h>

enum { NUM_KILLS = 25, NUM_BATCHES = 4, PHOTOS_PER_BATCH = 25 };

/* One request, which a kill may cut. False: no answer, or one that says to come again. */
static bool
try_call(const TestClient *client, const char *method, const char *path, const char *headers,
         GBytes *body, NetResponse *ret_response)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u%s", client->peer->port, path);
    g_autofree char *all =
        g_strconcat("Sec-Fetch-Site: same-origin\n", client->credential, "\n", headers, NULL);
    g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
    NetRequest request = {
        .purpose = NET_SIGN_IN,
        .method = method,
        .url = url,
        .headers = (const char *const *)lines,
        .body = body,
        .max_response = 16 * 1024 * 1024,
        .timeout_seconds = 30,
    };
    if (!net_send(client->peer->net, &request, ret_response, NULL)) {
        g_usleep(20 * 1000);
        return false;
    }
    if (ret_response->status >= 500 || ret_response->status == 429) {
        net_response_clear(ret_response);
        g_usleep(50 * 1000);
        return false;
    }
    return true;
}

/* The same until there is an answer. */
static NetResponse
call(const TestClient *client, const char *method, const char *path, const char *headers,
     GBytes *body)
{
    NetResponse response = { 0 };
    for (guint i = 0; i < 1000; i++) {
        if (try_call(client, method, path, headers, body, &response)) {
            return response;
        }
    }
    g_error("%s %s: no answer in a thousand tries", method, path);
}

static void
assert_answer(const NetResponse *response, guint status, const char *what)
{
    if (response->status != status) {
        g_autofree char *text = test_text(response);
        g_error("%s: %u, expected %u: %s", what, response->status, status, text);
    }
}

static gsize
offset_of(const NetResponse *response)
{
    const char *text = net_response_header(response, "upload-offset");
    g_assert_nonnull(text);
    return (gsize)g_ascii_strtoull(text, NULL, 10);
}

static char *
creation_headers(const char *batch, const char *name, gsize size)
{
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    return g_strdup_printf("Tus-Resumable: 1.0.0\nUpload-Length: %zu\n"
                           "Upload-Metadata: batch %s,name %s",
                           size, batch64, name64);
}

static void
upload_at_once(const TestClient *client, const char *batch, const char *name, GBytes *bytes)
{
    g_autofree char *creation = creation_headers(batch, name, g_bytes_get_size(bytes));
    g_autofree char *headers =
        g_strconcat(creation, "\nContent-Type: application/offset+octet-stream", NULL);
    g_auto(NetResponse) response = call(client, "POST", "/api/v1/uploads", headers, bytes);
    assert_answer(&response, 201, name);
    g_assert_cmpuint(offset_of(&response), ==, g_bytes_get_size(bytes));
}

/* In two pieces, asking after every cut how far it came: never behind what was acknowledged. */
static void
upload_in_pieces(const TestClient *client, const char *batch, const char *name, GBytes *bytes)
{
    gsize size = g_bytes_get_size(bytes), acknowledged = 0, offset = 0;
    g_autofree char *creation = creation_headers(batch, name, size);
    g_auto(NetResponse) created = call(client, "POST", "/api/v1/uploads", creation, NULL);
    assert_answer(&created, 201, name);
    const char *location = strstr(net_response_header(&created, "location"), "/api/");
    while (offset < size) {
        gsize piece = offset == 0 ? size / 2 : size - offset;
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(bytes, offset, piece);
        g_autofree char *headers = g_strdup_printf("Tus-Resumable: 1.0.0\nUpload-Offset: %zu\n"
                                                   "Content-Type: application/offset+octet-stream",
                                                   offset);
        g_auto(NetResponse) response = { 0 };
        if (try_call(client, "PATCH", location, headers, part, &response) &&
            response.status == 204) {
            offset = acknowledged = offset_of(&response);
            continue;
        }
        g_auto(NetResponse) head = call(client, "HEAD", location, "Tus-Resumable: 1.0.0", NULL);
        assert_answer(&head, 200, name);
        offset = offset_of(&head);
        g_assert_cmpuint(offset, >=, acknowledged);
    }
}

typedef struct {
    const TestClient *client;
    char *batches[NUM_BATCHES];
    gint num_done; /* photos */
    gint is_done;
} Seller;

static GBytes *
photo_of(guint batch, guint number)
{
    const Fixture fixture = { .width = 120, .height = 80, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
    g_autofree char *comment = g_strdup_printf("batch %u photo %u", batch, number);
    return fixture_insert(jpeg, 2, 0xfe, comment, strlen(comment));
}

static char *
new_batch(const TestClient *client, guint number)
{
    g_autofree char *headers =
        g_strdup_printf("Content-Type: application/json\nIdempotency-Key: kill-batch-%u", number);
    g_autoptr(GBytes) body = g_bytes_new_static("{\"quality\":60}", strlen("{\"quality\":60}"));
    for (;;) {
        g_auto(NetResponse) response = call(client, "POST", "/api/v1/batches", headers, body);
        if (response.status == 409) { /* the database is still ending the one that was cut */
            g_usleep(200 * 1000);
            continue;
        }
        assert_answer(&response, 201, "new batch");
        g_autofree char *text = test_text(&response);
        return test_member(text, "id");
    }
}

static GBytes *
sheet_of(void)
{
    g_autoptr(GString) sheet = g_string_new("sku,main_image_url\n");
    for (guint i = 0; i < PHOTOS_PER_BATCH; i++) {
        g_string_append_printf(sheet, "KILL-%02u,\n", i);
    }
    return g_bytes_new(sheet->str, sheet->len);
}

static gpointer
sell(gpointer data)
{
    Seller *seller = data;
    g_autoptr(GBytes) sheet = sheet_of();
    for (guint i = 0; i < NUM_BATCHES; i++) {
        seller->batches[i] = new_batch(seller->client, i);
        upload_at_once(seller->client, seller->batches[i], "sheet.csv", sheet);
        for (guint k = 0; k < PHOTOS_PER_BATCH; k++) {
            g_autofree char *name = g_strdup_printf("KILL-%02u.jpg", k);
            g_autoptr(GBytes) photo = photo_of(i, k);
            (k % 2 == 0 ? upload_at_once : upload_in_pieces)(seller->client, seller->batches[i],
                                                             name, photo);
            g_atomic_int_inc(&seller->num_done);
        }
        g_autofree char *publish =
            g_strdup_printf("/api/v1/batches/%s/publish", seller->batches[i]);
        g_autoptr(GBytes) nothing = g_bytes_new_static("{}", 2);
        g_auto(NetResponse) response =
            call(seller->client, "POST", publish, "Content-Type: application/json", nothing);
        assert_answer(&response, 202, publish);
    }
    g_atomic_int_set(&seller->is_done, 1);
    return NULL;
}

/* Kills at a pace that follows the seller's, so that kills hit every part of the work. */
static void
kill_again_and_again(Serve *serve, const Seller *seller)
{
    const guint num_photos = NUM_BATCHES * PHOTOS_PER_BATCH;
    for (guint i = 0; i < NUM_KILLS; i++) {
        while (!g_atomic_int_get(&seller->is_done) &&
               (guint)g_atomic_int_get(&seller->num_done) < i * num_photos / NUM_KILLS) {
            g_usleep(2000);
        }
        g_usleep((gulong)g_test_rand_int_range(0, 150 * 1000));
        gint32 which = g_test_rand_int_range(0, 3);
        if (which != 0) {
            serve_kill_worker(serve);
            serve_start_worker(serve);
        }
        if (which != 1) {
            serve_kill(serve);
            serve_start(serve);
        }
    }
}

/* Every photo once, with a URL of its own that serves a picture. */
static void
assert_published_once(const Serve *serve, const TestClient *client, const char *batch,
                      GHashTable *urls)
{
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s", batch);
    g_autofree char *json = serve_wait_until_published(client, batch);
    g_autofree char *photos_path = g_strconcat(path, "/photos?limit=500", NULL);
    g_autofree char *photos = test_json(client, 200, "GET", photos_path, NULL);
    guint num_urls = 0;
    for (const char *at = photos; (at = strstr(at, "\"url\":\"")) != NULL; num_urls++) {
        at += strlen("\"url\":\"");
        char *url = g_strndup(at, strcspn(at, "\""));
        g_auto(NetResponse) picture = serve_fetch(serve, "GET", url, NULL);
        assert_answer(&picture, 200, url);
        g_assert_true(g_hash_table_add(urls, url));
    }
    g_assert_cmpuint(num_urls, ==, PHOTOS_PER_BATCH);
    g_autofree char *num_photos = test_member(json, "photos");
    g_assert_cmpuint(g_ascii_strtoull(num_photos, NULL, 10), ==, PHOTOS_PER_BATCH);
    g_autofree char *failed = test_member(json, "failed");
    g_assert_cmpstr(failed, ==, "0");
    g_autofree char *history_path = g_strconcat(path, "/history?limit=500", NULL);
    g_autofree char *history = test_json(client, 200, "GET", history_path, NULL);
    const char *first = strstr(history, "\"what\":\"published\"");
    g_assert_nonnull(first);
    g_assert_null(strstr(first + 1, "\"what\":\"published\""));
}

static bool
same_time(gpointer data, Timestamp *ret_time, GError **error)
{
    *ret_time = *(Timestamp *)data;
    return true;
}

static bool
is_synchronised(gpointer data)
{
    return true;
}

static gint64
count_rows(Db *db, const char *table)
{
    g_autofree char *sql = g_strconcat("SELECT COUNT(*) AS n FROM ", table, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(db, DB_READ, &error);
    g_autoptr(DbRows) rows = tx == NULL ? NULL : db_query(tx, &error, sql, "");
    g_assert_no_error(error);
    g_assert_true(db_next(rows));
    return db_int(rows, "n");
}

/* LST-17: 21 days on, in a time of our own, nothing that a kill left lying about is there any more.
 */
static void
assert_nothing_left_after_the_sweep(const Serve *serve)
{
    Settings settings;
    settings_init(&settings);
    g_autoptr(GError) error = NULL;
    g_autofree char *database = g_strconcat("database.url=", serve->database_url, NULL);
    settings_set(&settings, database, &error);
    g_assert_no_error(error);
    Timestamp now = clock_now(&system_clock) + DAYS(22);
    const Clock later = clock_showing(&now);
    const AppOptions options = { .settings = &settings, .clock = &later, .data_dir = serve->dir };
    g_autoptr(App) app = app_open(&options, &error);
    g_assert_no_error(error);
    app->privacy.database_time = same_time;
    app->privacy.clock_is_synchronised = is_synchronised;
    app->privacy.witness_data = &now;
    SweepCounts counts;
    /* The second one has the unfinished objects that the first one gave up. */
    for (guint i = 0; i < 2; i++, now += DAYS(2)) {
        privacy_sweep(&app->privacy, &counts, &error);
        g_assert_no_error(error);
    }
    static const char *const tables[] = { "batch",       "photo",       "sku",    "upload",
                                          "upload_part", "publication", "object", "batch_event" };
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_test_message("%s", tables[i]);
        g_assert_cmpint(count_rows(app->db, tables[i]), ==, 0);
    }
    g_autofree char *objects = g_build_filename(serve->dir, "objects", NULL);
    g_autoptr(GPtrArray) files = list_files(objects);
    g_assert_cmpuint(files->len, ==, 0);
}

static void
test_killed_again_and_again(Serve *serve)
{
    serve_start(serve);
    serve_start_worker(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    Seller seller = { .client = &client };
    GThread *thread = g_thread_new("seller", sell, &seller);
    kill_again_and_again(serve, &seller);
    g_thread_join(thread);
    g_autoptr(GHashTable) urls = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < NUM_BATCHES; i++) {
        assert_published_once(serve, &client, seller.batches[i], urls);
        g_free(seller.batches[i]);
    }
    g_autofree char *batches = test_json(&client, 200, "GET", "/api/v1/batches", NULL);
    guint num_batches = 0;
    for (const char *at = batches; (at = strstr(at, "\"revision\":")) != NULL; at++) {
        num_batches++;
    }
    g_assert_cmpuint(num_batches, ==, NUM_BATCHES);
    serve_kill_worker(serve);
    g_assert_cmpint(serve_stop(serve), ==, 0);
    assert_nothing_left_after_the_sweep(serve);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_serve("/bad-days/LST-04/killed", test_killed_again_and_again);
    return g_test_run();
}
