#include "http/test_http.h"
#include "http/test_tls.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Of the service and of a shop, in a folder of their own. */
typedef struct {
    char *dir;
    HttpCertificate rows[2];
} Certificates;

static void
certificates_make(Certificates *certificates)
{
    static const char *const names[] = { "service.test", "*.shops.test" };
    static const char *const files[] = { "service", "shops" };
    certificates->dir = g_dir_make_tmp("http-tls-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        test_certificate_make(certificates->dir, files[i], names[i]);
        certificates->rows[i] = (HttpCertificate){
            names[i],
            g_strdup_printf("%s/%s.pem", certificates->dir, files[i]),
            g_strdup_printf("%s/%s.key", certificates->dir, files[i]),
            i == 1 ? "shops.certificate" : NULL,
        };
    }
}

static void
certificates_clear(Certificates *certificates)
{
    for (gsize i = 0; i < G_N_ELEMENTS(certificates->rows); i++) {
        g_unlink(certificates->rows[i].cert_path);
        g_unlink(certificates->rows[i].key_path);
        g_free((char *)certificates->rows[i].cert_path);
        g_free((char *)certificates->rows[i].key_path);
    }
    g_rmdir(certificates->dir);
    g_free(certificates->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Certificates, certificates_clear)

static HttpReplied
send_much(HttpRequest *request, gpointer context)
{
    g_assert_true(http_request_is_tls(request));
    return http_reply_string(request, 200, "text/plain", g_strnfill(1000000, 'y'));
}

static HttpReplied
count(HttpRequest *request, gpointer context)
{
    char buffer[10000];
    gssize size;
    guint64 total = 0;
    while ((size = http_request_read(request, buffer, sizeof buffer, NULL)) > 0) {
        total += (guint64)size;
    }
    return http_reply_string(request, 200, "text/plain",
                             g_strdup_printf("%" G_GUINT64_FORMAT, total));
}

static bool
write_much(HttpRequest *request, gpointer data, GError **error)
{
    g_autofree char *block = g_strnfill(100000, 'z');
    for (guint i = 0; i < 10; i++) {
        if (!http_write(request, block, 100000, error)) {
            return false;
        }
    }
    return true;
}

static HttpReplied
stream_much(HttpRequest *request, gpointer context)
{
    return http_reply_stream(request, 200, "text/plain", 1000000, write_much, NULL, NULL);
}

static const HttpRoute routes[] = {
    { "GET", "/much", HTTP_BODY_NONE, 0, true, send_much },
    { "POST", "/count", HTTP_BODY_STREAM, 10000000, false, count },
    { "GET", "/stream", HTTP_BODY_NONE, 0, false, stream_much },
};

static const HttpRoute *
find(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(routes, sizeof *routes, G_N_ELEMENTS(routes), request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    return http_reply_string(request, status, "text/plain", g_strdup(reason));
}

static const HttpApp app = { .find = find, .reply_error = reply_error };

static HttpServerOptions
options_of(const Certificates *certificates, gsize count)
{
    return (HttpServerOptions){ .certificates = certificates->rows, .num_certificates = count };
}

static void
test_serves_over_tls(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(TestTls) client = test_tls_connect(server.port, "service.test", versions[i]);
        g_assert_true(client.is_connected);
        g_autofree char *much = test_tls_ask(
            &client, "GET /much HTTP/1.1\r\nHost: service.test\r\nConnection: close\r\n\r\n", NULL,
            0);
        g_assert_cmpuint(strlen(test_body_of(much)), ==, 1000000);
        g_auto(TestTls) second = test_tls_connect(server.port, "service.test", versions[i]);
        g_autofree char *streamed = test_tls_ask(
            &second, "GET /stream HTTP/1.1\r\nHost: service.test\r\nConnection: close\r\n\r\n",
            NULL, 0);
        g_assert_cmpuint(strlen(test_body_of(streamed)), ==, 1000000);
        g_auto(TestTls) third = test_tls_connect(server.port, "service.test", versions[i]);
        g_autofree char *body = g_strnfill(3000000, 'b');
        g_autofree char *counted =
            test_tls_ask(&third,
                         "POST /count HTTP/1.1\r\nHost: service.test\r\nConnection: close\r\n"
                         "Content-Length: 3000000\r\n\r\n",
                         body, 3000000);
        g_assert_cmpstr(test_body_of(counted), ==, "3000000");
    }
}

static void
test_old_versions_are_refused(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    g_auto(TestTls) client = test_tls_connect(server.port, "service.test", TLS1_1_VERSION);
    g_assert_false(client.is_connected);
}

/* LST-19: who asks for a name that is not served, or for none, learns of none that is. */
static void
test_each_name_has_its_certificate(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const struct {
        const char *asked, *shown;
    } cases[] = { { "service.test", "service.test" },
                  { "SERVICE.test", "service.test" },
                  { "one.shops.test", "*.shops.test" },
                  { "Two.Shops.test", "*.shops.test" },
                  { "shops.test", NULL },
                  { "a.one.shops.test", NULL },
                  { ".shops.test", NULL },
                  { "*.shops.test", NULL },
                  { "a.service.test", NULL },
                  { "unknown.test", NULL },
                  { "localhost", NULL },
                  { NULL, NULL } };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
        const char *asked = cases[i / 2].asked;
        g_auto(TestTls) client = test_tls_connect(server.port, asked, versions[i % 2]);
        g_autofree char *shown = test_tls_name_shown(&client);
        g_test_message("%s", asked);
        g_assert_cmpstr(shown, ==, cases[i / 2].shown);
        g_assert_cmpint(client.alert, ==, shown == NULL ? SSL_AD_UNRECOGNIZED_NAME : 0);
        g_assert_true(client.is_connected == (shown != NULL));
    }
}

/* LST-19: a certificate that names another host, or has another's key, gives it away. */
static void
test_certificates_that_tie_hosts_are_refused(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    static const char *const shops[] = { "*.shops.test service.test", "*.shops.test SERVICE.test",
                                         "service.test *.shops.test", "*.shops.test *.test" };
    static const char *const service[] = { "service.test *.shops.test", "service.test shops.test",
                                           "service.test one.shops.test" };
    for (gsize i = 0; i < G_N_ELEMENTS(shops); i++) {
        g_autoptr(GError) error = NULL;
        test_certificate_make(certificates.dir, "shops", shops[i]);
        g_test_message("%s", shops[i]);
        g_assert_null(http_server_new(&options, &app, &error));
        g_assert_nonnull(strstr(error->message, "setting shops.certificate: "));
        g_assert_nonnull(strstr(error->message, "service.test"));
    }
    test_certificate_make(certificates.dir, "shops", "*.shops.test");
    for (gsize i = 0; i < G_N_ELEMENTS(service); i++) {
        g_autoptr(GError) error = NULL;
        test_certificate_make(certificates.dir, "service", service[i]);
        g_test_message("%s", service[i]);
        g_assert_null(http_server_new(&options, &app, &error));
        g_assert_nonnull(strstr(error->message, "*.shops.test"));
    }
    g_autoptr(GError) error = NULL;
    const HttpCertificate one_file[] = {
        { "a.test", certificates.rows[1].cert_path, certificates.rows[1].key_path, NULL },
        { "b.test", certificates.rows[1].cert_path, certificates.rows[1].key_path, NULL },
    };
    options.certificates = one_file;
    g_assert_null(http_server_new(&options, &app, &error));
    g_assert_nonnull(strstr(error->message, "the same key"));
}

/* LST-19: a session that was made for one host is worth nothing at another, or at all: whoever
 * could take it up there would know that both are one server. */
static void
test_sessions_are_not_taken_up(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    static const char *const names[] = { "one.shops.test", "two.shops.test", "service.test" };
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(TestTls) first = test_tls_connect(server.port, names[0], versions[i]);
        g_autofree char *answer = test_tls_ask(&first,
                                               "GET /much HTTP/1.1\r\nHost: one.shops.test\r\n"
                                               "Connection: close\r\n\r\n",
                                               NULL, 0);
        g_assert_cmpuint(test_status_of(answer), ==, 200);
        SSL_SESSION *session = SSL_get1_session(first.ssl);
        g_assert_false(SSL_SESSION_has_ticket(session));
        for (gsize k = 0; k < G_N_ELEMENTS(names); k++) {
            g_auto(TestTls) again =
                test_tls_connect_with(server.port, names[k], versions[i], session);
            g_assert_true(again.is_connected);
            g_assert_false(SSL_session_reused(again.ssl));
        }
        SSL_SESSION_free(session);
    }
}

/* LST-19 */
static void
test_the_host_is_the_name_that_was_asked_for(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const char *const names[][2] = { { "one.shops.test", "service.test" },
                                            { "one.shops.test", "two.shops.test" },
                                            { "service.test", "one.shops.test" },
                                            { "service.test", "other.test" } };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(TestTls) client = test_tls_connect(server.port, names[i][0], TLS1_3_VERSION);
        g_autofree char *head =
            g_strdup_printf("GET /much HTTP/1.1\r\nHost: %s\r\n\r\n", names[i][1]);
        g_autofree char *answer = test_tls_ask(&client, head, NULL, 0);
        g_assert_cmpuint(test_status_of(answer), ==, 421);
    }
}

static void
test_certificates_can_be_replaced(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    g_auto(TestTls) before = test_tls_connect(server.port, "service.test", TLS1_3_VERSION);
    test_certificate_make(certificates.dir, "service", "renewed.test");
    g_autoptr(GError) error = NULL;
    g_assert_true(http_server_reload_certificates(server.server, &error));
    g_assert_no_error(error);
    g_auto(TestTls) client = test_tls_connect(server.port, "service.test", TLS1_3_VERSION);
    g_autofree char *shown = test_tls_name_shown(&client);
    g_assert_cmpstr(shown, ==, "renewed.test");
    static const char *const bad[] = { "none", "tied" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) bad_error = NULL;
        if (i == 0) {
            g_assert_true(g_file_set_contents(certificates.rows[0].cert_path, bad[i], -1, NULL));
        } else {
            test_certificate_make(certificates.dir, "service", "tied.test *.shops.test");
        }
        g_assert_false(http_server_reload_certificates(server.server, &bad_error));
        g_auto(TestTls) later = test_tls_connect(server.port, "service.test", TLS1_3_VERSION);
        g_autofree char *still = test_tls_name_shown(&later);
        g_assert_cmpstr(still, ==, "renewed.test");
    }
    g_autofree char *answer = test_tls_ask(&before,
                                           "GET /much HTTP/1.1\r\nHost: service.test\r\n"
                                           "Connection: close\r\n\r\n",
                                           NULL, 0);
    g_assert_cmpuint(test_status_of(answer), ==, 200);
}

static void
test_clients_that_break_off_hurt_nobody(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = options_of(&certificates, 2);
    g_auto(TestHttp) server = test_http_start(&options, &app);
    for (guint i = 0; i < 10; i++) {
        TestTls leaving = test_tls_connect(server.port, "service.test", TLS1_3_VERSION);
        static const char request[] = "GET /much HTTP/1.1\r\nHost: service.test\r\n\r\n";
        SSL_write(leaving.ssl, request, sizeof request - 1);
        test_tls_clear(&leaving); /* in the middle of the answer: SIGPIPE must not end the server */
        int plain = test_connect(server.port);
        test_send(plain, request, sizeof request - 1);
        g_autofree char *nothing = test_read_to_end(plain);
        g_assert_null(strstr(nothing, "HTTP/1.1"));
        close(plain);
    }
    g_auto(TestTls) client = test_tls_connect(server.port, "service.test", TLS1_3_VERSION);
    g_assert_true(client.is_connected);
}

static void
test_certificates_that_do_not_fit_are_refused(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    const HttpCertificate mixed = { "a.test", certificates.rows[0].cert_path,
                                    certificates.rows[1].key_path, "a.certificate" };
    const HttpCertificate missing = { "a.test", "/nonexistent.pem", certificates.rows[1].key_path,
                                      NULL };
    HttpServerOptions options = { .certificates = &mixed, .num_certificates = 1 };
    g_autoptr(GError) error = NULL;
    g_assert_null(http_server_new(&options, &app, &error));
    g_assert_nonnull(strstr(error->message, certificates.rows[1].key_path));
    g_assert_nonnull(strstr(error->message, "setting a.certificate"));
    g_clear_error(&error);
    options.certificates = &missing;
    g_assert_null(http_server_new(&options, &app, &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent.pem"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/tls/serves", test_serves_over_tls);
    g_test_add_func("/http/tls/old", test_old_versions_are_refused);
    g_test_add_func("/http/tls/LST-19/names", test_each_name_has_its_certificate);
    g_test_add_func("/http/tls/LST-19/ties", test_certificates_that_tie_hosts_are_refused);
    g_test_add_func("/http/tls/LST-19/sessions", test_sessions_are_not_taken_up);
    g_test_add_func("/http/tls/breaks-off", test_clients_that_break_off_hurt_nobody);
    g_test_add_func("/http/tls/LST-19/same-host", test_the_host_is_the_name_that_was_asked_for);
    g_test_add_func("/http/tls/reload", test_certificates_can_be_replaced);
    g_test_add_func("/http/tls/misfits", test_certificates_that_do_not_fit_are_refused);
    return g_test_run();
}
