#include "listing/match_rest.h"

#include "listing/match_word_table.h"

#include <string.h>

static Claim
claim_of(const char *text)
{
    g_auto(Name) name = { 0 };
    name_set(&name, text, strlen(text));
    return claim_read(&name, 0, name.folded_length);
}

static void
test_table_is_sorted(void)
{
    for (gsize i = 1; i < place_word_count; i++) {
        g_assert_cmpint(strcmp(place_word_table[i - 1].text, place_word_table[i].text), <, 0);
    }
}

static void
test_every_word_is_found_as_people_type_it(void)
{
    for (gsize i = 0; i < place_word_count; i++) {
        const PlaceWord *word = &place_word_table[i];
        g_autofree char *upper = g_utf8_strup(word->text, -1);
        g_assert_true(claim_word_is_known(word->text, strlen(word->text)));
        g_assert_true((word->meaning == WORD_VIEW) == (word->view > 0));
        if (word->meaning == WORD_VIEW) {
            Claim claim = claim_of(upper);
            g_assert_cmpint(claim.kind, ==, CLAIM_VIEW);
            g_assert_cmpuint(claim.order, ==, word->view);
        }
    }
}

static void
test_code_then_number_then_word(void)
{
    g_assert_cmpint(claim_of("front 3 PT02").kind, ==, CLAIM_SLOT);
    g_assert_cmpint(claim_of("3 front").kind, ==, CLAIM_NUMBER);
    g_assert_cmpint(claim_of("front 3").kind, ==, CLAIM_VIEW);
    g_assert_cmpint(claim_of("blue front").kind, ==, CLAIM_VIEW);
    g_assert_cmpint(claim_of("blue").kind, ==, CLAIM_FREE);
    g_assert_cmpint(claim_of("").kind, ==, CLAIM_BARE);
    g_assert_cmpint(claim_of("copy (2)").kind, ==, CLAIM_BARE);
}

static void
test_only_small_numbers_are_pictures(void)
{
    g_assert_cmpuint(claim_of("099").number, ==, 99);
    g_assert_cmpint(claim_of("100").kind, ==, CLAIM_FREE);
    g_assert_cmpint(claim_of("0001").kind, ==, CLAIM_FREE);
    g_assert_cmpint(claim_of("DSC00012").kind, ==, CLAIM_FREE);
    g_assert_cmpint(claim_of("IMG_4711").kind, ==, CLAIM_FREE);
    g_assert_cmpuint(claim_of("img07").number, ==, 7);
}

static void
test_folder_must_be_nothing_but_a_place(void)
{
    static const struct {
        const char *name;
        bool is_place;
    } cases[] = { { "main", true },         { "PT03", true },    { "Swatches", true },
                  { "back", true },         { "images", false }, { "2", false },
                  { "main street", false }, { "", false },       { "copy", false } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Name) name = { 0 };
        name_set(&name, cases[i].name, strlen(cases[i].name));
        Claim claim;
        g_assert_cmpint(claim_read_folder(&name, &claim), ==, cases[i].is_place);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/match-rest/sorted", test_table_is_sorted);
    g_test_add_func("/match-rest/every-word", test_every_word_is_found_as_people_type_it);
    g_test_add_func("/match-rest/precedence", test_code_then_number_then_word);
    g_test_add_func("/match-rest/small-numbers", test_only_small_numbers_are_pictures);
    g_test_add_func("/match-rest/folders", test_folder_must_be_nothing_but_a_place);
    return g_test_run();
}
