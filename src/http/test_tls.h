/* For tests: certificates signed by themselves, and clients that speak TLS. Everything here fails
 * the test itself. */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/* NAMES: "a.test b.test"; the first is the subject's, all are alternative names. Written as
 * DIR/FILE.pem and DIR/FILE.key. */
void test_certificate_make(const char *dir, const char *file, const char *names);

typedef struct {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
    bool is_connected;
    int alert; /* that ended the handshake; 0: none */
} TestTls;

/* NAME is asked for (SNI); NULL: none. MAX_VERSION: TLS1_3_VERSION, ... */
TestTls test_tls_connect(guint16 port, const char *name, int max_version);
/* The same, trying to take up SESSION of an earlier one. */
TestTls test_tls_connect_with(guint16 port, const char *name, int max_version,
                              SSL_SESSION *session);
void test_tls_clear(TestTls *client);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestTls, test_tls_clear)

/* The subject of the certificate that the server showed; NULL: it showed none. */
char *test_tls_name_shown(const TestTls *client);
/* Sends HEAD and BODY (or NULL) and reads until the server ends. */
char *test_tls_ask(TestTls *client, const char *head, const char *body, gsize body_size);
