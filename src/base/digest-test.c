#include "base/digest.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* FIPS 180-4's own example. */
static void
test_known_value(void)
{
    Digest digest = digest_of("abc", 3);
    g_autofree char *hex = digest_to_hex(&digest, 64);
    g_assert_cmpstr(hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
test_hex_is_read_back(void)
{
    Digest digest = digest_of("x", 1), again;
    g_autofree char *hex = digest_to_hex(&digest, 64);
    g_assert_true(digest_from_hex(hex, &again));
    g_assert_true(digest_equal(&digest, &again));
    g_assert_false(digest_from_hex("ab", &again));
    hex[5] = 'g';
    g_assert_false(digest_from_hex(hex, &again));
}

static void
test_file_gives_the_digest_of_its_bytes(void)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("digest-XXXXXX", &path, NULL);
    g_autofree char *data = g_malloc(700001);
    memset(data, 'q', 700001);
    g_assert_cmpint(write(fd, data, 700001), ==, 700001);
    Digest expected = digest_of(data, 700001), found;
    g_assert_true(digest_of_fd(fd, path, &found, NULL));
    g_assert_true(digest_equal(&expected, &found));
    close(fd);
    g_unlink(path);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/known-value", test_known_value);
    g_test_add_func("/digest/hex-is-read-back", test_hex_is_read_back);
    g_test_add_func("/digest/file-gives-the-digest-of-its-bytes",
                    test_file_gives_the_digest_of_its_bytes);
    return g_test_run();
}
