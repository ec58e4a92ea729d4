#include "blob/s3_client.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/secret.h"
#include "blob/s3_xml.h"

#include <string.h>

static const guint max_attempts = 5;
static const gsize max_document = 4 * 1024 * 1024; /* a list of 1,000 keys has about 400 kB */

struct S3Client {
    Net *net;
    const Clock *clock;
    char *origin; /* scheme and host of the bucket */
    char *host;
    char *bucket_path; /* "/bucket", or "" where the host names the bucket */
    char *region, *access_key, *secret_key;
    guint pause_ms, timeout_seconds;
};

/* https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
static bool
is_bucket(const char *name)
{
    gsize length = strlen(name);
    return length >= 3 && length <= 63 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length &&
           g_ascii_isalnum(name[0]) && g_ascii_isalnum(name[length - 1]) &&
           strstr(name, "..") == NULL;
}

/* The Host header leaves the scheme's own port out. */
static char *
strip_default_port(const char *endpoint)
{
    const char *port = g_str_has_prefix(endpoint, "https:") ? ":443" : ":80";
    gsize length = strlen(endpoint) - (g_str_has_suffix(endpoint, port) ? strlen(port) : 0);
    return g_strndup(endpoint, length);
}

S3Client *
s3_client_new(Net *net, const Clock *clock, const S3Settings *settings, GError **error)
{
    if (!is_bucket(settings->bucket)) {
        return fail_null(error, APP_ERROR_INVALID, "%s: not a name of a bucket", settings->bucket);
    }
    g_autofree char *endpoint = strip_default_port(settings->endpoint);
    const char *host = strstr(endpoint, "://");
    if (host == NULL || settings->access_key[0] == '\0' || settings->secret_key[0] == '\0' ||
        settings->region[0] == '\0') {
        return fail_null(error, APP_ERROR_INVALID,
                         "storage at %s: endpoint, region, access key and secret key are needed",
                         settings->endpoint);
    }
    host += strlen("://");
    g_autoptr(S3Client) client = g_new0(S3Client, 1);
    client->host = settings->is_virtual_host ? g_strdup_printf("%s.%s", settings->bucket, host)
                                             : g_strdup(host);
    client->origin = g_strdup_printf("%.*s%s", (int)(host - endpoint), endpoint, client->host);
    if (!net_allow(net, NET_STORAGE, client->origin, settings->reach, error)) {
        return NULL;
    }
    client->net = net;
    client->clock = clock;
    client->bucket_path =
        settings->is_virtual_host ? g_strdup("") : g_strconcat("/", settings->bucket, NULL);
    client->region = g_strdup(settings->region);
    client->access_key = g_strdup(settings->access_key);
    client->secret_key = g_strdup(settings->secret_key);
    client->pause_ms = settings->pause_ms > 0 ? settings->pause_ms : 200;
    client->timeout_seconds = settings->timeout_seconds > 0 ? settings->timeout_seconds : 60;
    return g_steal_pointer(&client);
}

void
s3_client_free(S3Client *client)
{
    if (client == NULL) {
        return;
    }
    g_free(client->origin);
    g_free(client->host);
    g_free(client->bucket_path);
    g_free(client->region);
    g_free(client->access_key);
    if (client->secret_key != NULL) {
        secret_clear(client->secret_key, strlen(client->secret_key));
    }
    g_free(client->secret_key);
    g_free(client);
}

static bool
send_once(S3Client *client, const S3Request *request, const char *payload_sha256,
          NetResponse *ret_response, GError **error)
{
    SigV4Credentials credentials = { client->access_key, client->secret_key, client->region };
    g_autofree char *path =
        g_strdup_printf("%s/%s", client->bucket_path, request->key == NULL ? "" : request->key);
    SigV4Request to_sign = { .method = request->method,
                             .host = client->host,
                             .path = path,
                             .query = request->query,
                             .num_query = request->num_query,
                             .headers = request->headers,
                             .num_headers = request->num_headers,
                             .payload_sha256 = payload_sha256 };
    g_auto(SigV4Signed) sent = { 0 };
    sigv4_sign(&credentials, &to_sign, clock_now(client->clock), &sent);
    g_autofree char *url = g_strconcat(client->origin, sent.target, NULL);
    NetRequest outgoing = { .purpose = NET_STORAGE,
                            .method = request->method,
                            .url = url,
                            .headers = (const char *const *)sent.headers,
                            .body = request->body,
                            .max_response =
                                request->max_response > 0 ? request->max_response : max_document,
                            .timeout_seconds = client->timeout_seconds };
    return net_send(client->net, &outgoing, ret_response, error);
}

static bool
find_code(const char *path, const char *text, gpointer data)
{
    if (strcmp(path, "Error/Code") == 0) {
        g_string_assign(data, text);
    }
    return true;
}

/* What the server calls the error in its answer; "" where it does not say (HEAD). */
static char *
read_error_code(const NetResponse *response)
{
    GString *code = g_string_new(NULL);
    if (!s3_xml_walk(response->body, find_code, code, NULL)) {
        g_string_truncate(code, 0);
    }
    /* It goes into texts for people. */
    for (gsize i = 0; i < code->len; i++) {
        if (!g_ascii_isalnum(code->str[i])) {
            g_string_truncate(code, i);
        }
    }
    g_string_truncate(code, MIN(code->len, 64));
    return g_string_free(code, FALSE);
}

/* Whether the same request may do better a moment later. */
static bool
is_passing(guint status, const char *code)
{
    return status >= 500 || status == 429 || strcmp(code, "RequestTimeout") == 0 ||
           strcmp(code, "OperationAborted") == 0 || strcmp(code, "SlowDown") == 0;
}

static bool
fail_answer(const S3Client *client, const S3Request *request, guint status, const char *code,
            GError **error)
{
    const char *what = request->key == NULL ? client->host : request->key;
    if (status == 412 || (status == 409 && strcmp(code, "ConditionalRequestConflict") == 0)) {
        return fail(error, APP_ERROR_CONFLICT, "%s: exists", what);
    }
    if (status == 416) {
        return fail(error, APP_ERROR_INVALID, "%s: ends too early", what);
    }
    /* A bucket that is not there must not look like an object that is not there. */
    if (status == 404 && request->key != NULL && strcmp(code, "NoSuchBucket") != 0) {
        return fail(error, APP_ERROR_NOT_FOUND, "%s: no such object", what);
    }
    return fail(error, APP_ERROR_UNAVAILABLE, "storage at %s: %s of %s was answered with %u%s%s",
                client->host, request->method, what, status, code[0] == '\0' ? "" : " ", code);
}

static void
pause_before(const S3Client *client, guint attempt)
{
    /* Doubling, and never quite the same, so that clients do not come back all at once. */
    gulong pause_us = (gulong)client->pause_ms * 1000 << (attempt - 1);
    g_usleep(pause_us / 2 + (gulong)g_random_int() % (pause_us / 2 + 1));
}

bool
s3_send(S3Client *client, const S3Request *request, NetResponse *ret_response, GError **error)
{
    gsize size = 0;
    const void *body = request->body == NULL ? "" : g_bytes_get_data(request->body, &size);
    Digest digest = digest_of(body == NULL ? "" : body, size);
    g_autofree char *payload_sha256 = digest_to_hex(&digest, 2 * DIGEST_SIZE);
    for (guint attempt = 1;; attempt++) {
        g_auto(NetResponse) response = { 0 };
        g_autoptr(GError) failure = NULL;
        if (send_once(client, request, payload_sha256, &response, &failure)) {
            if (response.status / 100 == 2) {
                *ret_response = response;
                response = (NetResponse){ 0 };
                return true;
            }
            g_autofree char *code = read_error_code(&response);
            (void)fail_answer(client, request, response.status, code, &failure);
            if (!is_passing(response.status, code)) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
            }
        }
        bool is_passing_failure = g_error_matches(failure, APP_ERROR, APP_ERROR_UNAVAILABLE) ||
                                  g_error_matches(failure, APP_ERROR, APP_ERROR_TIMEOUT);
        if (attempt == max_attempts || !is_passing_failure) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        pause_before(client, attempt);
    }
}
