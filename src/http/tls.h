/* Certificates by the name a client asks for. */
#pragma once

#include "http/server.h"

#include <openssl/ssl.h>

typedef struct HttpTls HttpTls;

/* NULL without an error where OPTIONS name no certificate. */
bool http_tls_new(const HttpServerOptions *options, HttpTls **ret_tls, GError **error);
/* Reads the certificates again; on failure those that were there stay. */
bool http_tls_reload(HttpTls *tls, GError **error);
void http_tls_free(HttpTls *tls);

/* The server's side of a connection over FD; NULL when out of memory. */
SSL *http_tls_accept(HttpTls *tls, int fd);
