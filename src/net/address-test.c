#include "net/address.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>

static struct sockaddr_storage
parse(const char *text)
{
    struct sockaddr_storage address = { 0 };
    if (strchr(text, ':') != NULL) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address;
        ipv6->sin6_family = AF_INET6;
        g_assert_cmpint(inet_pton(AF_INET6, text, &ipv6->sin6_addr), ==, 1);
    } else {
        struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
        ipv4->sin_family = AF_INET;
        g_assert_cmpint(inet_pton(AF_INET, text, &ipv4->sin_addr), ==, 1);
    }
    return address;
}

static void
test_private(void)
{
    static const char *const texts[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "::10.0.0.1",
        "100::1",
        "4000::1",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct sockaddr_storage address = parse(texts[i]);
        g_test_message("%s", texts[i]);
        g_assert_true(address_is_private((struct sockaddr *)&address));
    }
}

static void
test_public(void)
{
    static const char *const texts[] = {
        "1.1.1.1",         "9.255.255.255", "11.0.0.0",       "100.63.255.255",   "100.128.0.0",
        "126.255.255.255", "172.15.0.1",    "172.32.0.1",     "192.167.0.1",      "223.255.255.255",
        "2606:4700::1111", "2a00::1",       "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        struct sockaddr_storage address = parse(texts[i]);
        g_test_message("%s", texts[i]);
        g_assert_false(address_is_private((struct sockaddr *)&address));
    }
}

static void
test_loopback(void)
{
    static const char *const here[] = { "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1" };
    static const char *const elsewhere[] = { "126.0.0.1", "10.0.0.1", "::2", "fe80::1" };
    for (gsize i = 0; i < G_N_ELEMENTS(here); i++) {
        struct sockaddr_storage address = parse(here[i]);
        g_assert_true(address_is_loopback((struct sockaddr *)&address));
        address = parse(elsewhere[i]);
        g_assert_false(address_is_loopback((struct sockaddr *)&address));
    }
}

static void
test_other_families_are_private(void)
{
    struct sockaddr_storage address = { .ss_family = AF_UNIX };
    g_assert_true(address_is_private((struct sockaddr *)&address));
    g_assert_false(address_is_loopback((struct sockaddr *)&address));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/address/private", test_private);
    g_test_add_func("/address/public", test_public);
    g_test_add_func("/address/loopback", test_loopback);
    g_test_add_func("/address/other-families-are-private", test_other_families_are_private);
    return g_test_run();
}
