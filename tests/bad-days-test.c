/* What goes wrong around `cloudpick serve` while somebody works with it: requests that mean two
 * things, crowds, clients that never finish, files made to harm, two people at once, and a disk or
 * a database that is not there. After each of them the service serves. */
#include "tests/serve.h"

#include "db/test_database.h"
#include "image/jpeg_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A connection, as a client that is no browser has one. */
static int
connect_to(const Serve *serve)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(serve->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval patience = { .tv_sec = 60 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
    return fd;
}

static void
say(int fd, const char *text)
{
    g_assert_cmpint(send(fd, text, strlen(text), MSG_NOSIGNAL), ==, (int)strlen(text));
}

/* All that comes until the other side closes. */
static char *
hear(int fd)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    for (gssize got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
        g_string_append_len(text, buffer, got);
    }
    return g_string_free(text, FALSE);
}

static GBytes *
photo_of(guint number)
{
    const Fixture fixture = { .width = 120, .height = 80, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
    g_autofree char *comment = g_strdup_printf("photo %u", number);
    return fixture_insert(jpeg, 2, 0xfe, comment, strlen(comment));
}

static void
upload_photo(const TestClient *client, const char *batch, const char *name, guint number)
{
    g_autoptr(GBytes) photo = photo_of(number);
    serve_upload(client, batch, name, photo);
}

static void
upload_text(const TestClient *client, const char *batch, const char *name, const char *text)
{
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    serve_upload(client, batch, name, bytes);
}

/* The status, and the answer's text: creates an upload of SIZE bytes and sends BYTES of it. */
static guint
try_upload(const TestClient *client, const char *batch, const char *name, gsize name_size,
           guint64 size, GBytes *bytes, char **ret_text)
{
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, name_size);
    g_autofree char *headers =
        g_strdup_printf("Tus-Resumable: 1.0.0\n%sUpload-Length: %" G_GUINT64_FORMAT
                        "\nUpload-Metadata: batch %s,name %s\n",
                        bytes == NULL ? "" : "Content-Type: application/offset+octet-stream\n",
                        size, batch64, name64);
    g_auto(NetResponse) response =
        test_call_bytes(client, "POST", "/api/v1/uploads", headers, bytes);
    *ret_text = test_text(&response);
    return response.status;
}

/* A seller who comes now is served as ever. */
static void
assert_serves(const Serve *serve, const char *name)
{
    g_auto(TestClient) client = test_sign_in(&serve->peer, name);
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    upload_photo(&client, batch, "AB-1.jpg", g_str_hash(name));
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *published = serve_publish(&client, batch);
    g_autofree char *matched = test_member(published, "matched");
    g_assert_cmpstr(matched, ==, "1");
}

static void
test_requests_with_two_meanings_are_refused(Serve *serve)
{
    serve_start(serve);
    static const char *const requests[] = {
        "POST /api/v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
        "Content-Length: 30\r\n\r\n{}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /api/v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2, 30\r\n\r\n{}",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: x.pictures.localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "POST /api/v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: "
        "localhost\r\n\r\n",
        "POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity"
        "\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        int fd = connect_to(serve);
        say(fd, requests[i]);
        g_autofree char *answer = hear(fd);
        close(fd);
        g_test_message("%s", requests[i]);
        g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 400 ") ||
                      g_str_has_prefix(answer, "HTTP/1.1 501 "));
        g_assert_null(strstr(answer + 1, "HTTP/1.1 ")); /* what hides behind it is not answered */
    }
    assert_serves(serve, "ann");
}

/* Exactly as many as event loops like to stall at. */
static void
test_crowds_are_answered(Serve *serve)
{
    static const guint sizes[] = { 128, 256 };
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *request =
        g_strdup_printf("GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
                        "Connection: close\r\n\r\n",
                        client.credential);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        int fds[256];
        for (guint k = 0; k < sizes[i]; k++) {
            fds[k] = connect_to(serve);
            g_assert_cmpint(send(fds[k], request, strlen(request) - 1, 0), >, 0);
        }
        for (guint k = 0; k < sizes[i]; k++) { /* all begin at this moment */
            g_assert_cmpint(send(fds[k], "\n", 1, 0), ==, 1);
        }
        for (guint k = 0; k < sizes[i]; k++) {
            g_autofree char *answer = hear(fds[k]);
            close(fds[k]);
            g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 200 "));
        }
    }
}

/* Raises the number of files that this process may have open; false where it may not. */
static bool
may_open(guint num_files)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    limit.rlim_cur = MAX(limit.rlim_cur, num_files);
    return limit.rlim_cur <= limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* Idle, in the middle of a head, or in the middle of an upload that never ends. */
static void
test_a_thousand_slow_connections_keep_nobody_out(Serve *serve)
{
    enum { NUM_SLOW = 1000 };
    if (!may_open(2 * NUM_SLOW)) {
        g_test_skip("not allowed to open 2,000 files");
        return;
    }
    serve_start(serve);
    g_auto(TestClient) slow = test_sign_in(&serve->peer, "mallory");
    g_autofree char *batch = serve_new_batch(&slow);
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *half = g_strdup_printf(
        "POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n%s\r\n"
        "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
        "Content-Length: 100000\r\nUpload-Length: 100000\r\n"
        "Upload-Metadata: batch %s,name YS5qcGc=\r\n\r\nhalf",
        slow.credential, batch64);
    g_autofree int *fds = g_new(int, NUM_SLOW);
    for (guint i = 0; i < NUM_SLOW; i++) {
        fds[i] = connect_to(serve);
        say(fds[i], i % 3 == 0 ? "GET /api/v1/sess" : i % 3 == 1 ? half : "");
    }
    assert_serves(serve, "ann");
    for (guint i = 0; i < NUM_SLOW; i++) {
        close(fds[i]);
    }
    assert_serves(serve, "bob");
}

/* Of FDS, closed and taken out when they were answered: until NUM are. */
static void
hear_some(int *fds, guint num_fds, guint num, const char *expected)
{
    struct pollfd polled[16];
    g_assert_cmpuint(num_fds, <=, G_N_ELEMENTS(polled));
    for (guint num_heard = 0; num_heard < num;) {
        for (guint i = 0; i < num_fds; i++) {
            polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
        }
        g_assert_cmpint(poll(polled, num_fds, -1), >, 0);
        for (guint i = 0; i < num_fds; i++) {
            if (polled[i].revents != 0) {
                g_autofree char *answer = hear(fds[i]);
                g_assert_nonnull(strstr(answer, expected));
                close(fds[i]);
                fds[i] = -1;
                num_heard++;
            }
        }
    }
}

/* Takes connections and says nothing. */
static int
listen_silently(guint16 *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(fd, 64), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* For the next start; takes VALUE. */
static void
set_text(Serve *serve, const char *name, char *value)
{
    g_ptr_array_add(serve->arguments, g_strdup("--set"));
    g_ptr_array_add(serve->arguments, g_strconcat(name, "=", value, NULL));
    g_free(value);
}

/* The provider takes connections and says nothing. Who wants to sign in waits, or is told that it
 * is away; who has nothing to do with it is served. */
static void
test_a_silent_provider_holds_up_nobody_else(void)
{
    enum { NUM_WORKERS = 8 };
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    guint16 port;
    int provider = listen_silently(&port);
    set_text(&serve, "sign-in.google.client-id", g_strdup("a"));
    set_text(&serve, "sign-in.google.client-secret", g_strdup("b"));
    set_text(&serve, "sign-in.google.address", g_strdup_printf("http://127.0.0.1:%u", port));
    serve_start(&serve);
    int fds[NUM_WORKERS];
    for (guint i = 0; i < NUM_WORKERS; i++) {
        fds[i] = connect_to(&serve);
        say(fds[i], "GET /sign-in/google?region=us HTTP/1.1\r\nHost: localhost\r\n"
                    "Connection: close\r\n\r\n");
    }
    hear_some(fds, NUM_WORKERS, NUM_WORKERS / 2, "/?sign-in-problem=unavailable");
    TestClient nobody = { .peer = &serve.peer };
    g_auto(NetResponse) ready = test_call(&nobody, "GET", "/readyz", NULL, NULL);
    g_assert_cmpuint(ready.status, ==, 200);
    guint num_waiting = 0;
    for (guint i = 0; i < NUM_WORKERS; i++) {
        char byte;
        num_waiting += fds[i] >= 0 && recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0;
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    g_assert_cmpuint(num_waiting, ==, NUM_WORKERS / 2);
    close(provider);
}

/* Sends NUM requests for PATH of CLIENT at once, each on a line of its own. */
static void
ask_at_once(const Serve *serve, const TestClient *client, const char *path, int *ret_fds, guint num)
{
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\nConnection: close\r\n\r\n",
                        path, client->credential);
    for (guint i = 0; i < num; i++) {
        ret_fds[i] = connect_to(serve);
        say(ret_fds[i], request);
    }
}

/* The bucket takes connections and says nothing. Who wants a picture waits, or is told; pages and
 * lists are there. */
static void
test_a_silent_bucket_holds_up_nobody_else(void)
{
    enum { NUM_WORKERS = 8, NUM_READING = 3 };
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    serve_start(&serve);
    g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    upload_photo(&client, batch, "AB-1.jpg", 1);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *list_path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", list_path, NULL);
    g_autofree char *photo = test_member(photos, "id");
    (void)serve_stop(&serve);
    guint16 port;
    int bucket = listen_silently(&port);
    set_text(&serve, "storage.eu.endpoint", g_strdup_printf("http://127.0.0.1:%u", port));
    set_text(&serve, "storage.eu.bucket", g_strdup("pictures"));
    set_text(&serve, "storage.eu.access-key", g_strdup("a"));
    set_text(&serve, "storage.eu.secret-key", g_strdup("b"));
    serve_start(&serve);
    int fds[2 * NUM_WORKERS];
    g_autofree char *path = g_strdup_printf("/api/v1/photos/%s/thumbnail", photo);
    g_autofree char *sheet = g_strdup_printf("/api/v1/batches/%s/export/sheet", batch);
    ask_at_once(&serve, &client, path, fds, NUM_WORKERS);
    hear_some(fds, NUM_WORKERS, NUM_WORKERS - NUM_READING, "HTTP/1.1 503 ");
    ask_at_once(&serve, &client, sheet, fds + NUM_WORKERS, NUM_WORKERS);
    TestClient nobody = { .peer = &serve.peer };
    g_auto(NetResponse) ready = test_call(&nobody, "GET", "/readyz", NULL, NULL);
    g_assert_cmpuint(ready.status, ==, 200);
    g_autofree char *again = test_json(&client, 200, "GET", list_path, NULL);
    g_autofree char *refused = test_json(&client, 503, "GET", path, NULL);
    guint num_waiting = 0;
    for (guint i = 0; i < 2 * NUM_WORKERS; i++) {
        char byte;
        num_waiting += i < NUM_WORKERS && fds[i] >= 0 && recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0;
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    g_assert_cmpuint(num_waiting, ==, NUM_READING);
    close(bucket);
}

static void
test_a_huge_sheet_is_refused_before_it_is_sent(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    g_autofree char *text = NULL;
    guint status = try_upload(&client, batch, "listing.xlsx", strlen("listing.xlsx"),
                              G_GUINT64_CONSTANT(2) * 1024 * 1024 * 1024 + 1, NULL, &text);
    g_assert_cmpuint(status, ==, 413);
    g_assert_nonnull(strstr(text, "a sheet may have up to"));
    g_autofree char *objects = g_build_filename(serve->dir, "objects", NULL);
    g_autoptr(GPtrArray) files = list_files(objects);
    g_assert_cmpuint(files->len, ==, 0);
    assert_serves(serve, "bob");
}

/* Names come from other people's disks: shown as they are or refused, and never an error of ours.
 */
static void
test_strange_names_harm_nobody(Serve *serve)
{
    static const struct {
        const char *name;
        gsize size;
    } names[] = {
#define NAME(text) { text, sizeof(text) - 1 }
        NAME("a\nb.jpg"),
        NAME("a\r\nSet-Cookie: x=y.jpg"),
        NAME("a\0b.jpg"),
        NAME("\x1b[2J.jpg"),
        NAME("../../etc/passwd.jpg"),
        NAME("/etc/shadow.jpg"),
        NAME("\xff\xfe.jpg"),
        NAME("\xe2\x80\xaegpj.exe.jpg"),
        NAME("<script>alert(1)</script>.jpg"),
        NAME("=cmd|'/c'!A1.jpg"),
        NAME("\xed\xa0\x80.jpg"),
        NAME(""),
        NAME("."),
        NAME(".."),
        NAME("a//b.jpg"),
        NAME("\xc2\x85.jpg"),
        NAME("a\"b,c.jpg"),
#undef NAME
    };
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    guint num_taken = 0;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) photo = photo_of(i);
        g_autofree char *text = NULL;
        guint status = try_upload(&client, batch, names[i].name, names[i].size,
                                  g_bytes_get_size(photo), photo, &text);
        g_test_message("%u: %u %s", i, status, text);
        g_assert_true(status == 201 || status == 400 || status == 422);
        num_taken += status == 201 ? 1 : 0;
    }
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *num_photos = test_member(done, "photos");
    g_assert_cmpuint(g_ascii_strtoull(num_photos, NULL, 10), ==, num_taken);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", path, NULL);
    assert_schema(photos, "Photo[]");
    for (const char *p = photos; *p != '\0'; p++) {
        g_assert_true((guchar)*p >= 0x20);
    }
    g_autofree char *report_path = g_strdup_printf("/api/v1/batches/%s/export/report.csv", batch);
    g_autofree char *report = test_json(&client, 200, "GET", report_path, NULL);
    g_assert_null(strstr(report, "\n=cmd")); /* a spreadsheet program would run it */
}

/* The account is full: that file says so, the others stay, and making room helps. */
static void
test_a_full_account_says_so(Serve *serve)
{
    g_autoptr(GBytes) photo = photo_of(1);
    g_ptr_array_add(serve->arguments, g_strdup("--set"));
    g_ptr_array_add(serve->arguments,
                    g_strdup_printf("quota.account-bytes=%zu", 3 * g_bytes_get_size(photo) + 200));
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    upload_photo(&client, batch, "AB-1.jpg", 1);
    upload_photo(&client, batch, "AB-2.jpg", 2);
    upload_photo(&client, batch, "AB-3.jpg", 3);
    g_autofree char *text = NULL;
    guint status = try_upload(&client, batch, "AB-4.jpg", strlen("AB-4.jpg"),
                              g_bytes_get_size(photo), photo, &text);
    g_assert_cmpuint(status, ==, 413);
    g_assert_nonnull(strstr(text, "the account is full"));
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *num_done = test_member(done, "done");
    g_assert_cmpstr(num_done, ==, "3");
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s", batch);
    g_autofree char *deleted = test_json(&client, 204, "DELETE", path, NULL);
    g_autofree char *other = serve_new_batch(&client);
    upload_photo(&client, other, "AB-4.jpg", 4);
}

/* A ZIP whose members inflate to far more than it is, a picture with billions of pixels, and a text
 * that calls itself a picture: each says what it is, and the good one between them is done. */
static void
test_bombs_do_not_go_off(Serve *serve)
{
    g_ptr_array_add(serve->arguments, g_strdup("--set"));
    g_ptr_array_add(serve->arguments, g_strdup("archive.max-total-bytes=10000000"));
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    g_auto(TempDir) dir = temp_dir_new();
    const char *const argv[] = { "python3", "-c",
                                 "import zipfile,struct,zlib\n"
                                 "z=zipfile.ZipFile('bomb.zip','w',zipfile.ZIP_DEFLATED)\n"
                                 "z.writestr('a.jpg',bytes(30000000));z.close()\n"
                                 "c=lambda t,d:struct.pack('>I',len(d))+t+d+struct.pack('>I',"
                                 "zlib.crc32(t+d))\n"
                                 "open('bomb.png','wb').write(b'\\x89PNG\\r\\n\\x1a\\n'"
                                 "+c(b'IHDR',struct.pack('>IIBBBBB',60000,60000,8,2,0,0,0))"
                                 "+c(b'IDAT',zlib.compress(bytes(1000000)))+c(b'IEND',b''))\n",
                                 NULL };
    g_auto(CommandResult) made = run_command(dir, argv);
    assert_status(&made, 0);
    static const char *const bombs[] = { "bomb.zip", "bomb.png" };
    for (gsize i = 0; i < G_N_ELEMENTS(bombs); i++) {
        g_autofree char *path = g_build_filename(dir, bombs[i], NULL);
        g_autoptr(GBytes) bytes = read_bytes(path);
        serve_upload(&client, batch, bombs[i], bytes);
    }
    upload_text(&client, batch, "text.jpg", "this is no picture");
    upload_photo(&client, batch, "AB-1.jpg", 1);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *num_done = test_member(done, "done");
    g_assert_cmpstr(num_done, ==, "1");
    g_autofree char *photos_path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", photos_path, NULL);
    g_test_message("%s", photos);
    g_assert_nonnull(strstr(photos, "image.max-pixels"));
    g_autofree char *failed_path =
        g_strdup_printf("/api/v1/batches/%s/uploads?state=failed", batch);
    g_autofree char *failed = test_json(&client, 200, "GET", failed_path, NULL);
    g_test_message("%s", failed);
    g_assert_nonnull(strstr(failed, "bomb.zip"));
    g_autofree char *published = serve_publish(&client, batch);
}

typedef struct {
    const TestClient *client;
    const char *photo;
} Editor;

/* Takes the main slot of the sheet's only SKU, over and over. */
static gpointer
take_main(gpointer data)
{
    const Editor *editor = data;
    g_autofree char *path = g_strconcat("/api/v1/photos/", editor->photo, NULL);
    for (guint i = 0; i < 20; i++) {
        g_auto(NetResponse) response =
            test_call(editor->client, "PATCH", path, NULL,
                      "{\"sku_row\":2,\"slot\":\"MAIN\",\"displace\":true}");
        if (response.status != 200 && response.status != 409) {
            g_autofree char *text = test_text(&response);
            g_error("%u %s", response.status, text);
        }
    }
    return NULL;
}

static char *
id_of_photo(const TestClient *client, const char *batch, const char *name)
{
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(client, 200, "GET", path, NULL);
    g_autofree char *key = g_strdup_printf("\",\"name\":\"%s\"", name);
    const char *at = strstr(photos, key);
    g_assert_nonnull(at);
    return g_strndup(at - 26, 26);
}

/* Two browsers fight for one place: in the end one photo has it, and nothing is lost. */
static void
test_two_editors_of_one_place(Serve *serve)
{
    serve_start(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_auto(TestClient) other = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\n");
    upload_photo(&client, batch, "one.jpg", 1);
    upload_photo(&client, batch, "two.jpg", 2);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *one = id_of_photo(&client, batch, "one.jpg");
    g_autofree char *two = id_of_photo(&client, batch, "two.jpg");
    Editor editors[] = { { &client, one }, { &other, two } };
    GThread *threads[] = { g_thread_new("one", take_main, &editors[0]),
                           g_thread_new("two", take_main, &editors[1]) };
    g_thread_join(threads[0]);
    g_thread_join(threads[1]);
    g_autofree char *after = serve_wait_until_done(&client, batch);
    g_autofree char *num_photos = test_member(after, "photos");
    g_autofree char *num_matched = test_member(after, "matched");
    g_assert_cmpstr(num_photos, ==, "2");
    g_assert_cmpstr(num_matched, ==, "1");
    g_autofree char *published = serve_publish(&client, batch);
}

/* On a disk of 8 MB, in a mount of the service's own. */
static void
test_full_disk_is_told_and_survived(void)
{
    static const char *const probe[] = { "unshare", "-m",    "mount", "-t",
                                         "tmpfs",   "small", "/mnt",  NULL };
    g_auto(CommandResult) may_mount = run_command(NULL, probe);
    if (may_mount.status != 0) {
        g_test_skip("not allowed to mount a small disk");
        return;
    }
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    g_auto(TempDir) bin = temp_dir_new();
    g_autofree char *real = g_strdup(g_getenv("CLOUDPICK"));
    g_autofree char *script =
        g_strdup_printf("#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs -o size=8m small \"$0\" "
                        "&& exec \"$@\"' '%s' '%s' \"$@\"\n",
                        serve.dir, real);
    write_file(bin, "cloudpick", script, strlen(script));
    g_autofree char *wrapped = g_build_filename(bin, "cloudpick", NULL);
    const char *const make_runnable[] = { "chmod", "+x", wrapped, NULL };
    g_auto(CommandResult) made = run_command(NULL, make_runnable);
    assert_status(&made, 0);
    g_setenv("CLOUDPICK", wrapped, TRUE);
    serve_start(&serve);
    g_setenv("CLOUDPICK", real, TRUE);

    g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    g_autofree char *noise = g_malloc(600 * 1000);
    guint status = 201, num_taken = 0;
    for (; status == 201 && num_taken < 30; num_taken += status == 201 ? 1 : 0) {
        for (guint i = 0; i < 600 * 1000; i++) {
            noise[i] = (char)g_test_rand_int();
        }
        g_autoptr(GBytes) photo = photo_of(num_taken);
        g_autoptr(GBytes) large = fixture_splice(photo, g_bytes_get_size(photo), noise, 600 * 1000);
        g_autofree char *name = g_strdup_printf("AB-%u.jpg", num_taken);
        g_autofree char *text = NULL;
        status =
            try_upload(&client, batch, name, strlen(name), g_bytes_get_size(large), large, &text);
        g_test_message("%s: %u %s", name, status, text);
    }
    g_assert_cmpuint(status, ==, 507);
    g_assert_cmpuint(num_taken, >, 3);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s", batch);
    g_autofree char *still_there = test_json(&client, 200, "GET", path, NULL);
    g_autofree char *health = test_json(&client, 200, "GET", "/healthz", NULL);
}

static void
test_database_is_restarted_in_the_middle(void)
{
    TestPostgresql *server = test_postgresql_start();
    if (server == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    {
        g_auto(Serve) serve = { 0 };
        g_assert_true(serve_init(&serve, DB_SQLITE));
        g_ptr_array_add(serve.arguments, g_strdup("--set"));
        g_ptr_array_add(serve.arguments,
                        g_strconcat("database.url=", test_postgresql_url(server), NULL));
        serve_start(&serve);
        g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
        g_autofree char *batch = serve_new_batch(&client);
        upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\nAB-2,\n");
        upload_photo(&client, batch, "AB-1.jpg", 1);
        test_postgresql_restart(server);
        /* Connections that died with it may cost one answer each. */
        g_autoptr(GBytes) photo = photo_of(2);
        guint status = 0;
        for (guint i = 0; i < 50 && status != 201; i++) {
            g_autofree char *text = NULL;
            status = try_upload(&client, batch, "AB-2.jpg", strlen("AB-2.jpg"),
                                g_bytes_get_size(photo), photo, &text);
            g_test_message("%u %s", status, text);
            g_assert_true(status == 201 || status == 503);
        }
        g_assert_cmpuint(status, ==, 201);
        g_autofree char *done = serve_wait_until_done(&client, batch);
        g_autofree char *published = serve_publish(&client, batch);
        g_autofree char *matched = test_member(published, "matched");
        g_assert_cmpstr(matched, ==, "2");
    }
    test_postgresql_stop(server);
}

/* Uploads a photo as a good client does: where the service cannot, it asks how far it came and goes
 * on, or begins anew. */
static void
upload_stubbornly(const TestClient *client, const char *batch, const char *name, GBytes *photo)
{
    gsize size = g_bytes_get_size(photo);
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    g_autofree char *create = g_strdup_printf("Tus-Resumable: 1.0.0\nUpload-Length: %zu\n"
                                              "Upload-Metadata: batch %s,name %s\n",
                                              size, batch64, name64);
    static const char append[] = "Tus-Resumable: 1.0.0\nUpload-Offset: 0\n"
                                 "Content-Type: application/offset+octet-stream\n";
    for (g_autofree char *location = NULL;; g_usleep(20000)) {
        if (location == NULL) {
            g_auto(NetResponse) made = test_call(client, "POST", "/api/v1/uploads", create, NULL);
            g_assert_true(made.status == 201 || made.status == 503);
            location = made.status == 201 ? g_strdup(net_response_header(&made, "location")) : NULL;
            continue;
        }
        g_auto(NetResponse) sent = test_call_bytes(client, "PATCH", location, append, photo);
        if (sent.status == 204) {
            return;
        }
        /* 409: it came through, and only the answer did not; 423: the first try is still ending. */
        g_test_message("%s: %u", name, sent.status);
        g_assert_true(sent.status == 503 || sent.status == 409 || sent.status == 423);
        g_auto(NetResponse) state =
            test_call(client, "HEAD", location, "Tus-Resumable: 1.0.0\n", NULL);
        const char *offset = net_response_header(&state, "upload-offset");
        if (state.status == 200 && g_ascii_strtoull(offset, NULL, 10) == size) {
            return;
        }
    }
}

/* What was begun and not gone on with, because the answer that named it was lost. */
static void
forget_open_uploads(const TestClient *client, const char *batch)
{
    g_autofree char *path =
        g_strdup_printf("/api/v1/batches/%s/uploads?state=open&limit=500", batch);
    g_autofree char *open = test_json(client, 200, "GET", path, NULL);
    static const char key[] = "\"id\":\"";
    for (const char *at = open; (at = strstr(at, key)) != NULL;) {
        at += strlen(key);
        g_autofree char *one = g_strdup_printf("/api/v1/uploads/%.26s", at);
        g_auto(NetResponse) gone = test_call(client, "DELETE", one, "Tus-Resumable: 1.0.0\n", NULL);
        g_assert_true(gone.status == 204 || gone.status == 409 || gone.status == 404);
    }
}

enum { LOAD_THREADS = 4, LOAD_PHOTOS = 12 };

typedef struct {
    const TestClient *client;
    const char *batch;
    guint first;
    gint *num_done; /* atomic */
} Load;

static gpointer
upload_many(gpointer data)
{
    const Load *load = data;
    for (guint i = 0; i < LOAD_PHOTOS; i++) {
        g_autofree char *name = g_strdup_printf("AB-%u.jpg", load->first + i);
        g_autoptr(GBytes) photo = photo_of(load->first + i);
        upload_stubbornly(load->client, load->batch, name, photo);
        g_atomic_int_inc(load->num_done);
    }
    return NULL;
}

static void
test_database_is_restarted_under_load(void)
{
    TestPostgresql *server = test_postgresql_start();
    if (server == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return;
    }
    {
        g_auto(Serve) serve = { 0 };
        g_assert_true(serve_init(&serve, DB_SQLITE));
        g_ptr_array_add(serve.arguments, g_strdup("--set"));
        g_ptr_array_add(serve.arguments,
                        g_strconcat("database.url=", test_postgresql_url(server), NULL));
        serve_start(&serve);
        g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
        g_autofree char *batch = serve_new_batch(&client);
        upload_text(&client, batch, "sheet.csv", "sku,main_image_url\nAB-1,\nAB-2,\n");
        Load loads[LOAD_THREADS];
        GThread *threads[LOAD_THREADS];
        gint num_done = 0;
        for (guint i = 0; i < LOAD_THREADS; i++) {
            loads[i] = (Load){ &client, batch, i * LOAD_PHOTOS, &num_done };
            threads[i] = g_thread_new("uploads", upload_many, &loads[i]);
        }
        for (gint i = 1; i <= 3; i++) {
            while (g_atomic_int_get(&num_done) < i * LOAD_PHOTOS) {
                g_usleep(2000);
            }
            test_postgresql_restart(server);
        }
        for (guint i = 0; i < LOAD_THREADS; i++) {
            g_thread_join(threads[i]);
        }
        forget_open_uploads(&client, batch);
        g_autofree char *done = serve_wait_until_done(&client, batch);
        g_autofree char *photos = test_member(done, "photos");
        g_autofree char *cleaned = test_member(done, "done");
        g_assert_cmpint(atoi(photos), ==, LOAD_THREADS * LOAD_PHOTOS);
        g_assert_cmpint(atoi(cleaned), ==, LOAD_THREADS * LOAD_PHOTOS);
        g_autofree char *published = serve_publish(&client, batch);
    }
    test_postgresql_stop(server);
}

/* The most memory that a process ever had. */
static gint64
peak_memory_mib(GPid pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *status = NULL;
    g_assert_true(g_file_get_contents(path, &status, NULL, NULL)); /* which has no size to map */
    const char *at = strstr(status, "VmHWM:");
    g_assert_nonnull(at);
    return g_ascii_strtoll(at + strlen("VmHWM:"), NULL, 10) / 1024;
}

/* Two megabytes that are two gigabytes of sheet when they are opened. */
static void
test_a_sheet_that_inflates_is_refused(Serve *serve)
{
    g_ptr_array_add(serve->arguments, g_strdup("--no-jobs"));
    serve_start(serve);
    g_ptr_array_remove_index(serve->arguments, serve->arguments->len - 1);
    serve_start_worker(serve);
    g_auto(TestClient) client = test_sign_in(&serve->peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    g_auto(TempDir) dir = temp_dir_new();
    const char *const argv[] = {
        "python3", "-c",
        "import zipfile\n"
        "N='http://schemas.openxmlformats.org/'\n"
        "R=N+'officeDocument/2006/relationships'\n"
        "P=N+'package/2006/'\n"
        "S=N+'spreadsheetml/2006/main'\n"
        "z=zipfile.ZipFile('huge.xlsx','w',zipfile.ZIP_DEFLATED,compresslevel=1)\n"
        "z.writestr('[Content_Types].xml','<Types xmlns=\"'+P+'content-types\">'\n"
        " '<Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>')\n"
        "z.writestr('_rels/.rels','<Relationships xmlns=\"'+P+'relationships\">'\n"
        " '<Relationship Id=\"r1\" Type=\"'+R+'/officeDocument\" Target=\"xl/workbook.xml\"/>'\n"
        " '</Relationships>')\n"
        "z.writestr('xl/workbook.xml','<workbook xmlns=\"'+S+'\" xmlns:r=\"'+R+'\">'\n"
        " '<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>')\n"
        "z.writestr('xl/_rels/workbook.xml.rels','<Relationships xmlns=\"'+P+'relationships\">'\n"
        " '<Relationship Id=\"r1\" Type=\"'+R+'/worksheet\" Target=\"worksheets/a.xml\"/>'\n"
        " '</Relationships>')\n"
        "f=z.open('xl/worksheets/a.xml','w',force_zip64=True)\n"
        "f.write(('<worksheet xmlns=\"'+S+'\"><sheetData>').encode())\n"
        "for i in range(2100): f.write(b' '*1000000)\n"
        "f.write(b'</sheetData></worksheet>');f.close();z.close()\n",
        NULL
    };
    g_auto(CommandResult) made = run_command(dir, argv);
    assert_status(&made, 0);
    g_autofree char *path = g_build_filename(dir, "huge.xlsx", NULL);
    g_autoptr(GBytes) bytes = read_bytes(path);
    g_assert_cmpuint(g_bytes_get_size(bytes), <, 20 * 1000 * 1000);
    serve_upload(&client, batch, "huge.xlsx", bytes);
    g_autofree char *done = serve_wait_until_done(&client, batch);
    g_autofree char *problem = test_member(done, "problem");
    g_test_message("%s", problem);
    g_assert_nonnull(strstr(problem, "more than")); /* of a row, before the whole is looked at */
    gint64 memory_mib = peak_memory_mib(serve->worker_pid);
    g_test_message("%" G_GINT64_FORMAT " MiB", memory_mib);
    g_assert_cmpint(memory_mib, <, 1000);
    assert_serves(serve, "bob");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_serve("/bad-days/two-meanings", test_requests_with_two_meanings_are_refused);
    test_each_serve("/bad-days/crowds", test_crowds_are_answered);
    test_each_serve("/bad-days/slow", test_a_thousand_slow_connections_keep_nobody_out);
    test_each_serve("/bad-days/huge-sheet", test_a_huge_sheet_is_refused_before_it_is_sent);
    test_each_serve("/bad-days/names", test_strange_names_harm_nobody);
    test_each_serve("/bad-days/full-account", test_a_full_account_says_so);
    test_each_serve("/bad-days/bombs", test_bombs_do_not_go_off);
    test_each_serve("/bad-days/two-editors", test_two_editors_of_one_place);
    g_test_add_func("/bad-days/silent-provider", test_a_silent_provider_holds_up_nobody_else);
    g_test_add_func("/bad-days/silent-bucket", test_a_silent_bucket_holds_up_nobody_else);
    g_test_add_func("/bad-days/full-disk", test_full_disk_is_told_and_survived);
    g_test_add_func("/bad-days/database-restarted", test_database_is_restarted_in_the_middle);
    g_test_add_func("/bad-days/database-restarted-under-load",
                    test_database_is_restarted_under_load);
    test_each_serve("/bad-days/inflating-sheet", test_a_sheet_that_inflates_is_refused);
    return g_test_run();
}
