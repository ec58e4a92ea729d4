#include "net/address.h"

#include <glib.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
    guint8 prefix[16];
    guint8 num_bits;
} Range;

/* https://www.iana.org/assignments/iana-ipv4-special-registry, with multicast and the top. */
static const Range ipv4_ranges[] = {
    { { 0 }, 8 },
    { { 10 }, 8 },
    { { 100, 64 }, 10 },
    { { 127 }, 8 },
    { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },
    { { 192, 0, 2 }, 24 },
    { { 192, 88, 99 }, 24 },
    { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },
    { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },
    { { 224 }, 4 },
    { { 240 }, 4 },
};

/* Outside 2000::/3 nothing is global unicast; within it, what
 * https://www.iana.org/assignments/iana-ipv6-special-registry sets apart. */
static const Range ipv6_ranges[] = {
    { { 0x20, 0x01 }, 23 },
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { { 0x3f, 0xff }, 20 },
};

static bool
is_in(const guint8 *bytes, const Range *range)
{
    guint num_bytes = range->num_bits / 8;
    guint num_rest = range->num_bits % 8;
    guint8 mask = (guint8)(0xff00 >> num_rest);
    return memcmp(bytes, range->prefix, num_bytes) == 0 &&
           (num_rest == 0 || ((bytes[num_bytes] ^ range->prefix[num_bytes]) & mask) == 0);
}

static bool
is_in_any(const guint8 *bytes, const Range *ranges, gsize num_ranges)
{
    for (gsize i = 0; i < num_ranges; i++) {
        if (is_in(bytes, &ranges[i])) {
            return true;
        }
    }
    return false;
}

/* The IPv4 address within ADDRESS: it is one, or maps (::ffff:0:0/96), translates (64:ff9b::/96)
 * or tunnels (2002::/16) to one. NULL for others. */
static const guint8 *
find_ipv4(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        return (const guint8 *)&((const struct sockaddr_in *)address)->sin_addr;
    }
    static const Range mapped = { { [10] = 0xff, [11] = 0xff }, 96 };
    static const Range translated = { { 0, 0x64, 0xff, 0x9b }, 96 };
    const guint8 *bytes = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
    if (is_in(bytes, &mapped) || is_in(bytes, &translated)) {
        return bytes + 12;
    }
    return bytes[0] == 0x20 && bytes[1] == 0x02 ? bytes + 2 : NULL;
}

bool
address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
        return false;
    }
    const guint8 *ipv4 = find_ipv4(address);
    return ipv4 != NULL ? ipv4[0] == 127
                        : IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

bool
address_is_private(const struct sockaddr *address)
{
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) {
        return true;
    }
    const guint8 *ipv4 = find_ipv4(address);
    if (ipv4 != NULL) {
        return is_in_any(ipv4, ipv4_ranges, G_N_ELEMENTS(ipv4_ranges));
    }
    const guint8 *bytes = ((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr;
    return (bytes[0] & 0xe0) != 0x20 || is_in_any(bytes, ipv6_ranges, G_N_ELEMENTS(ipv6_ranges));
}
