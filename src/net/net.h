/* The one door for outgoing HTTP (libcurl with OpenSSL). A request names a purpose; an origin that
 * was not registered for that purpose is refused before any packet (LST-20). Everything outside
 * this machine goes by verified TLS (LST-15). Redirects are not followed, proxies of the
 * environment are not used, and the address that a name leads to is looked at before connecting:
 * a private one is refused unless the origin was registered as private, so that nobody's DNS can
 * lead us to a neighbour. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { NET_SIGN_IN, NET_STORAGE, NET_PURPOSE_COUNT } NetPurpose;

typedef enum {
    NET_PUBLIC,  /* addresses of the public internet; an origin that is a private address itself
                  * ("https://10.0.0.5") speaks for that address only */
    NET_PRIVATE, /* the name may lead to a private address, too: a server of the operator's own */
} NetReach;

typedef struct Net Net;

/* The process ignores SIGPIPE from the first one on. */
Net *net_new(void);
/* No request may be under way. */
void net_free(Net *net);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Net, net_free)

/* Registers ORIGIN ("https://accounts.google.com", "http://127.0.0.1:7480"): scheme, host and port,
 * nothing more. INVALID for anything else, and for http to a host that is not this machine
 * ("localhost", "*.localhost", 127.0.0.0/8, [::1]). Call before the first request. */
bool net_allow(Net *net, NetPurpose purpose, const char *origin, NetReach reach, GError **error);

/* For PURPOSE trusts the certificates in the PEM file PATH besides those of the system: an
 * authority of the operator's own. Call before the first request. */
bool net_trust(Net *net, NetPurpose purpose, const char *path, GError **error);

typedef struct {
    NetPurpose purpose;
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    GBytes *body;               /* NULL: none */
    gsize max_response;         /* bytes of the body; TOO_LARGE above */
    guint timeout_seconds;      /* for the whole exchange */
} NetRequest;

typedef struct {
    guint status;
    GHashTable *headers; /* names in lower case; values of one name joined by ", " */
    GBytes *body;
} NetResponse;

void net_response_clear(NetResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NetResponse, net_response_clear)

/* NULL when there was none of this NAME (lower case). */
const char *net_response_header(const NetResponse *response, const char *name);

/* True for an answer of any HTTP status. INVALID: the origin is not registered for the purpose.
 * UNAVAILABLE: no connection, a bad certificate, an answer that breaks off. TIMEOUT. TOO_LARGE.
 * Nothing is tried twice. From any thread; waits when 16 requests of the purpose are under way. */
bool net_send(Net *net, const NetRequest *request, NetResponse *ret_response, GError **error);
