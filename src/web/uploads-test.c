/* Uploads (LST-04), rule by rule of https://tus.io/protocols/resumable-upload, against the whole
 * service on both databases. */
#include "web/test_service.h"
#include "web/tus.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TUS "Tus-Resumable: 1.0.0\n"
#define BYTES TUS "Content-Type: application/offset+octet-stream\n"

static char *
new_batch(const TestClient *client)
{
    g_autofree char *batch = test_json(client, 201, "POST", "/api/v1/batches", "{}");
    assert_schema(batch, "Batch");
    return test_member(batch, "id");
}

/* "Upload-Metadata: ..." for a file NAME of BATCH. */
static char *
metadata_line(const char *batch, const char *name)
{
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    return g_strdup_printf("Upload-Metadata: batch %s,name %s\n", batch64, name64);
}

static NetResponse
create(const TestClient *client, const char *batch, const char *name, gint64 size,
       const char *more_headers, const char *body)
{
    g_autofree char *metadata = metadata_line(batch, name);
    g_autofree char *headers =
        g_strdup_printf("%sUpload-Length: %" G_GINT64_FORMAT "\n%s%s", body != NULL ? BYTES : TUS,
                        size, metadata, more_headers != NULL ? more_headers : "");
    return test_call(client, "POST", "/api/v1/uploads", headers, body);
}

/* The path of a new upload. */
static char *
new_upload(const TestClient *client, const char *batch, const char *name, gint64 size)
{
    g_auto(NetResponse) response = create(client, batch, name, size, NULL, NULL);
    g_assert_cmpuint(response.status, ==, 201);
    return g_strdup(net_response_header(&response, "location"));
}

static NetResponse
append(const TestClient *client, const char *upload, gint64 offset, const char *more_headers,
       const char *body)
{
    g_autofree char *headers = g_strdup_printf(BYTES "Upload-Offset: %" G_GINT64_FORMAT "\n%s",
                                               offset, more_headers != NULL ? more_headers : "");
    return test_call(client, "PATCH", upload, headers, body);
}

static void
assert_append(const TestClient *client, const char *upload, gint64 offset, const char *more_headers,
              const char *body, guint status)
{
    g_auto(NetResponse) response = append(client, upload, offset, more_headers, body);
    g_assert_cmpuint(response.status, ==, status);
    g_assert_cmpstr(net_response_header(&response, "tus-resumable"), ==, TUS_VERSION);
}

static void
assert_offset(const TestClient *client, const char *upload, const char *offset)
{
    g_auto(NetResponse) response = test_call(client, "HEAD", upload, TUS, NULL);
    g_assert_cmpuint(response.status, ==, 200);
    g_assert_cmpstr(net_response_header(&response, "upload-offset"), ==, offset);
}

/* "The Client SHOULD send OPTIONS to gather information about the Server's current configuration."
 */
static void
test_options_tell_what_is_offered(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    g_auto(NetResponse) response = test_call(&nobody, "OPTIONS", "/api/v1/uploads", NULL, NULL);
    g_assert_cmpuint(response.status, ==, 204);
    g_assert_cmpstr(net_response_header(&response, "tus-version"), ==, "1.0.0");
    g_assert_cmpstr(net_response_header(&response, "tus-extension"), ==,
                    "creation,creation-with-upload,expiration,checksum,termination");
    g_assert_cmpstr(net_response_header(&response, "tus-checksum-algorithm"), ==, "sha1,sha256");
    g_assert_nonnull(net_response_header(&response, "tus-max-size"));
}

/* "If the version is not supported, the Server MUST respond with 412, include Tus-Version, and MUST
 * NOT process the request." */
static void
test_other_version_is_not_processed(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    static const char *const versions[] = { "", "Tus-Resumable: 0.2.2\n" };
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_autofree char *headers =
            g_strconcat(versions[i], "Content-Type: application/offset+octet-stream\n",
                        "Upload-Offset: 0\n", NULL);
        g_auto(NetResponse) response = test_call(&client, "PATCH", upload, headers, "hello");
        g_assert_cmpuint(response.status, ==, 412);
        g_assert_cmpstr(net_response_header(&response, "tus-version"), ==, "1.0.0");
    }
    assert_offset(&client, upload, "0");
}

/* "The Server MUST always include Upload-Offset in the response for a HEAD request ... MUST prevent
 * the client and/or proxies from caching the response by adding Cache-Control: no-store." */
static void
test_head_tells_offset_length_and_metadata(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "folder/a.jpg", 5);
    g_auto(NetResponse) response = test_call(&client, "HEAD", upload, TUS, NULL);
    g_autofree char *metadata = metadata_line(batch, "folder/a.jpg");
    g_assert_cmpuint(response.status, ==, 200);
    g_assert_cmpstr(net_response_header(&response, "upload-offset"), ==, "0");
    g_assert_cmpstr(net_response_header(&response, "upload-length"), ==, "5");
    g_assert_cmpstr(net_response_header(&response, "cache-control"), ==, "no-store");
    g_assert_cmpstr(net_response_header(&response, "upload-metadata"), ==,
                    g_strchomp(metadata + strlen("Upload-Metadata: ")));
    g_assert_nonnull(net_response_header(&response, "upload-expires"));
}

/* "If a Client sends a PATCH request to an upload resource which could not be found, the Server
 * SHOULD return 404 ... without the Upload-Offset header" */
static void
test_foreign_upload_is_not_found(TestService *service)
{
    g_auto(TestClient) ann = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) eve = test_sign_in(&service->peer, "eve");
    g_autofree char *batch = new_batch(&ann);
    g_autofree char *upload = new_upload(&ann, batch, "a.jpg", 5);
    g_auto(NetResponse) head = test_call(&eve, "HEAD", upload, TUS, NULL);
    g_assert_cmpuint(head.status, ==, 404);
    g_assert_null(net_response_header(&head, "upload-offset"));
    assert_append(&eve, upload, 0, NULL, "hello", 404);
    g_auto(NetResponse) end = test_call(&eve, "DELETE", upload, TUS, NULL);
    g_assert_cmpuint(end.status, ==, 404);
    g_auto(NetResponse) into = create(&eve, batch, "b.jpg", 5, NULL, NULL);
    g_assert_cmpuint(into.status, ==, 404);
    assert_offset(&ann, upload, "0");
}

/* "All PATCH requests MUST use Content-Type: application/offset+octet-stream, otherwise the server
 * SHOULD return a 415." */
static void
test_other_media_type_is_refused(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    g_auto(NetResponse) response =
        test_call(&client, "PATCH", upload,
                  TUS "Upload-Offset: 0\nContent-Type: application/octet-stream\n", "hello");
    g_assert_cmpuint(response.status, ==, 415);
    assert_offset(&client, upload, "0");
}

/* "If the offsets do not match, the Server MUST respond with 409 without modifying the upload." */
static void
test_other_offset_is_a_conflict(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    assert_append(&client, upload, 0, NULL, "he", 204);
    assert_append(&client, upload, 0, NULL, "llo", 409);
    assert_append(&client, upload, 3, NULL, "llo", 409);
    assert_offset(&client, upload, "2");
}

static void
test_pieces_become_a_photo(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "shirts/BLUE-1.jpg", 5);
    assert_append(&client, upload, 0, NULL, "he", 204);
    g_auto(NetResponse) last = append(&client, upload, 2, NULL, "llo");
    g_assert_cmpuint(last.status, ==, 204);
    g_assert_cmpstr(net_response_header(&last, "upload-offset"), ==, "5");
    /* A job puts the pieces together. */
    bool has_run;
    g_assert_true(jobs_run_one(service->app->jobs, &has_run, NULL));
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos", batch);
    g_autofree char *photos = test_json(&client, 200, "GET", path, NULL);
    assert_schema(photos, "Photo[]");
    g_autofree char *name = test_member(photos, "name");
    g_autofree char *size = test_member(photos, "size");
    g_assert_cmpstr(name, ==, "shirts/BLUE-1.jpg");
    g_assert_cmpstr(size, ==, "5");
}

/* Creation With Upload. */
static void
test_creation_takes_the_first_bytes(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_auto(NetResponse) response = create(&client, batch, "a.jpg", 5, NULL, "hel");
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_cmpstr(net_response_header(&response, "upload-offset"), ==, "3");
    const char *upload = net_response_header(&response, "location");
    assert_append(&client, upload, 3, NULL, "lo", 204);
}

/* "Empty files: Upload-Length: 0 is complete at once." */
static void
test_empty_file_is_complete_at_once(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_auto(NetResponse) response = create(&client, batch, "a.jpg", 0, NULL, NULL);
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_cmpstr(net_response_header(&response, "upload-offset"), ==, "0");
    g_assert_null(net_response_header(&response, "upload-expires"));
}

/* "The Server MUST NOT accept more than Upload-Length bytes." */
static void
test_more_than_announced_is_refused(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    assert_append(&client, upload, 0, NULL, "hello, world", 400);
    assert_offset(&client, upload, "0");
}

/* "The Server MUST support at least the SHA1 algorithm ... 460 Checksum Mismatch ... the data MUST
 * NOT be processed and the offset MUST NOT be updated." */
static void
test_checksum_is_compared(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 11);
    /* The protocol's example: SHA-1 of "hello world" in base64. */
    assert_append(&client, upload, 0, "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\n",
                  "hello w0rld", 460);
    assert_offset(&client, upload, "0");
    assert_append(&client, upload, 0, "Upload-Checksum: md5 XrY7u+Ae7tCTyyK7j1rNww==\n",
                  "hello world", 400);
    assert_append(&client, upload, 0, "Upload-Checksum: sha1 Kq5s\n", "hello world", 400);
    assert_offset(&client, upload, "0");
    assert_append(&client, upload, 0, "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\n",
                  "hello world", 204);
}

/* Termination: "204 ... future requests to this URL SHOULD return 404 or 410." */
static void
test_terminated_upload_is_gone(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    assert_append(&client, upload, 0, NULL, "he", 204);
    g_auto(NetResponse) end = test_call(&client, "DELETE", upload, TUS, NULL);
    g_assert_cmpuint(end.status, ==, 204);
    g_auto(NetResponse) head = test_call(&client, "HEAD", upload, TUS, NULL);
    g_assert_cmpuint(head.status, ==, 404);
    assert_append(&client, upload, 2, NULL, "llo", 404);
}

/* "The Server MUST interpret X-HTTP-Method-Override as the request's method." */
static void
test_method_override_is_honoured(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 5);
    g_auto(NetResponse) patch = test_call(
        &client, "POST", upload, BYTES "Upload-Offset: 0\nX-HTTP-Method-Override: PATCH\n", "he");
    g_assert_cmpuint(patch.status, ==, 204);
    assert_offset(&client, upload, "2");
    g_auto(NetResponse) end =
        test_call(&client, "POST", upload, TUS "X-HTTP-Method-Override: DELETE\n", NULL);
    g_assert_cmpuint(end.status, ==, 204);
    g_auto(NetResponse) plain = test_call(&client, "POST", upload, TUS, NULL);
    g_assert_cmpuint(plain.status, ==, 405);
}

/* The only file below the service's objects. */
static char *
only_object(const TestService *service)
{
    g_autofree char *directory = g_build_filename(service->dir, "objects", NULL);
    const char *const argv[] = { "find", directory, "-type", "f", NULL };
    char *found = NULL;
    g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &found,
                               NULL, NULL, NULL));
    g_strchomp(found);
    g_assert_null(strchr(found, '\n'));
    return found;
}

/* What the disk has lost is nobody's bad request, and its name in the store nobody's business. */
static void
test_lost_sheet_is_the_services_failure(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_auto(NetResponse) sheet =
        create(&client, batch, "a.csv", 24, NULL, "sku;main_image_url\nAB;\n\n");
    g_assert_cmpuint(sheet.status, ==, 201);
    test_run_jobs(service);
    g_autofree char *object = only_object(service);
    g_assert_cmpint(g_unlink(object), ==, 0);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/export/sheet", batch);
    g_autofree char *problem = test_json(&client, 500, "GET", path, NULL);
    g_assert_null(strstr(problem, "sheets/"));
}

/* What cannot be created, each with its reason; nothing is left behind. */
static void
test_wrong_creations_say_why(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *good = metadata_line(batch, "a.jpg");
    g_autofree char *control = metadata_line(batch, "a\r\nSet-Cookie: x.jpg");
    g_autofree char *escape = metadata_line(batch, "../../etc/passwd.jpg");
    const struct {
        const char *length, *metadata, *reason;
        guint status;
    } cases[] = {
        { "", good, "Upload-Length is missing", 400 },
        { "Upload-Length: -1\n", good, "not a number", 400 },
        { "Upload-Length: 99999999999999999999\n", good, "not a number", 400 },
        { "Upload-Defer-Length: 1\n", good, "not offered", 400 },
        { "Upload-Length: 5\nUpload-Concat: partial\n", good, "not offered", 400 },
        { "Upload-Length: 5\n", "", "must hold batch and name", 400 },
        { "Upload-Length: 5\n", "Upload-Metadata: name YQ=\n", "not base64", 400 },
        { "Upload-Length: 5\n", control, "control characters", 400 },
        { "Upload-Length: 5\n", escape, "", 400 },
        { "Upload-Length: 999999999999\n", good, "", 413 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *headers = g_strconcat(TUS, cases[i].length, cases[i].metadata, NULL);
        g_auto(NetResponse) response = test_call(&client, "POST", "/api/v1/uploads", headers, NULL);
        g_autofree char *text = test_text(&response);
        g_test_message("%s -> %s", headers, text);
        g_assert_cmpuint(response.status, ==, cases[i].status);
        g_assert_nonnull(strstr(text, cases[i].reason));
    }
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/uploads", batch);
    g_autofree char *uploads = test_json(&client, 200, "GET", path, NULL);
    g_assert_cmpstr(uploads, ==, "{\"items\":[],\"next_cursor\":null}");
}

/* A line that breaks: a socket that sends LENGTH as what is to come, and less. Where it sends
 * nothing yet, it asks whether it may. */
static int
send_part(const TestClient *client, const char *upload, gsize length, const char *part)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(client->peer->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_autofree char *request = g_strdup_printf(
        "PATCH %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\nSec-Fetch-Site: same-origin\r\n"
        "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
        "Upload-Offset: 0\r\nContent-Length: %zu\r\n%s\r\n%s",
        upload, client->peer->port, client->credential, length,
        part[0] == '\0' ? "Expect: 100-continue\r\n" : "", part);
    g_assert_cmpint(send(fd, request, strlen(request), MSG_NOSIGNAL), ==, (gssize)strlen(request));
    return fd;
}

/* HEAD until the server has seen what became of the line: for less than the minute after which it
 * gives up a silent line by itself, if each were to wait for two seconds. */
static char *
wait_for_offset(const TestClient *client, const char *upload)
{
    for (guint i = 0; i < 25; i++) {
        g_auto(NetResponse) response = test_call(client, "HEAD", upload, TUS, NULL);
        const char *offset = net_response_header(&response, "upload-offset");
        if (offset != NULL && strcmp(offset, "0") != 0) {
            return g_strdup(offset);
        }
        g_usleep(100 * 1000);
    }
    return g_strdup("0");
}

/* "The Server SHOULD store as much of the received data as possible." */
static void
test_what_came_before_a_broken_line_is_kept(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 10);
    close(send_part(&client, upload, 10, "hello "));
    g_autofree char *offset = wait_for_offset(&client, upload);
    g_assert_cmpstr(offset, ==, "6");
    assert_append(&client, upload, 6, NULL, "worl", 204);
}

/* A browser that lost its line without the server noticing asks where to go on: the stale request
 * must let go (tusd's lesson about locks). */
static void
test_stale_request_lets_go(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *upload = new_upload(&client, batch, "a.jpg", 10);
    int stale = send_part(&client, upload, 10, "hello ");
    g_autofree char *offset = wait_for_offset(&client, upload);
    g_assert_cmpstr(offset, ==, "6");
    assert_append(&client, upload, 6, NULL, "worl", 204);
    close(stale);
}

/* For going on after a reload: what is open, and how far it is. */
static void
test_open_uploads_are_listed(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_autofree char *done = new_upload(&client, batch, "done.jpg", 2);
    g_autofree char *open = new_upload(&client, batch, "open.jpg", 5);
    assert_append(&client, done, 0, NULL, "he", 204);
    assert_append(&client, open, 0, NULL, "he", 204);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/uploads?state=open", batch);
    g_autofree char *uploads = test_json(&client, 200, "GET", path, NULL);
    assert_schema(uploads, "Upload[]");
    g_assert_nonnull(strstr(uploads, "open.jpg"));
    g_assert_nonnull(strstr(uploads, "\"offset\":2"));
    g_assert_null(strstr(uploads, "done.jpg"));
}

/* The quota is a clear word about that file; what is smaller goes on. */
static void
test_quota_refuses_one_file_and_not_the_next(TestService *service)
{
    service->settings.quota_account_bytes = 1000;
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *batch = new_batch(&client);
    g_auto(NetResponse) large = create(&client, batch, "large.jpg", 1001, NULL, NULL);
    g_autofree char *text = test_text(&large);
    g_assert_cmpuint(large.status, ==, 413);
    g_assert_nonnull(strstr(text, "\"detail\":\""));
    g_auto(NetResponse) small = create(&client, batch, "small.jpg", 5, NULL, "hello");
    g_assert_cmpuint(small.status, ==, 201);
}

/* Begins to send to UPLOAD on a line of its own, which is told to go on as soon as a thread waits
 * for it (RFC 9110 10.1.1). RET_HEAD: of what is answered first. */
static int
begin_part(const TestClient *client, const char *upload, char **ret_head)
{
    const struct timeval patience = { .tv_sec = 10 };
    GString *head = g_string_new(NULL);
    int fd = send_part(client, upload, 10, "");
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
    for (char byte; !g_str_has_suffix(head->str, "\r\n\r\n") && recv(fd, &byte, 1, 0) == 1;) {
        g_string_append_c(head, byte);
    }
    *ret_head = g_string_free(head, FALSE);
    return fd;
}

/* Begins uploads for NAME until one is refused; how many were not. */
static guint
hold_uploads(TestService *service, const char *name, GArray *fds, char **ret_refusal)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, name);
    g_autofree char *batch = new_batch(&client);
    for (guint num_held = 0;; num_held++) {
        g_autofree char *upload = new_upload(&client, batch, "a.jpg", 10);
        g_autofree char *head = NULL;
        int fd = begin_part(&client, upload, &head);
        g_array_append_val(fds, fd);
        if (!g_str_has_prefix(head, "HTTP/1.1 100 ")) {
            *ret_refusal = g_steal_pointer(&head);
            return num_held;
        }
    }
}

/* An upload that does not go on has a thread. A few people never have them all, and who finds none
 * is told so at once. */
static void
test_uploads_of_a_few_leave_some_for_others(TestService *service)
{
    static const struct {
        const char *name, *refusal;
        guint num_held;
    } people[] = { { "ann", "HTTP/1.1 429 ", 8 }, { "bob", "HTTP/1.1 429 ", 4 },
                   { "cid", "HTTP/1.1 429 ", 2 }, { "dan", "HTTP/1.1 429 ", 1 },
                   { "eve", "HTTP/1.1 429 ", 1 }, { "fay", "HTTP/1.1 503 ", 0 } };
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    for (gsize i = 0; i < G_N_ELEMENTS(people); i++) {
        g_autofree char *refusal = NULL;
        guint num_held = hold_uploads(service, people[i].name, fds, &refusal);
        g_test_message("%s: %u, then %s", people[i].name, num_held, refusal);
        g_assert_true(g_str_has_prefix(refusal, people[i].refusal));
        g_assert_nonnull(strstr(refusal, "\r\nRetry-After: "));
        g_assert_cmpuint(num_held, ==, people[i].num_held);
    }
    for (guint i = 0; i < fds->len; i++) {
        close(g_array_index(fds, int, i));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_service("/uploads/options", test_options_tell_what_is_offered);
    test_each_service("/uploads/version", test_other_version_is_not_processed);
    test_each_service("/uploads/head", test_head_tells_offset_length_and_metadata);
    test_each_service("/uploads/foreign", test_foreign_upload_is_not_found);
    test_each_service("/uploads/media-type", test_other_media_type_is_refused);
    test_each_service("/uploads/offset", test_other_offset_is_a_conflict);
    test_each_service("/uploads/pieces", test_pieces_become_a_photo);
    test_each_service("/uploads/creation-with-upload", test_creation_takes_the_first_bytes);
    test_each_service("/uploads/lost-sheet", test_lost_sheet_is_the_services_failure);
    test_each_service("/uploads/empty", test_empty_file_is_complete_at_once);
    test_each_service("/uploads/too-much", test_more_than_announced_is_refused);
    test_each_service("/uploads/checksum", test_checksum_is_compared);
    test_each_service("/uploads/termination", test_terminated_upload_is_gone);
    test_each_service("/uploads/method-override", test_method_override_is_honoured);
    test_each_service("/uploads/wrong", test_wrong_creations_say_why);
    test_each_service("/uploads/broken-line", test_what_came_before_a_broken_line_is_kept);
    test_each_service("/uploads/stale", test_stale_request_lets_go);
    test_each_service("/uploads/LST-04/open", test_open_uploads_are_listed);
    test_each_service("/uploads/shared", test_uploads_of_a_few_leave_some_for_others);
    test_each_service("/uploads/quota", test_quota_refuses_one_file_and_not_the_next);
    return g_test_run();
}
