#include "http/test_http.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Certificates signed by themselves, in a folder of their own. */
typedef struct {
    char *dir;
    char *cert_paths[2];
    char *key_paths[2];
} Certificates;

static void
make_certificate(const char *name, const char *cert_path, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    g_assert_nonnull(key);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
    FILE *file = g_fopen(cert_path, "w");
    g_assert_cmpint(PEM_write_X509(file, certificate), ==, 1);
    fclose(file);
    file = g_fopen(key_path, "w");
    g_assert_cmpint(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), ==, 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void
certificates_make(Certificates *certificates)
{
    static const char *const names[] = { "service.test", "shop.test" };
    certificates->dir = g_dir_make_tmp("http-tls-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        certificates->cert_paths[i] = g_strdup_printf("%s/%s.pem", certificates->dir, names[i]);
        certificates->key_paths[i] = g_strdup_printf("%s/%s.key", certificates->dir, names[i]);
        make_certificate(names[i], certificates->cert_paths[i], certificates->key_paths[i]);
    }
}

static void
certificates_clear(Certificates *certificates)
{
    for (gsize i = 0; i < G_N_ELEMENTS(certificates->cert_paths); i++) {
        g_unlink(certificates->cert_paths[i]);
        g_unlink(certificates->key_paths[i]);
        g_free(certificates->cert_paths[i]);
        g_free(certificates->key_paths[i]);
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

typedef struct {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
    bool is_connected;
} Client;

static Client
client_connect(guint16 port, const char *name, int max_version)
{
    Client client = { .context = SSL_CTX_new(TLS_client_method()), .fd = test_connect(port) };
    SSL_CTX_set_max_proto_version(client.context, max_version);
    SSL_CTX_set_cipher_list(client.context, "ALL:@SECLEVEL=0");
    client.ssl = SSL_new(client.context);
    SSL_set_fd(client.ssl, client.fd);
    if (name != NULL) {
        SSL_set_tlsext_host_name(client.ssl, name);
    }
    client.is_connected = SSL_connect(client.ssl) == 1;
    return client;
}

static void
client_clear(Client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Client, client_clear)

/* The name in the certificate that the server showed. */
static char *
name_shown(Client *client)
{
    X509 *certificate = SSL_get1_peer_certificate(client->ssl);
    g_assert_nonnull(certificate);
    char name[100];
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    X509_free(certificate);
    return g_strdup(name);
}

static char *
ask(Client *client, const char *head, const char *body, gsize body_size)
{
    g_assert_cmpint(SSL_write(client->ssl, head, (int)strlen(head)), ==, (int)strlen(head));
    for (gsize sent = 0; sent < body_size;) {
        int written = SSL_write(client->ssl, body + sent, (int)MIN(body_size - sent, 50000));
        g_assert_cmpint(written, >, 0);
        sent += (gsize)written;
    }
    GString *answer = g_string_new(NULL);
    char buffer[20000];
    int size;
    while ((size = SSL_read(client->ssl, buffer, sizeof buffer)) > 0) {
        g_string_append_len(answer, buffer, size);
    }
    return g_string_free(answer, FALSE);
}

static void
test_serves_over_tls(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0] };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(Client) client = client_connect(server.port, "service.test", versions[i]);
        g_assert_true(client.is_connected);
        g_autofree char *much =
            ask(&client, "GET /much HTTP/1.1\r\nHost: service.test\r\nConnection: close\r\n\r\n",
                NULL, 0);
        g_assert_cmpuint(strlen(test_body_of(much)), ==, 1000000);
        g_auto(Client) second = client_connect(server.port, "service.test", versions[i]);
        g_autofree char *streamed =
            ask(&second, "GET /stream HTTP/1.1\r\nHost: service.test\r\nConnection: close\r\n\r\n",
                NULL, 0);
        g_assert_cmpuint(strlen(test_body_of(streamed)), ==, 1000000);
        g_auto(Client) third = client_connect(server.port, "service.test", versions[i]);
        g_autofree char *body = g_strnfill(3000000, 'b');
        g_autofree char *counted =
            ask(&third,
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
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0] };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    g_auto(Client) client = client_connect(server.port, "service.test", TLS1_1_VERSION);
    g_assert_false(client.is_connected);
}

static void
test_each_name_has_its_certificate(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpCertificate shop = { "Shop.test", certificates.cert_paths[1], certificates.key_paths[1] };
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0],
                                  .certificates = &shop,
                                  .num_certificates = 1 };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const struct {
        const char *asked, *shown;
    } cases[] = { { "shop.test", "shop.test" },
                  { "SHOP.test", "shop.test" },
                  { "unknown.test", "service.test" },
                  { NULL, "service.test" } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Client) client = client_connect(server.port, cases[i].asked, TLS1_3_VERSION);
        g_assert_true(client.is_connected);
        g_autofree char *shown = name_shown(&client);
        g_assert_cmpstr(shown, ==, cases[i].shown);
    }
}

/* LST-19: who asks for a name that is not served learns of none that is. */
static void
test_unknown_names_learn_nothing(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpCertificate shop = { "shop.test", certificates.cert_paths[1], certificates.key_paths[1] };
    HttpServerOptions options = { .certificates = &shop, .num_certificates = 1 };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    static const char *const names[] = { "unknown.test", NULL };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(Client) client = client_connect(server.port, names[i], TLS1_3_VERSION);
        g_assert_false(client.is_connected);
        g_assert_null(SSL_get0_peer_certificate(client.ssl));
    }
    g_auto(Client) client = client_connect(server.port, "shop.test", TLS1_3_VERSION);
    g_assert_true(client.is_connected);
}

/* LST-19 */
static void
test_the_host_is_the_name_that_was_asked_for(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0] };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    g_auto(Client) client = client_connect(server.port, "shop.test", TLS1_3_VERSION);
    g_autofree char *answer =
        ask(&client, "GET /much HTTP/1.1\r\nHost: other.test\r\n\r\n", NULL, 0);
    g_assert_cmpuint(test_status_of(answer), ==, 421);
}

static void
test_certificates_can_be_replaced(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0] };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    make_certificate("renewed.test", certificates.cert_paths[0], certificates.key_paths[0]);
    g_autoptr(GError) error = NULL;
    g_assert_true(http_server_reload_certificates(server.server, &error));
    g_assert_no_error(error);
    g_auto(Client) client = client_connect(server.port, "service.test", TLS1_3_VERSION);
    g_autofree char *shown = name_shown(&client);
    g_assert_cmpstr(shown, ==, "renewed.test");
    g_assert_true(g_file_set_contents(certificates.cert_paths[0], "none", -1, NULL));
    g_assert_false(http_server_reload_certificates(server.server, &error));
    g_auto(Client) later = client_connect(server.port, "service.test", TLS1_3_VERSION);
    g_assert_true(later.is_connected);
}

static void
test_clients_that_break_off_hurt_nobody(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions options = { .cert_path = certificates.cert_paths[0],
                                  .key_path = certificates.key_paths[0] };
    g_auto(TestHttp) server = test_http_start(&options, &app);
    for (guint i = 0; i < 10; i++) {
        Client leaving = client_connect(server.port, "service.test", TLS1_3_VERSION);
        static const char request[] = "GET /much HTTP/1.1\r\nHost: service.test\r\n\r\n";
        SSL_write(leaving.ssl, request, sizeof request - 1);
        client_clear(&leaving); /* in the middle of the answer: SIGPIPE must not end the server */
        int plain = test_connect(server.port);
        test_send(plain, request, sizeof request - 1);
        g_autofree char *nothing = test_read_to_end(plain);
        g_assert_null(strstr(nothing, "HTTP/1.1"));
        close(plain);
    }
    g_auto(Client) client = client_connect(server.port, "service.test", TLS1_3_VERSION);
    g_assert_true(client.is_connected);
}

static void
test_certificates_that_do_not_fit_are_refused(void)
{
    g_auto(Certificates) certificates;
    certificates_make(&certificates);
    HttpServerOptions mixed = { .cert_path = certificates.cert_paths[0],
                                .key_path = certificates.key_paths[1] };
    HttpServerOptions missing = { .cert_path = "/nonexistent.pem",
                                  .key_path = certificates.key_paths[1] };
    g_autoptr(GError) error = NULL;
    g_assert_null(http_server_new(&mixed, &app, &error));
    g_assert_nonnull(strstr(error->message, certificates.key_paths[1]));
    g_clear_error(&error);
    g_assert_null(http_server_new(&missing, &app, &error));
    g_assert_nonnull(strstr(error->message, "/nonexistent.pem"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/tls/serves", test_serves_over_tls);
    g_test_add_func("/http/tls/old", test_old_versions_are_refused);
    g_test_add_func("/http/tls/names", test_each_name_has_its_certificate);
    g_test_add_func("/http/tls/unknown-names", test_unknown_names_learn_nothing);
    g_test_add_func("/http/tls/breaks-off", test_clients_that_break_off_hurt_nobody);
    g_test_add_func("/http/tls/same-host", test_the_host_is_the_name_that_was_asked_for);
    g_test_add_func("/http/tls/reload", test_certificates_can_be_replaced);
    g_test_add_func("/http/tls/misfits", test_certificates_that_do_not_fit_are_refused);
    return g_test_run();
}
