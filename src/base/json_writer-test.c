#include "base/json_writer.h"

#include <math.h>

static void
test_document_on_one_line(void)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    json_begin_object(writer, NULL);
    json_string(writer, "name", "a\"b\\c\n\x01<");
    json_begin_array(writer, "list");
    json_int(writer, NULL, -5);
    json_int(writer, NULL, 0);
    json_int(writer, NULL, G_MAXINT64);
    json_int(writer, NULL, G_MININT64);
    json_double(writer, NULL, 4.99, 2);
    json_double(writer, NULL, NAN, 2);
    json_bool(writer, NULL, true);
    json_null(writer, NULL);
    json_end_array(writer);
    json_begin_object(writer, "empty");
    json_end_object(writer);
    json_end_object(writer);
    g_assert_cmpstr(json_writer_text(writer)->str, ==,
                    "{\"name\":\"a\\\"b\\\\c\\n\\u0001\\u003c\","
                    "\"list\":[-5,0,9223372036854775807,-9223372036854775808,4.99,null,true,null],"
                    "\"empty\":{}}");
}

static void
test_indented_document(void)
{
    g_autoptr(JsonWriter) writer = json_writer_new(true);
    json_begin_object(writer, NULL);
    json_int(writer, "a", 1);
    json_string(writer, "b", NULL);
    json_end_object(writer);
    g_assert_cmpstr(json_writer_text(writer)->str, ==, "{\n  \"a\": 1,\n  \"b\": null\n}");
}

static void
test_bytes_that_are_no_utf8_are_replaced(void)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    json_begin_array(writer, NULL);
    json_string(writer, NULL, "a\xff");
    json_string(writer, NULL, "\xe4\xb8\xad\"\xffz");
    json_end_array(writer);
    g_assert_cmpstr(json_writer_text(writer)->str, ==,
                    "[\"a\xef\xbf\xbd\",\"\xe4\xb8\xad\\\"\xef\xbf\xbdz\"]");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-writer/one-line", test_document_on_one_line);
    g_test_add_func("/json-writer/indented", test_indented_document);
    g_test_add_func("/json-writer/invalid-utf8", test_bytes_that_are_no_utf8_are_replaced);
    return g_test_run();
}
