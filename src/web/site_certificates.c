#include "web/site_certificates.h"

#include "base/error.h"

#include <string.h>

typedef struct {
    const char *certificate, *key;           /* paths; "": none */
    const char *certificate_name, *key_name; /* of the settings */
} Pair;

static bool
is_whole(const Pair *pair, GError **error)
{
    if ((pair->certificate[0] == '\0') == (pair->key[0] == '\0')) {
        return true;
    }
    bool needs_key = pair->key[0] == '\0';
    return fail(error, APP_ERROR_INVALID, "setting %s: must be set where %s is",
                needs_key ? pair->key_name : pair->certificate_name,
                needs_key ? pair->certificate_name : pair->key_name);
}

static bool
is_on_this_machine(const char *domain)
{
    return strcmp(domain, "localhost") == 0 || g_str_has_suffix(domain, ".localhost");
}

static bool
check(const Site *site, const Pair *own, const Pair *pictures, GError **error)
{
    const char *domain = site->app->settings->server_pictures_domain;
    if (!is_whole(own, error) || !is_whole(pictures, error)) {
        return false;
    }
    if (own->certificate[0] == '\0') {
        return pictures->certificate[0] == '\0' ||
               fail(error, APP_ERROR_INVALID, "setting %s: must be set where %s is",
                    own->certificate_name, pictures->certificate_name);
    }
    if (g_hostname_is_ip_address(site->host)) {
        return fail(error, APP_ERROR_INVALID,
                    "setting server.public-url: must have the name of a host where %s is set; a "
                    "certificate is chosen by the name that is asked for, and %s is none",
                    own->certificate_name, site->host);
    }
    return pictures->certificate[0] != '\0' || is_on_this_machine(domain) ||
           fail(error, APP_ERROR_INVALID,
                "setting %s: must be set where %s is; pictures at *.%s need a certificate of their "
                "own, because the site's would tie them to the site",
                pictures->certificate_name, own->certificate_name, domain);
}

static void
add(SiteCertificates *certificates, const char *host, const Pair *pair)
{
    if (pair->certificate[0] != '\0') {
        certificates->rows[certificates->count++] =
            (HttpCertificate){ host, pair->certificate, pair->key, pair->certificate_name };
    }
}

bool
site_certificates(const Site *site, SiteCertificates *ret_certificates, GError **error)
{
    const Settings *settings = site->app->settings;
    const Pair own = { settings->server_tls_certificate, settings->server_tls_key,
                       "server.tls-certificate", "server.tls-key" };
    const Pair pictures = { settings->server_pictures_tls_certificate,
                            settings->server_pictures_tls_key, "server.pictures-tls-certificate",
                            "server.pictures-tls-key" };
    if (!check(site, &own, &pictures, error)) {
        return false;
    }
    *ret_certificates = (SiteCertificates){
        .pictures_name = g_strconcat("*.", settings->server_pictures_domain, NULL),
    };
    add(ret_certificates, site->host, &own);
    add(ret_certificates, ret_certificates->pictures_name, &pictures);
    return true;
}

void
site_certificates_clear(SiteCertificates *certificates)
{
    g_clear_pointer(&certificates->pictures_name, g_free);
}
