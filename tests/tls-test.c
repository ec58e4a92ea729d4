/* `cloudpick serve` with TLS in the process: what a handshake, an answer and a session tell about
 * accounts, each other's hosts and the site. */
#include "tests/serve.h"

#include "http/test_http.h"
#include "http/test_tls.h"

#include <signal.h>
#include <string.h>

#define PICTURES "pictures.test"

static void
set(Serve *serve, const char *name, const char *value)
{
    g_ptr_array_add(serve->arguments, g_strdup("--set"));
    g_ptr_array_add(serve->arguments, g_strdup_printf("%s=%s", name, value));
}

static void
set_file(Serve *serve, const char *name, const char *file)
{
    g_autofree char *path = g_build_filename(serve->dir, file, NULL);
    set(serve, name, path);
}

/* From the next start on. */
static void
set_tls(Serve *serve)
{
    g_autofree char *url = g_strdup_printf("https://localhost:%u", serve->port);
    test_certificate_make(serve->dir, "site", "localhost");
    test_certificate_make(serve->dir, "pictures", "*." PICTURES);
    set(serve, "server.public-url", url);
    set_file(serve, "server.tls-certificate", "site.pem");
    set_file(serve, "server.tls-key", "site.key");
    set_file(serve, "server.pictures-tls-certificate", "pictures.pem");
    set_file(serve, "server.pictures-tls-key", "pictures.key");
}

static void
upload_sample(const TestClient *client, const char *batch, const char *file, const char *name)
{
    g_autofree char *path = g_build_filename(SOURCE_ROOT, "samples/listing", file, NULL);
    g_autoptr(GBytes) bytes = read_bytes(path);
    serve_upload(client, batch, name, bytes);
}

/* One picture; its URL. */
static char *
publish_one(const TestClient *client, char **ret_batch)
{
    *ret_batch = serve_new_batch(client);
    upload_sample(client, *ret_batch, "sheet.csv", "sheet.csv");
    upload_sample(client, *ret_batch, "photos/BOTTLE-500.MAIN.jpg", "BOTTLE-500.MAIN.jpg");
    g_autofree char *done = serve_wait_until_done(client, *ret_batch);
    g_autofree char *published = serve_publish(client, *ret_batch);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos?limit=500", *ret_batch);
    g_autofree char *photos = test_json(client, 200, "GET", path, NULL);
    char *url = test_member(photos, "url");
    g_assert_nonnull(url);
    return url;
}

/* The whole answer but for its date, to a client that asks NAME for the certificate and HOST for
 * PATH. */
static char *
ask_as(const Serve *serve, const char *name, const char *host, const char *path)
{
    g_auto(TestTls) client = test_tls_connect(serve->port, name, TLS1_3_VERSION);
    g_assert_true(client.is_connected);
    g_assert_false(SSL_SESSION_has_ticket(SSL_get0_session(client.ssl)));
    g_autofree char *head = g_strdup_printf(
        "GET %s HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n\r\n", path, host, serve->port);
    g_autofree char *answer = test_tls_ask(&client, head, NULL, 0);
    g_autoptr(GRegex) date =
        g_regex_new("\r\nDate: [^\r]*", G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    return g_regex_replace_literal(date, answer, -1, 0, "", 0, NULL);
}

static char *
ask(const Serve *serve, const char *host, const char *path)
{
    return ask_as(serve, host, host, path);
}

static void
assert_same(const Serve *serve, const char *expected, const char *name, const char *host,
            const char *path)
{
    g_autofree char *answer = ask_as(serve, name, host, path);
    g_test_message("%s asks %s for %s", name, host, path);
    g_assert_cmpstr(answer, ==, expected);
}

typedef struct {
    char *host, *path;          /* of a picture that is there */
    char *deleted, *other_host; /* a path of the same host; somebody else's host */
} Facts;

static void
facts_clear(Facts *facts)
{
    g_free(facts->host);
    g_free(facts->path);
    g_free(facts->deleted);
    g_free(facts->other_host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

static char *
path_of(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    return g_strdup(g_uri_get_path(uri));
}

/* Two batches of ann's, the second of which was deleted; then the service speaks TLS. */
static Facts
prepare(Serve *serve)
{
    set(serve, "server.pictures-domain", PICTURES);
    serve_start(serve);
    g_auto(TestClient) ann = test_sign_in(&serve->peer, "ann");
    g_auto(TestClient) bob = test_sign_in(&serve->peer, "bob");
    g_autofree char *first_batch = NULL;
    g_autofree char *second_batch = NULL;
    g_autofree char *first = publish_one(&ann, &first_batch);
    g_autoptr(GUri) uri = g_uri_parse(first, G_URI_FLAGS_ENCODED, NULL);
    g_autofree char *second = publish_one(&ann, &second_batch);
    g_autofree char *path = g_strconcat("/api/v1/batches/", second_batch, NULL);
    g_autofree char *gone = test_json(&ann, 204, "DELETE", path, NULL);
    g_autofree char *session = test_json(&bob, 200, "GET", "/api/v1/session", NULL);
    Facts facts = { g_strdup(g_uri_get_host(uri)), path_of(first), path_of(second),
                    test_member(session, "host") };
    g_assert_true(g_str_has_suffix(facts.host, "." PICTURES));
    g_assert_cmpint(serve_stop(serve), ==, 0);
    set_tls(serve);
    serve_start(serve);
    return facts;
}

static void
check_handshakes(const Serve *serve, const Facts *facts)
{
    const struct {
        const char *asked, *shown;
    } cases[] = { { "localhost", "localhost" },
                  { facts->host, "*." PICTURES },
                  { facts->other_host, "*." PICTURES },
                  { "nobody." PICTURES, "*." PICTURES },
                  { PICTURES, NULL },
                  { "somebody.else", NULL },
                  { NULL, NULL } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TestTls) client = test_tls_connect(serve->port, cases[i].asked, TLS1_3_VERSION);
        g_autofree char *shown = test_tls_name_shown(&client);
        g_test_message("%s", cases[i].asked);
        g_assert_cmpstr(shown, ==, cases[i].shown);
        g_assert_cmpint(client.alert, ==, shown == NULL ? SSL_AD_UNRECOGNIZED_NAME : 0);
    }
}

/* LST-19: unknown, deleted and somebody else's cannot be told apart, and nothing in certificate,
 * headers, bodies and sessions leads from a picture to the site or to another host. */
static void
test_tls_says_nothing_of_others(Serve *serve)
{
    g_auto(Facts) facts = prepare(serve);
    check_handshakes(serve, &facts);
    g_autofree char *page = ask(serve, "localhost", "/healthz");
    g_assert_cmpuint(test_status_of(page), ==, 200);
    g_autofree char *picture = ask(serve, facts.host, facts.path);
    g_assert_cmpuint(test_status_of(picture), ==, 200);
    g_assert_null(strstr(picture, "localhost"));
    g_assert_null(strstr(picture, PICTURES));

    g_autofree char *nothing = ask(serve, "nobody." PICTURES, facts.path);
    g_assert_cmpuint(test_status_of(nothing), ==, 404);
    g_assert_null(strstr(nothing, "localhost"));
    g_assert_null(strstr(nothing, PICTURES));
    const char *const paths[] = { facts.deleted,
                                  "/00000000000000000000000000000000/a.jpg",
                                  "/",
                                  "/healthz",
                                  "/api/v1/session",
                                  "/api/v1/batches" };
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        assert_same(serve, nothing, facts.host, facts.host, paths[i]);
    }
    assert_same(serve, nothing, facts.other_host, facts.other_host, facts.path);

    g_autofree char *misdirected = ask_as(serve, facts.host, "somebody.else", "/");
    g_assert_cmpuint(test_status_of(misdirected), ==, 421);
    g_assert_null(strstr(misdirected, "localhost"));
    assert_same(serve, misdirected, facts.host, "localhost", "/healthz");
    assert_same(serve, misdirected, facts.host, facts.other_host, facts.path);
    assert_same(serve, misdirected, facts.host, "nobody." PICTURES, facts.path);
    assert_same(serve, misdirected, "localhost", facts.host, facts.path);
    assert_same(serve, misdirected, "localhost", "somebody.else", "/healthz");
}

/* What serve says of a configuration that it refuses. */
static void
assert_refused(const char *dir, const char *const *assignments, const char *setting)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_ptr_array_add(argv, (gpointer)g_getenv("CLOUDPICK"));
    g_ptr_array_add(argv, (gpointer) "serve");
    g_ptr_array_add(argv, (gpointer) "--data");
    g_ptr_array_add(argv, (gpointer) "data");
    for (gsize i = 0; assignments[i] != NULL; i++) {
        g_ptr_array_add(argv, (gpointer) "--set");
        g_ptr_array_add(argv, (gpointer)assignments[i]);
    }
    g_ptr_array_add(argv, NULL);
    g_auto(CommandResult) result = run_command(dir, (const char *const *)argv->pdata);
    g_test_message("%s", result.err);
    assert_status(&result, 2);
    g_autofree char *expected = g_strconcat("setting ", setting, ": ", NULL);
    g_assert_nonnull(strstr(result.err, expected));
}

#define LISTEN "server.listen=127.0.0.1:0"
#define DOMAIN "server.pictures-domain=" PICTURES
#define SITE "server.tls-certificate=site.pem", "server.tls-key=site.key"
#define SHOWN(file)                                                                                \
    "server.pictures-tls-certificate=" file ".pem", "server.pictures-tls-key=" file ".key"

/* LST-19: before it listens. */
static void
test_certificates_that_tie_are_refused(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    test_certificate_make(dir, "site", "localhost");
    test_certificate_make(dir, "pictures", "*." PICTURES);
    test_certificate_make(dir, "both", "*." PICTURES " localhost");
    static const struct {
        const char *setting;
        const char *assignments[8];
    } cases[] = {
        { "server.pictures-tls-certificate", { LISTEN, DOMAIN, SITE } },
        { "server.pictures-tls-certificate", { LISTEN, DOMAIN, SITE, SHOWN("both") } },
        { "server.tls-certificate",
          { LISTEN, DOMAIN, "server.tls-certificate=both.pem", "server.tls-key=both.key",
            SHOWN("pictures") } },
        { "server.tls-certificate", { LISTEN, DOMAIN, SITE, SHOWN("site") } },
        { "server.tls-certificate", { LISTEN, DOMAIN, SHOWN("pictures") } },
        { "server.tls-key", { LISTEN, DOMAIN, "server.tls-certificate=site.pem" } },
        { "server.pictures-tls-key",
          { LISTEN, DOMAIN, SITE, "server.pictures-tls-certificate=pictures.pem" } },
        { "server.public-url",
          { LISTEN, DOMAIN, SITE, SHOWN("pictures"), "server.public-url=https://127.0.0.1" } },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(dir, cases[i].assignments, cases[i].setting);
    }
}

static void
wait_until_shown(const Serve *serve, const char *name, const char *expected)
{
    for (;;) {
        g_auto(TestTls) client = test_tls_connect(serve->port, name, TLS1_3_VERSION);
        g_autofree char *shown = test_tls_name_shown(&client);
        if (shown != NULL && strcmp(shown, expected) == 0) {
            return;
        }
        g_usleep(20000);
    }
}

/* A renewed certificate is shown after SIGHUP; whoever is connected stays so. */
static void
test_hangup_reads_certificates_again(void)
{
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    set(&serve, "server.pictures-domain", PICTURES);
    set_tls(&serve);
    serve_start(&serve);
    g_auto(TestTls) before = test_tls_connect(serve.port, "localhost", TLS1_3_VERSION);
    g_assert_true(before.is_connected);
    test_certificate_make(serve.dir, "site", "renewed localhost");
    test_certificate_make(serve.dir, "pictures", "renewed-too *." PICTURES);
    g_assert_cmpint(kill(serve.pid, SIGHUP), ==, 0);
    wait_until_shown(&serve, "localhost", "renewed");
    wait_until_shown(&serve, "one." PICTURES, "renewed-too");
    g_autofree char *answer = test_tls_ask(
        &before, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", NULL, 0);
    g_assert_cmpuint(test_status_of(answer), ==, 200);

    /* The first of the next two changes nothing (LST-19), and so the second is the one that shows.
     */
    test_certificate_make(serve.dir, "site", "tied localhost *." PICTURES);
    g_assert_cmpint(kill(serve.pid, SIGHUP), ==, 0);
    g_autofree char *still = ask(&serve, "localhost", "/healthz");
    g_assert_cmpuint(test_status_of(still), ==, 200);
    test_certificate_make(serve.dir, "site", "once-more localhost");
    g_assert_cmpint(kill(serve.pid, SIGHUP), ==, 0);
    wait_until_shown(&serve, "localhost", "once-more");
    g_assert_cmpint(serve_stop(&serve), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tls/LST-19/refused", test_certificates_that_tie_are_refused);
    g_test_add_func("/tls/hangup", test_hangup_reads_certificates_again);
    test_each_serve("/tls/LST-19/says-nothing", test_tls_says_nothing_of_others);
    return g_test_run();
}
