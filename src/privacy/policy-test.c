#include "privacy/policy.h"

#include "base/json_reader.h"

#include <string.h>

static const PolicyFacts facts = { .service = "shop & co", .operator_ = "Jane <jane@example.com>" };

static void
assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        g_test_message("no \"%s\" in it", part);
        g_test_fail();
    }
}

/* LST-29 */
static void
test_the_page_has_a_date_and_a_version(void)
{
    g_autofree char *version = inventory_version();
    g_autofree char *short_version = g_strndup(version, 12);
    GString *html = policy_html(&facts);
    assert_has(html->str, inventory_changed_on);
    assert_has(html->str, short_version);
    g_string_free(html, TRUE);
}

/* LST-29: what changes gets a date of its own; src/privacy/inventory_table.c has both at its end. */
static void
test_the_date_is_that_of_this_version(void)
{
    g_autofree char *version = inventory_version();
    g_autofree char *short_version = g_strndup(version, 12);
    g_assert_cmpstr(inventory_changed_to, ==, short_version);
}

/* LST-17, LST-20: the figures are the table's, and nobody who gets data is left out. */
static void
test_the_page_says_what_the_table_says(void)
{
    GString *html = policy_html(&facts);
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        if (entry->retention.kind == RETAIN_NOTHING) {
            continue;
        }
        g_autofree char *title = g_markup_escape_text(entry->title, -1);
        g_autofree char *retention = retention_to_string(&entry->retention);
        g_autofree char *escaped = g_markup_escape_text(retention, -1);
        assert_has(html->str, title);
        assert_has(html->str, escaped);
    }
    for (gsize i = 0; i < recipient_count; i++) {
        assert_has(html->str, recipient_table[i].name);
    }
    g_string_free(html, TRUE);
}

static void
test_names_are_text_and_not_markup(void)
{
    GString *html = policy_html(&facts);
    assert_has(html->str, "shop &amp; co");
    g_assert_null(strstr(html->str, "<jane@"));
    g_assert_null(strstr(html->str, "<script"));
    g_assert_null(strstr(html->str, "style="));
    g_string_free(html, TRUE);
}

static void
test_the_json_is_json(void)
{
    g_autofree char *json = policy_json(&facts);
    g_autoptr(JsonReader) reader = json_reader_new();
    g_autoptr(GError) error = NULL;
    json_reader_start(reader, json, strlen(json));
    json_read_skip(reader);
    json_reader_finish(reader, "policy", 1, &error);
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/policy/date", test_the_page_has_a_date_and_a_version);
    g_test_add_func("/policy/LST-29/edition", test_the_date_is_that_of_this_version);
    g_test_add_func("/policy/says", test_the_page_says_what_the_table_says);
    g_test_add_func("/policy/escaped", test_names_are_text_and_not_markup);
    g_test_add_func("/policy/json", test_the_json_is_json);
    return g_test_run();
}
