#include "web/openapi.h"

#include "base/json_writer.h"
#include "web/problem.h"
#include "web/route.h"
#include "web/schema.h"

#include <string.h>

static void
write_reference(JsonWriter *writer, const char *schema)
{
    g_autofree char *reference = g_strconcat("#/components/schemas/", schema, NULL);
    json_string(writer, "$ref", reference);
}

/* A type without its suffixes. */
static void
write_plain_type(JsonWriter *writer, const char *type)
{
    if (strcmp(type, "int") == 0) {
        json_string(writer, "type", "integer");
    } else if (strcmp(type, "bool") == 0) {
        json_string(writer, "type", "boolean");
    } else if (strcmp(type, "time") == 0) {
        json_string(writer, "type", "string");
        json_string(writer, "format", "date-time");
    } else if (strcmp(type, "id") == 0) {
        json_string(writer, "type", "string");
        json_string(writer, "pattern", "^[0-9a-z]{26}$");
    } else if (strcmp(type, "string") == 0) {
        json_string(writer, "type", "string");
    } else {
        write_reference(writer, type);
    }
}

static void
write_type(JsonWriter *writer, const char *name, const char *type)
{
    g_autofree char *plain = g_strdup(type);
    if (g_str_has_suffix(plain, "?")) {
        plain[strlen(plain) - 1] = '\0';
        json_begin_object(writer, name);
        json_begin_array(writer, "anyOf");
        write_type(writer, NULL, plain);
        json_begin_object(writer, NULL);
        json_string(writer, "type", "null");
        json_end_object(writer);
        json_end_array(writer);
        json_end_object(writer);
        return;
    }
    json_begin_object(writer, name);
    if (g_str_has_suffix(plain, "[]")) {
        plain[strlen(plain) - 2] = '\0';
        json_string(writer, "type", "array");
        write_type(writer, "items", plain);
    } else {
        write_plain_type(writer, plain);
    }
    json_end_object(writer);
}

static void
write_schema(JsonWriter *writer, const Schema *schema)
{
    g_auto(GStrv) fields = g_strsplit(schema->fields, " ", -1);
    json_begin_object(writer, schema->name);
    json_string(writer, "type", "object");
    json_begin_object(writer, "properties");
    for (guint i = 0; fields[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(fields[i], ":", 2);
        g_strdelimit(parts[0], "!", '\0');
        write_type(writer, parts[0], parts[1]);
    }
    json_end_object(writer);
    json_begin_array(writer, "required");
    for (guint i = 0; fields[i] != NULL; i++) {
        g_auto(GStrv) parts = g_strsplit(fields[i], ":", 2);
        if (!schema->is_request || g_str_has_suffix(parts[0], "!")) {
            g_strdelimit(parts[0], "!", '\0');
            json_string(writer, NULL, parts[0]);
        }
    }
    json_end_array(writer);
    json_end_object(writer);
}

/* A page of a list: {"items": [...], "next_cursor": ...}. */
static void
write_page_schema(JsonWriter *writer, const char *item)
{
    json_begin_object(writer, "schema");
    json_string(writer, "type", "object");
    json_begin_object(writer, "properties");
    g_autofree char *items = g_strconcat(item, "[]", NULL);
    write_type(writer, "items", items);
    write_type(writer, "next_cursor", "string?");
    json_end_object(writer);
    json_begin_array(writer, "required");
    json_string(writer, NULL, "items");
    json_string(writer, NULL, "next_cursor");
    json_end_array(writer);
    json_end_object(writer);
}

/* WHAT: as in Route.request and Route.response. */
static void
write_content(JsonWriter *writer, const char *what)
{
    bool is_media_type = strchr(what, '/') != NULL;
    json_begin_object(writer, "content");
    json_begin_object(writer, is_media_type ? what : "application/json");
    if (g_str_has_suffix(what, "[]")) {
        g_autofree char *item = g_strndup(what, strlen(what) - 2);
        write_page_schema(writer, item);
    } else if (!is_media_type) {
        write_type(writer, "schema", what);
    }
    json_end_object(writer);
    json_end_object(writer);
}

static void
write_parameter(JsonWriter *writer, const char *name, const char *in)
{
    json_begin_object(writer, NULL);
    json_string(writer, "name", name);
    json_string(writer, "in", in);
    json_bool(writer, "required", strcmp(in, "path") == 0);
    write_type(writer, "schema", "string");
    json_end_object(writer);
}

static void
write_parameters(JsonWriter *writer, const Route *route)
{
    json_begin_array(writer, "parameters");
    g_auto(GStrv) segments = g_strsplit(route->http.path, "/", -1);
    for (guint i = 0; segments[i] != NULL; i++) {
        if (segments[i][0] == '{') {
            g_autofree char *name = g_strndup(segments[i] + 1, strcspn(segments[i] + 1, ".}"));
            write_parameter(writer, name, "path");
        }
    }
    g_auto(GStrv) names = g_strsplit(route->query, " ", -1);
    for (guint i = 0; names[i] != NULL; i++) {
        if (names[i][0] != '\0') {
            write_parameter(writer, names[i], "query");
        }
    }
    if (route->takes_idempotency_key) {
        write_parameter(writer, "Idempotency-Key", "header");
    }
    json_end_array(writer);
}

static void
write_responses(JsonWriter *writer, const Route *route)
{
    g_autofree char *status = g_strdup_printf("%u", route->status);
    json_begin_object(writer, "responses");
    json_begin_object(writer, status);
    json_string(writer, "description", "As asked.");
    if (route->response[0] != '\0') {
        write_content(writer, route->response);
    }
    json_end_object(writer);
    json_begin_object(writer, "default");
    json_string(writer, "description", "A problem (RFC 9457).");
    json_begin_object(writer, "content");
    json_begin_object(writer, PROBLEM_CONTENT_TYPE);
    write_type(writer, "schema", "Problem");
    json_end_object(writer);
    json_end_object(writer);
    json_end_object(writer);
    json_end_object(writer);
}

static void
write_security(JsonWriter *writer, RouteCaller caller)
{
    json_begin_array(writer, "security");
    if (caller != CALLER_ANYBODY) {
        json_begin_object(writer, NULL);
        json_begin_array(writer, "cookie");
        json_end_array(writer);
        json_end_object(writer);
    }
    if (caller == CALLER_ACCOUNT) {
        json_begin_object(writer, NULL);
        json_begin_array(writer, "bearer");
        json_end_array(writer);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static void
write_operation(JsonWriter *writer, const Route *route)
{
    g_autofree char *method = g_ascii_strdown(route->http.method, -1);
    guint burst, per_minute;
    rate_class_bounds(route->rate, &burst, &per_minute);
    json_begin_object(writer, method);
    json_string(writer, "summary", route->summary);
    write_security(writer, route->caller);
    write_parameters(writer, route);
    if (route->request[0] != '\0') {
        json_begin_object(writer, "requestBody");
        write_content(writer, route->request);
        json_end_object(writer);
    }
    write_responses(writer, route);
    if (route->rate != RATE_NONE) {
        json_begin_object(writer, "x-rate-limit");
        json_string(writer, "class", rate_class_name(route->rate));
        json_int(writer, "burst", burst);
        json_int(writer, "per_minute", per_minute);
        json_end_object(writer);
    }
    if (route->http.body == HTTP_BODY_WHOLE) {
        json_int(writer, "x-max-body-bytes", (gint64)route->http.max_body);
    }
    json_end_object(writer);
}

/* Rows of one path may stand apart; OpenAPI wants them together, under the first. */
static bool
is_first_of_path(gsize index)
{
    for (gsize i = 0; i < index; i++) {
        if (strcmp(site_routes[i].http.path, site_routes[index].http.path) == 0) {
            return false;
        }
    }
    return true;
}

static void
write_paths(JsonWriter *writer)
{
    json_begin_object(writer, "paths");
    for (gsize i = 0; i < num_site_routes; i++) {
        const char *path = site_routes[i].http.path;
        /* The pages are no API. */
        if (strstr(path, "...") != NULL || strcmp(path, "/") == 0 || !is_first_of_path(i)) {
            continue;
        }
        json_begin_object(writer, path);
        for (gsize j = i; j < num_site_routes; j++) {
            if (strcmp(site_routes[j].http.path, path) == 0) {
                write_operation(writer, &site_routes[j]);
            }
        }
        json_end_object(writer);
    }
    json_end_object(writer);
}

static void
write_components(JsonWriter *writer)
{
    json_begin_object(writer, "components");
    json_begin_object(writer, "securitySchemes");
    json_begin_object(writer, "cookie");
    json_string(writer, "type", "apiKey");
    json_string(writer, "in", "cookie");
    json_string(writer, "name", "__Host-session");
    json_end_object(writer);
    json_begin_object(writer, "bearer");
    json_string(writer, "type", "http");
    json_string(writer, "scheme", "bearer");
    json_string(writer, "bearerFormat", "JWT");
    json_end_object(writer);
    json_end_object(writer);
    json_begin_object(writer, "schemas");
    for (gsize i = 0; i < num_schemas; i++) {
        write_schema(writer, &schema_table[i]);
    }
    json_end_object(writer);
    json_end_object(writer);
}

GBytes *
openapi_document(void)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_string(writer, "openapi", "3.1.0");
    json_begin_object(writer, "info");
    json_string(writer, "title", "Cloudpick");
    json_string(writer, "version", CLOUDPICK_VERSION);
    json_end_object(writer);
    write_paths(writer);
    write_components(writer);
    json_end_object(writer);
    const GString *text = json_writer_text(writer);
    return g_bytes_new(text->str, text->len);
}
