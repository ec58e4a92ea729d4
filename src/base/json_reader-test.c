#include "base/json_reader.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static JsonReader *
reader_of(const char *text)
{
    JsonReader *reader = json_reader_new();
    json_reader_start(reader, text, strlen(text));
    return reader;
}

static void
assert_wrong(JsonReader *reader, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(json_reader_finish(reader, "doc.json", 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, message);
}

static void
test_members_come_in_the_order_of_the_text(void)
{
    static const char *const keys[] = { "a", "b" };
    g_autoptr(JsonReader) reader =
        reader_of("{\"b\":-2.5, \"other\":[1,{\"a\":\"}\"}], \"a\":\"x\\u00e9\\ud83d\\ude00\"}");
    guint64 seen = json_read_object(reader);
    g_assert_cmpint(json_read_key(reader, keys, 2, &seen), ==, 1);
    g_assert_cmpfloat(json_read_double(reader), ==, -2.5);
    g_assert_cmpint(json_read_key(reader, keys, 2, &seen), ==, 0);
    g_assert_cmpstr(json_read_string(reader), ==, "x\u00e9\U0001f600");
    g_assert_cmpint(json_read_key(reader, keys, 2, &seen), ==, -1);
    json_read_require(reader, keys, seen, 3);
    g_assert_true(json_reader_finish(reader, "doc.json", 1, NULL));
}

static void
test_numbers_are_exact(void)
{
    static const char *const texts[] = { "0",
                                         "-0.1",
                                         "1700000000.016667",
                                         "105.53",
                                         "1e-3",
                                         "2.5E+10",
                                         "123456789012345678901234567890",
                                         "4.9e-324" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(JsonReader) reader = reader_of(texts[i]);
        g_assert_cmpfloat(json_read_double(reader), ==, g_ascii_strtod(texts[i], NULL));
        g_assert_true(json_reader_finish(reader, "doc.json", 1, NULL));
    }
}

static void
test_what_json_does_not_allow_as_a_number(void)
{
    static const char *const texts[] = { "NaN", "Infinity", "01", "1.",   ".5",
                                         "+1",  "1e",       "-",  "0x10", "1e999" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(JsonReader) reader = reader_of(texts[i]);
        json_read_double(reader);
        g_assert_false(json_reader_finish(reader, "doc.json", 1, NULL));
    }
}

static void
test_floats_may_be_null(void)
{
    g_autoptr(JsonReader) reader = reader_of("[1.5, null,-3 ]");
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(float));
    json_read_floats(reader, values, 3);
    g_assert_true(json_reader_finish(reader, "doc.json", 1, NULL));
    g_assert_cmpuint(values->len, ==, 3);
    g_assert_cmpfloat(g_array_index(values, float, 0), ==, 1.5f);
    g_assert_true(isnan(g_array_index(values, float, 1)));
    g_assert_cmpfloat(g_array_index(values, float, 2), ==, -3.0f);
}

static void
test_an_error_names_its_line(void)
{
    g_autoptr(JsonReader) reader = reader_of("[1,\n2,\n nonsense]");
    json_read_array(reader);
    while (json_read_element(reader)) {
        json_read_double(reader);
    }
    assert_wrong(reader, "doc.json:3: 'n' stands where a number should be");
}

static void
test_missing_and_repeated_keys(void)
{
    static const char *const keys[] = { "a", "b" };
    g_autoptr(JsonReader) missing = reader_of("{\"a\":1}");
    guint64 seen = json_read_object(missing);
    while (json_read_key(missing, keys, 2, &seen) >= 0) {
        json_read_skip(missing);
    }
    json_read_require(missing, keys, seen, 3);
    assert_wrong(missing, "doc.json:1: \"b\" is missing");

    g_autoptr(JsonReader) twice = reader_of("{\"a\":1,\"a\":2}");
    seen = json_read_object(twice);
    while (json_read_key(twice, keys, 2, &seen) >= 0) {
        json_read_skip(twice);
    }
    assert_wrong(twice, "doc.json:1: \"a\" comes twice");
}

static void
test_broken_documents(void)
{
    static const char *const texts[] = {
        "",       "{",       "[1 2]",       "[1,]",        "{\"a\"}",           "{\"a\":1,}",
        "\"open", "\"\\x\"", "\"\\ud800\"", "\"\\u0000\"", "\"a\nb\"",          "\"\xff\"",
        "{} {}",  "tru",     "[1]]",        "\"\\u12\"",   "{\"a\":1 \"b\":2}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(JsonReader) reader = reader_of(texts[i]);
        json_read_skip(reader);
        if (json_reader_finish(reader, "doc.json", 1, NULL)) {
            g_test_message("accepted: %s", texts[i]);
            g_test_fail();
        }
    }
}

static void
test_depth_is_limited(void)
{
    g_autofree char *deep = g_strnfill(100000, '[');
    g_autoptr(JsonReader) reader = reader_of(deep);
    json_read_skip(reader);
    assert_wrong(reader, "doc.json:1: nested deeper than 64 levels");
}

static void
test_the_kind_of_the_next_value(void)
{
    static const JsonKind kinds[] = { JSON_NULL,   JSON_BOOL,  JSON_NUMBER, JSON_NUMBER,
                                      JSON_STRING, JSON_ARRAY, JSON_OBJECT };
    g_autoptr(JsonReader) reader = reader_of("[null, true, -1, 0, \"\", [], {}]");
    json_read_array(reader);
    for (guint i = 0; json_read_element(reader); i++) {
        g_assert_cmpint(json_peek(reader), ==, kinds[i]);
        json_read_skip(reader);
    }
    g_assert_true(json_reader_finish(reader, "doc.json", 1, NULL));
    g_assert_cmpint(json_peek(reader), ==, JSON_NOTHING);
}

static void
test_a_string_may_be_null(void)
{
    g_autoptr(JsonReader) reader = reader_of("[null, \"x\"]");
    json_read_array(reader);
    g_assert_true(json_read_element(reader));
    g_autofree char *nothing = json_read_nullable_string(reader);
    g_assert_null(nothing);
    g_assert_true(json_read_element(reader));
    g_autofree char *something = json_read_nullable_string(reader);
    g_assert_cmpstr(something, ==, "x");
    g_assert_false(json_read_element(reader));
    g_assert_true(json_reader_finish(reader, "doc.json", 1, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json-reader/members", test_members_come_in_the_order_of_the_text);
    g_test_add_func("/json-reader/numbers", test_numbers_are_exact);
    g_test_add_func("/json-reader/no-numbers", test_what_json_does_not_allow_as_a_number);
    g_test_add_func("/json-reader/floats", test_floats_may_be_null);
    g_test_add_func("/json-reader/line-of-error", test_an_error_names_its_line);
    g_test_add_func("/json-reader/kind", test_the_kind_of_the_next_value);
    g_test_add_func("/json-reader/nullable", test_a_string_may_be_null);
    g_test_add_func("/json-reader/keys", test_missing_and_repeated_keys);
    g_test_add_func("/json-reader/broken", test_broken_documents);
    g_test_add_func("/json-reader/depth", test_depth_is_limited);
    return g_test_run();
}
