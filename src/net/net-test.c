#include "net/net.h"

#include "base/error.h"
#include "net/address.h"
#include "net/test_server.h"

#include <netdb.h>
#include <string.h>

static GBytes *
echo(const char *head, GBytes *body, gpointer data)
{
    g_autofree char *text = g_strdup_printf("%s|%.*s", head, (int)g_bytes_get_size(body),
                                            (const char *)g_bytes_get_data(body, NULL));
    return test_server_answer(201, "X-Twice: a\r\nx-twice: b\r\n", text, strlen(text));
}

/* A request to ORIGIN/PATH for storage, with modest limits. */
static bool
get(Net *net, const char *origin, const char *path, NetResponse *ret_response, GError **error)
{
    g_autofree char *url = g_strconcat(origin, path, NULL);
    NetRequest request = { .purpose = NET_STORAGE,
                           .method = "GET",
                           .url = url,
                           .max_response = 1000,
                           .timeout_seconds = 5 };
    return net_send(net, &request, ret_response, error);
}

static Net *
net_for(const TestServer *server)
{
    g_autoptr(GError) error = NULL;
    Net *net = net_new();
    net_allow(net, NET_STORAGE, test_server_origin(server), NET_PUBLIC, &error);
    g_assert_no_error(error);
    return net;
}

static void
test_exchange(void)
{
    g_autoptr(TestServer) server = test_server_new(echo, NULL);
    g_autoptr(Net) net = net_for(server);
    g_autofree char *url = g_strconcat(test_server_origin(server), "/a/../b?c=%2F", NULL);
    g_autoptr(GBytes) body = g_bytes_new_static("body", 4);
    const char *headers[] = { "X-Mine: yes", NULL };
    NetRequest request = { .purpose = NET_STORAGE,
                           .method = "PUT",
                           .url = url,
                           .headers = headers,
                           .body = body,
                           .max_response = 1000,
                           .timeout_seconds = 5 };
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    net_send(net, &request, &response, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(response.status, ==, 201);
    g_assert_cmpstr(net_response_header(&response, "x-twice"), ==, "a, b");
    g_assert_null(net_response_header(&response, "X-Twice"));
    g_autofree char *text =
        g_strndup(g_bytes_get_data(response.body, NULL), g_bytes_get_size(response.body));
    g_assert_true(g_str_has_prefix(text, "PUT /a/../b?c=%2F HTTP/1.1\r\n"));
    g_assert_nonnull(strstr(text, "\r\nX-Mine: yes\r\n"));
    g_assert_nonnull(strstr(text, "\r\nContent-Length: 4\r\n"));
    g_assert_null(strstr(text, "Content-Type"));
    g_assert_null(strstr(text, "Expect"));
    g_assert_true(g_str_has_suffix(text, "|body"));
}

/* LST-20: a host that is not registered, or for another purpose, gets no packet. */
static void
test_unregistered_is_refused(void)
{
    g_autoptr(TestServer) server = test_server_new(echo, NULL);
    g_autoptr(Net) net = net_new();
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_true(net_allow(net, NET_SIGN_IN, test_server_origin(server), NET_PUBLIC, &error));
    g_assert_false(get(net, test_server_origin(server), "/", &response, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "127.0.0.1"));
    g_clear_error(&error);
    g_assert_false(get(net, "http://127.0.0.1:1", "/", &response, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

/* The ways in which one address is dressed up as another. */
static void
test_disguised_hosts_are_refused(void)
{
    g_autoptr(Net) net = net_new();
    g_autoptr(GError) error = NULL;
    g_assert_true(net_allow(net, NET_STORAGE, "https://good.example", NET_PUBLIC, &error));
    static const char *const urls[] = {
        "https://good.example@evil.example/",
        "https://good.example:8443/",
        "http://good.example/",
        "https://good.example.evil.example/",
        "https://evil.example/good.example",
        "https://user@good.example/",
        "https://evil.example\\@good.example",
        "file:///etc/passwd",
        "gopher://good.example/",
        "https://",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_auto(NetResponse) response = { 0 };
        g_test_message("%s", urls[i]);
        g_assert_false(get(net, urls[i], "", &response, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_clear_error(&error);
    }
}

static void
test_origins(void)
{
    static const char *const wrong[] = {
        "http://storage.example",    "https://storage.example/path",
        "https://u@storage.example", "https://storage.example?q=1",
        "ftp://127.0.0.1",           "storage.example",
        "http://10.0.0.1",           "",
    };
    static const char *const right[] = {
        "https://storage.example", "https://storage.example:8443",
        "http://127.0.0.1:7480",   "http://localhost:7480",
        "http://[::1]:7480",       "https://10.0.0.1",
    };
    g_autoptr(Net) net = net_new();
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_test_message("%s", wrong[i]);
        g_assert_false(net_allow(net, NET_STORAGE, wrong[i], NET_PUBLIC, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_clear_error(&error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(right); i++) {
        net_allow(net, NET_STORAGE, right[i], NET_PUBLIC, &error);
        g_assert_no_error(error);
    }
}

static GBytes *
redirect(const char *head, GBytes *body, gpointer data)
{
    return test_server_answer(302, "Location: http://127.0.0.1:1/\r\n", "", 0);
}

static void
test_redirect_is_not_followed(void)
{
    g_autoptr(TestServer) server = test_server_new(redirect, NULL);
    g_autoptr(Net) net = net_for(server);
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    get(net, test_server_origin(server), "/", &response, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(response.status, ==, 302);
}

static GBytes *
answer_too_much(const char *head, GBytes *body, gpointer data)
{
    g_autofree char *text = g_strnfill(1001, 'x');
    return test_server_text(200, text);
}

static void
test_too_large(void)
{
    g_autoptr(TestServer) server = test_server_new(answer_too_much, NULL);
    g_autoptr(Net) net = net_for(server);
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(get(net, test_server_origin(server), "/", &response, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static GBytes *
answer_half(const char *head, GBytes *body, gpointer data)
{
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    return g_bytes_new_static(half, strlen(half));
}

static void
test_half_an_answer_is_none(void)
{
    g_autoptr(TestServer) server = test_server_new(answer_half, NULL);
    g_autoptr(Net) net = net_for(server);
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(get(net, test_server_origin(server), "/", &response, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

typedef struct {
    GMutex mutex;
    GCond cond;
    bool released;
} Gate;

/* Answers only when the test says so. */
static GBytes *
wait_at_gate(const char *head, GBytes *body, gpointer data)
{
    Gate *gate = data;
    g_mutex_lock(&gate->mutex);
    while (!gate->released) {
        g_cond_wait(&gate->cond, &gate->mutex);
    }
    g_mutex_unlock(&gate->mutex);
    return NULL;
}

static void
test_timeout(void)
{
    Gate gate = { 0 };
    g_autoptr(TestServer) server = test_server_new(wait_at_gate, &gate);
    g_autoptr(Net) net = net_for(server);
    g_autoptr(GError) error = NULL;
    NetRequest request = { .purpose = NET_STORAGE,
                           .method = "GET",
                           .url = test_server_origin(server),
                           .max_response = 1,
                           .timeout_seconds = 1 };
    g_auto(NetResponse) response = { 0 };
    g_assert_false(net_send(net, &request, &response, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TIMEOUT);
    g_mutex_lock(&gate.mutex);
    gate.released = true;
    g_cond_broadcast(&gate.cond);
    g_mutex_unlock(&gate.mutex);
}

/* "localhost" leads to this machine; another name may not lead here, nor to a neighbour. */
static void
test_a_name_for_a_private_address_is_refused(void)
{
    g_autoptr(TestServer) server = test_server_new(echo, NULL);
    const char *port = strrchr(test_server_origin(server), ':');
    g_autofree char *local = g_strconcat("http://localhost", port, NULL);
    g_autoptr(Net) net = net_new();
    g_auto(NetResponse) response = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_true(net_allow(net, NET_STORAGE, local, NET_PUBLIC, &error));
    get(net, local, "/", &response, &error);
    g_assert_no_error(error);

    const char *name = g_get_host_name();
    struct addrinfo *addresses = NULL;
    if (strchr(name, '.') != NULL || getaddrinfo(name, NULL, NULL, &addresses) != 0 ||
        !address_is_private(addresses->ai_addr)) {
        g_test_skip("the name of this machine does not lead to a private address");
    } else {
        g_autofree char *neighbour = g_strdup_printf("https://%s%s", name, port);
        g_auto(NetResponse) second = { 0 };
        g_assert_true(net_allow(net, NET_STORAGE, neighbour, NET_PUBLIC, &error));
        g_assert_false(get(net, neighbour, "/", &second, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
        g_assert_nonnull(strstr(error->message, "private address"));
    }
    g_clear_pointer(&addresses, freeaddrinfo);
}

static gpointer
send_twenty(gpointer data)
{
    gpointer *pair = data;
    for (int i = 0; i < 20; i++) {
        g_auto(NetResponse) response = { 0 };
        g_autoptr(GError) error = NULL;
        get(pair[0], pair[1], "/", &response, &error);
        g_assert_no_error(error);
    }
    return NULL;
}

static void
test_many_threads(void)
{
    g_autoptr(TestServer) server = test_server_new(echo, NULL);
    g_autoptr(Net) net = net_for(server);
    gpointer pair[] = { net, (gpointer)test_server_origin(server) };
    GThread *threads[24];
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("send", send_twenty, pair);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/net/exchange", test_exchange);
    g_test_add_func("/net/unregistered-is-refused-LST-20", test_unregistered_is_refused);
    g_test_add_func("/net/disguised-hosts-are-refused", test_disguised_hosts_are_refused);
    g_test_add_func("/net/origins", test_origins);
    g_test_add_func("/net/redirect-is-not-followed", test_redirect_is_not_followed);
    g_test_add_func("/net/too-large", test_too_large);
    g_test_add_func("/net/half-an-answer-is-none", test_half_an_answer_is_none);
    g_test_add_func("/net/timeout", test_timeout);
    g_test_add_func("/net/private-address", test_a_name_for_a_private_address_is_refused);
    g_test_add_func("/net/many-threads", test_many_threads);
    return g_test_run();
}
