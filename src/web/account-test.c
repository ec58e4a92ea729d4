/* Sessions, tokens, limits of rate, and leaving, through the API, on both databases. */
#include "web/test_service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_answers_are_what_the_description_says(TestService *service)
{
    static const struct {
        const char *path, *schema;
    } cases[] = {
        { "/api/v1/sign-in", "SignInChoices" }, { "/api/v1/session", "SessionState" },
        { "/api/v1/sessions", "Session[]" },    { "/api/v1/tokens", "Token[]" },
        { "/api/v1/status", "Status" },
    };
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *token =
        test_json(&client, 201, "POST", "/api/v1/tokens", "{\"name\":\"a\",\"expires_in_days\":5}");
    assert_schema(token, "CreatedToken");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *json = test_json(&client, 200, "GET", cases[i].path, NULL);
        assert_schema(json, cases[i].schema);
    }
}

static void
test_signed_out_browser_is_nobody(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *nothing = test_json(&client, 204, "POST", "/api/v1/session/end", NULL);
    g_autofree char *problem = test_json(&client, 401, "GET", "/api/v1/session", NULL);
    assert_schema(problem, "Problem");
}

static void
test_one_browser_signs_another_out(TestService *service)
{
    g_auto(TestClient) here = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) there = test_sign_in(&service->peer, "ann");
    g_autofree char *list = test_json(&there, 200, "GET", "/api/v1/sessions", NULL);
    const char *mark = strstr(list, "\"is_current\":true");
    g_assert_nonnull(mark);
    /* The id that stands last before the mark. */
    g_autofree char *before = g_strndup(list, (gsize)(mark - list));
    g_autofree char *id = test_member(g_strrstr(before, "\"id\":"), "id");
    g_autofree char *path = g_strconcat("/api/v1/sessions/", id, NULL);
    g_autofree char *nothing = test_json(&here, 204, "DELETE", path, NULL);
    g_autofree char *problem = test_json(&there, 401, "GET", "/api/v1/session", NULL);
    g_autofree char *state = test_json(&here, 200, "GET", "/api/v1/session", NULL);
}

/* A stream of a batch's events, open. */
static int
open_events(const TestClient *client, const char *batch)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(client->peer->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_autofree char *request = g_strdup_printf(
        "GET /api/v1/batches/%s/events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n\r\n", batch,
        client->peer->port, client->credential);
    g_assert_cmpint(send(fd, request, strlen(request), MSG_NOSIGNAL), ==, (gssize)strlen(request));
    return fd;
}

/* What comes until TEXT does, or the end. */
static char *
receive_until(int fd, const char *text)
{
    g_autoptr(GString) all = g_string_new(NULL);
    char buffer[4096];
    for (gssize got = 1; got > 0 && strstr(all->str, text) == NULL;) {
        got = recv(fd, buffer, sizeof buffer, 0);
        g_string_append_len(all, buffer, MAX(got, 0));
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}

static void
test_signed_out_browser_hears_nothing_more(TestService *service)
{
    g_auto(TestClient) here = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) there = test_sign_in(&service->peer, "ann");
    g_autofree char *made =
        test_json(&here, 201, "POST", "/api/v1/batches", "{\"name\":\"before\"}");
    g_autofree char *batch = test_member(made, "id");
    g_autofree char *path = g_strconcat("/api/v1/batches/", batch, NULL);
    int fd = open_events(&there, batch);
    g_autofree char *before = receive_until(fd, "before");
    g_assert_nonnull(strstr(before, "before"));
    g_autofree char *ended = test_json(&there, 204, "POST", "/api/v1/session/end", NULL);
    g_autofree char *edited = test_json(&here, 200, "PATCH", path, "{\"name\":\"afterwards\"}");
    g_autofree char *after = receive_until(fd, "afterwards");
    g_assert_null(strstr(after, "afterwards"));
    close(fd);
}

static void
test_revoked_token_ends_its_jwt_at_once(TestService *service)
{
    g_auto(TestClient) browser = test_sign_in(&service->peer, "ann");
    TestClient nobody = { .peer = &service->peer };
    g_autofree char *created =
        test_json(&browser, 201, "POST", "/api/v1/tokens", "{\"name\":\"script\"}");
    g_autofree char *token = test_member(created, "token");
    g_autofree char *id = test_member(created, "id");
    g_autofree char *body = g_strdup_printf("{\"token\":\"%s\"}", token);
    g_autofree char *exchanged = test_json(&nobody, 200, "POST", "/api/v1/token", body);
    assert_schema(exchanged, "Jwt");
    g_autofree char *jwt = test_member(exchanged, "jwt");
    g_auto(TestClient) script = { &service->peer,
                                  g_strconcat("Authorization: Bearer ", jwt, NULL) };
    g_autofree char *state = test_json(&script, 200, "GET", "/api/v1/session", NULL);
    g_autofree char *path = g_strconcat("/api/v1/tokens/", id, NULL);
    g_autofree char *nothing = test_json(&browser, 204, "DELETE", path, NULL);
    g_autofree char *problem = test_json(&script, 401, "GET", "/api/v1/session", NULL);
    g_autofree char *again = test_json(&nobody, 401, "POST", "/api/v1/token", body);
}

/* Test mode must not be there for whom a proxy on this machine brings. */
static void
test_test_mode_is_not_for_the_world(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    g_auto(NetResponse) response =
        test_call(&nobody, "POST", "/api/v1/sign-in/test", "X-Forwarded-For: 192.0.2.1\n",
                  "{\"name\":\"a\",\"email\":\"a@example.com\",\"region\":\"us\"}");
    g_assert_cmpuint(response.status, ==, 403);
}

static void
test_too_many_sign_ins_are_told_when_to_come_again(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    guint burst, per_minute;
    rate_class_bounds(RATE_SIGN_IN, &burst, &per_minute);
    for (guint i = 0; i <= burst + per_minute; i++) {
        g_auto(NetResponse) response =
            test_call(&nobody, "POST", "/api/v1/token", NULL, "{\"token\":\"guess\"}");
        if (response.status == 429) {
            g_assert_cmpuint(i, >=, burst);
            g_assert_nonnull(net_response_header(&response, "retry-after"));
            return;
        }
        g_assert_cmpuint(response.status, ==, 401);
    }
    g_assert_not_reached();
}

/* Each guess is looked up in the database. */
static void
test_who_guesses_at_sessions_is_told_to_wait(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    guint burst, per_minute;
    rate_class_bounds(RATE_HEAVY, &burst, &per_minute);
    for (guint i = 0; i <= burst + per_minute; i++) {
        g_auto(NetResponse) response =
            test_call(&nobody, "GET", "/api/v1/account/export",
                      "Cookie: session=guessguessguessguessguessguessguessguessgue\n", NULL);
        if (response.status == 429) {
            g_assert_cmpuint(i, >=, burst);
            return;
        }
        g_assert_cmpuint(response.status, ==, 401);
    }
    g_assert_not_reached();
}

static void
test_wrong_bodies_are_told_apart(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    static const struct {
        const char *headers, *body;
        guint status;
    } cases[] = {
        { NULL, "{\"name\":", 400 },
        { NULL, "{\"name\":1}", 400 },
        { NULL, "{\"name\":\"a\",\"name\":\"b\"}", 400 },
        { NULL, "{}", 400 },
        { "Content-Type: text/plain\n", "{\"name\":\"a\"}", 415 },
        { "Content-Type: application/jsonx\n", "{\"name\":\"a\"}", 415 },
        { "Content-Type: application/json; charset=utf-8\n", "{\"name\":\"a\"}", 201 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(NetResponse) response =
            test_call(&client, "POST", "/api/v1/tokens", cases[i].headers, cases[i].body);
        g_test_message("%s", cases[i].body);
        g_assert_cmpuint(response.status, ==, cases[i].status);
    }
    g_autofree char *large = g_strnfill(100 * 1000, ' ');
    g_auto(NetResponse) response = test_call(&client, "POST", "/api/v1/tokens", NULL, large);
    g_assert_cmpuint(response.status, ==, 413);
}

/* LST-08: what an account did is in the technical log, and nothing finer than its network. */
static void
test_requests_of_an_account_are_logged(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_autofree char *state = test_json(&client, 200, "GET", "/api/v1/session", NULL);
    g_autoptr(GError) error = NULL;
    bool is_there = false;
    /* The line is written after the answer has gone out. */
    for (guint i = 0; i < 500 && !is_there; i++) {
        site_tick(service->site);
        g_autoptr(DbTx) tx = db_begin(service->app->db, DB_READ, &error);
        g_assert_no_error(error);
        g_autoptr(DbRows) rows =
            db_query(tx, &error, "SELECT route, address FROM technical_log", "");
        g_assert_no_error(error);
        if (db_next(rows)) {
            is_there = true;
            g_assert_cmpstr(db_text(rows, "route"), ==, "GET /api/v1/session");
            g_assert_cmpstr(db_text(rows, "address"), ==, "127.0.0.0/24");
        }
        g_usleep(is_there ? 0 : 10 * 1000);
    }
    g_assert_true(is_there);
}

/* LST-23: an archive with a manifest, for everything and for what was given. */
static void
test_export_is_an_archive(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    static const char *const paths[] = { "/api/v1/account/export",
                                         "/api/v1/account/export?scope=given" };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_auto(NetResponse) response = test_call(&client, "GET", paths[i], NULL, NULL);
        g_assert_cmpuint(response.status, ==, 200);
        g_assert_cmpstr(net_response_header(&response, "content-type"), ==, "application/zip");
        gsize size;
        const char *data = g_bytes_get_data(response.body, &size);
        g_assert_nonnull(memmem(data, size, "manifest", strlen("manifest")));
    }
    g_auto(NetResponse) wrong =
        test_call(&client, "GET", "/api/v1/account/export?scope=all", NULL, NULL);
    g_assert_cmpuint(wrong.status, ==, 400);
}

/* LST-24: asked for by name, at once for everybody, with a receipt that outlives the account. */
static void
test_deleted_account_is_gone(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) elsewhere = test_sign_in(&service->peer, "ann");
    TestClient nobody = { .peer = &service->peer };
    g_autofree char *refused =
        test_json(&client, 400, "DELETE", "/api/v1/account", "{\"confirm\":\"bob\"}");
    g_autofree char *answer =
        test_json(&client, 202, "DELETE", "/api/v1/account", "{\"confirm\":\"ann\"}");
    assert_schema(answer, "Receipt");
    g_autofree char *problem = test_json(&elsewhere, 401, "GET", "/api/v1/session", NULL);
    test_run_jobs(service);
    g_autofree char *id = test_member(answer, "receipt");
    g_autofree char *path = g_strconcat("/api/v1/receipts/", id, NULL);
    g_autofree char *receipt = test_json(&nobody, 200, "GET", path, NULL);
    g_autofree char *done_at = test_member(receipt, "done_at");
    g_assert_cmpstr(done_at, !=, "null");
    g_assert_null(strstr(receipt, "ann"));
}

/* LST-29, LST-22: the policy is a page and data, and no page lets anything foreign in. */
static void
test_policy_is_there_for_everybody(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    g_auto(NetResponse) page = test_call(&nobody, "GET", "/policy", NULL, NULL);
    g_autofree char *text = test_text(&page);
    g_assert_cmpuint(page.status, ==, 200);
    g_assert_nonnull(strstr(text, "21 days"));
    const char *csp = net_response_header(&page, "content-security-policy");
    g_assert_true(
        g_str_has_prefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';"));
    g_assert_null(strstr(csp, "unsafe"));
    g_assert_null(strstr(csp, "http"));
    g_autofree char *json = test_json(&nobody, 200, "GET", "/api/v1/policy", NULL);
    g_assert_true(json[0] == '{');
}

/* A connection that asks for the events of BATCH and keeps listening. */
static int
watch_batch(const TestClient *client, const char *batch)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(client->peer->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_autofree char *request =
        g_strdup_printf("GET /api/v1/batches/%s/events HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n",
                        batch, client->credential);
    g_assert_cmpint(write(fd, request, strlen(request)), ==, (gssize)strlen(request));
    char answer[12] = "";
    g_assert_cmpint(recv(fd, answer, sizeof answer, MSG_WAITALL), ==, sizeof answer);
    g_assert_true(memcmp(answer, "HTTP/1.1 200", 12) == 0 ||
                  memcmp(answer, "HTTP/1.1 429", 12) == 0);
    if (answer[9] == '2') {
        return fd;
    }
    close(fd);
    return -1;
}

/* Streams of events hold connections: one account gets some, and the others still theirs. */
static void
test_watchers_have_an_end(TestService *service)
{
    g_auto(TestClient) ann = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) bob = test_sign_in(&service->peer, "bob");
    g_autofree char *of_ann = test_json(&ann, 201, "POST", "/api/v1/batches", "{}");
    g_autofree char *of_bob = test_json(&bob, 201, "POST", "/api/v1/batches", "{}");
    g_autofree char *batch = test_member(of_ann, "id");
    g_autofree char *other = test_member(of_bob, "id");
    int fds[200];
    guint num_open = 0;
    while (num_open < G_N_ELEMENTS(fds) && (fds[num_open] = watch_batch(&ann, batch)) >= 0) {
        num_open++;
    }
    g_assert_cmpuint(num_open, ==, 32);
    int one_of_bob = watch_batch(&bob, other);
    g_assert_cmpint(one_of_bob, >=, 0);
    close(one_of_bob);
    for (guint i = 0; i < num_open; i++) {
        close(fds[i]);
    }
    int again = -1;
    while (again < 0) { /* until the service has seen that they are gone */
        again = watch_batch(&ann, batch);
    }
    close(again);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_service("/account/schemas", test_answers_are_what_the_description_says);
    test_each_service("/account/sign-out", test_signed_out_browser_is_nobody);
    test_each_service("/account/events-after-sign-out", test_signed_out_browser_hears_nothing_more);
    test_each_service("/account/other-browser", test_one_browser_signs_another_out);
    test_each_service("/account/revoked-token", test_revoked_token_ends_its_jwt_at_once);
    test_each_service("/account/test-mode", test_test_mode_is_not_for_the_world);
    test_each_service("/account/rate", test_too_many_sign_ins_are_told_when_to_come_again);
    test_each_service("/account/guesses", test_who_guesses_at_sessions_is_told_to_wait);
    test_each_service("/account/bodies", test_wrong_bodies_are_told_apart);
    test_each_service("/account/LST-08", test_requests_of_an_account_are_logged);
    test_each_service("/account/LST-23", test_export_is_an_archive);
    test_each_service("/account/LST-24", test_deleted_account_is_gone);
    test_each_service("/account/LST-29", test_policy_is_there_for_everybody);
    test_each_service("/account/watchers", test_watchers_have_an_end);
    return g_test_run();
}
