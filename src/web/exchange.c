#include "web/exchange.h"

#include "accounts/api_token.h"
#include "base/error.h"
#include "base/log.h"
#include "web/problem.h"

#include <string.h>

#define DEFAULT_PAGE 100
#define MAX_PAGE 500

/* The browser's cookie. __Host- makes browsers refuse it from a subdomain and without TLS (RFC
 * 6265bis 4.1.3.2); on plain loopback there is no Secure, so it cannot be. */
static const char *
cookie_name(const Site *site)
{
    return site->is_secure ? "__Host-session" : "session";
}

Exchange *
exchange_new(Site *site, HttpRequest *request)
{
    Exchange *exchange = g_new0(Exchange, 1);
    exchange->site = site;
    exchange->app = site->app;
    exchange->request = request;
    return exchange;
}

void
exchange_free(Exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    for (guint i = 0; i < exchange->num_slots; i++) {
        slots_release(exchange->slots[i], exchange->account.id.text);
    }
    account_clear(&exchange->account);
    session_clear(&exchange->session);
    g_clear_pointer(&exchange->picture, picture_entry_unref);
    g_free(exchange);
}

void
exchange_add_site_headers(Exchange *exchange)
{
    HttpRequest *request = exchange->request;
    /* LST-22: nothing from anywhere else, nothing inline. */
    http_add_header(request, "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; "
                    "img-src 'self' blob:; connect-src 'self'; object-src 'none'; "
                    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    http_add_header(request, "X-Content-Type-Options", "nosniff");
    http_add_header(request, "Referrer-Policy", "no-referrer");
    http_add_header(request, "Cross-Origin-Opener-Policy", "same-origin");
    http_add_header(request, "Cross-Origin-Resource-Policy", "same-origin");
    http_add_header(request, "Permissions-Policy",
                    "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if (exchange->site->is_secure) {
        http_add_header(request, "Strict-Transport-Security", "max-age=63072000");
    }
}

bool
exchange_keep_answer(const Exchange *exchange, DbTx *tx, guint status, const char *body,
                     GError **error)
{
    g_assert(exchange->route->takes_idempotency_key);
    return idempotency_keep(tx, exchange->app->clock, &exchange->idempotency, status, body, error);
}

HttpReplied
exchange_json_text(Exchange *exchange, guint status, char *body)
{
    http_add_header(exchange->request, "Cache-Control", "no-store");
    return http_reply_string(exchange->request, status, "application/json", body);
}

HttpReplied
exchange_json(Exchange *exchange, guint status, JsonWriter *writer)
{
    return exchange_json_text(exchange, status, json_writer_finish(writer));
}

HttpReplied
exchange_problem(Exchange *exchange, guint status, const char *detail)
{
    http_add_header(exchange->request, "Cache-Control", "no-store");
    return http_reply_string(exchange->request, status, PROBLEM_CONTENT_TYPE,
                             problem_text(status, detail));
}

bool
exchange_take_slot(Exchange *exchange, Slots *slots)
{
    g_assert(exchange->num_slots < G_N_ELEMENTS(exchange->slots));
    if (!slots_take(slots, exchange->account.id.text)) {
        return false;
    }
    exchange->slots[exchange->num_slots++] = slots;
    return true;
}

HttpReplied
exchange_refuse_slot(Exchange *exchange, Slots *slots, const char *detail)
{
    bool has_some = slots_taken(slots, exchange->account.id.text) > 0;
    http_add_header(exchange->request, "Retry-After", has_some ? "1" : "5");
    return has_some ? exchange_problem(exchange, 429, detail)
                    : exchange_problem(exchange, 503, "too much is going on; come again");
}

static void
log_failure(const Exchange *exchange, guint status, const GError *error)
{
    g_autofree char *number = g_strdup_printf("%u", status);
    g_autofree char *route =
        g_strconcat(exchange->route->http.method, " ", exchange->route->http.path, NULL);
    log_line(LOG_ERROR_LEVEL, "request-failed", LOG_ROUTE, route, LOG_STATUS, number, LOG_REASON,
             error->message, LOG_END);
}

HttpReplied
exchange_fail(Exchange *exchange, GError *error)
{
    g_autoptr(GError) owned = error;
    guint status = problem_status(error);
    if (status >= 500) {
        log_failure(exchange, status, error);
    }
    if (status == 503) {
        http_add_header(exchange->request, "Retry-After", "5");
    }
    return exchange_problem(exchange, status, problem_detail(error));
}

bool
exchange_write(const void *data, gsize size, gpointer request, GError **error)
{
    Exchange *exchange = http_request_data(request);
    exchange->is_client_gone = !http_write(request, data, size, error);
    return !exchange->is_client_gone;
}

bool
exchange_end_stream(HttpRequest *request, bool is_done, GError *const *error)
{
    const Exchange *exchange = http_request_data(request);
    if (!is_done && !exchange->is_client_gone) {
        log_failure(exchange, problem_status(*error), *error);
    }
    return is_done;
}

HttpReplied
exchange_empty(Exchange *exchange, guint status)
{
    http_add_header(exchange->request, "Cache-Control", "no-store");
    return http_reply_empty(exchange->request, status);
}

bool
exchange_id(Exchange *exchange, const char *name, Id *ret_id, GError **error)
{
    return id_parse(http_request_param(exchange->request, name), ret_id) ||
           fail(error, APP_ERROR_NOT_FOUND, "there is no such %s", name);
}

bool
exchange_page(Exchange *exchange, const char **ret_cursor, guint *ret_limit, GError **error)
{
    const char *text = http_request_query(exchange->request, "limit");
    guint64 limit = DEFAULT_PAGE;
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 1, MAX_PAGE, &limit, NULL)) {
        return fail(error, APP_ERROR_INVALID, "limit is a number from 1 to %d", MAX_PAGE);
    }
    *ret_cursor = http_request_query(exchange->request, "cursor");
    *ret_limit = (guint)limit;
    return true;
}

JsonWriter *
exchange_begin_page(void)
{
    JsonWriter *writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_begin_array(writer, "items");
    return writer;
}

HttpReplied
exchange_end_page(Exchange *exchange, JsonWriter *writer, char *cursor)
{
    json_end_array(writer);
    json_string(writer, "next_cursor", cursor);
    json_end_object(writer);
    g_free(cursor);
    return exchange_json(exchange, 200, writer);
}

JsonReader *
exchange_read_json(Exchange *exchange, GError **error)
{
    static const char empty[] = "{}";
    GBytes *body = http_request_body(exchange->request);
    const char *type = http_request_header(exchange->request, "Content-Type");
    JsonReader *reader = json_reader_new();
    if (g_bytes_get_size(body) == 0) {
        json_reader_start(reader, empty, strlen(empty));
        return reader;
    }
    if (type == NULL || g_ascii_strncasecmp(type, "application/json", 16) != 0 ||
        (type[16] != '\0' && type[16] != ';')) {
        json_reader_free(reader);
        return fail_null(error, APP_ERROR_UNSUPPORTED, "the body must be application/json");
    }
    json_reader_start_bytes(reader, body);
    return reader;
}

void
json_time(JsonWriter *writer, const char *name, Timestamp time)
{
    g_autofree char *text = time == 0 ? NULL : timestamp_to_string(time);
    json_string(writer, name, text);
}

static bool
is_safe(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

/* "http://127.0.0.1:8080" where somebody calls the site by another of its names. */
static bool
is_own_origin(Exchange *exchange, const char *origin)
{
    const char *host = http_request_header(exchange->request, "Host");
    g_autofree char *own =
        g_strconcat(exchange->site->is_secure ? "https://" : "http://", host, NULL);
    return strcmp(origin, exchange->site->origin) == 0 ||
           (host != NULL && g_ascii_strcasecmp(origin, own) == 0);
}

/* A change must be asked for by our own pages: Sec-Fetch-Site first, Origin where a browser does
 * not send it (OWASP's order). HAS_COOKIE: the browser would have sent it for any page, so that one
 * of the two must be there. */
static bool
is_from_own_page(Exchange *exchange, bool has_cookie)
{
    if (is_safe(http_request_method(exchange->request))) {
        return true;
    }
    const char *fetch_site = http_request_header(exchange->request, "Sec-Fetch-Site");
    const char *origin = http_request_header(exchange->request, "Origin");
    if (fetch_site != NULL) {
        return strcmp(fetch_site, "same-origin") == 0 || strcmp(fetch_site, "none") == 0;
    }
    return origin != NULL ? is_own_origin(exchange, origin) : !has_cookie;
}

const char *
exchange_bearer(const Exchange *exchange)
{
    const char *authorization = http_request_header(exchange->request, "Authorization");
    bool is_bearer = authorization != NULL && g_ascii_strncasecmp(authorization, "Bearer ", 7) == 0;
    return is_bearer ? authorization + 7 : NULL;
}

const char *
exchange_cookie(const Exchange *exchange)
{
    return http_request_cookie(exchange->request, cookie_name(exchange->site));
}

/* Who asks, where the route wants to know. RET_IS_COOKIE tells whether a browser says so. */
static bool
identify(Exchange *exchange, bool *ret_is_cookie, GError **error)
{
    const char *bearer = exchange_bearer(exchange);
    const char *cookie = exchange_cookie(exchange);
    Accounts *accounts = exchange->app->accounts;
    *ret_is_cookie = cookie != NULL;
    if (exchange->route->caller == CALLER_ANYBODY) {
        return true;
    }
    if (bearer != NULL) {
        *ret_is_cookie = false;
        exchange->is_signed_in = api_token_check(accounts, bearer, &exchange->account, NULL, error);
    } else if (cookie != NULL) {
        exchange->is_signed_in =
            session_find(accounts, cookie, &exchange->session, &exchange->account, error);
    } else {
        fail(error, APP_ERROR_UNAUTHENTICATED, "sign in first");
    }
    return exchange->is_signed_in;
}

/* Takes ERROR. */
static HttpReplied
refuse_unknown(Exchange *exchange, GError *error)
{
    if (g_error_matches(error, APP_ERROR, APP_ERROR_UNAUTHENTICATED)) {
        http_add_header(exchange->request, "WWW-Authenticate", "Bearer");
    }
    return exchange_fail(exchange, error);
}

/* False when an answer was given. */
static bool
may_call(Exchange *exchange, bool is_cookie, HttpReplied *ret_replied)
{
    if (exchange->route->caller == CALLER_BROWSER && !is_cookie) {
        *ret_replied = exchange_problem(exchange, 403, "this needs a person in a browser");
        return false;
    }
    if (!is_from_own_page(exchange, is_cookie)) {
        *ret_replied =
            exchange_problem(exchange, 403, "this must be asked by the service's own pages");
        return false;
    }
    return true;
}

static bool
is_within_rate(Exchange *exchange, HttpReplied *ret_replied)
{
    guint wait_seconds;
    g_autofree char *who = exchange->is_signed_in
                               ? g_strdup(exchange->account.id.text)
                               : rate_limit_network(http_request_address(exchange->request));
    if (rate_limiter_take(exchange->site->limiter, exchange->route->rate, who, &wait_seconds)) {
        return true;
    }
    g_autofree char *text = g_strdup_printf("%u", wait_seconds);
    http_add_header(exchange->request, "Retry-After", text);
    *ret_replied = exchange_problem(exchange, 429, "too many requests; wait a moment");
    return false;
}

static bool
is_first_time(Exchange *exchange, HttpReplied *ret_replied)
{
    const char *key = http_request_header(exchange->request, "Idempotency-Key");
    if (!exchange->route->takes_idempotency_key || key == NULL) {
        return true;
    }
    if (key[0] == '\0' || strlen(key) > IDEMPOTENCY_MAX_KEY || !g_str_is_ascii(key)) {
        *ret_replied = exchange_problem(exchange, 400, "Idempotency-Key is 1 to 200 characters");
        return false;
    }
    gsize size;
    const void *body = g_bytes_get_data(http_request_body(exchange->request), &size);
    exchange->idempotency = (IdempotencyKey){ &exchange->account.id, key,
                                              exchange->route->http.path, digest_of(body, size) };
    guint status;
    char *answer = NULL;
    GError *error = NULL;
    switch (idempotency_find(exchange->app->db, &exchange->idempotency, &status, &answer, &error)) {
    case IDEMPOTENCY_FRESH:
        return true;
    case IDEMPOTENCY_REPLAY:
        http_add_header(exchange->request, "Idempotency-Replayed", "true");
        *ret_replied = exchange_json_text(exchange, status, answer);
        return false;
    case IDEMPOTENCY_OTHER:
        *ret_replied =
            exchange_problem(exchange, 422, "this Idempotency-Key was used for another request");
        return false;
    case IDEMPOTENCY_FAILED:
        break;
    }
    *ret_replied = exchange_fail(exchange, error);
    return false;
}

HttpReplied
exchange_dispatch(HttpRequest *request, gpointer context)
{
    Exchange *exchange = http_request_data(request);
    HttpReplied replied;
    GError *error = NULL;
    bool is_cookie;
    exchange_add_site_headers(exchange);
    bool is_known = identify(exchange, &is_cookie, &error);
    /* Who guesses at sessions and tokens is counted as well. */
    if (!is_within_rate(exchange, &replied)) {
        g_clear_error(&error);
        return replied;
    }
    if (!is_known) {
        return refuse_unknown(exchange, error);
    }
    if (!may_call(exchange, is_cookie, &replied) || !is_first_time(exchange, &replied)) {
        return replied;
    }
    return exchange->route->handler(exchange);
}
