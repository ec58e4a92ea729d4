#include "web/test_client.h"

#include "base/id.h"
#include "base/json_reader.h"
#include "web/schema.h"

#include <string.h>

TestPeer
test_peer_new(guint16 port)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *origin = g_strdup_printf("http://127.0.0.1:%u", port);
    TestPeer peer = { port, net_new() };
    net_allow(peer.net, NET_SIGN_IN, origin, NET_PUBLIC, &error);
    g_assert_no_error(error);
    return peer;
}

void
test_peer_clear(TestPeer *peer)
{
    g_clear_pointer(&peer->net, net_free);
}

void
test_client_clear(TestClient *client)
{
    g_clear_pointer(&client->credential, g_free);
}

NetResponse
test_call_bytes(const TestClient *client, const char *method, const char *path, const char *headers,
                GBytes *body)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u%s", client->peer->port, path);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    g_auto(GStrv) given = g_strsplit(headers != NULL ? headers : "", "\n", -1);
    for (guint i = 0; given[i] != NULL; i++) {
        if (given[i][0] != '\0') {
            g_ptr_array_add(lines, given[i]);
        }
    }
    if (headers == NULL || strstr(headers, "Sec-Fetch-Site:") == NULL) {
        g_ptr_array_add(lines, (gpointer) "Sec-Fetch-Site: same-origin");
    }
    if (body != NULL && (headers == NULL || strstr(headers, "Content-Type:") == NULL)) {
        g_ptr_array_add(lines, (gpointer) "Content-Type: application/json");
    }
    if (client->credential != NULL) {
        g_ptr_array_add(lines, client->credential);
    }
    g_ptr_array_add(lines, NULL);
    NetRequest request = {
        .purpose = NET_SIGN_IN,
        .method = method,
        .url = url,
        .headers = (const char *const *)lines->pdata,
        .body = body,
        .max_response = 64 * 1024 * 1024,
        .timeout_seconds = 60,
    };
    NetResponse response = { 0 };
    g_autoptr(GError) error = NULL;
    net_send(client->peer->net, &request, &response, &error);
    g_assert_no_error(error);
    return response;
}

NetResponse
test_call(const TestClient *client, const char *method, const char *path, const char *headers,
          const char *body)
{
    g_autoptr(GBytes) bytes = body == NULL ? NULL : g_bytes_new(body, strlen(body));
    return test_call_bytes(client, method, path, headers, bytes);
}

char *
test_text(const NetResponse *response)
{
    gsize size;
    const char *data = g_bytes_get_data(response->body, &size);
    return g_strndup(data, size);
}

char *
test_json(const TestClient *client, guint status, const char *method, const char *path,
          const char *body)
{
    g_auto(NetResponse) response = test_call(client, method, path, NULL, body);
    g_autofree char *text = test_text(&response);
    if (response.status != status) {
        g_error("%s %s: %u, expected %u: %s", method, path, response.status, status, text);
    }
    return g_steal_pointer(&text);
}

TestClient
test_sign_in(const TestPeer *peer, const char *name)
{
    TestClient nobody = { .peer = peer };
    g_autofree char *body = g_strdup_printf(
        "{\"name\":\"%s\",\"email\":\"%s@example.com\",\"region\":\"eu\"}", name, name);
    g_auto(NetResponse) response = test_call(&nobody, "POST", "/api/v1/sign-in/test", NULL, body);
    g_assert_cmpuint(response.status, ==, 204);
    const char *cookie = net_response_header(&response, "set-cookie");
    g_assert_true(g_str_has_prefix(cookie, "session="));
    g_autofree char *pair = g_strndup(cookie, strcspn(cookie, ";"));
    return (TestClient){ peer, g_strconcat("Cookie: ", pair, NULL) };
}

char *
test_member(const char *json, const char *name)
{
    g_autofree char *start_text = g_strdup_printf("\"%s\":", name);
    const char *at = strstr(json, start_text);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(start_text);
    return *at == '"' ? g_strndup(at + 1, strcspn(at + 1, "\""))
                      : g_strndup(at, strcspn(at, ",]}"));
}

static const Schema *
find_schema(const char *name)
{
    for (gsize i = 0; i < num_schemas; i++) {
        if (strcmp(schema_table[i].name, name) == 0) {
            return &schema_table[i];
        }
    }
    g_error("there is no schema %s", name);
}

static void read_schema(JsonReader *reader, const char *name);

static void
read_value(JsonReader *reader, const char *type)
{
    g_autofree char *plain = g_strdup(type);
    if (g_str_has_suffix(plain, "?")) {
        plain[strlen(plain) - 1] = '\0';
        if (json_read_null(reader)) {
            return;
        }
    }
    if (g_str_has_suffix(plain, "[]")) {
        plain[strlen(plain) - 2] = '\0';
        json_read_array(reader);
        while (json_read_element(reader)) {
            read_value(reader, plain);
        }
    } else if (strcmp(plain, "int") == 0) {
        (void)json_read_int(reader, G_MININT64, G_MAXINT64);
    } else if (strcmp(plain, "bool") == 0) {
        (void)json_read_bool(reader);
    } else if (strcmp(plain, "id") == 0) {
        Id id;
        if (!id_parse(json_read_string(reader), &id)) {
            json_read_wrong(reader, "no id");
        }
    } else if (strcmp(plain, "time") == 0) {
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(json_read_string(reader), NULL);
        if (time == NULL) {
            json_read_wrong(reader, "no time");
        }
    } else if (strcmp(plain, "string") == 0) {
        (void)json_read_string(reader);
    } else {
        read_schema(reader, plain);
    }
}

/* Schemas hold schemas; this one is declared above for that. */
static void
read_schema(JsonReader *reader, const char *name)
{
    g_auto(GStrv) fields = g_strsplit(find_schema(name)->fields, " ", -1);
    guint num_fields = g_strv_length(fields);
    g_autofree const char **keys = g_new0(const char *, num_fields);
    g_autofree const char **types = g_new0(const char *, num_fields);
    for (guint i = 0; i < num_fields; i++) {
        char *colon = strchr(fields[i], ':');
        *colon = '\0';
        keys[i] = fields[i];
        types[i] = colon + 1;
    }
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, num_fields, &seen)) >= 0;) {
        read_value(reader, types[key]);
    }
    json_read_require(reader, keys, seen, (G_GUINT64_CONSTANT(1) << num_fields) - 1);
}

static void
read_page(JsonReader *reader, const char *item)
{
    static const char *const keys[] = { "items", "next_cursor" };
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        read_value(reader, key == 0 ? item : "string?");
    }
    json_read_require(reader, keys, seen, 3);
}

void
assert_schema(const char *json, const char *schema)
{
    g_autoptr(JsonReader) reader = json_reader_new();
    g_autoptr(GError) error = NULL;
    json_reader_start(reader, json, strlen(json));
    if (g_str_has_suffix(schema, "[]")) {
        read_page(reader, schema);
    } else {
        read_schema(reader, schema);
    }
    if (!json_reader_finish(reader, schema, 1, &error)) {
        g_error("%s: %s", error->message, json);
    }
}
