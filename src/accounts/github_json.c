#include "accounts/github_json.h"

#include "base/json_reader.h"

/* Exact in a double; GitHub's numbers are at about 2^28. */
static const gint64 max_id = G_GINT64_CONSTANT(1) << 53;

bool
github_parse_token(GBytes *json, char **ret_token, char **ret_error_code, GError **error)
{
    static const char *const keys[] = { "access_token", "error" };
    g_autofree char *token = NULL;
    g_autofree char *error_code = NULL;
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            token = json_read_nullable_string(reader);
        } else {
            error_code = json_read_nullable_string(reader);
        }
    }
    if (!json_reader_finish(reader, "token answer", 1, error)) {
        return false;
    }
    *ret_token = g_steal_pointer(&token);
    *ret_error_code = g_steal_pointer(&error_code);
    return true;
}

bool
github_parse_user(GBytes *json, char **ret_id, char **ret_name, GError **error)
{
    enum { ID, NAME, LOGIN };
    static const char *const keys[] = { "id", "name", "login" };
    g_autofree char *name = NULL;
    g_autofree char *login = NULL;
    gint64 id = 0;
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case ID:
            id = json_read_int(reader, 1, max_id);
            break;
        case NAME:
            name = json_read_nullable_string(reader);
            break;
        case LOGIN:
            login = json_read_nullable_string(reader);
            break;
        }
    }
    json_read_require(reader, keys, seen, 1 << ID);
    if (!json_reader_finish(reader, "user", 1, error)) {
        return false;
    }
    *ret_id = g_strdup_printf("%" G_GINT64_FORMAT, id);
    *ret_name = name != NULL ? g_steal_pointer(&name) : g_steal_pointer(&login);
    return true;
}

/* The address of the element at hand if it is the one that counts. */
static char *
read_email(JsonReader *reader)
{
    enum { EMAIL, PRIMARY, VERIFIED };
    static const char *const keys[] = { "email", "primary", "verified" };
    g_autofree char *email = NULL;
    bool is_primary = false, is_verified = false;
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case EMAIL:
            g_free(email);
            email = json_read_nullable_string(reader);
            break;
        case PRIMARY:
            is_primary = json_read_bool(reader);
            break;
        case VERIFIED:
            is_verified = json_read_bool(reader);
            break;
        }
    }
    return is_primary && is_verified ? g_steal_pointer(&email) : NULL;
}

bool
github_parse_emails(GBytes *json, char **ret_email, GError **error)
{
    g_autofree char *found = NULL;
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, json);
    json_read_array(reader);
    while (json_read_element(reader)) {
        g_autofree char *email = read_email(reader);
        if (found == NULL) {
            found = g_steal_pointer(&email);
        }
    }
    if (!json_reader_finish(reader, "addresses", 1, error)) {
        return false;
    }
    *ret_email = g_steal_pointer(&found);
    return true;
}
