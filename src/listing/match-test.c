/* LST-05: which photo goes to which SKU and slot, pitfall by pitfall. */
#include "listing/match.h"

#include <string.h>

typedef struct {
    const char *path;
    const char *want; /* "SKU SLOT"; "-": unmatched; "?": ambiguous */
} Case;

static char *
describe(const MatchSku *skus, const MatchDecision *decision)
{
    switch (decision->verdict) {
    case MATCH_UNMATCHED:
        return g_strdup("-");
    case MATCH_AMBIGUOUS:
        return g_strdup("?");
    case MATCH_MATCHED:
        break;
    }
    g_autofree char *slot = slot_to_string(decision->slot);
    return g_strdup_printf("%s %s", skus[decision->sku].sku, slot);
}

static void
check_skus(const MatchSku *skus, gsize num_skus, const Case *cases)
{
    gsize num_cases = 0;
    while (cases[num_cases].path != NULL) {
        num_cases++;
    }
    g_autofree MatchPhoto *photos = g_new0(MatchPhoto, num_cases);
    for (gsize i = 0; i < num_cases; i++) {
        photos[i].path = cases[i].path;
    }
    g_autoptr(MatchResult) result = match_photos(skus, num_skus, photos, num_cases);
    for (gsize i = 0; i < num_cases; i++) {
        const MatchDecision *decision = match_decision(result, i);
        g_autofree char *got = describe(skus, decision);
        if (strcmp(got, cases[i].want) != 0) {
            g_test_message("%s: \"%s\", not \"%s\" (%s; %s)", cases[i].path, got, cases[i].want,
                           decision->rule, decision->notes == NULL ? "" : decision->notes);
            g_test_fail();
        }
        g_assert_nonnull(decision->rule);
    }
}

/* SKUS: separated by '|'. */
static void
check(const char *skus, const Case *cases)
{
    g_auto(GStrv) names = g_strsplit(skus, "|", -1);
    gsize num_skus = g_strv_length(names);
    g_autofree MatchSku *list = g_new0(MatchSku, num_skus);
    for (gsize i = 0; i < num_skus; i++) {
        list[i].sku = names[i];
    }
    check_skus(list, num_skus, cases);
}

#define CHECK(skus, ...) check(skus, (const Case[]){ __VA_ARGS__, { NULL, NULL } })

static void
test_name_is_the_sku(void)
{
    CHECK("AB-12|CD-34", { "AB-12.jpg", "AB-12 MAIN" }, { "x/y/cd-34.PNG", "CD-34 MAIN" });
}

static void
test_numbers_count_from_1_without_a_0(void)
{
    CHECK("AB-12", { "AB-12_1.jpg", "AB-12 MAIN" }, { "AB-12-2.jpg", "AB-12 PT01" },
          { "AB-12 (3).jpg", "AB-12 PT02" }, { "AB-12.04.jpg", "AB-12 PT03" },
          { "AB-12_10.jpg", "AB-12 PT09" });
}

static void
test_numbers_count_from_0_where_there_is_a_0(void)
{
    CHECK("AB-12", { "AB-12_0.jpg", "AB-12 MAIN" }, { "AB-12_1.jpg", "AB-12 PT01" },
          { "AB-12_2.jpg", "AB-12 PT02" });
}

static void
test_bare_name_is_main_and_number_1_the_first_extra(void)
{
    CHECK("AB-12", { "AB-12.jpg", "AB-12 MAIN" }, { "AB-12_1.jpg", "AB-12 PT01" },
          { "AB-12_2.jpg", "AB-12 PT02" });
}

static void
test_bare_name_is_main_and_number_2_the_first_extra_without_a_1(void)
{
    CHECK("redtoy", { "redtoy.jpg", "redtoy MAIN" }, { "redtoy-2.jpg", "redtoy PT01" },
          { "redtoy-3.jpg", "redtoy PT02" });
}

static void
test_bare_name_and_number_0_are_rivals(void)
{
    CHECK("AB", { "AB.jpg", "?" }, { "AB_0.jpg", "?" }, { "AB_1.jpg", "AB PT01" });
}

static void
test_gaps_stay(void)
{
    CHECK("AB", { "AB_1.jpg", "AB MAIN" }, { "AB_2.jpg", "AB PT01" }, { "AB_5.jpg", "AB PT04" });
}

static void
test_batch_that_counts_from_0_leaves_main_empty_where_0_is_missing(void)
{
    CHECK("AA|BB|CC", { "AA_0.jpg", "AA MAIN" }, { "AA_1.jpg", "AA PT01" },
          { "BB_0.jpg", "BB MAIN" }, { "CC_1.jpg", "CC PT01" });
}

static void
test_one_stray_0_does_not_change_a_batch_that_counts_from_1(void)
{
    CHECK("AA|BB|CC", { "AA_0.jpg", "AA MAIN" }, { "BB_1.jpg", "BB MAIN" },
          { "BB_2.jpg", "BB PT01" }, { "CC_1.jpg", "CC MAIN" });
}

static void
test_large_numbers_are_no_slots(void)
{
    CHECK("AB", { "AB_20240501_2.jpg", "AB PT01" }, { "AB_4711.jpg", "AB MAIN" },
          { "AB_4712.jpg", "AB PT02" });
}

static void
test_codes_name_the_slot(void)
{
    CHECK(
        "B0ABCDEFGH", { "B0ABCDEFGH.MAIN.jpg", "B0ABCDEFGH MAIN" },
        { "B0ABCDEFGH.PT01.jpg", "B0ABCDEFGH PT01" }, { "B0ABCDEFGH.SWCH.jpg", "B0ABCDEFGH SWCH" },
        { "B0ABCDEFGH.FACT.jpg", "B0ABCDEFGH FACT" }, { "B0ABCDEFGH.PS02.jpg", "B0ABCDEFGH PS02" },
        { "B0ABCDEFGH.EEGL.jpg", "B0ABCDEFGH EEGL" }, { "B0ABCDEFGH.BACK.jpg", "B0ABCDEFGH BACK" },
        { "B0ABCDEFGH_back.jpg", "B0ABCDEFGH PT02" });
}

static void
test_code_wins_over_number_and_number_over_word(void)
{
    CHECK("AB", { "AB_3_PT05.jpg", "AB PT05" }, { "AB_1_front.jpg", "AB MAIN" },
          { "AB_2_back.jpg", "AB PT01" });
}

static void
test_number_after_a_view_counts_that_view(void)
{
    CHECK("AB", { "AB.jpg", "AB MAIN" }, { "AB_back_1.jpg", "AB PT03" },
          { "AB_front_2.jpg", "AB PT02" }, { "AB_front_1.jpg", "AB PT01" });
}

static void
test_views_take_extras_in_their_usual_order(void)
{
    CHECK("AB", { "AB_detail.jpg", "AB PT03" }, { "AB_back.jpg", "AB PT02" },
          { "AB_side.jpg", "AB PT01" }, { "AB_front.jpg", "AB MAIN" },
          { "AB-swatch.jpg", "AB SWCH" });
}

static void
test_views_in_other_languages(void)
{
    CHECK("K1", { "K1_vorne.jpg", "K1 MAIN" }, { "K1_arrière.jpg", "K1 PT02" },
          { "K1_izquierda.jpg", "K1 PT01" }, { "K1_dettaglio.jpg", "K1 PT03" },
          { "K1包装.jpg", "K1 PT04" });
    CHECK("K2", { "K2_正面.jpg", "K2 MAIN" }, { "K2-背面.jpg", "K2 PT01" },
          { "K2_ディテール.jpg", "K2 PT02" }, { "K2色卡.jpg", "K2 SWCH" });
    CHECK("K3", { "K3 Hauptbild.jpg", "K3 MAIN" }, { "K3 R\u00FCckseite.jpg", "K3 PT01" });
}

static void
test_alt_numbers_count_extras(void)
{
    CHECK("AB", { "AB_main.jpg", "AB MAIN" }, { "AB_alt1.jpg", "AB PT01" },
          { "AB_alt_2.jpg", "AB PT02" }, { "AB_other_image3.jpg", "AB PT03" });
}

static void
test_image_numbers_count_pictures(void)
{
    CHECK("AB", { "AB_img1.jpg", "AB MAIN" }, { "AB_image_02.jpg", "AB PT01" },
          { "AB Bild 3.jpg", "AB PT02" });
}

static void
test_names_without_slot_follow_in_natural_order(void)
{
    CHECK("AB", { "AB DSC0010.jpg", "AB PT02" }, { "AB DSC0009.jpg", "AB PT01" },
          { "AB DSC0002.jpg", "AB MAIN" });
}

static void
test_names_without_slot_fill_free_places(void)
{
    CHECK("AB", { "AB_1.jpg", "AB MAIN" }, { "AB_3.jpg", "AB PT02" }, { "AB blue.jpg", "AB PT01" },
          { "AB red.jpg", "AB PT03" });
}

static void
test_longest_sku_wins(void)
{
    CHECK("AB|AB-1|AB-1-2", { "AB-1-2.jpg", "AB-1-2 MAIN" }, { "AB-1-2_2.jpg", "AB-1-2 PT01" },
          { "AB-1.jpg", "AB-1 MAIN" }, { "AB-1-3.jpg", "AB-1 PT02" });
}

static void
test_other_reading_is_noted(void)
{
    const MatchSku skus[] = { { .sku = "AB-1" }, { .sku = "AB-1-2" } };
    const MatchPhoto photo = { "AB-1-2.jpg" };
    g_autoptr(MatchResult) result = match_photos(skus, 2, &photo, 1);
    const MatchDecision *decision = match_decision(result, 0);
    g_assert_cmpuint(decision->sku, ==, 1);
    g_assert_cmpstr(decision->rule, ==, "name is the SKU; nothing else: main picture");
    g_assert_cmpstr(decision->notes, ==, "could also be read as SKU AB-1");
}

static void
test_sku_ends_where_a_word_ends(void)
{
    CHECK("AB-1|X", { "AB-12.jpg", "?" }, { "AB-1x.jpg", "-" }, { "XL.jpg", "-" });
}

static void
test_separators_in_skus(void)
{
    CHECK("A.B.1|C_D_2|E-F-3|G H 4|I#J#5|K%L%6|M+7|N&O", { "A.B.1.jpg", "A.B.1 MAIN" },
          { "C_D_2_1.jpg", "C_D_2 MAIN" }, { "E-F-3-front.jpg", "E-F-3 MAIN" },
          { "G H 4 (1).jpg", "G H 4 MAIN" }, { "I#J#5.jpg", "I#J#5 MAIN" },
          { "K%L%6_2.jpg", "K%L%6 PT01" }, { "M+7.jpg", "M+7 MAIN" }, { "N&O.jpg", "N&O MAIN" });
}

static void
test_slash_in_sku(void)
{
    CHECK("AB/12|CD/34|EF/56|GH/78|KL/90|12", { "AB-12.jpg", "AB/12 MAIN" },
          { "CD_34_2.jpg", "CD/34 PT01" }, { "EF56.jpg", "EF/56 MAIN" },
          { "GH/78.jpg", "GH/78 MAIN" }, { "AB/12_2.jpg", "AB/12 PT01" },
          { "KL%2F90.jpg", "KL/90 MAIN" });
}

static void
test_dot_in_sku_is_no_extension(void)
{
    CHECK("AB.12|AB", { "AB.12", "AB.12 MAIN" }, { "AB.jpg", "AB MAIN" });
    CHECK("AB.12|AB", { "AB.12.HEIC", "AB.12 MAIN" });
}

static void
test_other_separators(void)
{
    CHECK("AB-12-X", { "ab_12 x.jpg", "AB-12-X MAIN" }, { "AB12X_2.jpg", "AB-12-X PT01" });
}

static void
test_exact_wins_over_other_separators(void)
{
    CHECK("AB-1|AB12", { "AB-1-2.jpg", "AB-1 PT01" }, { "AB-1.jpg", "AB-1 MAIN" });
    CHECK("A-1/2|A12", { "A-1_2.jpg", "A-1/2 MAIN" }, { "A12.jpg", "A12 MAIN" });
}

static void
test_separator_between_digits_is_not_ignored(void)
{
    CHECK("AB-12", { "AB-1-2.jpg", "-" });
    CHECK("AB-1-2", { "AB-12.jpg", "AB-1-2 MAIN" });
}

static void
test_punctuation_alone_tells_skus_apart(void)
{
    CHECK("C|C+|C++", { "C++.jpg", "C++ MAIN" }, { "C+_2.jpg", "C+ PT01" }, { "C_1.jpg", "C MAIN" },
          { "C+.jpg", "C+ MAIN" });
}

static void
test_leading_zeros(void)
{
    CHECK("123|00456|7", { "00123.jpg", "123 MAIN" }, { "456_2.jpg", "00456 PT01" },
          { "456_1.jpg", "00456 MAIN" });
}

static void
test_leading_zeros_only_when_unique(void)
{
    CHECK("0123|00123", { "123.jpg", "?" }, { "0123.jpg", "0123 MAIN" },
          { "00123.jpg", "00123 MAIN" });
}

static void
test_case_only_twins(void)
{
    CHECK("ab-1|AB-1", { "ab-1.jpg", "ab-1 MAIN" }, { "AB-1.jpg", "AB-1 MAIN" },
          { "Ab-1.jpg", "?" });
}

static void
test_case_is_ignored_beyond_ascii(void)
{
    CHECK("ГОСТ-5|Größe", { "гост-5_1.jpg", "ГОСТ-5 MAIN" }, { "GRÖßE.jpg", "Größe MAIN" });
}

/* Capitals of "ß" are "SS", and no keyboard types another. */
static void
test_letters_whose_capitals_are_two(void)
{
    CHECK("Größe-1|Straße", { "GRÖSSE-1.jpg", "Größe-1 MAIN" },
          { "grösse-1_2.jpg", "Größe-1 PT01" }, { "GRÖẞE-1_3.jpg", "Größe-1 PT02" },
          { "STRASSE (4).jpg", "Straße PT03" }, { "Strasse/detail.jpg", "Straße PT01" });
    CHECK("GRÖSSE-1", { "größe-1.jpg", "GRÖSSE-1 MAIN" });
    CHECK("ᾼ-1|ISTANBUL-2", { "ᾳ-1.jpg", "ᾼ-1 MAIN" }, { "αι-1_2.jpg", "ᾼ-1 PT01" },
          { "İstanbul-2.jpg", "ISTANBUL-2 MAIN" });
}

static void
test_skus_that_only_capitals_make_equal(void)
{
    CHECK("Größe-1|Grösse-1|ŉ Ωß-2|ŉ Ωss-2", { "Größe-1.jpg", "Größe-1 MAIN" },
          { "Grösse-1.jpg", "Grösse-1 MAIN" }, { "GRÖSSE-1.jpg", "?" },
          { "ŉ Ωß-2.jpg", "ŉ Ωß-2 MAIN" }, { "ŉ Ωss-2.jpg", "ŉ Ωss-2 MAIN" },
          { "ŉ ωSS-2.jpg", "?" });
}

static void
test_decomposed_names_from_macos(void)
{
    CHECK("Caf\u00E9-1", { "Cafe\u0301-1.jpg", "Caf\u00E9-1 MAIN" });
}

static void
test_full_width_and_invisible_characters(void)
{
    CHECK("AB-12", { "ＡＢ－１２.jpg", "AB-12 MAIN" }, { "AB-12\u00A0(2).jpg", "AB-12 PT01" },
          { "\uFEFFAB-1\u200B2_3.jpg", "AB-12 PT02" });
}

static void
test_chinese_names(void)
{
    CHECK("红色T恤|AB-7", { "红色T恤.jpg", "红色T恤 MAIN" }, { "红色T恤_2.jpg", "红色T恤 PT01" },
          { "红色T恤背面.jpg", "红色T恤 PT02" }, { "AB-7正面.jpg", "AB-7 MAIN" });
}

static void
test_emoji_names(void)
{
    CHECK("🎽-1|🧢", { "🎽-1.jpg", "🎽-1 MAIN" }, { "🧢_2.jpg", "🧢 PT01" },
          { "🧢 1.jpg", "🧢 MAIN" });
}

static void
test_copy_marks_say_nothing(void)
{
    CHECK("AA|BB|CC|DD|EE", { "AA - Copy.jpg", "AA MAIN" }, { "BB_copy.jpg", "BB MAIN" },
          { "CC_2 - Kopie.jpg", "CC PT01" }, { "DD - 副本.jpg", "DD MAIN" },
          { "Copy of EE_3.jpg", "EE PT02" });
}

static void
test_copy_is_a_rival_of_its_original(void)
{
    CHECK("AA", { "AA.jpg", "?" }, { "AA - Copy.jpg", "?" }, { "AA - Copy (2).jpg", "?" });
}

static void
test_same_base_with_two_extensions(void)
{
    CHECK("AA|BB|CC", { "AA.jpg", "?" }, { "AA.png", "?" }, { "BB_2.jpg", "?" },
          { "BB_2.heic", "?" }, { "CC blue.jpg", "?" }, { "CC blue.png", "?" });
}

static void
test_rivals_name_each_other(void)
{
    const MatchSku sku = { .sku = "AA" };
    const MatchPhoto photos[] = { { "x/AA_2.jpg" }, { "y/AA_2.jpg" } };
    g_autoptr(MatchResult) result = match_photos(&sku, 1, photos, 2);
    g_assert_cmpstr(match_decision(result, 0)->rule, ==, "more than one photo for this slot");
    g_assert_cmpstr(match_decision(result, 0)->notes, ==,
                    "PT01 of AA is also claimed by y/AA_2.jpg");
    g_assert_cmpstr(match_decision(result, 1)->notes, ==,
                    "PT01 of AA is also claimed by x/AA_2.jpg");
}

static void
test_place_of_rivals_goes_to_nobody_else(void)
{
    CHECK("AA", { "AA.jpg", "?" }, { "AA.png", "?" }, { "AA_front.jpg", "AA PT01" });
}

static void
test_main_named_and_bare_name_moves_on(void)
{
    CHECK("AA", { "AA_main.jpg", "AA MAIN" }, { "AA.jpg", "AA PT01" });
}

static void
test_folder_per_sku_in_natural_order(void)
{
    CHECK("AB-12", { "AB-12/IMG_0010.jpg", "AB-12 PT01" }, { "AB-12/IMG_0009.jpg", "AB-12 MAIN" },
          { "AB-12/zebra.jpg", "AB-12 PT02" });
}

static void
test_folder_per_sku_with_numbers_and_views(void)
{
    CHECK("AB-12|CD-34", { "shop/AB-12/1.jpg", "AB-12 MAIN" },
          { "shop/AB-12/02.jpg", "AB-12 PT01" }, { "CD-34/front.jpg", "CD-34 MAIN" },
          { "CD-34/back.jpg", "CD-34 PT01" });
}

static void
test_folder_begins_with_the_sku(void)
{
    CHECK("AB-12", { "AB-12 blue shirt/x.jpg", "AB-12 MAIN" });
}

static void
test_nearest_folder_wins(void)
{
    CHECK("AB-12|CD-34", { "AB-12/CD-34/x.jpg", "CD-34 MAIN" },
          { "CD-34/new/AB-12/x.jpg", "AB-12 MAIN" });
}

static void
test_name_wins_over_folder(void)
{
    CHECK("AB-12|CD-34", { "AB-12/CD-34_2.jpg", "CD-34 PT01" });
}

static void
test_number_that_is_a_sku_in_the_folder_of_another_is_in_doubt(void)
{
    CHECK("AB-12|1|0002", { "AB-12/1.jpg", "?" }, { "AB-12/2.jpg", "AB-12 PT01" });
}

static void
test_parents_folder_with_childrens_photos(void)
{
    const MatchSku skus[] = { { .sku = "P-1" },
                              { .sku = "P-1-RED", .parent = "P-1" },
                              { .sku = "9", .parent = "P-1" } };
    check_skus(skus, 3,
               (const Case[]){ { "P-1/P-1-RED_1.jpg", "P-1-RED MAIN" },
                               { "P-1/9.jpg", "9 MAIN" },
                               { "P-1/group.jpg", "P-1 MAIN" },
                               { "P-1_2.jpg", "P-1 PT01" },
                               { NULL, NULL } });
}

static void
test_folder_and_name_together(void)
{
    CHECK("AB-12-RED|AB-12-BLUE|CD", { "AB-12/red.jpg", "AB-12-RED MAIN" },
          { "AB-12/blue_2.jpg", "AB-12-BLUE PT01" },
          { "AB-12/blue/IMG_0003.jpg", "AB-12-BLUE MAIN" });
}

static void
test_folder_is_the_slot(void)
{
    CHECK("AB|CD", { "main/AB.jpg", "AB MAIN" }, { "PT01/AB.jpg", "AB PT01" },
          { "swatch/AB.jpg", "AB SWCH" }, { "CD/main/x.jpg", "CD MAIN" },
          { "CD/back/x.jpg", "CD PT01" });
}

static void
test_sku_inside_the_name(void)
{
    CHECK("AB-12|1234|5012345678900", { "IMG_AB-12_front.jpg", "AB-12 MAIN" },
          { "shoot 3 ab-12 back.jpg", "AB-12 PT01" }, { "IMG_1234.jpg", "-" },
          { "scan 5012345678900.jpg", "5012345678900 MAIN" });
}

static void
test_two_skus_inside_the_name_are_a_tie(void)
{
    CHECK("AB-12|CD-34", { "set_AB-12_CD-34.jpg", "?" });
    CHECK("AB-12|AB-12-X", { "set_AB-12-X.jpg", "AB-12-X MAIN" });
}

static void
test_glued_counter(void)
{
    CHECK("FA-01|TOY", { "FA-0101.JPG", "FA-01 MAIN" }, { "FA-0102.JPG", "FA-01 PT01" },
          { "TOY1.jpg", "TOY MAIN" }, { "toy02.jpg", "TOY PT01" });
}

static void
test_counter_glued_to_digits_is_in_doubt(void)
{
    CHECK("123|AB-1", { "12301.jpg", "?" }, { "AB-12.jpg", "?" }, { "AB-199.jpg", "?" });
    CHECK("FA-01|FA-010", { "FA-0101.jpg", "?" });
}

static void
test_glued_letter(void)
{
    CHECK("ABC00123", { "ABC00123B.jpg", "ABC00123 PT01" }, { "ABC00123A.jpg", "ABC00123 MAIN" },
          { "ABC00123L.jpg", "-" });
}

static void
test_glued_word(void)
{
    CHECK("ABC00123", { "ABC00123Front.jpg", "ABC00123 MAIN" },
          { "ABC00123Detail.jpg", "ABC00123 PT01" });
}

static void
test_asin_and_barcode(void)
{
    const MatchSku skus[] = { { .sku = "S1", .asin = "B000000001", .barcode = "0012345678905" },
                              { .sku = "S2", .asin = "B000000002" } };
    check_skus(skus, 2,
               (const Case[]){ { "B000000001.MAIN.jpg", "S1 MAIN" },
                               { "B000000002.PT03.jpg", "S2 PT03" },
                               { "12345678905_2.jpg", "S1 PT01" },
                               { NULL, NULL } });
}

static void
test_asin_of_two_skus_is_a_tie(void)
{
    const MatchSku skus[] = { { .sku = "FBA-1", .asin = "B000000001" },
                              { .sku = "FBM-1", .asin = "B000000001" } };
    check_skus(skus, 2, (const Case[]){ { "B000000001.jpg", "?" }, { NULL, NULL } });
}

static void
test_file_names_of_the_sheet(void)
{
    static const char *const names[] = { "hero.jpg", "pics/second.png", NULL };
    const MatchSku skus[] = { { .sku = "S1", .file_names = names }, { .sku = "HERO" } };
    check_skus(skus, 2,
               (const Case[]){ { "x/Hero.jpg", "S1 MAIN" },
                               { "second.heic", "S1 PT01" },
                               { "HERO_2.jpg", "HERO PT01" },
                               { NULL, NULL } });
}

static void
test_file_name_of_two_skus_is_a_tie(void)
{
    static const char *const names[] = { "shared.jpg", NULL };
    const MatchSku skus[] = { { .sku = "S1", .file_names = names },
                              { .sku = "S2", .file_names = names } };
    check_skus(skus, 2, (const Case[]){ { "shared.jpg", "?" }, { NULL, NULL } });
}

static void
test_folder_tells_whose_file_it_is(void)
{
    static const char *const names[] = { "a.jpg", "1.jpg", NULL };
    const MatchSku skus[] = { { .sku = "S1", .file_names = names },
                              { .sku = "S2", .file_names = names } };
    check_skus(skus, 2,
               (const Case[]){ { "S1/1.jpg", "S1 PT01" },
                               { "S2/1.jpg", "S2 PT01" },
                               { "S2/a.jpg", "S2 MAIN" },
                               { "x/a.jpg", "?" },
                               { NULL, NULL } });
}

static void
test_folder_that_begins_with_a_short_number_is_not_the_skus(void)
{
    CHECK("12|2024|123456", { "12 shirts/x.jpg", "-" }, { "2024-05-01/y.jpg", "-" },
          { "12/z.jpg", "12 MAIN" }, { "123456 shirt/z.jpg", "123456 MAIN" });
}

static void
test_same_sku_twice_is_a_tie(void)
{
    CHECK("AB|AB", { "AB.jpg", "?" });
}

static void
test_windows_paths(void)
{
    CHECK("AB", { "photos\\AB\\1.jpg", "AB MAIN" }, { "C:\\fakepath\\AB_2.jpg", "AB PT01" });
}

static void
test_many_extras(void)
{
    CHECK("AB", { "AB_1.jpg", "AB MAIN" }, { "AB_12.jpg", "AB PT11" }, { "AB_99.jpg", "AB PT98" });
}

static void
test_very_long_name(void)
{
    g_autoptr(GString) path = g_string_new("AB-12");
    for (int i = 0; i < 2000; i++) {
        g_string_append(path, "_long");
    }
    g_string_append(path, ".jpg");
    CHECK("AB-12", { path->str, "AB-12 MAIN" });
}

static void
test_nothing_in(void)
{
    CHECK("", { "AB.jpg", "-" }, { "", "-" }, { "/", "-" }, { ".jpg", "-" });
    g_autoptr(MatchResult) result = match_photos(NULL, 0, NULL, 0);
    g_assert_nonnull(result);
}

static const char *
notes_for(const char *skus, const char *path)
{
    static char *kept;
    g_auto(GStrv) names = g_strsplit(skus, "|", -1);
    gsize num_skus = g_strv_length(names);
    g_autofree MatchSku *list = g_new0(MatchSku, num_skus);
    for (gsize i = 0; i < num_skus; i++) {
        list[i].sku = names[i];
    }
    const MatchPhoto photo = { path };
    g_autoptr(MatchResult) result = match_photos(list, num_skus, &photo, 1);
    g_assert_cmpint(match_decision(result, 0)->verdict, ==, MATCH_UNMATCHED);
    g_free(kept);
    kept = g_strdup(match_decision(result, 0)->notes);
    return kept;
}

static void
test_nearest_skus_are_named(void)
{
    const char *skus = "SHOE-RED-41|SHOE-RED-42|SHOE-BLUE-42|Z9";
    g_assert_cmpstr(notes_for(skus, "SHOW-RED-42_1.jpg"), ==,
                    "nearest SKUs: SHOE-RED-42, SHOE-RED-41");
    g_assert_cmpstr(notes_for(skus, "SHOE-BLEU-42.jpg"), ==, "nearest SKU: SHOE-BLUE-42");
    g_assert_cmpstr(notes_for(skus, "shoe-rd-41/x.jpg"), ==,
                    "nearest SKUs: SHOE-RED-41, SHOE-RED-42");
    g_assert_cmpstr(notes_for(skus, "holiday.jpg"), ==, "no SKU is similar");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/match/name-is-the-sku", test_name_is_the_sku);
    g_test_add_func("/match/numbers-count-from-1-without-a-0",
                    test_numbers_count_from_1_without_a_0);
    g_test_add_func("/match/numbers-count-from-0-where-there-is-a-0",
                    test_numbers_count_from_0_where_there_is_a_0);
    g_test_add_func("/match/bare-name-is-main-and-number-1-the-first-extra",
                    test_bare_name_is_main_and_number_1_the_first_extra);
    g_test_add_func("/match/bare-name-is-main-and-number-2-the-first-extra-without-a-1",
                    test_bare_name_is_main_and_number_2_the_first_extra_without_a_1);
    g_test_add_func("/match/bare-name-and-number-0-are-rivals",
                    test_bare_name_and_number_0_are_rivals);
    g_test_add_func("/match/gaps-stay", test_gaps_stay);
    g_test_add_func("/match/batch-that-counts-from-0-leaves-main-empty-where-0-is-missing",
                    test_batch_that_counts_from_0_leaves_main_empty_where_0_is_missing);
    g_test_add_func("/match/one-stray-0-does-not-change-a-batch-that-counts-from-1",
                    test_one_stray_0_does_not_change_a_batch_that_counts_from_1);
    g_test_add_func("/match/large-numbers-are-no-slots", test_large_numbers_are_no_slots);
    g_test_add_func("/match/codes-name-the-slot", test_codes_name_the_slot);
    g_test_add_func("/match/code-wins-over-number-and-number-over-word",
                    test_code_wins_over_number_and_number_over_word);
    g_test_add_func("/match/number-after-a-view-counts-that-view",
                    test_number_after_a_view_counts_that_view);
    g_test_add_func("/match/views-take-extras-in-their-usual-order",
                    test_views_take_extras_in_their_usual_order);
    g_test_add_func("/match/views-in-other-languages", test_views_in_other_languages);
    g_test_add_func("/match/alt-numbers-count-extras", test_alt_numbers_count_extras);
    g_test_add_func("/match/image-numbers-count-pictures", test_image_numbers_count_pictures);
    g_test_add_func("/match/names-without-slot-follow-in-natural-order",
                    test_names_without_slot_follow_in_natural_order);
    g_test_add_func("/match/names-without-slot-fill-free-places",
                    test_names_without_slot_fill_free_places);
    g_test_add_func("/match/longest-sku-wins", test_longest_sku_wins);
    g_test_add_func("/match/other-reading-is-noted", test_other_reading_is_noted);
    g_test_add_func("/match/sku-ends-where-a-word-ends", test_sku_ends_where_a_word_ends);
    g_test_add_func("/match/separators-in-skus", test_separators_in_skus);
    g_test_add_func("/match/slash-in-sku", test_slash_in_sku);
    g_test_add_func("/match/dot-in-sku-is-no-extension", test_dot_in_sku_is_no_extension);
    g_test_add_func("/match/other-separators", test_other_separators);
    g_test_add_func("/match/exact-wins-over-other-separators",
                    test_exact_wins_over_other_separators);
    g_test_add_func("/match/separator-between-digits-is-not-ignored",
                    test_separator_between_digits_is_not_ignored);
    g_test_add_func("/match/punctuation-alone-tells-skus-apart",
                    test_punctuation_alone_tells_skus_apart);
    g_test_add_func("/match/leading-zeros", test_leading_zeros);
    g_test_add_func("/match/leading-zeros-only-when-unique", test_leading_zeros_only_when_unique);
    g_test_add_func("/match/case-only-twins", test_case_only_twins);
    g_test_add_func("/match/case-is-ignored-beyond-ascii", test_case_is_ignored_beyond_ascii);
    g_test_add_func("/match/letters-whose-capitals-are-two", test_letters_whose_capitals_are_two);
    g_test_add_func("/match/equal-in-capitals", test_skus_that_only_capitals_make_equal);
    g_test_add_func("/match/decomposed-names-from-macos", test_decomposed_names_from_macos);
    g_test_add_func("/match/full-width-and-invisible-characters",
                    test_full_width_and_invisible_characters);
    g_test_add_func("/match/chinese-names", test_chinese_names);
    g_test_add_func("/match/emoji-names", test_emoji_names);
    g_test_add_func("/match/copy-marks-say-nothing", test_copy_marks_say_nothing);
    g_test_add_func("/match/copy-is-a-rival-of-its-original", test_copy_is_a_rival_of_its_original);
    g_test_add_func("/match/same-base-with-two-extensions", test_same_base_with_two_extensions);
    g_test_add_func("/match/rivals-name-each-other", test_rivals_name_each_other);
    g_test_add_func("/match/place-of-rivals-goes-to-nobody-else",
                    test_place_of_rivals_goes_to_nobody_else);
    g_test_add_func("/match/main-named-and-bare-name-moves-on",
                    test_main_named_and_bare_name_moves_on);
    g_test_add_func("/match/folder-per-sku-in-natural-order", test_folder_per_sku_in_natural_order);
    g_test_add_func("/match/folder-per-sku-with-numbers-and-views",
                    test_folder_per_sku_with_numbers_and_views);
    g_test_add_func("/match/folder-begins-with-the-sku", test_folder_begins_with_the_sku);
    g_test_add_func("/match/nearest-folder-wins", test_nearest_folder_wins);
    g_test_add_func("/match/name-wins-over-folder", test_name_wins_over_folder);
    g_test_add_func("/match/number-that-is-a-sku-in-the-folder-of-another-is-in-doubt",
                    test_number_that_is_a_sku_in_the_folder_of_another_is_in_doubt);
    g_test_add_func("/match/parents-folder-with-childrens-photos",
                    test_parents_folder_with_childrens_photos);
    g_test_add_func("/match/folder-and-name-together", test_folder_and_name_together);
    g_test_add_func("/match/folder-is-the-slot", test_folder_is_the_slot);
    g_test_add_func("/match/sku-inside-the-name", test_sku_inside_the_name);
    g_test_add_func("/match/two-skus-inside-the-name-are-a-tie",
                    test_two_skus_inside_the_name_are_a_tie);
    g_test_add_func("/match/glued-counter", test_glued_counter);
    g_test_add_func("/match/counter-glued-to-digits-is-in-doubt",
                    test_counter_glued_to_digits_is_in_doubt);
    g_test_add_func("/match/glued-letter", test_glued_letter);
    g_test_add_func("/match/glued-word", test_glued_word);
    g_test_add_func("/match/asin-and-barcode", test_asin_and_barcode);
    g_test_add_func("/match/asin-of-two-skus-is-a-tie", test_asin_of_two_skus_is_a_tie);
    g_test_add_func("/match/file-names-of-the-sheet", test_file_names_of_the_sheet);
    g_test_add_func("/match/file-name-of-two-skus-is-a-tie", test_file_name_of_two_skus_is_a_tie);
    g_test_add_func("/match/folder-tells-whose-file-it-is", test_folder_tells_whose_file_it_is);
    g_test_add_func("/match/folder-that-begins-with-a-short-number",
                    test_folder_that_begins_with_a_short_number_is_not_the_skus);
    g_test_add_func("/match/same-sku-twice-is-a-tie", test_same_sku_twice_is_a_tie);
    g_test_add_func("/match/windows-paths", test_windows_paths);
    g_test_add_func("/match/many-extras", test_many_extras);
    g_test_add_func("/match/very-long-name", test_very_long_name);
    g_test_add_func("/match/nothing-in", test_nothing_in);
    g_test_add_func("/match/nearest-skus-are-named", test_nearest_skus_are_named);
    return g_test_run();
}
