/* The table of routes: what each row says is what a caller meets. */
#include "web/exchange.h"
#include "web/openapi.h"
#include "web/schema.h"
#include "web/test_service.h"

#include <string.h>

/* A path that fits ROUTE: ids where it has parts. */
static char *
path_of(const Route *route)
{
    g_autoptr(GString) path = g_string_new(NULL);
    for (const char *c = route->http.path; *c != '\0'; c++) {
        if (*c == '{') {
            g_string_append(path, "01hzzzzzzzzzzzzzzzzzzzzzzz");
            c = strchr(c, '}');
        } else {
            g_string_append_c(path, *c);
        }
    }
    return g_string_free(g_steal_pointer(&path), FALSE);
}

static const char *
body_of(const Route *route)
{
    if (strcmp(route->request, "PhotoChange") == 0) {
        return "{\"left_out\":true}"; /* a change of nothing is wrong in itself */
    }
    return route->http.max_body == 0 ? NULL : "{}";
}

static bool
is_change(const Route *route)
{
    return strcmp(route->http.method, "GET") != 0 && strcmp(route->http.method, "HEAD") != 0 &&
           strcmp(route->http.method, "OPTIONS") != 0;
}

static void
test_who_is_not_signed_in_gets_401(TestService *service)
{
    TestClient nobody = { .peer = &service->peer };
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        g_autofree char *path = path_of(route);
        if (route->caller == CALLER_ANYBODY) {
            continue;
        }
        g_auto(NetResponse) response =
            test_call(&nobody, route->http.method, path, NULL, body_of(route));
        g_test_message("%s %s", route->http.method, path);
        g_assert_cmpuint(response.status, ==, 401);
        g_assert_cmpstr(net_response_header(&response, "www-authenticate"), ==, "Bearer");
    }
}

static void
test_change_from_another_site_gets_403(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        g_autofree char *path = path_of(route);
        if (!is_change(route)) {
            continue;
        }
        static const char *const foreign[] = {
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
        };
        for (gsize j = 0; j < G_N_ELEMENTS(foreign); j++) {
            g_auto(NetResponse) response =
                test_call(&client, route->http.method, path, foreign[j], body_of(route));
            g_test_message("%s %s", route->http.method, path);
            g_assert_cmpuint(response.status, ==, 403);
        }
    }
}

/* What only a person in a browser may do cannot be done with an API client's JWT. */
static void
test_api_client_gets_403_where_a_person_is_needed(TestService *service)
{
    g_auto(TestClient) browser = test_sign_in(&service->peer, "ann");
    g_autofree char *created =
        test_json(&browser, 201, "POST", "/api/v1/tokens", "{\"name\":\"my script\"}");
    g_autofree char *token = test_member(created, "token");
    g_autofree char *body = g_strdup_printf("{\"token\":\"%s\"}", token);
    TestClient nobody = { .peer = &service->peer };
    g_autofree char *exchanged = test_json(&nobody, 200, "POST", "/api/v1/token", body);
    g_autofree char *jwt = test_member(exchanged, "jwt");
    g_auto(TestClient) client = { &service->peer,
                                  g_strconcat("Authorization: Bearer ", jwt, NULL) };
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        g_autofree char *path = path_of(route);
        if (route->caller == CALLER_BROWSER) {
            g_auto(NetResponse) response =
                test_call(&client, route->http.method, path, NULL, body_of(route));
            g_test_message("%s %s", route->http.method, path);
            g_assert_cmpuint(response.status, ==, 403);
        }
    }
    g_autofree char *state = test_json(&client, 200, "GET", "/api/v1/session", NULL);
    assert_schema(state, "SessionState");
}

/* What is not there, or somebody else's, is 404; no row is without a handler that says so. */
static void
test_unknown_things_are_404(TestService *service)
{
    g_auto(TestClient) client = test_sign_in(&service->peer, "ann");
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        g_autofree char *path = path_of(route);
        bool is_upload = strstr(path, "/uploads/") != NULL;
        if (route->caller == CALLER_ANYBODY || strchr(route->http.path, '{') == NULL || is_upload) {
            continue;
        }
        g_auto(NetResponse) response =
            test_call(&client, route->http.method, path, NULL, body_of(route));
        g_test_message("%s %s", route->http.method, path);
        g_assert_cmpuint(response.status, ==, 404);
        g_assert_cmpstr(net_response_header(&response, "content-type"), ==,
                        "application/problem+json");
    }
}

static void
test_every_row_has_a_policy(void)
{
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        g_test_message("%s %s", route->http.method, route->http.path);
        g_assert_nonnull(route->handler);
        g_assert_true(route->http.handler == exchange_dispatch);
        g_assert_true(g_str_has_suffix(route->summary, "."));
        g_assert_cmpuint(route->status, >=, 200);
        /* Who blocks, or looks at the database, must not do so on the loop. */
        g_assert_true(!route->http.on_loop || route->caller == CALLER_ANYBODY);
        g_assert_true(route->rate != RATE_NONE || strcmp(route->http.path, "/healthz") == 0);
        g_assert_true(route->http.body != HTTP_BODY_NONE || route->http.max_body == 0);
        g_assert_true(route->http.body != HTTP_BODY_WHOLE || route->http.max_body > 0);
        g_assert_true(!route->takes_idempotency_key || route->http.body == HTTP_BODY_WHOLE);
    }
}

static void
test_description_has_every_row_and_schema(void)
{
    g_autoptr(GBytes) bytes = openapi_document();
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *text = g_strndup(data, size);
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start(reader, text, size);
    json_read_skip(reader);
    g_assert_true(json_reader_finish(reader, "openapi", 1, NULL));
    for (gsize i = 0; i < num_site_routes; i++) {
        const Route *route = &site_routes[i];
        if (strstr(route->http.path, "/api/v1/") != NULL) {
            g_autofree char *key = g_strdup_printf("\"%s\":{", route->http.path);
            g_assert_nonnull(strstr(text, key));
            g_assert_nonnull(strstr(text, route->summary));
        }
    }
    for (gsize i = 0; i < num_schemas; i++) {
        g_autofree char *reference =
            g_strdup_printf("\"#/components/schemas/%s\"", schema_table[i].name);
        g_test_message("%s", reference);
        g_assert_nonnull(strstr(text, reference));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/routes/policy", test_every_row_has_a_policy);
    g_test_add_func("/routes/description", test_description_has_every_row_and_schema);
    test_each_service("/routes/401", test_who_is_not_signed_in_gets_401);
    test_each_service("/routes/403-foreign-page", test_change_from_another_site_gets_403);
    test_each_service("/routes/403-no-person", test_api_client_gets_403_where_a_person_is_needed);
    test_each_service("/routes/404", test_unknown_things_are_404);
    return g_test_run();
}
