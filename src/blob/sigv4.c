#include "blob/sigv4.h"

#include "base/digest.h"
#include "base/secret.h"

#include <string.h>

static void
append_encoded(GString *text, const char *plain, const char *kept)
{
    for (const char *c = plain; *c != '\0'; c++) {
        if (g_ascii_isalnum(*c) || strchr("-._~", *c) != NULL || strchr(kept, *c) != NULL) {
            g_string_append_c(text, *c);
        } else {
            g_string_append_printf(text, "%%%02X", (guint8)*c);
        }
    }
}

/* Of encoded names and values. As whole strings "a=" would come after "a-b=", which is wrong. */
static gint
compare_pairs(gconstpointer a, gconstpointer b)
{
    const char *const *first = *(const char *const *const *)a;
    const char *const *second = *(const char *const *const *)b;
    int order = strcmp(first[0], second[0]);
    return order != 0 ? order : strcmp(first[1], second[1]);
}

static char *
make_query(const SigV4Request *request)
{
    g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (gsize i = 0; i < request->num_query; i++) {
        g_autoptr(GString) name = g_string_new(NULL);
        g_autoptr(GString) value = g_string_new(NULL);
        append_encoded(name, request->query[i].name, "");
        append_encoded(value, request->query[i].value, "");
        char **pair = g_new0(char *, 3);
        pair[0] = g_string_free(g_steal_pointer(&name), FALSE);
        pair[1] = g_string_free(g_steal_pointer(&value), FALSE);
        g_ptr_array_add(pairs, pair);
    }
    g_ptr_array_sort(pairs, compare_pairs);
    GString *query = g_string_new(NULL);
    for (guint i = 0; i < pairs->len; i++) {
        char **pair = pairs->pdata[i];
        g_string_append_printf(query, "%s%s=%s", i > 0 ? "&" : "", pair[0], pair[1]);
    }
    return g_string_free(query, FALSE);
}

/* Trimmed, runs of blanks made one. */
static char *
canonical_value(const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
    GString *text = g_string_new(NULL);
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0') {
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", *word);
        }
    }
    return g_string_free(text, FALSE);
}

typedef struct {
    GPtrArray *lines; /* "name:value", sorted by name */
    char *names;      /* "a;b" */
} Headers;

static gint
compare_header_lines(gconstpointer a, gconstpointer b)
{
    const char *first = *(const char *const *)a, *second = *(const char *const *)b;
    g_autofree char *first_name = g_strndup(first, strcspn(first, ":"));
    g_autofree char *second_name = g_strndup(second, strcspn(second, ":"));
    return strcmp(first_name, second_name);
}

static Headers
make_headers(const SigV4Request *request, const char *date)
{
    const SigV4Pair added[] = { { "host", request->host },
                                { "x-amz-content-sha256", request->payload_sha256 },
                                { "x-amz-date", date } };
    Headers headers = { g_ptr_array_new_with_free_func(g_free), NULL };
    for (gsize i = 0; i < G_N_ELEMENTS(added) + request->num_headers; i++) {
        const SigV4Pair *pair =
            i < G_N_ELEMENTS(added) ? &added[i] : &request->headers[i - G_N_ELEMENTS(added)];
        g_autofree char *value = canonical_value(pair->value);
        g_ptr_array_add(headers.lines, g_strdup_printf("%s:%s", pair->name, value));
    }
    g_ptr_array_sort(headers.lines, compare_header_lines);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < headers.lines->len; i++) {
        const char *line = headers.lines->pdata[i];
        g_string_append_printf(names, "%s%.*s", i > 0 ? ";" : "", (int)strcspn(line, ":"), line);
    }
    headers.names = g_string_free(names, FALSE);
    return headers;
}

static char *
hex_digest(const char *text)
{
    Digest digest = digest_of(text, strlen(text));
    return digest_to_hex(&digest, 2 * DIGEST_SIZE);
}

static char *
hash_canonical_request(const SigV4Request *request, const char *path, const char *query,
                       const Headers *headers)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%s\n%s\n%s\n", request->method, path, query);
    for (guint i = 0; i < headers->lines->len; i++) {
        g_string_append_printf(text, "%s\n", (const char *)headers->lines->pdata[i]);
    }
    g_string_append_printf(text, "\n%s\n%s", headers->names, request->payload_sha256);
    return hex_digest(text->str);
}

static char *
sign_text(const SigV4Credentials *credentials, const char *day, const char *text)
{
    g_autofree char *first = g_strconcat("AWS4", credentials->secret_key, NULL);
    const char *const steps[] = { day, credentials->region, "s3", "aws4_request", text };
    Digest mac;
    G_STATIC_ASSERT(sizeof mac.bytes == HMAC_SHA256_SIZE);
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        guint8 key[HMAC_SHA256_SIZE];
        memcpy(key, mac.bytes, sizeof key);
        hmac_sha256(i == 0 ? (const void *)first : key, i == 0 ? strlen(first) : sizeof key,
                    steps[i], strlen(steps[i]), mac.bytes);
    }
    secret_clear(first, strlen(first));
    return digest_to_hex(&mac, 2 * DIGEST_SIZE);
}

void
sigv4_sign(const SigV4Credentials *credentials, const SigV4Request *request, Timestamp now,
           SigV4Signed *ret_signed)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);
    g_autofree char *date = g_date_time_format(time, "%Y%m%dT%H%M%SZ");
    g_autofree char *day = g_strndup(date, 8);
    g_autoptr(GString) path = g_string_new(NULL);
    append_encoded(path, request->path, "/");
    g_autofree char *query = make_query(request);
    Headers headers = make_headers(request, date);
    g_autofree char *hash = hash_canonical_request(request, path->str, query, &headers);
    g_autofree char *scope = g_strdup_printf("%s/%s/s3/aws4_request", day, credentials->region);
    g_autofree char *text = g_strdup_printf("AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hash);
    g_autofree char *signature = sign_text(credentials, day, text);

    GPtrArray *lines = g_ptr_array_new();
    for (guint i = 0; i < headers.lines->len; i++) {
        g_ptr_array_add(lines, g_strdup(headers.lines->pdata[i]));
    }
    g_ptr_array_add(lines,
                    g_strdup_printf("authorization:AWS4-HMAC-SHA256 Credential=%s/%s,"
                                    "SignedHeaders=%s,Signature=%s",
                                    credentials->access_key, scope, headers.names, signature));
    g_ptr_array_add(lines, NULL);
    ret_signed->headers = (char **)g_ptr_array_free(lines, FALSE);
    ret_signed->target =
        query[0] == '\0' ? g_strdup(path->str) : g_strdup_printf("%s?%s", path->str, query);
    g_ptr_array_unref(headers.lines);
    g_free(headers.names);
}

void
sigv4_signed_clear(SigV4Signed *sent)
{
    g_clear_pointer(&sent->target, g_free);
    g_clear_pointer(&sent->headers, g_strfreev);
}
