#include "base/secret.h"

#include <string.h>

/* RFC 4648 section 10, without the padding. */
static const struct {
    const char *plain;
    const char *encoded;
} vectors[] = {
    { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },          { "foo", "Zm9v" },
    { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
};

static void
test_base64url_of_rfc_4648(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autofree char *text = base64url_encode(vectors[i].plain, strlen(vectors[i].plain));
        g_assert_cmpstr(text, ==, vectors[i].encoded);
        g_autoptr(GBytes) bytes = base64url_decode(vectors[i].encoded, -1);
        g_assert_nonnull(bytes);
        gsize size;
        const void *data = g_bytes_get_data(bytes, &size);
        g_assert_cmpmem(data, size, vectors[i].plain, strlen(vectors[i].plain));
    }
}

static void
test_base64url_uses_the_safe_alphabet(void)
{
    g_autofree char *text = base64url_encode("\xfb\xff\xfe", 3);
    g_assert_cmpstr(text, ==, "-__-");
}

static void
test_base64url_returns_every_length(void)
{
    guint8 data[300];
    secret_random(data, sizeof data);
    for (gsize size = 0; size <= sizeof data; size++) {
        g_autofree char *text = base64url_encode(data, size);
        g_autoptr(GBytes) bytes = base64url_decode(text, -1);
        gsize got_size;
        const void *got = g_bytes_get_data(bytes, &got_size);
        g_assert_cmpmem(got, got_size, data, size);
    }
}

static void
test_base64url_refuses_other_spellings(void)
{
    static const char *const wrong[] = {
        "Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm+v", "Zm/v", "Zm9v\n", " Zm9v", "Zm9v=", "Zm9vYmF",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GBytes) bytes = base64url_decode(wrong[i], -1);
        if (bytes != NULL) {
            g_test_message("%s was taken", wrong[i]);
            g_test_fail();
        }
    }
}

static void
test_base64url_reads_only_the_length_given(void)
{
    g_autoptr(GBytes) bytes = base64url_decode("Zm9vYmFy.rest", 8);
    g_assert_nonnull(bytes);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "foobar", 6);
}

static void
test_tokens_differ_and_are_43_characters(void)
{
    g_autofree char *one = secret_token();
    g_autofree char *other = secret_token();
    g_assert_cmpuint(strlen(one), ==, 43);
    g_assert_cmpstr(one, !=, other);
}

static void
test_equal_looks_at_every_byte(void)
{
    g_assert_true(secret_equal("abcd", "abcd", 4));
    g_assert_false(secret_equal("abcd", "abce", 4));
    g_assert_false(secret_equal("abcd", "bbcd", 4));
    g_assert_true(secret_equal("abcd", "abce", 3));
}

static void
test_clear_wipes(void)
{
    char secret[] = "0123456789";
    secret_clear(secret, sizeof secret);
    g_assert_cmpmem(secret, sizeof secret, "\0\0\0\0\0\0\0\0\0\0\0", sizeof secret);
}

/* RFC 4231, test case 2. */
static void
test_hmac_of_rfc_4231(void)
{
    static const guint8 expected[] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
        0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
        0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    };
    static const char data[] = "what do ya want for nothing?";
    guint8 mac[HMAC_SHA256_SIZE];
    hmac_sha256("Jefe", 4, data, strlen(data), mac);
    g_assert_cmpmem(mac, sizeof mac, expected, sizeof expected);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secret/base64url-vectors", test_base64url_of_rfc_4648);
    g_test_add_func("/secret/base64url-alphabet", test_base64url_uses_the_safe_alphabet);
    g_test_add_func("/secret/base64url-lengths", test_base64url_returns_every_length);
    g_test_add_func("/secret/base64url-refuses", test_base64url_refuses_other_spellings);
    g_test_add_func("/secret/base64url-length-given", test_base64url_reads_only_the_length_given);
    g_test_add_func("/secret/tokens", test_tokens_differ_and_are_43_characters);
    g_test_add_func("/secret/equal", test_equal_looks_at_every_byte);
    g_test_add_func("/secret/clear", test_clear_wipes);
    g_test_add_func("/secret/hmac", test_hmac_of_rfc_4231);
    return g_test_run();
}
