#include "http/tls.h"

#include "base/error.h"
#include "http/certificate_names.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>

/* What handshakes use: replaced as a whole. */
typedef struct {
    SSL_CTX *context;    /* of a handshake before its name is known: no certificate */
    GHashTable *by_name; /* "shop.test" or "*.shop.test" -> SSL_CTX */
} Contexts;

/* Where a certificate comes from. */
typedef struct {
    char *name;
    char *cert_path, *key_path;
    char *setting;
} Source;

struct HttpTls {
    GArray *sources; /* of Source */
    GMutex lock;
    Contexts contexts; /* below the lock */
};

static bool
would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static int
socket_write(BIO *bio, const char *data, int size)
{
    BIO_clear_retry_flags(bio);
    int count = (int)send((int)(gintptr)BIO_get_data(bio), data, (gsize)size, MSG_NOSIGNAL);
    if (count < 0 && would_block()) {
        BIO_set_retry_write(bio);
    }
    return count;
}

static int
socket_read(BIO *bio, char *buffer, int size)
{
    BIO_clear_retry_flags(bio);
    int count = (int)recv((int)(gintptr)BIO_get_data(bio), buffer, (gsize)size, 0);
    if (count < 0 && would_block()) {
        BIO_set_retry_read(bio);
    }
    return count;
}

static long
socket_control(BIO *bio, int command, long number, void *pointer)
{
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

/* OpenSSL's own socket BIO writes with write(), and the SIGPIPE of a client that is gone would end
 * a program that does not happen to ignore it. */
static BIO_METHOD *
socket_method(void)
{
    static gsize method;
    if (g_once_init_enter(&method)) {
        BIO_METHOD *made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket");
        g_assert(made != NULL);
        BIO_meth_set_write(made, socket_write);
        BIO_meth_set_read(made, socket_read);
        BIO_meth_set_ctrl(made, socket_control);
        g_once_init_leave(&method, (gsize)made);
    }
    return (BIO_METHOD *)method;
}

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

static SSL_CTX *
find_context(const Contexts *contexts, const char *name)
{
    if (name[0] == '*' || name[0] == '.') {
        return NULL;
    }
    g_autofree char *any = g_strconcat("*", strchr(name, '.'), NULL);
    SSL_CTX *found = g_hash_table_lookup(contexts->by_name, name);
    return found != NULL ? found : g_hash_table_lookup(contexts->by_name, any);
}

/* LST-19: who asks for a name that is not served, or for none, learns of none that is. */
static int
choose_certificate(SSL *ssl, int *alert, void *arg)
{
    HttpTls *tls = arg;
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    g_autofree char *name = g_ascii_strdown(asked == NULL ? "" : asked, -1);
    g_mutex_lock(&tls->lock);
    SSL_CTX *context = find_context(&tls->contexts, name);
    if (context != NULL) {
        SSL_set_SSL_CTX(ssl, context); /* takes a reference */
    }
    g_mutex_unlock(&tls->lock);
    if (context == NULL) {
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
    SSL_CTX_set_read_ahead(context, 1); /* or a record's header would be a read of its own */
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
    SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context, tls);
}

static bool
load(SSL_CTX *context, const Source *source, GError **error)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, source->cert_path) != 1) {
        return fail(error, APP_ERROR_INVALID, "%s: no certificate: %s", source->cert_path,
                    ERR_reason_error_string(ERR_peek_error()));
    }
    if (SSL_CTX_use_PrivateKey_file(context, source->key_path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return fail(error, APP_ERROR_INVALID, "%s: not the private key of %s: %s", source->key_path,
                    source->cert_path, ERR_reason_error_string(ERR_peek_error()));
    }
    return true;
}

/* False, with whose certificate it is in ERROR. */
static bool
blame(const Source *source, GError **error)
{
    if (source->setting != NULL) {
        g_prefix_error(error, "setting %s: ", source->setting);
    }
    return false;
}

static X509 *
certificate_of(const Contexts *contexts, const Source *source)
{
    return SSL_CTX_get0_certificate(g_hash_table_lookup(contexts->by_name, source->name));
}

/* LST-19: no certificate may tell of another's hosts. */
static bool
are_strangers(const HttpTls *tls, const Contexts *contexts, GError **error)
{
    const guint count = tls->sources->len;
    for (guint i = 0; i < count * count; i++) {
        const Source *mine = &g_array_index(tls->sources, Source, i / count);
        const Source *other = &g_array_index(tls->sources, Source, i % count);
        if (mine != other && !certificate_is_silent(certificate_of(contexts, mine), other->name,
                                                    certificate_of(contexts, other), error)) {
            g_prefix_error(error, "%s: ", mine->cert_path);
            return blame(mine, error);
        }
    }
    return true;
}

static void
free_context(gpointer context)
{
    SSL_CTX_free(context);
}

static void
contexts_clear(Contexts *contexts)
{
    g_clear_pointer(&contexts->by_name, g_hash_table_unref);
    g_clear_pointer(&contexts->context, SSL_CTX_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Contexts, contexts_clear)

bool
http_tls_reload(HttpTls *tls, GError **error)
{
    g_auto(Contexts) made = {
        .context = SSL_CTX_new(TLS_server_method()),
        .by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_context),
    };
    set_up(tls, made.context);
    for (guint i = 0; i < tls->sources->len; i++) {
        const Source *source = &g_array_index(tls->sources, Source, i);
        SSL_CTX *context = SSL_CTX_new(TLS_server_method());
        g_hash_table_replace(made.by_name, g_strdup(source->name), context);
        set_up(tls, context);
        if (!load(context, source, error)) {
            return blame(source, error);
        }
    }
    if (!are_strangers(tls, &made, error)) {
        return false;
    }
    g_mutex_lock(&tls->lock);
    Contexts replaced = tls->contexts;
    tls->contexts = made;
    made = replaced;
    g_mutex_unlock(&tls->lock);
    return true;
}

static void
source_clear(gpointer data)
{
    Source *source = data;
    g_free(source->name);
    g_free(source->cert_path);
    g_free(source->key_path);
    g_free(source->setting);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpTls, http_tls_free)

bool
http_tls_new(const HttpServerOptions *options, HttpTls **ret_tls, GError **error)
{
    *ret_tls = NULL;
    if (options->num_certificates == 0) {
        return true;
    }
    g_autoptr(HttpTls) tls = g_new0(HttpTls, 1);
    g_mutex_init(&tls->lock);
    tls->sources = g_array_new(FALSE, FALSE, sizeof(Source));
    g_array_set_clear_func(tls->sources, source_clear);
    for (gsize i = 0; i < options->num_certificates; i++) {
        const HttpCertificate *certificate = &options->certificates[i];
        Source source = { g_ascii_strdown(certificate->name, -1), g_strdup(certificate->cert_path),
                          g_strdup(certificate->key_path), g_strdup(certificate->setting) };
        g_array_append_val(tls->sources, source);
    }
    if (!http_tls_reload(tls, error)) {
        return false;
    }
    *ret_tls = g_steal_pointer(&tls);
    return true;
}

void
http_tls_free(HttpTls *tls)
{
    if (tls != NULL) {
        contexts_clear(&tls->contexts);
        g_array_unref(tls->sources);
        g_mutex_clear(&tls->lock);
        g_free(tls);
    }
}

SSL *
http_tls_accept(HttpTls *tls, int fd)
{
    g_mutex_lock(&tls->lock);
    SSL *ssl = SSL_new(tls->contexts.context); /* takes a reference */
    g_mutex_unlock(&tls->lock);
    BIO *bio = ssl == NULL ? NULL : BIO_new(socket_method());
    if (bio == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    BIO_set_data(bio, (void *)(gintptr)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    return ssl;
}
