/* LST-02: what a sheet is, told from the tops of its worksheets. Each grid is text: cells apart by
 * '\t', rows by '\n'. */
#include "listing/layout_detect.h"

#include "base/error.h"

#include <string.h>

static GPtrArray *
no_grids(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)grid_free);
}

static void
add_grid_full(GPtrArray *grids, const char *name, bool is_hidden, const char *text)
{
    Grid *grid = grid_new(grids->len, name, is_hidden);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint32 row = 1; lines[row - 1] != NULL; row++) {
        g_auto(GStrv) texts = g_strsplit(lines[row - 1], "\t", -1);
        g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(SheetCell));
        for (guint32 column = 1; texts[column - 1] != NULL; column++) {
            if (texts[column - 1][0] != '\0') {
                SheetCell cell = { row, column, 0, texts[column - 1] };
                g_array_append_val(cells, cell);
            }
        }
        bool stop = false;
        if (cells->len > 0) {
            g_assert_true(
                grid_add_row(row, (SheetCell *)cells->data, cells->len, grid, &stop, NULL));
        }
    }
    g_ptr_array_add(grids, grid);
}

static void
add_grid(GPtrArray *grids, const char *name, const char *text)
{
    add_grid_full(grids, name, false, text);
}

static Layout *
detect(const char *text)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "Sheet1", text);
    g_autoptr(GError) error = NULL;
    Layout *layout = layout_detect_in_grids(grids, NULL, &error);
    g_assert_no_error(error);
    return layout;
}

/* "MAIN:3 PT01:4 ...": slots and columns. */
static void
assert_pictures(const Layout *layout, const char *expected)
{
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < layout->pictures->len; i++) {
        const PictureColumn *picture = &g_array_index(layout->pictures, PictureColumn, i);
        g_autofree char *slot = slot_to_string(picture->slot);
        g_string_append_printf(found, "%s%s:%u", i == 0 ? "" : " ", slot, picture->column);
    }
    g_assert_cmpstr(found->str, ==, expected);
}

#define DE "[marketplace_id=A1PA6795UKMFR9]"
#define FR "[marketplace_id=A13V1IB3VIYZZH]"

static void
test_amazon_current_in_japanese(void)
{
    g_autoptr(Layout) layout =
        detect("settings=attributeRow=5&contentLanguageTag=ja_JP&dataRow=7&labelRow=4&TemplateType="
               "unified\n"
               "このテンプレートに記入してください\n"
               "出品情報\t\t\t画像\n"
               "SKU\t商品タイプ\t商品画像URL\tメイン画像URL\t親SKU\n"
               "contribution_sku#1.value\tproduct_type#1.value\t"
               "other_product_image_locator_2[marketplace_id=A1VC38T7YXB528]#1.media_location\t"
               "main_product_image_locator[marketplace_id=A1VC38T7YXB528]#1.media_location\t"
               "child_parent_sku_relationship[marketplace_id=A1VC38T7YXB528]#1.parent_sku\t"
               "swatch_product_image_locator[marketplace_id=A1VC38T7YXB528]#1.media_location\t"
               "image_locator_ps03[marketplace_id=A1VC38T7YXB528]#1.media_location\t"
               "image_locator_eegl[marketplace_id=A1VC38T7YXB528]#1.media_location\t"
               "main_offer_image_locator[marketplace_id=A1VC38T7YXB528]#1.media_location\n"
               "ABC123");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_AMAZON);
    g_assert_cmpstr(layout->grammar, ==, "amazon, current");
    g_assert_cmpuint(layout->key_row, ==, 5);
    g_assert_cmpuint(layout->data_row, ==, 7);
    g_assert_cmpuint(layout->sku_column, ==, 1);
    g_assert_cmpuint(layout->parent_column, ==, 5);
    assert_pictures(layout, "MAIN:4 PT02:3 SWCH:6 PS03:7 EEGL:8");
}

static void
test_amazon_offer_template_gives_offer_pictures(void)
{
    g_autoptr(Layout) layout =
        detect("settings=attributeRow=2&dataRow=3\n"
               "contribution_sku#1.value\tmain_offer_image_locator" DE "#1.media_location\t"
               "other_offer_image_locator_1" DE "#1.media_location");
    assert_pictures(layout, "MAIN:2 PT01:3");
}

static void
test_amazon_settings_go_on_in_the_next_cells(void)
{
    g_autoptr(Layout) layout =
        detect("settings=feedType=256&attribut\tsettings2=eRow=3&data\tsettings3=Row=6\n\n"
               "main_product_image_locator" DE "#1.media_location\tcontribution_sku#1.value");
    g_assert_cmpuint(layout->key_row, ==, 3);
    g_assert_cmpuint(layout->data_row, ==, 6);
}

static void
test_amazon_keys_are_found_where_rows_have_shifted(void)
{
    g_autoptr(Layout) layout =
        detect("settings=attributeRow=5&dataRow=7\n\n\n\n\nnotes of ours\n"
               "contribution_sku#1.value\tmain_product_image_locator" DE "#1.media_location");
    g_assert_cmpuint(layout->key_row, ==, 7);
    g_assert_cmpuint(layout->data_row, ==, 9);
}

static void
test_amazon_primary_marketplace_wins(void)
{
    g_autoptr(Layout) layout =
        detect("settings=attributeRow=2&dataRow=3&primaryMarketplaceId=amzn1.mp.o.A13V1IB3VIYZZH\n"
               "contribution_sku#1.value\tmain_product_image_locator" DE "#1.media_location\t"
               "main_product_image_locator" FR "#1.media_location");
    assert_pictures(layout, "MAIN:3");
    g_assert_nonnull(strstr(layout->notes, "1 picture columns of other marketplaces"));
}

static void
test_amazon_all_marketplaces_when_the_primary_has_no_columns(void)
{
    g_autoptr(Layout) layout =
        detect("settings=attributeRow=2&dataRow=3&primaryMarketplaceId=amzn1.mp.o.ATVPDKIKX0DER\n"
               "contribution_sku#1.value\tmain_product_image_locator" DE "#1.media_location\t"
               "main_product_image_locator" FR "#1.media_location");
    assert_pictures(layout, "MAIN:2 MAIN:3");
}

static void
test_amazon_old_in_german(void)
{
    g_autoptr(Layout) layout =
        detect("TemplateType=fptcustom\tVersion=2025.1106\tTemplateSignature=TUVB\t"
               "settings=attributeRow=3&dataRow=4&labelRow=2\tFülle diese Vorlage aus\n"
               "Produkttyp\tVerkäufer-SKU\tHaupt-Bild-URL\tWeitere Bild-URL\n"
               "feed_product_type\titem_sku\tmain_image_url\tother_image_url3\tswatch_image_url\t"
               "other_image_url_ps01\texternal_product_id\texternal_product_id_type\tparent_child\t"
               "purchasable_offer" DE "#1.our_price");
    g_assert_cmpstr(layout->grammar, ==, "amazon, fptcustom");
    g_assert_cmpuint(layout->key_row, ==, 3);
    g_assert_cmpuint(layout->data_row, ==, 4);
    g_assert_cmpuint(layout->sku_column, ==, 2);
    g_assert_cmpuint(layout->barcode_column, ==, 7);
    g_assert_cmpuint(layout->id_type_column, ==, 8);
    g_assert_cmpuint(layout->family_column, ==, 9);
    assert_pictures(layout, "MAIN:3 PT03:4 SWCH:5 PS01:6");
}

static void
test_amazon_old_without_settings(void)
{
    g_autoptr(Layout) layout = detect("TemplateType=fptcustomcustom\tVersion=2019.0322\n"
                                      "商品管理番号\t商品メイン画像URL\n"
                                      "item_sku\tmain_image_url\nreal-1");
    g_assert_cmpuint(layout->key_row, ==, 3);
    g_assert_cmpuint(layout->data_row, ==, 4);
}

static void
test_amazon_sheet_without_its_first_row(void)
{
    g_autoptr(Layout) layout =
        detect("contribution_sku#1.value\tmain_product_image_locator" DE "#1.media_location\n"
               "ABC123\thttp://www.companyname.com/images/1250.main.jpg\nreal-1");
    g_assert_cmpstr(layout->grammar, ==, "amazon, current");
    g_assert_cmpuint(layout->data_row, ==, 3);
}

static void
test_amazon_offer_loader_is_named(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "", "TemplateType=Offer\tVersion=1.4\nsku\tprice\tquantity\tproduct-id\nA\t1");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_detect_in_grids(grids, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "has no picture columns"));
}

/* The traps of a real workbook: definitions list the keys downwards, an example worksheet has them
 * in a row of their own, a hidden one has lists. */
static void
test_amazon_template_among_its_companions(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "Datendefinitionen",
             "Gruppenname\tFeldname\tLokale Bezeichnung\n\tcontribution_sku#1.value\tSKU\n"
             "\tmain_product_image_locator" DE "#1.media_location\tBild-URL");
    add_grid(grids, "Beispiel", "item_sku\tmain_image_url\nEXAMPLE-156\thttp://x/1.jpg");
    add_grid(grids, "Vorlage",
             "settings=attributeRow=2&dataRow=3\n"
             "contribution_sku#1.value\tmain_product_image_locator" DE "#1.media_location");
    add_grid_full(grids, "Dropdown Lists", true, "SKU\tBild\nitem_sku\tmain_image_url");
    g_autoptr(Layout) layout = layout_detect_in_grids(grids, NULL, NULL);
    g_assert_nonnull(layout);
    g_assert_cmpuint(layout->worksheet, ==, 2);
}

static void
test_two_claiming_worksheets_are_named(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "Schuhe", "SKU\tBild 1\nA1");
    add_grid(grids, "Hosen", "SKU\tBild 1\nB1");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_detect_in_grids(grids, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "\"Schuhe\""));
    g_assert_nonnull(strstr(error->message, "\"Hosen\""));
}

static void
test_hidden_worksheets_do_not_conflict(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid_full(grids, "old", true, "SKU\tBild 1\nA1");
    add_grid(grids, "now", "SKU\tBild 1\nB1");
    g_autoptr(Layout) layout = layout_detect_in_grids(grids, NULL, NULL);
    g_assert_cmpuint(layout->worksheet, ==, 1);
}

static void
test_walmart_labels_keys_and_explanations(void)
{
    g_autoptr(Layout) layout = detect(
        "Version=4.7\n"
        "Required to sell on Walmart website\n"
        "SKU\tProduct ID Type\tProduct ID\tMain Image URL\tAdditional Image URL 2 (+)\t"
        "Additional Image URL (+)\tAdditional Image URL 1 (+)\tSwatch Image URL\n"
        "sku\tproductIdType\tproductId\tmainImageUrl\tproductSecondaryImageURL\t"
        "productSecondaryImageURL\tproductSecondaryImageURL\tswatchImageUrl\n"
        "Alphanumeric, 50 characters - The string of letters and numbers a partner uses\tClosed "
        "List\nreal-1\tUPC");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_WALMART);
    g_assert_cmpuint(layout->data_row, ==, 6);
    g_assert_cmpuint(layout->barcode_column, ==, 3);
    assert_pictures(layout, "MAIN:4 PT01:6 PT02:7 PT03:5 SWCH:8");
}

static void
test_ebay_draft_below_its_info_rows(void)
{
    g_autoptr(Layout) layout =
        detect("#INFO\tVersion=0.0.2\tTemplate= eBay-draft-listings-template_DE\n#INFO\n"
               "Action(SiteID=Germany|Country=DE|Currency=EUR|Version=1193|CC=UTF-8)\t"
               "Custom label (SKU)\tCategory ID\tTitle\tUPC\tItem photo URL\nDraft\tA-1");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_EBAY);
    g_assert_cmpuint(layout->data_row, ==, 4);
    g_assert_cmpuint(layout->sku_column, ==, 2);
    g_assert_cmpint(layout->style, ==, PICTURES_JOINED);
    g_assert_cmpstr(layout->separator, ==, "|");
    assert_pictures(layout, "MAIN:6");
}

static void
test_ebay_file_exchange_with_starred_columns(void)
{
    g_autoptr(Layout) layout =
        detect("*Action(SiteID=US|Country=US|Currency=USD|Version=941)\tCustomLabel\t*PicURL");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_EBAY);
    assert_pictures(layout, "MAIN:3");
}

static void
test_shopify_both_generations(void)
{
    g_autoptr(Layout) legacy = detect(
        "Handle\tTitle\tVariant SKU\tImage Src\tImage Position\tImage Alt Text\tVariant Image");
    g_assert_cmpstr(legacy->grammar, ==, "shopify, before 2024");
    g_assert_cmpuint(legacy->variant_picture_column, ==, 7);
    g_autoptr(Layout) current = detect("Title\tURL handle\tSKU\tBarcode\tProduct image URL\t"
                                       "Image position\tImage alt text\tVariant image URL");
    g_assert_cmpstr(current->grammar, ==, "shopify, current");
    g_assert_cmpuint(current->handle_column, ==, 2);
    g_assert_cmpuint(current->position_column, ==, 6);
    g_assert_cmpint(current->style, ==, PICTURES_ONE_PER_ROW);
    assert_pictures(current, "MAIN:5");
}

static void
test_woocommerce(void)
{
    g_autoptr(Layout) layout = detect("ID\tType\tSKU\tName\tPublished\tParent\tImages\n1\tsimple");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_WOOCOMMERCE);
    g_assert_cmpuint(layout->parent_column, ==, 6);
    g_assert_cmpuint(layout->family_column, ==, 2);
    g_assert_cmpstr(layout->separator, ==, ", ");
}

static void
test_temu_repeated_columns(void)
{
    g_autoptr(Layout) layout =
        detect("t_1_Contribution Goods\tt_1_Contribution SKU\tt_2_Detail Images URL\t"
               "t_6_SKU Images URL\tt_6_SKU Images URL");
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_TEMU);
    assert_pictures(layout, "MAIN:4 PT01:5");
}

static void
test_plain_in_german(void)
{
    g_autoptr(Layout) layout =
        detect("Unsere Artikel im Herbst\n\n"
               "Artikelnummer\tBezeichnung\tHauptbild\tWeiteres Bild 1\tWeiteres Bild 2\tEAN");
    g_assert_cmpstr(layout->grammar, ==, "plain");
    g_assert_cmpuint(layout->key_row, ==, 3);
    g_assert_cmpuint(layout->barcode_column, ==, 6);
    assert_pictures(layout, "MAIN:3 PT01:4 PT02:5");
}

static void
test_plain_in_chinese(void)
{
    g_autoptr(Layout) layout = detect("商品编码\t商品名称\t主图\t附图1\t附图2\t图片说明");
    assert_pictures(layout, "MAIN:3 PT01:4 PT02:5");
}

static void
test_plain_in_japanese_with_full_width_digits(void)
{
    g_autoptr(Layout) layout = detect("商品コード\t商品名\t商品画像１\t商品画像２");
    assert_pictures(layout, "MAIN:3 PT01:4");
}

static void
test_plain_numbers_from_zero_one_or_two(void)
{
    g_autoptr(Layout) zero = detect("sku\timage_0\timage_1");
    assert_pictures(zero, "MAIN:2 PT01:3");
    g_autoptr(Layout) one = detect("sku\tparent_sku\timage_1\timage_2\timage_10");
    assert_pictures(one, "MAIN:3 PT01:4 PT02:5");
    g_autoptr(Layout) two = detect("SKU\tMain product image\tProduct Image 2\tProduct Image 3");
    assert_pictures(two, "MAIN:2 PT01:3 PT02:4");
}

static void
test_plain_link_and_additional_links(void)
{
    g_autoptr(Layout) layout =
        detect("SKU\tadditional_image_link 1\tadditional_image_link 2\timage_link");
    assert_pictures(layout, "MAIN:4 PT01:2 PT02:3");
}

static void
test_plain_words_about_pictures_are_no_picture_columns(void)
{
    g_autoptr(Layout) layout =
        detect("SKU\tImage Alt Text\tImage Position\tPhotographer\tName\tURL");
    assert_pictures(layout, "");
    g_assert_cmpstr(layout->notes, ==, "the sheet has no picture columns");
}

static void
test_plain_url_column_beside_a_file_column(void)
{
    g_autoptr(Layout) layout = detect("SKU\tImage 1 File\tImage 1 URL\tImage 2 File\tImage 2 URL");
    assert_pictures(layout, "MAIN:3 PT01:5");
}

static void
test_plain_joined_cell_with_the_separator_in_use(void)
{
    g_autoptr(Layout) layout = detect("SKU\tPhotos\nA\ta.jpg;b.jpg");
    g_assert_cmpint(layout->style, ==, PICTURES_JOINED);
    g_assert_cmpstr(layout->separator, ==, ";");
}

static void
test_sku_is_preferred_to_a_reference(void)
{
    g_autoptr(Layout) layout = detect("Référence\tSKU\tPhoto");
    g_assert_cmpuint(layout->sku_column, ==, 2);
}

static void
test_nothing_found_says_what_was_there(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "", "Title\tPrice\nShoe\t12");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_detect_in_grids(grids, NULL, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "row 1 has \"Title\", \"Price\""));
}

static void
test_marketplace_named_for_a_plain_sheet_sets_its_rules(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "", "SKU\tMain image\tImage 2");
    g_autoptr(Layout) layout = layout_detect_in_grids(grids, marketplace_by_name("tiktok"), NULL);
    g_assert_cmpint(layout->marketplace, ==, MARKETPLACE_TIKTOK);
    g_assert_cmpstr(layout->grammar, ==, "plain");
}

static void
test_marketplace_named_against_the_sheet_is_refused(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "", "Handle\tVariant SKU\tImage Src");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_detect_in_grids(grids, marketplace_by_name("ebay"), &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "shopify"));
}

static void
test_plain_named_for_any_sheet(void)
{
    g_autoptr(GPtrArray) grids = no_grids();
    add_grid(grids, "", "Handle\tSKU\tImage Src");
    g_autoptr(Layout) layout = layout_detect_in_grids(grids, marketplace_by_name("plain"), NULL);
    g_assert_cmpstr(layout->grammar, ==, "plain");
    assert_pictures(layout, "MAIN:3");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, func) g_test_add_func("/layout-detect/" path, func)
    TEST("amazon-current-in-japanese", test_amazon_current_in_japanese);
    TEST("amazon-offer-template", test_amazon_offer_template_gives_offer_pictures);
    TEST("amazon-settings-continued", test_amazon_settings_go_on_in_the_next_cells);
    TEST("amazon-shifted-rows", test_amazon_keys_are_found_where_rows_have_shifted);
    TEST("amazon-primary-marketplace", test_amazon_primary_marketplace_wins);
    TEST("amazon-all-marketplaces", test_amazon_all_marketplaces_when_the_primary_has_no_columns);
    TEST("amazon-old-in-german", test_amazon_old_in_german);
    TEST("amazon-old-without-settings", test_amazon_old_without_settings);
    TEST("amazon-without-first-row", test_amazon_sheet_without_its_first_row);
    TEST("amazon-offer-loader", test_amazon_offer_loader_is_named);
    TEST("amazon-companions", test_amazon_template_among_its_companions);
    TEST("conflict", test_two_claiming_worksheets_are_named);
    TEST("hidden-worksheets", test_hidden_worksheets_do_not_conflict);
    TEST("walmart", test_walmart_labels_keys_and_explanations);
    TEST("ebay-draft", test_ebay_draft_below_its_info_rows);
    TEST("ebay-file-exchange", test_ebay_file_exchange_with_starred_columns);
    TEST("shopify", test_shopify_both_generations);
    TEST("woocommerce", test_woocommerce);
    TEST("temu", test_temu_repeated_columns);
    TEST("plain-german", test_plain_in_german);
    TEST("plain-chinese", test_plain_in_chinese);
    TEST("plain-japanese", test_plain_in_japanese_with_full_width_digits);
    TEST("plain-numbers", test_plain_numbers_from_zero_one_or_two);
    TEST("plain-links", test_plain_link_and_additional_links);
    TEST("plain-not-pictures", test_plain_words_about_pictures_are_no_picture_columns);
    TEST("plain-url-and-file", test_plain_url_column_beside_a_file_column);
    TEST("plain-joined", test_plain_joined_cell_with_the_separator_in_use);
    TEST("sku-before-reference", test_sku_is_preferred_to_a_reference);
    TEST("nothing-found", test_nothing_found_says_what_was_there);
    TEST("named-for-plain", test_marketplace_named_for_a_plain_sheet_sets_its_rules);
    TEST("named-against", test_marketplace_named_against_the_sheet_is_refused);
    TEST("plain-named", test_plain_named_for_any_sheet);
#undef TEST
    return g_test_run();
}
