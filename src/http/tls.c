#include "http/tls.h"

#include "base/error.h"

#include <openssl/err.h>
#include <string.h>

struct HttpTls {
    SSL_CTX *context;    /* with the certificate for all names, if there is one */
    GHashTable *by_name; /* name -> SSL_CTX */
    bool has_default;
};

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
            unsigned int in_size, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* LST-19: a name that is not served learns no other name: where there is no certificate for all
 * names, the handshake ends. */
static int
choose_certificate(SSL *ssl, int *alert, void *arg)
{
    HttpTls *tls = arg;
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    g_autofree char *name = asked == NULL ? NULL : g_ascii_strdown(asked, -1);
    SSL_CTX *context = name == NULL ? NULL : g_hash_table_lookup(tls->by_name, name);
    if (context != NULL) {
        SSL_set_SSL_CTX(ssl, context);
    } else if (!tls->has_default) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    return SSL_TLSEXT_ERR_OK;
}

static void
set_up(HttpTls *tls, SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    /* Tickets would be encrypted under one key for all names; sessions are cheap to make anew. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context, tls);
}

static bool
load(SSL_CTX *context, const char *cert_path, const char *key_path, GError **error)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, cert_path) != 1) {
        return fail(error, APP_ERROR_INVALID, "%s: no certificate: %s", cert_path,
                    ERR_reason_error_string(ERR_peek_error()));
    }
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return fail(error, APP_ERROR_INVALID, "%s: not the private key of %s: %s", key_path,
                    cert_path, ERR_reason_error_string(ERR_peek_error()));
    }
    return true;
}

static void
free_context(gpointer context)
{
    SSL_CTX_free(context);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpTls, http_tls_free)

bool
http_tls_new(const HttpServerOptions *options, HttpTls **ret_tls, GError **error)
{
    *ret_tls = NULL;
    if (options->cert_path == NULL && options->num_certificates == 0) {
        return true;
    }
    g_autoptr(HttpTls) tls = g_new0(HttpTls, 1);
    tls->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_context);
    tls->context = SSL_CTX_new(TLS_server_method());
    set_up(tls, tls->context);
    tls->has_default = options->cert_path != NULL;
    if (tls->has_default && !load(tls->context, options->cert_path, options->key_path, error)) {
        return false;
    }
    for (gsize i = 0; i < options->num_certificates; i++) {
        const HttpCertificate *certificate = &options->certificates[i];
        SSL_CTX *context = SSL_CTX_new(TLS_server_method());
        g_hash_table_insert(tls->by_name, g_ascii_strdown(certificate->name, -1), context);
        set_up(tls, context);
        if (!load(context, certificate->cert_path, certificate->key_path, error)) {
            return false;
        }
    }
    *ret_tls = g_steal_pointer(&tls);
    return true;
}

void
http_tls_free(HttpTls *tls)
{
    if (tls != NULL) {
        g_hash_table_unref(tls->by_name);
        SSL_CTX_free(tls->context);
        g_free(tls);
    }
}

SSL *
http_tls_accept(HttpTls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->context);
    if (ssl != NULL && SSL_set_fd(ssl, fd) != 1) {
        g_clear_pointer(&ssl, SSL_free);
    }
    if (ssl != NULL) {
        SSL_set_accept_state(ssl);
    }
    return ssl;
}
