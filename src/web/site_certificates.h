/* Which certificates the public listener shows, and to whom (LST-19). */
#pragma once

#include "http/server.h"
#include "web/site.h"

typedef struct {
    HttpCertificate rows[2];
    gsize count; /* 0: no TLS here */
    char *pictures_name;
} SiteCertificates;

/* INVALID, naming the setting, where one is missing: the site's certificate is never shown to who
 * asks for a picture, so that pictures need one of their own, unless their domain is on this
 * machine only ("localhost" and below). Borrows from SITE. */
bool site_certificates(const Site *site, SiteCertificates *ret_certificates, GError **error);
void site_certificates_clear(SiteCertificates *certificates);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SiteCertificates, site_certificates_clear)
