/* What a verified token says (RFC 7519; OpenID Connect Core, 2). */
#pragma once

#include "base/clock.h"

#include <stdbool.h>

typedef struct {
    char *iss, *sub, *azp, *nonce, *jti; /* NULL: not said */
    char *tid;                           /* Microsoft: the tenant */
    char *name, *email;
    GPtrArray *aud;          /* of char*, never NULL */
    Timestamp exp, nbf, iat; /* 0: not said */
    bool email_verified;
    bool email_domain_owner_verified; /* Microsoft's xms_edov */
} Claims;
void claims_clear(Claims *claims);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Claims, claims_clear)

/* INVALID for what is no object, says something twice, or says it in another type. */
bool claims_parse(GBytes *payload, Claims *ret_claims, GError **error);

/* That the token is meant for AUDIENCE alone, and NOW lies in its time, a minute of difference
 * between two clocks allowed. INVALID. */
bool claims_check(const Claims *claims, const char *audience, Timestamp now, GError **error);
