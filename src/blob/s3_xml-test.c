#include "blob/s3_xml.h"

#include "base/error.h"

#include <string.h>

static bool
collect(const char *path, const char *text, gpointer data)
{
    g_string_append_printf(data, "%s=%s\n", path, text);
    return true;
}

/* "path=text" lines; NULL when DOCUMENT is refused. */
static char *
walk(const char *document)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GBytes) bytes = g_bytes_new(document, strlen(document));
    g_autoptr(GError) error = NULL;
    if (!s3_xml_walk(bytes, collect, lines, &error)) {
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&lines), FALSE);
}

static void
test_list(void)
{
    g_autofree char *lines =
        walk("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\" a='>'>\n"
             "  <Name>b</Name><Prefix/><!-- <x> -->\n"
             "  <Contents><Key>a</Key><Owner><ID>1</ID></Owner></Contents>\n"
             "  <Contents><s3:Key>b</s3:Key ></Contents>\n"
             "</ListBucketResult>\n");
    g_assert_cmpstr(lines, ==,
                    "ListBucketResult/Name=b\nListBucketResult/Prefix=\n"
                    "ListBucketResult/Contents/Key=a\nListBucketResult/Contents/Owner/ID=1\n"
                    "ListBucketResult/Contents/Key=b\n");
}

static void
test_references(void)
{
    g_autofree char *lines = walk("<a>&lt;&amp;lt;&gt;&quot;&apos;&#65;&#xe9;</a>");
    g_assert_cmpstr(lines, ==, "a=<&lt;>\"'A\xc3\xa9\n");
}

static void
test_an_empty_root(void)
{
    g_autofree char *lines = walk("<DeleteResult xmlns='x' />");
    g_assert_cmpstr(lines, ==, "DeleteResult=\n");
}

static void
test_refused(void)
{
    static const char *const documents[] = {
        "",
        "text",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/>x",
        "<a></a><b></b>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>&#xd800;</a>",
        "<a>&#x;</a>",
        "<a>&",
        "<a <b></a>",
        "<!DOCTYPE a><a></a>",
        "<a><![CDATA[x]]></a>",
        "<a>\xff</a>",
        "<",
        "<>",
        "<a></a",
        "<?xml",
        "<a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a>",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_test_message("%s", documents[i]);
        g_autofree char *lines = walk(documents[i]);
        g_assert_null(lines);
    }
}

static void
test_a_zero_byte_is_refused(void)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_static("<a>\0</a>", 8);
    g_assert_false(s3_xml_walk(bytes, collect, lines, NULL));
}

static bool
stop(const char *path, const char *text, gpointer data)
{
    return false;
}

static void
test_stops_when_told(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("<a>1</a>", 8);
    g_assert_false(s3_xml_walk(bytes, stop, NULL, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3-xml/list", test_list);
    g_test_add_func("/s3-xml/references", test_references);
    g_test_add_func("/s3-xml/empty-root", test_an_empty_root);
    g_test_add_func("/s3-xml/refused", test_refused);
    g_test_add_func("/s3-xml/zero-byte", test_a_zero_byte_is_refused);
    g_test_add_func("/s3-xml/stops-when-told", test_stops_when_told);
    return g_test_run();
}
