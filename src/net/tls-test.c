/* LST-15: what leaves this machine goes to a server that proves who it is. */
#include "base/error.h"
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server on loopback with a certificate of its own making; answers "hello" to everything. */
typedef struct {
    SSL_CTX *context;
    X509 *certificate;
    int fd;
    char *origin;
    GThread *thread;
} TlsServer;

static X509 *
make_certificate(EVP_PKEY *key, const char *host, long days)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400 * 10);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400 * days);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const guchar *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    g_autofree char *hosts = g_strdup_printf("DNS:%s", host);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, hosts);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    int done = X509_sign(certificate, key, EVP_sha256());
    g_assert_cmpint(done, >, 0);
    return certificate;
}

static gpointer
serve(gpointer data)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const TlsServer *server = data;
    int fd;
    while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
        SSL *ssl = SSL_new(server->context);
        char request[4096];
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof request) > 0) {
            SSL_write(ssl, answer, (int)strlen(answer));
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static TlsServer *
server_new(const char *host, long days)
{
    TlsServer *server = g_new0(TlsServer, 1);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    server->certificate = make_certificate(key, host, days);
    server->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(server->context, server->certificate);
    SSL_CTX_use_PrivateKey(server->context, key);
    EVP_PKEY_free(key);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(server->fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(server->fd, 10), ==, 0);
    g_assert_cmpint(getsockname(server->fd, (struct sockaddr *)&address, &size), ==, 0);
    server->origin = g_strdup_printf("https://localhost:%u", ntohs(address.sin_port));
    server->thread = g_thread_new("tls", serve, server);
    return server;
}

static void
server_free(TlsServer *server)
{
    shutdown(server->fd, SHUT_RDWR);
    g_thread_join(server->thread);
    close(server->fd);
    SSL_CTX_free(server->context);
    X509_free(server->certificate);
    g_free(server->origin);
    g_free(server);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TlsServer, server_free)

/* The server's certificate as a file, which the caller removes. */
static char *
write_certificate(const TlsServer *server)
{
    char *path;
    int fd = g_file_open_tmp("certificate-XXXXXX", &path, NULL);
    FILE *file = fdopen(fd, "w");
    g_assert_cmpint(PEM_write_X509(file, server->certificate), ==, 1);
    fclose(file);
    return path;
}

static Net *
net_that_trusts(const TlsServer *server, NetPurpose purpose)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = write_certificate(server);
    Net *net = net_new();
    net_trust(net, purpose, path, &error);
    g_assert_no_error(error);
    g_unlink(path);
    net_allow(net, NET_STORAGE, server->origin, NET_PUBLIC, &error);
    g_assert_no_error(error);
    return net;
}

static bool
says_hello(Net *net, const TlsServer *server, GError **error)
{
    NetRequest request = { .purpose = NET_STORAGE,
                           .method = "GET",
                           .url = server->origin,
                           .max_response = 100,
                           .timeout_seconds = 10 };
    g_auto(NetResponse) response = { 0 };
    if (!net_send(net, &request, &response, error)) {
        return false;
    }
    g_assert_cmpmem(g_bytes_get_data(response.body, NULL), g_bytes_get_size(response.body), "hello",
                    5);
    return true;
}

static void
test_an_authority_of_ones_own(void)
{
    g_autoptr(TlsServer) server = server_new("localhost", 10);
    g_autoptr(Net) net = net_that_trusts(server, NET_STORAGE);
    g_autoptr(GError) error = NULL;
    says_hello(net, server, &error);
    g_assert_no_error(error);
}

static void
assert_refused(Net *net, const TlsServer *server)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(says_hello(net, server, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_test_message("%s", error->message);
}

static void
test_nobody_knows_the_authority(void)
{
    g_autoptr(TlsServer) server = server_new("localhost", 10);
    g_autoptr(Net) net = net_new();
    g_assert_true(net_allow(net, NET_STORAGE, server->origin, NET_PUBLIC, NULL));
    assert_refused(net, server);
}

static void
test_trusted_for_another_purpose(void)
{
    g_autoptr(TlsServer) server = server_new("localhost", 10);
    g_autoptr(Net) net = net_that_trusts(server, NET_SIGN_IN);
    assert_refused(net, server);
}

static void
test_a_certificate_for_another_host(void)
{
    g_autoptr(TlsServer) server = server_new("other.example", 10);
    g_autoptr(Net) net = net_that_trusts(server, NET_STORAGE);
    assert_refused(net, server);
}

static void
test_an_expired_certificate(void)
{
    g_autoptr(TlsServer) server = server_new("localhost", -1);
    g_autoptr(Net) net = net_that_trusts(server, NET_STORAGE);
    assert_refused(net, server);
}

static void
test_old_protocols(void)
{
    g_autoptr(TlsServer) server = server_new("localhost", 10);
    SSL_CTX_set_security_level(server->context, 0);
    SSL_CTX_set_max_proto_version(server->context, TLS1_1_VERSION);
    g_autoptr(Net) net = net_that_trusts(server, NET_STORAGE);
    assert_refused(net, server);
}

static void
test_a_file_without_certificates(void)
{
    g_autoptr(Net) net = net_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(net_trust(net, NET_STORAGE, "/nonexistent", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN); /* the server writes to clients that have gone */
    g_test_add_func("/tls/own-authority-LST-15", test_an_authority_of_ones_own);
    g_test_add_func("/tls/unknown-authority-LST-15", test_nobody_knows_the_authority);
    g_test_add_func("/tls/trusted-for-another-purpose", test_trusted_for_another_purpose);
    g_test_add_func("/tls/another-host-LST-15", test_a_certificate_for_another_host);
    g_test_add_func("/tls/expired-LST-15", test_an_expired_certificate);
    g_test_add_func("/tls/old-protocols", test_old_protocols);
    g_test_add_func("/tls/no-such-file", test_a_file_without_certificates);
    return g_test_run();
}
