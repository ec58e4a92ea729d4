#include "web/tus.h"

#include "base/error.h"

#include <string.h>

bool
tus_parse_number(const char *text, gint64 *ret_number)
{
    gint64 number = 0;
    if (text == NULL || text[0] == '\0') {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (!g_ascii_isdigit(*c) || __builtin_mul_overflow(number, (gint64)10, &number) ||
            __builtin_add_overflow(number, (gint64)(*c - '0'), &number)) {
            return false;
        }
    }
    *ret_number = number;
    return true;
}

/* Standard base64 with padding, canonical: what decodes encodes to the same text. */
static guint8 *
decode_base64(const char *text, gsize *ret_size)
{
    gsize size;
    g_autofree guint8 *bytes = g_base64_decode(text, &size);
    g_autofree char *again = g_base64_encode(bytes, size);
    if (strcmp(again, text) != 0) {
        return NULL;
    }
    *ret_size = size;
    return g_steal_pointer(&bytes);
}

static bool
is_plain_text(const char *text, gsize size)
{
    if (!g_utf8_validate(text, (gssize)size, NULL)) {
        return false;
    }
    for (gsize i = 0; i < size; i++) {
        if (g_ascii_iscntrl(text[i])) {
            return false;
        }
    }
    return true;
}

static bool
is_key(const char *key)
{
    if (key[0] == '\0') {
        return false;
    }
    for (const char *c = key; *c != '\0'; c++) {
        if (!g_ascii_isgraph(*c)) {
            return false;
        }
    }
    return true;
}

static bool
add_pair(GHashTable *metadata, char *pair, GError **error)
{
    g_strstrip(pair);
    char *space = strchr(pair, ' ');
    const char *encoded = "";
    if (space != NULL) {
        *space = '\0';
        encoded = space + 1;
    }
    if (!is_key(pair)) {
        return fail(error, APP_ERROR_INVALID, "Upload-Metadata has a key that is no name");
    }
    gsize size;
    g_autofree guint8 *value = decode_base64(encoded, &size);
    if (value == NULL) {
        return fail(error, APP_ERROR_INVALID, "Upload-Metadata: the value of %s is not base64",
                    pair);
    }
    /* A control character could forge a header, or a line of the history, further on. */
    if (!is_plain_text((const char *)value, size)) {
        return fail(error, APP_ERROR_INVALID,
                    "Upload-Metadata: the value of %s is not UTF-8 without control characters",
                    pair);
    }
    if (!g_hash_table_insert(metadata, g_strdup(pair), g_strndup((const char *)value, size))) {
        return fail(error, APP_ERROR_INVALID, "Upload-Metadata: %s comes twice", pair);
    }
    return true;
}

GHashTable *
tus_parse_metadata(const char *text, GError **error)
{
    g_autoptr(GHashTable) metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (text == NULL || text[0] == '\0') {
        return g_steal_pointer(&metadata);
    }
    if (strlen(text) > TUS_MAX_METADATA_BYTES) {
        return fail_null(error, APP_ERROR_INVALID, "Upload-Metadata is longer than %d bytes",
                         TUS_MAX_METADATA_BYTES);
    }
    g_auto(GStrv) pairs = g_strsplit(text, ",", TUS_MAX_METADATA_KEYS + 1);
    if (g_strv_length(pairs) > TUS_MAX_METADATA_KEYS) {
        return fail_null(error, APP_ERROR_INVALID, "Upload-Metadata has more than %d keys",
                         TUS_MAX_METADATA_KEYS);
    }
    for (guint i = 0; pairs[i] != NULL; i++) {
        if (!add_pair(metadata, pairs[i], error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&metadata);
}

bool
tus_parse_checksum(const char *text, TusChecksum *ret_checksum, GError **error)
{
    static const struct {
        const char *prefix;
        TusChecksumKind kind;
        gsize size;
    } algorithms[] = {
        { "sha1 ", TUS_CHECKSUM_SHA1, 20 },
        { "sha256 ", TUS_CHECKSUM_SHA256, 32 },
    };
    TusChecksum checksum = { .kind = TUS_CHECKSUM_NONE };
    if (text == NULL) {
        *ret_checksum = checksum;
        return true;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (!g_str_has_prefix(text, algorithms[i].prefix)) {
            continue;
        }
        gsize size;
        g_autofree guint8 *bytes = decode_base64(text + strlen(algorithms[i].prefix), &size);
        if (bytes == NULL || size != algorithms[i].size) {
            return fail(error, APP_ERROR_INVALID, "Upload-Checksum is not base64 of a checksum");
        }
        checksum.kind = algorithms[i].kind;
        checksum.size = size;
        memcpy(checksum.bytes, bytes, size);
        *ret_checksum = checksum;
        return true;
    }
    return fail(error, APP_ERROR_UNSUPPORTED, "Upload-Checksum: algorithms are %s",
                TUS_CHECKSUM_ALGORITHMS);
}

char *
tus_format_expiry(gint64 microseconds)
{
    /* Names of days and months are English whatever the locale is. */
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(microseconds / G_USEC_PER_SEC);
    return g_strdup_printf(
        "%s, %02d %s %04d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week(time) - 1],
        g_date_time_get_day_of_month(time), months[g_date_time_get_month(time) - 1],
        g_date_time_get_year(time), g_date_time_get_hour(time), g_date_time_get_minute(time),
        g_date_time_get_second(time));
}
