#include "http/certificate_names.h"

#include "base/error.h"

#include <openssl/x509v3.h>
#include <string.h>

/* "pictures.test" of "*.pictures.test" */
static const char *
without_wildcard(const char *name)
{
    return g_str_has_prefix(name, "*.") ? name + 2 : name;
}

static bool
covers(const char *pattern, const char *name)
{
    const char *dot = strchr(name, '.');
    return g_str_has_prefix(pattern, "*.") && dot != NULL && strcmp(dot + 1, pattern + 2) == 0;
}

static bool
is_below(const char *name, const char *domain)
{
    gsize name_length = strlen(name);
    gsize length = strlen(domain);
    return name_length > length && name[name_length - length - 1] == '.' &&
           strcmp(name + name_length - length, domain) == 0;
}

/* A domain is given away by its own name, too. */
static bool
gives_away(const char *named, const char *served)
{
    const char *domain = without_wildcard(served);
    return strcmp(without_wildcard(named), domain) == 0 || covers(named, domain) ||
           (domain != served && is_below(named, domain));
}

static bool
check_name(const ASN1_STRING *text, const char *served, GError **error)
{
    g_autofree char *as_is =
        g_strndup((const char *)ASN1_STRING_get0_data(text), (gsize)ASN1_STRING_length(text));
    g_autofree char *named = g_ascii_strdown(as_is, -1);
    return !gives_away(named, served) ||
           fail(error, APP_ERROR_INVALID,
                "it names %s, and so tells everybody who sees it of %s, which needs a certificate "
                "of its own",
                named, served);
}

static bool
check_alternative_names(const GENERAL_NAMES *names, const char *served, GError **error)
{
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS && !check_name(name->d.dNSName, served, error)) {
            return false;
        }
    }
    return true;
}

static bool
check_subject(const X509_NAME *subject, const char *served, GError **error)
{
    for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
        if (!check_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)), served, error)) {
            return false;
        }
    }
    return true;
}

bool
certificate_is_silent(X509 *certificate, const char *other_name, X509 *other, GError **error)
{
    if (EVP_PKEY_eq(X509_get0_pubkey(certificate), X509_get0_pubkey(other)) == 1) {
        return fail(error, APP_ERROR_INVALID,
                    "it has the same key as the certificate for %s, and so ties the two together",
                    other_name);
    }
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool is_silent = check_alternative_names(names, other_name, error) &&
                     check_subject(X509_get_subject_name(certificate), other_name, error);
    GENERAL_NAMES_free(names);
    return is_silent;
}
