/* The running service with a certified OpenID provider in Google's place: what a browser is led
 * through, and what it holds at the end. */
#include "base/json_reader.h"
#include "net/net.h"
#include "tests/node_program.h"
#include "tests/support.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static NodeProgram *provider;
static guint16 port;

/* A port that is free now. */
static guint16
free_port(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    guint16 found = g_socket_listener_add_any_inet_port(listener, NULL, &error);
    g_assert_no_error(error);
    g_socket_listener_close(listener);
    return found;
}

typedef struct {
    GPid pid;
    char *dir;
} Service;

static void
service_start(Service *service)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *listen = g_strdup_printf("server.listen=127.0.0.1:%u", port);
    g_autofree char *url = g_strdup_printf("server.public-url=http://localhost:%u", port);
    g_autofree char *address =
        g_strconcat("sign-in.google.address=", node_program_line(provider), NULL);
    service->dir = g_dir_make_tmp("cloudpick-sign-in-XXXXXX", &error);
    g_assert_no_error(error);
    const char *argv[] = { g_getenv("CLOUDPICK"),
                           "serve",
                           "--no-jobs",
                           "--data",
                           service->dir,
                           "--set",
                           listen,
                           "--set",
                           url,
                           "--set",
                           address,
                           "--set",
                           "sign-in.google.client-id=our-client",
                           "--set",
                           "sign-in.google.client-secret=our secret & more",
                           NULL };
    int output;
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                             G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                             &service->pid, NULL, &output, NULL, &error);
    g_assert_no_error(error);
    /* It prints its address once it listens. */
    char line[256];
    FILE *stream = fdopen(output, "r");
    g_assert_nonnull(fgets(line, sizeof line, stream));
    g_assert_null(strstr(line, "test mode"));
    fclose(stream);
}

static void
service_clear(Service *service)
{
    const char *const argv[] = { "rm", "-rf", "--", service->dir, NULL };
    kill_and_wait(service->pid);
    g_auto(CommandResult) result = run_command(NULL, argv);
    g_free(service->dir);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Service, service_clear)

typedef struct {
    char *path, *name, *email, *region, *id;
    int status;
    GPtrArray *cookies;
} Outcome;

static void
outcome_clear(Outcome *outcome)
{
    g_free(outcome->path);
    g_free(outcome->name);
    g_free(outcome->email);
    g_free(outcome->region);
    g_free(outcome->id);
    g_ptr_array_unref(outcome->cookies);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

static void
parse_outcome(GBytes *json, Outcome *outcome)
{
    static const char *const keys[] = {
        "path", "name", "email", "region", "id", "status", "cookies"
    };
    char **texts[] = { &outcome->path, &outcome->name, &outcome->email, &outcome->region,
                       &outcome->id };
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key < 5) {
            *texts[key] = g_strdup(json_read_string(reader));
        } else if (key == 5) {
            outcome->status = (int)json_read_int(reader, 100, 599);
        } else {
            json_read_array(reader);
            while (json_read_element(reader)) {
                g_ptr_array_add(outcome->cookies, g_strdup(json_read_string(reader)));
            }
        }
    }
    json_reader_finish(reader, "outcome", 1, &error);
    g_assert_no_error(error);
}

static void
ask_provider(const char *path, GBytes **ret_body)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Net) net = net_new();
    g_auto(NetResponse) response = { 0 };
    g_autofree char *url = g_strconcat(node_program_line(provider), path, NULL);
    net_allow(net, NET_SIGN_IN, node_program_line(provider), NET_PUBLIC, &error);
    g_assert_no_error(error);
    NetRequest request = { .purpose = NET_SIGN_IN,
                           .method = "GET",
                           .url = url,
                           .max_response = 1 << 16,
                           .timeout_seconds = 60 };
    net_send(net, &request, &response, &error);
    g_assert_no_error(error);
    if (response.status != 200) {
        g_error("%s: %.*s", path, (int)g_bytes_get_size(response.body),
                (const char *)g_bytes_get_data(response.body, NULL));
    }
    *ret_body = g_steal_pointer(&response.body);
}

/* A browser opens PATH of the site and does what it is told. */
static Outcome
browse(const char *path)
{
    g_autoptr(GBytes) json = NULL;
    Outcome outcome = { .cookies = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *start = g_strdup_printf("http://localhost:%u%s", port, path);
    g_autofree char *escaped = g_uri_escape_string(start, NULL, FALSE);
    g_autofree char *command = g_strconcat("/control/sign-in?url=", escaped, NULL);
    ask_provider(command, &json);
    parse_outcome(json, &outcome);
    return outcome;
}

/* LST-01, LST-28, LST-22: at the end the browser holds one cookie, that of the session. */
static void
test_a_browser_is_signed_in(void)
{
    g_auto(Service) service = { 0 };
    service_start(&service);
    g_auto(Outcome) first = browse("/sign-in/google?region=eu&return_to=%2Fsettings");
    g_assert_cmpint(first.status, ==, 200);
    g_assert_cmpstr(first.path, ==, "/settings");
    g_assert_cmpstr(first.name, ==, "Ada Lovelace");
    g_assert_cmpstr(first.email, ==, "ada@example.com");
    g_assert_cmpstr(first.region, ==, "eu");
    g_assert_cmpuint(first.cookies->len, ==, 1);
    g_assert_cmpstr(first.cookies->pdata[0], ==, "session");
    g_auto(Outcome) again = browse("/sign-in/google?region=us&return_to=%2F");
    g_assert_cmpstr(again.id, ==, first.id);
    g_assert_cmpstr(again.region, ==, "eu");
}

static void
test_a_lie_leaves_the_browser_outside(void)
{
    g_auto(Service) service = { 0 };
    g_autoptr(GBytes) said = NULL;
    g_autoptr(GBytes) said_again = NULL;
    service_start(&service);
    ask_provider("/control/lie?kind=wrong-nonce", &said);
    g_auto(Outcome) outcome = browse("/sign-in/google?region=eu");
    ask_provider("/control/lie?kind=none", &said_again);
    g_assert_cmpint(outcome.status, ==, 401);
    g_assert_cmpuint(outcome.cookies->len, ==, 0);
    g_assert_true(g_str_has_prefix(outcome.path, "/?sign-in-problem="));
}

static void
test_a_way_back_to_elsewhere_leads_home(void)
{
    g_auto(Service) service = { 0 };
    service_start(&service);
    g_auto(Outcome) outcome = browse("/sign-in/google?region=eu&return_to=%2F%2Fevil.example");
    g_assert_cmpint(outcome.status, ==, 200);
    g_assert_cmpstr(outcome.path, ==, "/");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    port = free_port();
    g_autofree char *callback =
        g_strdup_printf("http://localhost:%u/sign-in/google/callback", port);
    provider = node_program_start("sign-in-provider.mjs", callback);
    if (provider == NULL) {
        g_print("1..0 # SKIP %s\n", NODE_PROGRAM_MISSING);
        return 0;
    }
    g_test_add_func("/sign-in-service/signed-in-LST-01", test_a_browser_is_signed_in);
    g_test_add_func("/sign-in-service/lie", test_a_lie_leaves_the_browser_outside);
    g_test_add_func("/sign-in-service/way-back", test_a_way_back_to_elsewhere_leads_home);
    int status = g_test_run();
    node_program_stop(provider);
    return status;
}
