/* LST-01: signing in, as browsers see it. */
#include "accounts/sign_in.h"
#include "base/error.h"
#include "web/handlers.h"

#include <string.h>

/* Ties a sign-in to the browser that began it, while the provider's page is open. Lax: it must come
 * along when the provider sends the browser back. */
static void
set_sign_in_cookie(Exchange *exchange, const char *value)
{
    bool is_secure = exchange->site->is_secure;
    g_autofree char *cookie = g_strdup_printf(
        "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s",
        is_secure ? "__Host-sign-in" : "sign-in", value != NULL ? value : "",
        value != NULL ? (int)(SIGN_IN_LIFETIME / G_USEC_PER_SEC) : 0, is_secure ? "; Secure" : "");
    http_add_header(exchange->request, "Set-Cookie", cookie);
}

static const char *
sign_in_cookie(Exchange *exchange)
{
    return http_request_cookie(exchange->request,
                               exchange->site->is_secure ? "__Host-sign-in" : "sign-in");
}

static HttpReplied
redirect(Exchange *exchange, const char *location)
{
    http_add_header(exchange->request, "Location", location);
    return exchange_empty(exchange, 302);
}

/* The page tells it in words. Takes ERROR. */
static HttpReplied
redirect_to_problem(Exchange *exchange, GError *error)
{
    static const struct {
        AppErrorCode code;
        const char *location;
    } pages[] = {
        { APP_ERROR_CANCELLED, "/?sign-in-problem=cancelled" },
        { APP_ERROR_NOT_FOUND, "/?sign-in-problem=no-account" },
        { APP_ERROR_FORBIDDEN, "/?sign-in-problem=closed" },
        { APP_ERROR_UNAVAILABLE, "/?sign-in-problem=unavailable" },
        { APP_ERROR_TIMEOUT, "/?sign-in-problem=unavailable" },
    };
    g_autoptr(GError) owned = error;
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        if (g_error_matches(error, APP_ERROR, (int)pages[i].code)) {
            return redirect(exchange, pages[i].location);
        }
    }
    return redirect(exchange, "/?sign-in-problem=failed");
}

HttpReplied
handle_sign_in_choices(Exchange *exchange)
{
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_begin_array(writer, "providers");
    for (const SignInChoice *choice = sign_in_choices(exchange->app->accounts); choice->id != NULL;
         choice++) {
        g_autofree char *url = g_strconcat("/sign-in/", choice->id, NULL);
        json_begin_object(writer, NULL);
        json_string(writer, "id", choice->id);
        json_string(writer, "name", choice->name);
        json_string(writer, "url", url);
        json_end_object(writer);
    }
    json_end_array(writer);
    json_begin_array(writer, "regions");
    for (guint i = 0; account_regions[i] != NULL; i++) {
        json_string(writer, NULL, account_regions[i]);
    }
    json_end_array(writer);
    json_bool(writer, "test_mode", sign_in_is_test_mode(exchange->app->accounts));
    json_end_object(writer);
    return exchange_json(exchange, 200, writer);
}

/* A provider that does not answer keeps who asks it waiting, and with them the threads that
 * everybody else needs: half of them at most. */
static bool
may_ask_provider(Exchange *exchange, GError **error)
{
    return exchange_take_slot(exchange, exchange->site->asking) ||
           fail(error, APP_ERROR_UNAVAILABLE, "too many wait for sign-in providers");
}

HttpReplied
handle_sign_in_begin(Exchange *exchange)
{
    GError *error = NULL;
    g_auto(SignInBegun) begun = { 0 };
    if (!may_ask_provider(exchange, &error) ||
        !sign_in_begin(exchange->app->accounts, http_request_param(exchange->request, "provider"),
                       http_request_query(exchange->request, "region"),
                       http_request_query(exchange->request, "return_to"), &begun, &error)) {
        return redirect_to_problem(exchange, error);
    }
    set_sign_in_cookie(exchange, begun.browser);
    return redirect(exchange, begun.url);
}

HttpReplied
handle_sign_in_finish(Exchange *exchange)
{
    GError *error = NULL;
    g_auto(SignInDone) done = { 0 };
    if (!may_ask_provider(exchange, &error)) {
        return redirect_to_problem(exchange, error); /* and what was begun can still be finished */
    }
    set_sign_in_cookie(exchange, NULL);
    if (!sign_in_finish(exchange->app->accounts, http_request_param(exchange->request, "provider"),
                        http_request_raw_query(exchange->request), sign_in_cookie(exchange),
                        http_request_header(exchange->request, "User-Agent"), &done, &error)) {
        return redirect_to_problem(exchange, error);
    }
    session_set_cookie(exchange, done.session_token);
    return redirect(exchange, done.return_to);
}

typedef struct {
    char *name, *email, *region;
} TestPerson;

static void
test_person_clear(TestPerson *person)
{
    g_free(person->name);
    g_free(person->email);
    g_free(person->region);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TestPerson, test_person_clear)

static bool
read_test_person(Exchange *exchange, TestPerson *person, GError **error)
{
    static const char *const keys[] = { "name", "email", "region" };
    g_autoptr(JsonReader) reader = exchange_read_json(exchange, error);
    if (reader == NULL) {
        return false;
    }
    char **values[] = { &person->name, &person->email, &person->region };
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        *values[key] = g_strdup(json_read_string(reader));
    }
    json_read_require(reader, keys, seen, 7);
    return json_reader_finish(reader, "body", 1, error);
}

/* A proxy on this machine would bring the whole world to a test mode that listens on loopback. */
static bool
came_through_proxy(Exchange *exchange)
{
    return http_request_header(exchange->request, "X-Forwarded-For") != NULL ||
           http_request_header(exchange->request, "Forwarded") != NULL;
}

HttpReplied
handle_sign_in_test(Exchange *exchange)
{
    if (came_through_proxy(exchange)) {
        return exchange_problem(exchange, 403, "test mode is for this machine only");
    }
    GError *error = NULL;
    g_auto(TestPerson) person = { 0 };
    g_auto(SignInDone) done = { 0 };
    if (!read_test_person(exchange, &person, &error) ||
        !sign_in_test(exchange->app->accounts, person.name, person.email, person.region,
                      http_request_header(exchange->request, "User-Agent"), &done, &error)) {
        return exchange_fail(exchange, error);
    }
    session_set_cookie(exchange, done.session_token);
    return exchange_empty(exchange, 204);
}
