/* Whom a certificate gives away (LST-19). */
#pragma once

#include <glib.h>
#include <openssl/x509.h>
#include <stdbool.h>

/* Whether who sees CERTIFICATE does not learn from it that OTHER is served as well, the certificate
 * for the host OTHER_NAME ("*.DOMAIN": for all hosts right below DOMAIN): it names no such host,
 * and has a key of its own. INVALID with the reason. */
bool certificate_is_silent(X509 *certificate, const char *other_name, X509 *other, GError **error);
