#include "net/net.h"

#include "base/error.h"
#include "base/file.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURLU, curl_url_cleanup)

static const guint max_concurrent = 16;       /* requests of one purpose */
static const guint max_idle_connections = 16; /* easy handles kept, each with its connection */
static const long connect_seconds = 10;
static const gsize max_header_bytes = 64 * 1024;
static const gsize max_trusted_file = 1024 * 1024;

typedef struct {
    NetPurpose purpose;
    char *origin; /* scheme://host:port, lower case */
    bool is_local;
    bool may_be_private;
} Rule;

struct Net {
    GPtrArray *rules;                   /* of Rule */
    GBytes *trusted[NET_PURPOSE_COUNT]; /* PEM text, or NULL */
    GMutex mutex;
    GCond freed;
    guint num_running[NET_PURPOSE_COUNT]; /* under mutex */
    GPtrArray *idle;                      /* of CURL; under mutex */
};

static void
rule_free(gpointer rule)
{
    g_free(((Rule *)rule)->origin);
    g_free(rule);
}

Net *
net_new(void)
{
    static gsize is_initialised;
    if (g_once_init_enter(&is_initialised)) {
        CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
        g_assert(code == CURLE_OK);
        /* Told to leave signals alone, libcurl leaves this one to the program, too: a server that
         * closes its end would end us. */
        signal(SIGPIPE, SIG_IGN);
        g_once_init_leave(&is_initialised, 1);
    }
    Net *net = g_new0(Net, 1);
    net->rules = g_ptr_array_new_with_free_func(rule_free);
    net->idle = g_ptr_array_new_with_free_func(curl_easy_cleanup);
    g_mutex_init(&net->mutex);
    g_cond_init(&net->freed);
    return net;
}

void
net_free(Net *net)
{
    if (net == NULL) {
        return;
    }
    for (guint i = 0; i < NET_PURPOSE_COUNT; i++) {
        g_assert(net->num_running[i] == 0);
        g_clear_pointer(&net->trusted[i], g_bytes_unref);
    }
    g_ptr_array_unref(net->idle);
    g_ptr_array_unref(net->rules);
    g_mutex_clear(&net->mutex);
    g_cond_clear(&net->freed);
    g_free(net);
}

typedef struct {
    char *scheme, *host, *port;
} Origin;

static void
origin_clear(Origin *origin)
{
    curl_free(origin->scheme);
    curl_free(origin->host);
    curl_free(origin->port);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Origin, origin_clear)

/* Reads URL with the parser of the library that will connect: two parsers that differ about the
 * host are how such a door is got around. */
static CURLU *
parse_url(const char *url, Origin *ret_origin)
{
    g_autoptr(CURLU) parsed = curl_url();
    Origin origin = { 0 };
    char *user = NULL;
    if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_USER, &user, 0) != CURLUE_NO_USER ||
        curl_url_get(parsed, CURLUPART_SCHEME, &origin.scheme, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_HOST, &origin.host, 0) != CURLUE_OK ||
        curl_url_get(parsed, CURLUPART_PORT, &origin.port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        (strcmp(origin.scheme, "https") != 0 && strcmp(origin.scheme, "http") != 0)) {
        curl_free(user);
        origin_clear(&origin);
        return NULL;
    }
    *ret_origin = origin;
    return g_steal_pointer(&parsed);
}

static char *
origin_to_string(const Origin *origin)
{
    g_autofree char *host = g_ascii_strdown(origin->host, -1);
    return g_strdup_printf("%s://%s:%s", origin->scheme, host, origin->port);
}

/* Whether HOST is an address rather than a name; "[::1]" in brackets. */
static bool
parse_address(const char *host, struct sockaddr_storage *ret_address)
{
    struct sockaddr_storage address = { 0 };
    if (host[0] == '[') {
        g_autofree char *inner = g_strndup(host + 1, strcspn(host + 1, "]"));
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address;
        ipv6->sin6_family = AF_INET6;
        if (inet_pton(AF_INET6, inner, &ipv6->sin6_addr) != 1) {
            return false;
        }
    } else {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
        ipv4->sin_family = AF_INET;
        if (inet_pton(AF_INET, host, &ipv4->sin_addr) != 1) {
            return false;
        }
    }
    *ret_address = address;
    return true;
}

/* "localhost" and what is below it (RFC 6761). */
static bool
is_local_name(const char *host)
{
    g_autofree char *lower = g_ascii_strdown(host, -1);
    return strcmp(lower, "localhost") == 0 || g_str_has_suffix(lower, ".localhost");
}

bool
net_allow(Net *net, NetPurpose purpose, const char *text, NetReach reach, GError **error)
{
    g_auto(Origin) origin = { 0 };
    g_autoptr(CURLU) url = parse_url(text, &origin);
    const char *authority = strstr(text, "://");
    if (url == NULL || authority == NULL || strpbrk(authority + 3, "/?#@") != NULL) {
        return fail(error, APP_ERROR_INVALID,
                    "%s: not an origin such as https://storage.example.com", text);
    }
    struct sockaddr_storage address;
    bool is_address = parse_address(origin.host, &address);
    bool is_local =
        is_address ? address_is_loopback((struct sockaddr *)&address) : is_local_name(origin.host);
    if (strcmp(origin.scheme, "https") != 0 && !is_local) {
        return fail(error, APP_ERROR_INVALID, "%s: only https may leave this machine", text);
    }
    Rule *rule = g_new0(Rule, 1);
    rule->purpose = purpose;
    rule->origin = origin_to_string(&origin);
    rule->is_local = is_local;
    rule->may_be_private = reach == NET_PRIVATE || is_address;
    g_ptr_array_add(net->rules, rule);
    return true;
}

bool
net_trust(Net *net, NetPurpose purpose, const char *path, GError **error)
{
    g_autoptr(GBytes) trusted = file_read_whole(path, max_trusted_file, error);
    if (trusted == NULL) {
        return false;
    }
    g_clear_pointer(&net->trusted[purpose], g_bytes_unref);
    net->trusted[purpose] = g_steal_pointer(&trusted);
    return true;
}

static const Rule *
find_rule(const Net *net, NetPurpose purpose, const Origin *origin)
{
    g_autofree char *wanted = origin_to_string(origin);
    for (guint i = 0; i < net->rules->len; i++) {
        const Rule *rule = net->rules->pdata[i];
        if (rule->purpose == purpose && strcmp(rule->origin, wanted) == 0) {
            return rule;
        }
    }
    return NULL;
}

typedef struct {
    const Rule *rule;
    bool is_refused; /* the name led to an address that the rule does not cover */
    gsize max_body;
    bool is_too_large;
    GByteArray *body;
    gsize num_header_bytes;
    GHashTable *headers;
} Exchange;

/* The address is looked at where the socket is made for it, so that it is the one that is
 * connected to, whatever DNS says a moment later. */
static curl_socket_t
open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    Exchange *exchange = data;
    bool allowed = exchange->rule->is_local
                       ? address_is_loopback(&address->addr)
                       : exchange->rule->may_be_private || !address_is_private(&address->addr);
    if (!allowed) {
        exchange->is_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
take_header(char *line, size_t unit, size_t size, void *data)
{
    Exchange *exchange = data;
    exchange->num_header_bytes += size;
    if (exchange->num_header_bytes > max_header_bytes) {
        exchange->is_too_large = true;
        return 0;
    }
    /* An interim answer (1xx) comes before the real one. */
    if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        g_hash_table_remove_all(exchange->headers);
        return size;
    }
    const char *colon = memchr(line, ':', size);
    if (colon == NULL) {
        return size;
    }
    char *name = g_ascii_strdown(line, colon - line);
    g_autofree char *value = g_strndup(colon + 1, size - (gsize)(colon + 1 - line));
    g_strstrip(value);
    const char *before = g_hash_table_lookup(exchange->headers, name);
    char *joined = before == NULL ? g_strdup(value) : g_strdup_printf("%s, %s", before, value);
    g_hash_table_replace(exchange->headers, name, joined);
    return size;
}

static size_t
take_body(char *piece, size_t unit, size_t size, void *data)
{
    Exchange *exchange = data;
    if (size > exchange->max_body - exchange->body->len) {
        exchange->is_too_large = true;
        return 0;
    }
    g_byte_array_append(exchange->body, (const guint8 *)piece, (guint)size);
    return size;
}

static struct curl_slist *
make_header_list(const NetRequest *request)
{
    struct curl_slist *list = NULL;
    bool has_type = false;
    for (gsize i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
        const char *header = request->headers[i];
        /* Callers build values from what they parsed; a line break here would be a bug of theirs.
         */
        g_assert(strpbrk(header, "\r\n") == NULL);
        has_type = has_type || g_ascii_strncasecmp(header, "content-type:", 13) == 0;
        list = curl_slist_append(list, header);
    }
    /* Waiting for "100 Continue" costs a round trip, and R2 does not answer it at all. */
    list = curl_slist_append(list, "Expect:");
    return has_type ? list : curl_slist_append(list, "Content-Type:");
}

static void
set_request(CURL *curl, const NetRequest *request)
{
    if (request->body != NULL) {
        gsize size;
        const void *data = g_bytes_get_data(request->body, &size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, data == NULL ? "" : data);
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->timeout_seconds);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
}

static void
set_transport(GBytes *trusted, CURL *curl, CURLU *url, Exchange *exchange)
{
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    if (trusted != NULL) {
        struct curl_blob blob = { .flags = CURL_BLOB_NOCOPY };
        blob.data = (void *)g_bytes_get_data(trusted, &blob.len);
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
    }
}

static bool
fail_exchange(const Exchange *exchange, CURLcode code, const char *host, GError **error)
{
    if (exchange->is_too_large) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%s: the answer is larger than %" G_GSIZE_FORMAT " bytes", host,
                    exchange->max_body);
    }
    if (exchange->is_refused) {
        return fail(error, APP_ERROR_UNAVAILABLE,
                    "%s: leads to a private address, for which it is not registered", host);
    }
    AppErrorCode kind =
        code == CURLE_OPERATION_TIMEDOUT ? APP_ERROR_TIMEOUT : APP_ERROR_UNAVAILABLE;
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return fail(error, kind, "%s: its certificate is not to be trusted", host);
    }
    const char *reason = curl_easy_strerror(code);
    bool is_word = g_ascii_isupper(reason[0]) && g_ascii_islower(reason[1]);
    return fail(error, kind, "%s: %c%s", host, is_word ? g_ascii_tolower(reason[0]) : reason[0],
                reason + 1);
}

static CURL *
take_handle(Net *net, NetPurpose purpose)
{
    CURL *curl = NULL;
    g_mutex_lock(&net->mutex);
    while (net->num_running[purpose] >= max_concurrent) {
        g_cond_wait(&net->freed, &net->mutex);
    }
    net->num_running[purpose]++;
    if (net->idle->len > 0) {
        curl = g_ptr_array_steal_index(net->idle, net->idle->len - 1);
    }
    g_mutex_unlock(&net->mutex);
    return curl != NULL ? curl : curl_easy_init();
}

static void
give_back_handle(Net *net, NetPurpose purpose, CURL *curl)
{
    curl_easy_reset(curl); /* keeps the connection */
    g_mutex_lock(&net->mutex);
    net->num_running[purpose]--;
    if (net->idle->len < max_idle_connections) {
        g_ptr_array_add(net->idle, g_steal_pointer(&curl));
    }
    g_cond_broadcast(&net->freed);
    g_mutex_unlock(&net->mutex);
    curl_easy_cleanup(curl);
}

bool
net_send(Net *net, const NetRequest *request, NetResponse *ret_response, GError **error)
{
    g_auto(Origin) origin = { 0 };
    g_autoptr(CURLU) url = parse_url(request->url, &origin);
    if (url == NULL) {
        return fail(error, APP_ERROR_INVALID, "an outgoing request has no usable address");
    }
    Exchange exchange = { .rule = find_rule(net, request->purpose, &origin),
                          .max_body = request->max_response };
    if (exchange.rule == NULL) {
        /* LST-20: data reaches registered hosts only, each for its purpose. */
        return fail(error, APP_ERROR_INVALID, "%s: not registered for this purpose", origin.host);
    }
    exchange.body = g_byte_array_new();
    exchange.headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    CURL *curl = take_handle(net, request->purpose);
    set_transport(net->trusted[request->purpose], curl, url, &exchange);
    set_request(curl, request);
    struct curl_slist *headers = make_header_list(request);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    give_back_handle(net, request->purpose, curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        g_byte_array_unref(exchange.body);
        g_hash_table_unref(exchange.headers);
        return fail_exchange(&exchange, code, origin.host, error);
    }
    *ret_response = (NetResponse){ .status = (guint)status,
                                   .headers = exchange.headers,
                                   .body = g_byte_array_free_to_bytes(exchange.body) };
    return true;
}

void
net_response_clear(NetResponse *response)
{
    g_clear_pointer(&response->headers, g_hash_table_unref);
    g_clear_pointer(&response->body, g_bytes_unref);
}

const char *
net_response_header(const NetResponse *response, const char *name)
{
    return g_hash_table_lookup(response->headers, name);
}
