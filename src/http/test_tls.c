#include "http/test_tls.h"

#include "http/test_http.h"

#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

static void
add_names(X509 *certificate, const char *names)
{
    g_auto(GStrv) all = g_strsplit(names, " ", -1);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)all[0], -1, -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    g_autofree char *joined = g_strjoinv(",DNS:", all);
    g_autofree char *value = g_strconcat("DNS:", joined, NULL);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, value);
    g_assert_nonnull(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static FILE *
open_file(const char *dir, const char *file, const char *suffix)
{
    g_autofree char *name = g_strconcat(file, suffix, NULL);
    g_autofree char *path = g_build_filename(dir, name, NULL);
    FILE *stream = g_fopen(path, "w");
    g_assert_nonnull(stream);
    return stream;
}

void
test_certificate_make(const char *dir, const char *file, const char *names)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    g_assert_nonnull(key);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    add_names(certificate, names);
    X509_set_pubkey(certificate, key);
    g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
    FILE *stream = open_file(dir, file, ".pem");
    g_assert_cmpint(PEM_write_X509(stream, certificate), ==, 1);
    fclose(stream);
    stream = open_file(dir, file, ".key");
    g_assert_cmpint(PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL), ==, 1);
    fclose(stream);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

TestTls
test_tls_connect_with(guint16 port, const char *name, int max_version, SSL_SESSION *session)
{
    TestTls client = { .context = SSL_CTX_new(TLS_client_method()), .fd = test_connect(port) };
    SSL_CTX_set_max_proto_version(client.context, max_version);
    SSL_CTX_set_cipher_list(client.context, "ALL:@SECLEVEL=0");
    client.ssl = SSL_new(client.context);
    SSL_set_fd(client.ssl, client.fd);
    if (name != NULL) {
        SSL_set_tlsext_host_name(client.ssl, name);
    }
    if (session != NULL) {
        g_assert_cmpint(SSL_set_session(client.ssl, session), ==, 1);
    }
    ERR_clear_error();
    client.is_connected = SSL_connect(client.ssl) == 1;
    int reason = ERR_GET_REASON(ERR_peek_error());
    client.alert = reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
    return client;
}

TestTls
test_tls_connect(guint16 port, const char *name, int max_version)
{
    return test_tls_connect_with(port, name, max_version, NULL);
}

void
test_tls_clear(TestTls *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->context);
    close(client->fd);
}

char *
test_tls_name_shown(const TestTls *client)
{
    X509 *certificate = SSL_get0_peer_certificate(client->ssl);
    if (certificate == NULL) {
        return NULL;
    }
    char name[100];
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    return g_strdup(name);
}

char *
test_tls_ask(TestTls *client, const char *head, const char *body, gsize body_size)
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
