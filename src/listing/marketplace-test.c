#include "listing/layout_grammar.h"
#include "listing/layout_header.h"

#include <string.h>

static void
test_names_lead_back_to_their_rows(void)
{
    for (int id = 0; id < MARKETPLACE_COUNT; id++) {
        const Marketplace *row = marketplace_by_id((MarketplaceId)id);
        g_assert_true(marketplace_by_name(row->name) == row);
        g_assert_cmpuint(row->rules.target_side, >=, row->rules.min_longest_side);
    }
    g_assert_true(marketplace_by_name("AMAZON") == marketplace_by_id(MARKETPLACE_AMAZON));
    g_assert_null(marketplace_by_name("auto"));
}

/* A pattern that is not in the form that headers are brought into could never fit. */
static void
test_patterns_can_fit(void)
{
    for (gsize i = 0; i < grammar_table_size; i++) {
        for (const ColumnRule *rule = grammar_table[i].columns; rule->pattern != NULL; rule++) {
            g_autoptr(GString) sample = g_string_new(rule->pattern);
            g_string_replace(sample, "%", "7", 0);
            g_string_replace(sample, "*", "x", 0);
            g_autofree char *normal = header_normalise(sample->str);
            guint32 number;
            if (!header_matches(normal, rule->pattern, &number)) {
                g_test_message("%s: \"%s\" is not in the normal form", grammar_table[i].name,
                               rule->pattern);
                g_test_fail();
            }
        }
    }
}

static void
test_the_plain_grammar_is_last(void)
{
    g_assert_cmpint(grammar_table[grammar_table_size - 1].marketplace, ==, MARKETPLACE_PLAIN);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/marketplace/names", test_names_lead_back_to_their_rows);
    g_test_add_func("/marketplace/patterns", test_patterns_can_fit);
    g_test_add_func("/marketplace/plain-is-last", test_the_plain_grammar_is_last);
    return g_test_run();
}
