/* Whose request it is, where a proxy stands between. */
#pragma once

#include "http/exchange.h"

#include <sys/socket.h>

/* The address in its text form, an IPv4 one as such even where it came over IPv6. */
char *http_peer_name(const struct sockaddr_storage *address);

/* Where REQUEST comes from one of PROXIES (NULL-terminated, or NULL), its address becomes the last
 * one in X-Forwarded-For that is not one of them: what stands before was written by strangers. */
void http_peer_resolve(HttpRequest *request, const char *const *proxies);
