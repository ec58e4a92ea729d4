#include "web/tus.h"

#include "base/error.h"

#include <string.h>

static void
test_numbers_are_digits_only(void)
{
    gint64 number = -1;
    g_assert_true(tus_parse_number("0", &number));
    g_assert_cmpint(number, ==, 0);
    g_assert_true(tus_parse_number("9223372036854775807", &number));
    g_assert_cmpint(number, ==, G_MAXINT64);
    static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "0x1", "9223372036854775808" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_false(tus_parse_number(wrong[i], &number));
    }
    g_assert_false(tus_parse_number(NULL, &number));
}

static void
test_metadata_is_decoded(void)
{
    /* The protocol's own example, and a key without value. */
    g_autoptr(GHashTable) metadata =
        tus_parse_metadata("filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential", NULL);
    g_assert_cmpuint(g_hash_table_size(metadata), ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(metadata, "filename"), ==, "world_domination_plan.pdf");
    g_assert_cmpstr(g_hash_table_lookup(metadata, "is_confidential"), ==, "");
}

static void
test_no_metadata_is_an_empty_table(void)
{
    g_autoptr(GHashTable) metadata = tus_parse_metadata(NULL, NULL);
    g_assert_cmpuint(g_hash_table_size(metadata), ==, 0);
}

static void
test_wrong_metadata_says_why(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "name", NULL },
        { "name YQ==,name Yg==", "name comes twice" },
        { "name YQ=", "not base64" },
        { "name YR==", "not base64" }, /* bits left over: the same name in two spellings */
        { "name YQ0KWC1FdmlsOiAx", "control characters" }, /* "a\r\nX-Evil: 1" */
        { "name /w==", "not UTF-8" },
        { "name YQ== YQ==", "not base64" },
        { ",name YQ==", "no name" },
        { "n\xc3\xa9 YQ==", "no name" },
        { "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "more than 16 keys" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GHashTable) metadata = tus_parse_metadata(cases[i].text, &error);
        if (cases[i].message == NULL) {
            g_assert_no_error(error);
            continue;
        }
        g_assert_null(metadata);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_nonnull(strstr(error->message, cases[i].message));
    }
}

static void
test_checksums_are_read(void)
{
    TusChecksum checksum;
    g_assert_true(tus_parse_checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", &checksum, NULL));
    g_assert_cmpint(checksum.kind, ==, TUS_CHECKSUM_SHA1);
    g_assert_cmpuint(checksum.size, ==, 20);
    g_assert_cmpuint(checksum.bytes[0], ==, 0x2a);
    g_assert_true(tus_parse_checksum(NULL, &checksum, NULL));
    g_assert_cmpint(checksum.kind, ==, TUS_CHECKSUM_NONE);
}

static void
test_wrong_checksums_are_told_apart(void)
{
    TusChecksum checksum;
    g_autoptr(GError) unknown = NULL;
    g_assert_false(tus_parse_checksum("md5 1B2M2Y8AsgTpgAmY7PhCfg==", &checksum, &unknown));
    g_assert_error(unknown, APP_ERROR, APP_ERROR_UNSUPPORTED);
    static const char *const wrong[] = { "sha1 ", "sha1 Kq5s",
                                         "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=" };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(tus_parse_checksum(wrong[i], &checksum, &error));
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_expiry_is_an_http_date(void)
{
    g_autofree char *text = tus_format_expiry(784111777 * (gint64)G_USEC_PER_SEC);
    g_assert_cmpstr(text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tus/number", test_numbers_are_digits_only);
    g_test_add_func("/tus/metadata/decoded", test_metadata_is_decoded);
    g_test_add_func("/tus/metadata/none", test_no_metadata_is_an_empty_table);
    g_test_add_func("/tus/metadata/wrong", test_wrong_metadata_says_why);
    g_test_add_func("/tus/checksum/read", test_checksums_are_read);
    g_test_add_func("/tus/checksum/wrong", test_wrong_checksums_are_told_apart);
    g_test_add_func("/tus/expiry", test_expiry_is_an_http_date);
    return g_test_run();
}
