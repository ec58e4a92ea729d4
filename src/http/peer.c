#include "http/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

char *
http_peer_name(const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof text);
        } else {
            inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        }
    }
    return g_strdup(text);
}

void
http_peer_resolve(HttpRequest *request, const char *const *proxies)
{
    const char *forwarded = http_head_field(&request->head, "x-forwarded-for");
    if (proxies == NULL || forwarded == NULL || !g_strv_contains(proxies, request->address)) {
        return;
    }
    g_auto(GStrv) hops = g_strsplit(forwarded, ",", -1);
    for (guint i = g_strv_length(hops); i > 0; i--) {
        const char *hop = g_strstrip(hops[i - 1]);
        if (!g_hostname_is_ip_address(hop)) {
            return;
        }
        g_free(request->address);
        request->address = g_strdup(hop);
        if (!g_strv_contains(proxies, hop)) {
            return;
        }
    }
}
