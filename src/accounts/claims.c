#include "accounts/claims.h"

#include "base/error.h"
#include "base/json_reader.h"

#include <string.h>

/* Between our clock and the provider's. */
#define CLOCK_DIFFERENCE SECONDS(60)

/* The year 5138; beyond it a sum of times could overflow. */
static const double max_seconds = 1e11;

void
claims_clear(Claims *claims)
{
    char **texts[] = { &claims->iss, &claims->sub, &claims->azp,  &claims->nonce,
                       &claims->jti, &claims->tid, &claims->name, &claims->email };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_clear_pointer(texts[i], g_free);
    }
    g_clear_pointer(&claims->aud, g_ptr_array_unref);
}

/* One string, or several (RFC 7519, 4.1.3). */
static void
read_audience(JsonReader *reader, GPtrArray *audience)
{
    if (json_peek(reader) == JSON_STRING) {
        g_ptr_array_add(audience, g_strdup(json_read_string(reader)));
        return;
    }
    json_read_array(reader);
    while (json_read_element(reader)) {
        g_ptr_array_add(audience, g_strdup(json_read_string(reader)));
    }
}

static Timestamp
read_time(JsonReader *reader)
{
    double seconds = json_read_double(reader);
    if (seconds < 0 || seconds > max_seconds) {
        json_read_wrong(reader, "a time is out of range");
        return 0;
    }
    return (Timestamp)(seconds * (double)G_USEC_PER_SEC);
}

/* true, "true" or 1: providers differ. */
static bool
read_flag(JsonReader *reader)
{
    switch (json_peek(reader)) {
    case JSON_STRING:
        return strcmp(json_read_string(reader), "true") == 0;
    case JSON_NUMBER:
        return json_read_double(reader) == 1;
    default:
        return json_read_bool(reader);
    }
}

static void
read_claims(JsonReader *reader, Claims *claims)
{
    enum { EMAIL_VERIFIED = 8, XMS_EDOV, AUD, EXP, NBF, IAT };
    static const char *const keys[] = {
        "iss",      "sub", "azp", "nonce", "jti", "tid", "name", "email", "email_verified",
        "xms_edov", "aud", "exp", "nbf",   "iat"
    };
    char **texts[] = { &claims->iss, &claims->sub, &claims->azp,  &claims->nonce,
                       &claims->jti, &claims->tid, &claims->name, &claims->email };
    guint64 seen = json_read_object(reader);
    for (int key; (key = json_read_key(reader, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case EMAIL_VERIFIED:
            claims->email_verified = read_flag(reader);
            break;
        case XMS_EDOV:
            claims->email_domain_owner_verified = read_flag(reader);
            break;
        case AUD:
            read_audience(reader, claims->aud);
            break;
        case EXP:
            claims->exp = read_time(reader);
            break;
        case NBF:
            claims->nbf = read_time(reader);
            break;
        case IAT:
            claims->iat = read_time(reader);
            break;
        default:
            *texts[key] = json_read_nullable_string(reader);
        }
    }
}

bool
claims_parse(GBytes *payload, Claims *ret_claims, GError **error)
{
    g_auto(Claims) claims = { .aud = g_ptr_array_new_with_free_func(g_free) };
    g_autoptr(JsonReader) reader = json_reader_new();
    json_reader_start_bytes(reader, payload);
    read_claims(reader, &claims);
    if (!json_reader_finish(reader, "token", 1, error)) {
        return false;
    }
    *ret_claims = claims;
    claims = (Claims){ 0 };
    return true;
}

bool
claims_check(const Claims *claims, const char *audience, Timestamp now, GError **error)
{
    /* OpenID Connect Core, 3.1.3.7 points 3 to 5: other audiences would have to be trusted, and we
     * know none. */
    if (claims->aud->len != 1 || strcmp(claims->aud->pdata[0], audience) != 0 ||
        (claims->azp != NULL && strcmp(claims->azp, audience) != 0)) {
        return fail(error, APP_ERROR_INVALID, "the token is meant for somebody else");
    }
    /* One that does not say when it ends ended in 1970. */
    if (claims->exp + CLOCK_DIFFERENCE <= now) {
        return fail(error, APP_ERROR_INVALID, "the token has expired");
    }
    if (claims->nbf > now + CLOCK_DIFFERENCE || claims->iat > now + CLOCK_DIFFERENCE) {
        return fail(error, APP_ERROR_INVALID, "the token is from the future: compare the clocks");
    }
    return true;
}
