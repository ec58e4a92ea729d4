#include "listing/name.h"

#include <string.h>

static void
assert_forms(const char *text, const char *plain, const char *folded, const char *squeezed)
{
    g_auto(Name) name = { 0 };
    name_set(&name, text, strlen(text));
    g_assert_cmpstr(name.plain, ==, plain);
    g_assert_cmpstr(name.folded, ==, folded);
    g_assert_cmpstr(name.squeezed, ==, squeezed);
    g_assert_cmpuint(name.plain_length, ==, strlen(plain));
    g_assert_cmpuint(name.folded_length, ==, strlen(folded));
    g_assert_cmpuint(name.squeezed_length, ==, strlen(squeezed));
}

static void
test_three_forms(void)
{
    assert_forms("AB-12_Red", "AB-12_Red", "ab-12_red", "ab12red");
    assert_forms("  A \t B ", "A B", "a b", "ab");
    assert_forms("--#", "--#", "--#", "--#");
    assert_forms("", "", "", "");
}

static void
test_unicode_forms(void)
{
    assert_forms("Cafe\u0301", "Caf\u00E9", "caf\u00E9", "caf\u00E9");
    assert_forms("ＡＢ－１２　Ｘ", "AB-12 X", "ab-12 x", "ab12x");
    assert_forms("A\u00A0B\u200B\uFEFF", "A B", "a b", "ab");
    assert_forms("ΟΔΟΣ", "ΟΔΟΣ", "οδοσ", "οδοσ");
    assert_forms("οδος", "οδος", "οδοσ", "οδοσ");
    assert_forms("ÉTÉ·5", "ÉTÉ·5", "été·5", "été5");
    assert_forms("か\u3099", "が", "が", "が");
    assert_forms("Ⱥ", "Ⱥ", "\u2C65", "\u2C65");
    assert_forms("Größe", "Größe", "grösse", "grösse");
    assert_forms("\u1E9E", "\u1E9E", "ss", "ss");
    assert_forms("İ", "İ", "i", "i");
    assert_forms("\u0390", "\u0390", "\u03B9\u0308\u0301", "\u03B9\u0308\u0301");
    assert_forms("ꭰ", "ꭰ", "Ꭰ", "Ꭰ");
    assert_forms("한국", "한국", "한국", "한국");
}

/* The short cut of common scripts must not differ from the long way, which a character beyond them
 * makes every text go. */
static void
test_short_cut_equals_the_long_way(void)
{
    static const char *const texts[] = { "红色T恤（2）", "ネコ ﾈｺ", "Größe・5", "ＡＺａｚ～！",
                                         "メーカー" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *longer = g_strconcat(texts[i], "\u0436", NULL);
        g_auto(Name) a = { 0 };
        g_auto(Name) b = { 0 };
        name_set(&a, texts[i], strlen(texts[i]));
        name_set(&b, longer, strlen(longer));
        g_assert_cmpuint(b.folded_length, ==, a.folded_length + 2);
        g_assert_true(strncmp(a.folded, b.folded, a.folded_length) == 0);
        g_assert_true(strncmp(a.plain, b.plain, a.plain_length) == 0);
    }
}

static void
test_bytes_that_are_no_utf8_are_replaced(void)
{
    assert_forms("A\xff-1", "A\uFFFD-1", "a\uFFFD-1", "a\uFFFD1");
    assert_forms("\xe4\xb8", "\uFFFD\uFFFD", "\uFFFD\uFFFD", "\uFFFD\uFFFD");
}

static void
assert_words(const char *text, const char *joined)
{
    g_auto(Name) name = { 0 };
    name_set(&name, text, strlen(text));
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint32 i = 0; i < name.num_words; i++) {
        const NameWord *word = &name.words[i];
        g_string_append_len(words, name.folded + word->start, word->end - word->start);
        g_string_append_c(words, '|');
        g_assert_cmpuint(word->end - word->start, ==, word->squeezed_end - word->squeezed_start);
        g_assert_true(strncmp(name.folded + word->start, name.squeezed + word->squeezed_start,
                              word->end - word->start) == 0);
    }
    g_assert_cmpstr(words->str, ==, joined);
}

static void
test_words(void)
{
    assert_words("AB-12_x (3)", "ab|12|x|3|");
    assert_words("红色T恤_正面", "红色|t|恤|正面|");
    assert_words("Größe 5", "grösse|5|");
    assert_words("---", "---|");
    assert_words("", "");
}

static void
test_buffers_are_used_again(void)
{
    g_auto(Name) name = { 0 };
    name_set(&name, "A long name with many words", 27);
    name_set(&name, "x", 1);
    g_assert_cmpstr(name.folded, ==, "x");
    g_assert_cmpuint(name.num_words, ==, 1);
}

static void
test_only_picture_extensions_are_taken_off(void)
{
    static const struct {
        const char *base;
        gsize length;
    } cases[] = { { "a.jpg", 1 }, { "a.JPEG", 1 },    { "a.heic", 1 }, { "AB.12", 5 },
                  { "a.txt", 5 }, { "a.jpg.png", 5 }, { ".jpg", 4 },   { "", 0 },
                  { ".", 1 },     { "a.", 2 } };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpuint(name_stem_length(cases[i].base, strlen(cases[i].base)), ==,
                         cases[i].length);
    }
}

static void
test_junk_of_operating_systems(void)
{
    static const char *const junk[] = { "__MACOSX/a/._b.jpg", "x/__MACOSX/b.jpg", "._b.jpg",
                                        "a/.DS_Store",        "a\\Thumbs.db",     "THUMBS.DB",
                                        "Desktop.ini",        "@eaDir/a.jpg" };
    static const char *const photos[] = { "a.jpg", "MACOSX/a.jpg", "a/_b.jpg", "Thumbs.db/a.jpg",
                                          "" };
    for (gsize i = 0; i < G_N_ELEMENTS(junk); i++) {
        g_assert_true(photo_name_is_junk(junk[i]));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(photos); i++) {
        g_assert_false(photo_name_is_junk(photos[i]));
    }
}

static void
test_natural_order(void)
{
    static const char *const sorted[] = { "",     "a01",  "a1", "a2",  "A2b", "a10",
                                          "a10a", "a100", "b",  "b/2", "b/10" };
    for (gsize i = 0; i < G_N_ELEMENTS(sorted); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(sorted); j++) {
            int order = name_compare_natural(sorted[i], sorted[j]);
            g_assert_cmpint((order > 0) - (order < 0), ==, (i > j) - (i < j));
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/name/three-forms", test_three_forms);
    g_test_add_func("/name/unicode-forms", test_unicode_forms);
    g_test_add_func("/name/short-cut", test_short_cut_equals_the_long_way);
    g_test_add_func("/name/no-utf8", test_bytes_that_are_no_utf8_are_replaced);
    g_test_add_func("/name/words", test_words);
    g_test_add_func("/name/used-again", test_buffers_are_used_again);
    g_test_add_func("/name/extensions", test_only_picture_extensions_are_taken_off);
    g_test_add_func("/name/junk", test_junk_of_operating_systems);
    g_test_add_func("/name/natural-order", test_natural_order);
    return g_test_run();
}
