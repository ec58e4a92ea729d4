/* LST-02: SKUs out of sheets, and picture URLs into them, each grammar by its own way. The sheets
 * are text files; '\t' or ',' apart as the marketplaces do it. */
#include "listing/layout.h"

#include "base/error.h"
#include "sheet/test_book.h"

#include <glib/gstdio.h>
#include <string.h>

static const SheetLimits limits = { 1 << 20, 1000, 1100 };

/* A sheet with what was read of it. */
typedef struct {
    char *path;
    Sheet *sheet;
    Layout *layout;
    GPtrArray *skus;
} Opened;

static void
opened_clear(Opened *opened)
{
    g_clear_pointer(&opened->skus, g_ptr_array_unref);
    g_clear_pointer(&opened->layout, layout_free);
    g_clear_pointer(&opened->sheet, sheet_close);
    if (opened->path != NULL) {
        g_unlink(opened->path);
    }
    g_clear_pointer(&opened->path, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Opened, opened_clear)

static char *
temporary_path(void)
{
    char *path;
    int fd = g_file_open_tmp("layout-XXXXXX", &path, NULL);
    g_close(fd, NULL);
    return path;
}

/* Takes PATH. */
static Opened
open_path(char *path)
{
    Opened opened = { .path = path };
    g_autoptr(GError) error = NULL;
    opened.sheet = sheet_open(opened.path, NULL, &limits, &error);
    g_assert_no_error(error);
    opened.layout = layout_detect(opened.sheet, NULL, NULL, &error);
    g_assert_no_error(error);
    opened.skus = layout_read_skus(opened.sheet, opened.layout, 1000, &error);
    g_assert_no_error(error);
    return opened;
}

static Opened
open_bytes(const char *bytes, gssize size)
{
    char *path = temporary_path();
    g_assert_true(g_file_set_contents(path, bytes, size, NULL));
    return open_path(path);
}

/* Takes WORKSHEET. */
static Opened
open_worksheet(char *worksheet)
{
    char *path = temporary_path();
    book_write(path, &(BookParts){ .worksheet = worksheet });
    g_free(worksheet);
    return open_path(path);
}

/* A workbook whose only worksheet has ROWS (SpreadsheetML). */
static Opened
open_workbook(const char *rows)
{
    return open_worksheet(book_worksheet(rows));
}

static Opened
open_text(const char *text)
{
    return open_bytes(text, -1);
}

static guint32
index_of(const Opened *opened, const char *sku)
{
    for (guint32 i = 0; i < opened->skus->len; i++) {
        if (strcmp(((ListedSku *)opened->skus->pdata[i])->sku, sku) == 0) {
            return i;
        }
    }
    g_error("no SKU %s", sku);
}

static const ListedSku *
sku_of(const Opened *opened, const char *sku)
{
    return opened->skus->pdata[index_of(opened, sku)];
}

static Slot
slot_of(const char *code)
{
    Slot slot;
    g_assert_true(slot_from_code(code, strlen(code), &slot));
    return slot;
}

/* Takes ADDED. PICTURES: "SKU CODE URL", one a line. RET_NO_PLACE: "SKU CODE" of those left out,
 * ";" between. */
static char *
fill(Opened *opened, GArray *added, const char *pictures, char **ret_no_place)
{
    g_auto(GStrv) lines = g_strsplit(pictures, "\n", -1);
    g_autoptr(GArray) published = g_array_new(FALSE, FALSE, sizeof(PublishedPicture));
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (char **line = lines; *line != NULL; line++) {
        GStrv parts = g_strsplit(*line, " ", 3);
        g_ptr_array_add(words, parts);
        PublishedPicture picture = { index_of(opened, parts[0]), slot_of(parts[1]), parts[2] };
        g_array_append_val(published, picture);
    }
    g_autoptr(GArray) edits = NULL;
    g_autoptr(GArray) inserted = NULL;
    g_autoptr(GArray) no_place = NULL;
    g_autoptr(GError) error = NULL;
    layout_plan_edits(opened->sheet, opened->layout, opened->skus,
                      (PublishedPicture *)published->data, published->len, &edits, &inserted,
                      &no_place, &error);
    g_assert_no_error(error);
    g_autoptr(GString) left_out = g_string_new(NULL);
    for (guint i = 0; i < no_place->len; i++) {
        GStrv parts = words->pdata[g_array_index(no_place, NoPlace, i).picture];
        g_string_append_printf(left_out, "%s%s %s", i == 0 ? "" : ";", parts[0], parts[1]);
    }
    if (ret_no_place != NULL) {
        *ret_no_place = g_strdup(left_out->str);
    } else {
        g_assert_cmpstr(left_out->str, ==, "");
    }
    if (added != NULL) {
        sheet_edit_array_take(edits, added);
    }
    SheetPatchStats stats;
    sheet_patch(opened->sheet, opened->layout->worksheet, (SheetEdit *)edits->data, edits->len,
                (SheetInsertedLine *)inserted->data, inserted->len, opened->path, &stats, &error);
    g_assert_no_error(error);
    char *text = NULL;
    g_assert_true(g_file_get_contents(opened->path, &text, NULL, NULL));
    return text;
}

static void
assert_filled(const char *sheet, const char *pictures, const char *expected)
{
    g_auto(Opened) opened = open_text(sheet);
    g_autofree char *text = fill(&opened, NULL, pictures, NULL);
    g_assert_cmpstr(text, ==, expected);
}

static void
test_skus_are_read_with_their_rows(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage 1\nA-1\thttps://x/1.jpg\n\n  B-2 \t\n\tz\n");
    g_assert_cmpuint(opened.skus->len, ==, 2);
    g_assert_cmpuint(sku_of(&opened, "A-1")->row, ==, 2);
    g_assert_cmpuint(sku_of(&opened, "B-2")->row, ==, 4);
    g_assert_cmpuint(opened.layout->last_row, ==, 5);
    g_assert_cmpstr(listed_sku_picture(opened.layout, sku_of(&opened, "A-1"), slot_of("MAIN")), ==,
                    "https://x/1.jpg");
    g_assert_null(sku_of(&opened, "B-2")->pictures);
}

static void
assert_read_in(const char *encoding, const char *bom, const char *text, const char *sku)
{
    gsize bom_size = strlen(bom), size;
    g_autofree char *bytes = g_convert(text, -1, encoding, "UTF-8", NULL, &size, NULL);
    g_assert_nonnull(bytes);
    g_autofree char *whole = g_malloc(bom_size + size);
    memcpy(whole, bom, bom_size);
    memcpy(whole + bom_size, bytes, size);
    g_auto(Opened) opened = open_bytes(whole, (gssize)(bom_size + size));
    g_assert_cmpuint(opened.skus->len, ==, 1);
    g_assert_cmpstr(sku_of(&opened, sku)->sku, ==, sku);
    g_assert_cmpuint(opened.layout->pictures->len, ==, 2);
}

/* What Excel and Amazon write. */
static void
test_every_encoding_that_sellers_have(void)
{
    assert_read_in("UTF-8", "\xef\xbb\xbf", "Artikelnummer;Hauptbild;Bild 2\r\nGrün-1;;\r\n",
                   "Grün-1");
    assert_read_in("UTF-16LE", "\xff\xfe", "SKU\tMain image\tImage 2\r\nÄ-1\t\t\r\n", "Ä-1");
    assert_read_in("WINDOWS-1252", "", "Artikelnummer;Hauptbild;Bild 2;Größe\r\nGrün-1;;;groß\r\n",
                   "Grün-1");
    assert_read_in("CP932", "", "商品コード,商品名,商品画像1,商品画像2\r\n赤-1,帽子のテスト,,\r\n",
                   "赤-1");
    assert_read_in("GBK", "", "商品编码,商品名称,主图,附图1\r\n红色-1,这是一个测试商品,,\r\n",
                   "红色-1");
}

static void
test_rows_above_the_data_row_are_no_skus(void)
{
    g_auto(Opened) opened =
        open_text("settings=attributeRow=2&dataRow=4\ncontribution_sku#1.value\t"
                  "main_product_image_locator#1.media_location\nABC123\t\nreal\t\n");
    g_assert_cmpuint(opened.skus->len, ==, 1);
    g_assert_cmpuint(sku_of(&opened, "real")->row, ==, 4);
}

static void
test_repeated_sku_is_one_with_other_rows(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage 1\nA\t\nB\t\nA\t\n");
    g_assert_cmpuint(opened.skus->len, ==, 2);
    const ListedSku *sku = sku_of(&opened, "A");
    g_assert_cmpuint(sku->other_rows->len, ==, 1);
    g_assert_cmpuint(g_array_index(sku->other_rows, guint32, 0), ==, 4);
    g_autofree char *text = fill(&opened, NULL, "A MAIN https://x/a.jpg", NULL);
    g_assert_cmpstr(text, ==, "SKU\tImage 1\nA\thttps://x/a.jpg\nB\t\nA\thttps://x/a.jpg\n");
}

static void
test_destroyed_skus_are_reported_and_kept_apart(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage 1\n8.41E+11\t\n8.41E+11\t\n1E5X\t\n");
    g_assert_cmpuint(opened.skus->len, ==, 3);
    const ListedSku *first = opened.skus->pdata[0], *third = opened.skus->pdata[2];
    g_assert_nonnull(strstr(first->problem, "digits are lost"));
    g_assert_null(third->problem);
}

/* "1-2" and "MAR-1" typed into cells that were not formatted as text. */
static void
test_skus_that_became_dates_are_reported_and_kept_apart(void)
{
    g_autofree char *worksheet = book_worksheet(
        "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>SKU</t></is></c>"
        "<c r=\"B1\" t=\"inlineStr\"><is><t>Barcode</t></is></c>"
        "<c r=\"C1\" t=\"inlineStr\"><is><t>Image 1</t></is></c></row>"
        "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>45352</v></c></row>"
        "<row r=\"3\"><c r=\"A3\" s=\"1\"><v>45352</v></c></row>"
        "<row r=\"4\"><c r=\"A4\"><v>45352</v></c><c r=\"B4\" s=\"1\"><v>45352</v></c></row>");
    char *path = temporary_path();
    book_write(path, &(BookParts){ .worksheet = worksheet,
                                   .styles = "<styleSheet><cellXfs><xf numFmtId=\"0\"/>"
                                             "<xf numFmtId=\"16\"/></cellXfs></styleSheet>" });
    g_auto(Opened) opened = open_path(path);
    g_assert_cmpuint(opened.skus->len, ==, 3);
    for (guint i = 0; i < 2; i++) {
        const ListedSku *sku = opened.skus->pdata[i];
        g_assert_nonnull(strstr(sku->problem, "Excel made a date of it"));
        g_assert_null(sku->other_rows);
    }
    const ListedSku *number = opened.skus->pdata[2];
    g_assert_null(number->problem);
    g_assert_cmpstr(number->barcode, ==, "");
}

static void
test_too_many_skus_are_refused(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage\nA\t\nB\t\nC\t\n");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_read_skus(opened.sheet, opened.layout, 2, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

static void
test_parents_by_value_and_by_their_children(void)
{
    g_auto(Opened) opened = open_text("item_sku\tparent_child\tparent_sku\tmain_image_url\n"
                                      "P1\tÜbergeordnet\t\t\nC1\tChild\tP1\t\n"
                                      "P2\t\t\t\nC2\t\tP2\t\nS\t\t\t\n");
    g_assert_true(sku_of(&opened, "P1")->is_parent);
    g_assert_true(sku_of(&opened, "P2")->is_parent);
    g_assert_false(sku_of(&opened, "C1")->is_parent);
    g_assert_false(sku_of(&opened, "S")->is_parent);
    g_assert_cmpstr(sku_of(&opened, "C2")->parent, ==, "P2");
}

static void
test_asin_and_barcode_are_told_apart(void)
{
    g_auto(Opened) opened =
        open_text("item_sku\texternal_product_id\texternal_product_id_type\tmain_image_url\n"
                  "A\t4006381333931\tEAN\t\nB\tB0FSBH1WGZ\t\t\nC\t3161484100\tasin\t\n");
    g_assert_cmpstr(sku_of(&opened, "A")->barcode, ==, "4006381333931");
    g_assert_cmpstr(sku_of(&opened, "A")->asin, ==, "");
    g_assert_cmpstr(sku_of(&opened, "B")->asin, ==, "B0FSBH1WGZ");
    g_assert_cmpstr(sku_of(&opened, "C")->asin, ==, "3161484100");
    g_assert_cmpstr(sku_of(&opened, "C")->barcode, ==, "");
}

static void
test_columns_are_filled_by_slot_and_the_rest_stays(void)
{
    assert_filled("item_sku\tmain_image_url\tother_image_url1\tother_image_url2\tswatch_image_url\n"
                  "A\thttp://old/m.jpg\thttp://old/1.jpg\t\t\n",
                  "A PT02 https://x/2.jpg\nA MAIN https://x/m.jpg\nA SWCH https://x/s.jpg",
                  "item_sku\tmain_image_url\tother_image_url1\tother_image_url2\tswatch_image_url\n"
                  "A\thttps://x/m.jpg\thttp://old/1.jpg\thttps://x/2.jpg\thttps://x/s.jpg\n");
}

static void
test_slots_without_a_column_have_no_place(void)
{
    g_auto(Opened) opened = open_text("SKU\tMain image\tImage 2\nA\t\t\n");
    g_autofree char *no_place = NULL;
    g_autofree char *text =
        fill(&opened, NULL,
             "A PT02 https://x/2.jpg\nA MAIN https://x/m.jpg\nA TOPP https://x/t.jpg", &no_place);
    g_assert_cmpstr(no_place, ==, "A PT02;A TOPP");
    g_assert_cmpstr(text, ==, "SKU\tMain image\tImage 2\nA\thttps://x/m.jpg\t\n");
}

#define EBAY "Action(SiteID=US|Country=US),Custom label (SKU),Item photo URL\n"

static void
test_ebay_pictures_are_joined(void)
{
    assert_filled(EBAY "Draft,A,\n", "A PT01 https://x/1.jpg\nA MAIN https://x/m.jpg",
                  EBAY "Draft,A,https://x/m.jpg|https://x/1.jpg\n");
}

static void
test_joined_pictures_that_are_not_replaced_stay(void)
{
    assert_filled(EBAY "Draft,A,https://o/m.jpg|https://o/1.jpg|https://o/2.jpg\n",
                  "A PT01 https://x/1.jpg\nA PT07 https://x/7.jpg",
                  EBAY "Draft,A,https://o/m.jpg|https://x/1.jpg|https://o/2.jpg|https://x/7.jpg\n");
}

static void
test_a_further_picture_does_not_become_the_main_one(void)
{
    g_auto(Opened) opened = open_text(EBAY "Draft,A,\n");
    g_autofree char *no_place = NULL;
    g_autofree char *text = fill(&opened, NULL, "A PT01 https://x/1.jpg", &no_place);
    g_assert_cmpstr(no_place, ==, "A PT01");
    g_assert_cmpstr(text, ==, EBAY "Draft,A,\n");
}

static void
test_ebay_takes_24_pictures(void)
{
    g_auto(Opened) opened = open_text(EBAY "Draft,A,\n");
    g_autoptr(GString) pictures = g_string_new("A MAIN https://x/m.jpg");
    for (int i = 1; i <= 25; i++) {
        g_string_append_printf(pictures, "\nA PT%02d https://x/%d.jpg", i, i);
    }
    g_autofree char *no_place = NULL;
    g_autofree char *text = fill(&opened, NULL, pictures->str, &no_place);
    g_assert_cmpstr(no_place, ==, "A PT24;A PT25");
    g_assert_nonnull(strstr(text, "|https://x/23.jpg\n"));
}

static void
test_a_url_that_the_marketplace_refuses_is_refused_here(void)
{
    g_auto(Opened) opened = open_text(EBAY "Draft,A,\n");
    PublishedPicture picture = { 0, slot_of("MAIN"), "https://x/a;b.jpg" };
    g_autoptr(GArray) edits = NULL;
    g_autoptr(GArray) inserted = NULL;
    g_autoptr(GArray) no_place = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(layout_plan_edits(opened.sheet, opened.layout, opened.skus, &picture, 1, &edits,
                                     &inserted, &no_place, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_null(edits);
}

static void
test_woocommerce_pictures_are_joined_by_commas(void)
{
    assert_filled(
        "ID,Type,SKU,Published,Parent,Images\n1,simple,A,1,,\"a.jpg, b.jpg\"\n",
        "A PT01 https://x/1.jpg",
        "ID,Type,SKU,Published,Parent,Images\n1,simple,A,1,,\"a.jpg, https://x/1.jpg\"\n");
}

#define SHOPIFY "Handle,Title,Variant SKU,Image Src,Image Position,Variant Image\n"

static void
test_shopify_further_pictures_are_further_rows(void)
{
    assert_filled(SHOPIFY "shoe,Shoe,A,,,\nhat,Hat,B,,,\n",
                  "A MAIN https://x/m.jpg\nA PT01 https://x/1.jpg\nA PT02 https://x/2.jpg",
                  SHOPIFY "shoe,Shoe,A,https://x/m.jpg,1,\nshoe,,,https://x/1.jpg,2,\n"
                          "shoe,,,https://x/2.jpg,3,\nhat,Hat,B,,,\n");
}

static void
test_shopify_rows_with_pictures_are_used_again(void)
{
    assert_filled(SHOPIFY "shoe,Shoe,A,https://o/m.jpg,1,\nshoe,,,https://o/1.jpg,2,\n"
                          "shoe,,,https://o/2.jpg,3,\nhat,Hat,B,,,\n",
                  "A MAIN https://x/m.jpg\nA PT02 https://x/2.jpg\nA PT03 https://x/3.jpg",
                  SHOPIFY "shoe,Shoe,A,https://x/m.jpg,1,\nshoe,,,https://o/1.jpg,2,\n"
                          "shoe,,,https://x/2.jpg,3,\nshoe,,,https://x/3.jpg,4,\nhat,Hat,B,,,\n");
}

static void
test_shopify_gallery_is_ordered_by_position(void)
{
    assert_filled(SHOPIFY "shoe,Shoe,A,https://o/1.jpg,2,\nshoe,,,https://o/m.jpg,1,\n",
                  "A MAIN https://x/m.jpg",
                  SHOPIFY "shoe,Shoe,A,https://o/1.jpg,2,\nshoe,,,https://x/m.jpg,1,\n");
}

static void
test_shopify_variants_have_their_own_picture(void)
{
    assert_filled(SHOPIFY "shoe,Shoe,A-red,,,\nshoe,,A-blue,,,\n",
                  "A-red MAIN https://x/r.jpg\nA-blue MAIN https://x/b.jpg\n"
                  "A-blue PT01 https://x/b1.jpg",
                  SHOPIFY "shoe,Shoe,A-red,https://x/r.jpg,1,https://x/r.jpg\n"
                          "shoe,,A-blue,https://x/b.jpg,2,https://x/b.jpg\n"
                          "shoe,,,https://x/b1.jpg,3,\n");
}

/* What was filled once and comes again with the same URLs changes nothing. */
static void
test_shopify_is_filled_once(void)
{
    const char *filled = SHOPIFY "shoe,Shoe,A-red,https://x/r.jpg,1,https://x/r.jpg\n"
                                 "shoe,,A-blue,https://x/b.jpg,2,https://x/b.jpg\n"
                                 "shoe,,,https://x/b1.jpg,3,\n";
    assert_filled(filled,
                  "A-red MAIN https://x/r.jpg\nA-blue MAIN https://x/b.jpg\n"
                  "A-blue PT01 https://x/b1.jpg",
                  filled);
}

static void
test_shopify_variant_picture_replaces_the_old_one(void)
{
    assert_filled(SHOPIFY "shoe,Shoe,A-red,https://o/r.jpg,1,https://o/r.jpg\n"
                          "shoe,,A-blue,https://o/b.jpg,2,https://o/b.jpg\n",
                  "A-blue MAIN https://x/b.jpg",
                  SHOPIFY "shoe,Shoe,A-red,https://o/r.jpg,1,https://o/r.jpg\n"
                          "shoe,,A-blue,https://x/b.jpg,2,https://x/b.jpg\n");
}

static void
test_shopify_current_columns(void)
{
    assert_filled("Title,URL handle,SKU,Product image URL,Image position\nShoe,shoe,A,,\n",
                  "A MAIN https://x/m.jpg\nA PT01 https://x/1.jpg",
                  "Title,URL handle,SKU,Product image URL,Image position\n"
                  "Shoe,shoe,A,https://x/m.jpg,1\n,shoe,,https://x/1.jpg,2\n");
}

static void
test_shopify_pictures_of_a_lone_sku_are_its_gallery(void)
{
    g_auto(Opened) opened =
        open_text(SHOPIFY "shoe,Shoe,A,https://o/1.jpg,2,\nshoe,,,https://o/m.jpg,1,\n");
    const ListedSku *sku = sku_of(&opened, "A");
    g_assert_cmpstr(listed_sku_picture(opened.layout, sku, slot_of("MAIN")), ==, "https://o/m.jpg");
    g_assert_cmpstr(listed_sku_picture(opened.layout, sku, slot_of("PT01")), ==, "https://o/1.jpg");
    g_assert_cmpstr(listed_sku_picture(opened.layout, sku, slot_of("PT02")), ==, "");
}

static void
test_blank_template_gets_its_skus(void)
{
    g_auto(Opened) opened =
        open_text("settings=attributeRow=2&dataRow=4\t\ncontribution_sku#1.value\t"
                  "main_product_image_locator#1.media_location\nABC123\t\n");
    const char *skus[] = { " N-1 ", "N-2", "N-1" };
    g_autoptr(GArray) added = sheet_edit_array_new();
    g_autoptr(GError) error = NULL;
    layout_add_skus(opened.layout, opened.skus, skus, G_N_ELEMENTS(skus), added, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(opened.skus->len, ==, 2);
    g_assert_cmpuint(sku_of(&opened, "N-1")->row, ==, 4);
    g_autofree char *text = fill(&opened, g_steal_pointer(&added),
                                 "N-2 MAIN https://x/2.jpg\nN-1 MAIN https://x/1.jpg", NULL);
    g_assert_cmpstr(text, ==,
                    "settings=attributeRow=2&dataRow=4\t\ncontribution_sku#1.value\t"
                    "main_product_image_locator#1.media_location\nABC123\t\nN-1\thttps://x/1.jpg\n"
                    "N-2\thttps://x/2.jpg\n");
}

static void
test_known_skus_are_not_added_again(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage\nA\t\n");
    const char *skus[] = { "A", "B" };
    g_autoptr(GArray) added = sheet_edit_array_new();
    g_assert_true(layout_add_skus(opened.layout, opened.skus, skus, 2, added, NULL));
    g_assert_cmpuint(added->len, ==, 1);
    g_assert_cmpuint(g_array_index(added, SheetEdit, 0).row, ==, 3);
}

static void
test_skus_that_no_cell_can_hold_are_refused(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage\nA\t\n");
    const char *skus[] = { "B", "C\x01" };
    g_autoptr(GArray) added = sheet_edit_array_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(layout_add_skus(opened.layout, opened.skus, skus, 2, added, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpuint(added->len, ==, 0);
    g_assert_cmpuint(opened.skus->len, ==, 1);
}

#define TEXT_CELL(reference, text)                                                                 \
    "<c r=\"" reference "\" t=\"inlineStr\"><is><t>" text "</t></is></c>"

static void
test_workbook_skus_stored_as_numbers(void)
{
    g_auto(Opened) opened = open_workbook("<row r=\"1\">" TEXT_CELL("A1", "SKU") TEXT_CELL(
        "B1", "Bild 1") "</row>"
                        "<row r=\"2\"><c r=\"A2\"><v>8.4110000001E11</v></c></row>"
                        "<row r=\"3\"><c r=\"A3\" t=\"e\"><v>#N/A</v></c></row>");
    const ListedSku *second = opened.skus->pdata[1];
    g_assert_null(sku_of(&opened, "841100000010")->problem);
    g_assert_cmpstr(second->problem, ==, "the cell holds the error #N/A");
}

static void
test_workbook_skus_that_are_not_calculated_are_told_of(void)
{
    g_auto(Opened) opened =
        open_workbook("<row r=\"1\">" TEXT_CELL("A1", "SKU")
                          TEXT_CELL("B1", "Main image") "</row><row r=\"2\">" TEXT_CELL(
                              "A2", "A1") "</row>"
                                          "<row r=\"3\"><c r=\"A3\"><f>\"A\"&amp;2</f></c></row>"
                                          "<row r=\"4\"><c r=\"A4\"><f>\"A\"&amp;3</f></c></row>");
    g_assert_cmpuint(opened.skus->len, ==, 3);
    for (guint i = 1; i < 3; i++) {
        const ListedSku *sku = opened.skus->pdata[i];
        g_assert_cmpuint(sku->row, ==, i + 2);
        g_assert_nonnull(strstr(sku->problem, "result is not in the file"));
    }
}

static void
test_workbook_is_filled_and_read_back(void)
{
    g_auto(Opened) opened = open_workbook("<row r=\"1\">" TEXT_CELL("A1", "SKU") TEXT_CELL(
        "C1", "Bild 1") "</row>"
                        "<row r=\"2\">" TEXT_CELL("A2", "A-1") "</row>");
    g_autofree char *bytes = fill(&opened, NULL, "A-1 MAIN https://x/m.jpg", NULL);
    g_auto(Opened) filled = open_path(g_strdup(opened.path));
    g_assert_cmpstr(listed_sku_picture(filled.layout, sku_of(&filled, "A-1"), slot_of("MAIN")), ==,
                    "https://x/m.jpg");
}

/* No lines can be put between the rows of a workbook. */
static void
test_shopify_workbook_has_no_place_for_further_rows(void)
{
    g_auto(Opened) opened =
        open_workbook("<row r=\"1\">" TEXT_CELL("A1", "Handle") TEXT_CELL("B1", "Variant SKU")
                          TEXT_CELL("C1", "Image Src") "</row>"
                                                       "<row r=\"2\">" TEXT_CELL("A2", "shoe")
                                                           TEXT_CELL("B2", "A") "</row>");
    g_autofree char *no_place = NULL;
    g_autofree char *bytes =
        fill(&opened, NULL, "A MAIN https://x/m.jpg\nA PT01 https://x/1.jpg", &no_place);
    g_assert_cmpstr(no_place, ==, "A PT01");
}

/* Two sizes share one merged cell for the main picture, as people like it. */
static Opened
open_merged(void)
{
    return open_worksheet(g_strdup(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>"
        "<row r=\"1\">" TEXT_CELL("A1", "SKU") TEXT_CELL("B1", "main_image_url") TEXT_CELL(
            "C1",
            "other_image_url1") "</row>"
                                "<row r=\"2\">" TEXT_CELL(
                                    "A2",
                                    "S") "</row>"
                                         "<row r=\"3\">" TEXT_CELL(
                                             "A3",
                                             "M") "</row></sheetData>"
                                                  "<mergeCells count=\"1\"><mergeCell "
                                                  "ref=\"B2:B3\"/></mergeCells></worksheet>"));
}

/* LST-07: one cell that cannot take its URL does not keep the others from theirs. */
static void
test_cells_hidden_by_a_merge_are_left_out(void)
{
    g_auto(Opened) opened = open_merged();
    g_autofree char *no_place = NULL;
    g_autofree char *bytes = fill(&opened, NULL,
                                  "S MAIN https://x/s.jpg\nM MAIN https://x/m.jpg\n"
                                  "M PT01 https://x/m1.jpg",
                                  &no_place);
    g_assert_cmpstr(no_place, ==, "M MAIN");
    g_auto(Opened) filled = open_path(g_strdup(opened.path));
    g_assert_cmpstr(listed_sku_picture(filled.layout, sku_of(&filled, "S"), slot_of("MAIN")), ==,
                    "https://x/s.jpg");
    g_assert_cmpstr(listed_sku_picture(filled.layout, sku_of(&filled, "M"), slot_of("PT01")), ==,
                    "https://x/m1.jpg");
}

static void
test_sku_with_a_hidden_cell_says_so(void)
{
    g_auto(Opened) opened = open_merged();
    g_autoptr(GError) error = NULL;
    g_assert_true(layout_note_hidden(opened.sheet, opened.layout, opened.skus, &error));
    g_assert_null(sku_of(&opened, "S")->problem);
    g_assert_nonnull(strstr(sku_of(&opened, "M")->problem, "row 3, column 2"));
}

static void
test_worksheet_by_name(void)
{
    g_auto(Opened) opened = open_text("SKU\tImage\nA\t\n");
    g_autoptr(GError) error = NULL;
    g_assert_null(layout_detect(opened.sheet, NULL, "Vorlage", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(path, func) g_test_add_func("/layout/" path, func)
    TEST("skus-and-rows", test_skus_are_read_with_their_rows);
    TEST("encodings", test_every_encoding_that_sellers_have);
    TEST("rows-above-the-data", test_rows_above_the_data_row_are_no_skus);
    TEST("repeated-sku", test_repeated_sku_is_one_with_other_rows);
    TEST("destroyed-skus", test_destroyed_skus_are_reported_and_kept_apart);
    TEST("skus-that-became-dates", test_skus_that_became_dates_are_reported_and_kept_apart);
    TEST("too-many-skus", test_too_many_skus_are_refused);
    TEST("parents", test_parents_by_value_and_by_their_children);
    TEST("asin-and-barcode", test_asin_and_barcode_are_told_apart);
    TEST("columns-by-slot", test_columns_are_filled_by_slot_and_the_rest_stays);
    TEST("no-place", test_slots_without_a_column_have_no_place);
    TEST("ebay-joined", test_ebay_pictures_are_joined);
    TEST("joined-rest-stays", test_joined_pictures_that_are_not_replaced_stay);
    TEST("joined-main-first", test_a_further_picture_does_not_become_the_main_one);
    TEST("ebay-24", test_ebay_takes_24_pictures);
    TEST("refused-url", test_a_url_that_the_marketplace_refuses_is_refused_here);
    TEST("woocommerce", test_woocommerce_pictures_are_joined_by_commas);
    TEST("shopify-rows", test_shopify_further_pictures_are_further_rows);
    TEST("shopify-rows-again", test_shopify_rows_with_pictures_are_used_again);
    TEST("shopify-positions", test_shopify_gallery_is_ordered_by_position);
    TEST("shopify-variants", test_shopify_variants_have_their_own_picture);
    TEST("shopify-twice", test_shopify_is_filled_once);
    TEST("shopify-variant-replaced", test_shopify_variant_picture_replaces_the_old_one);
    TEST("shopify-current", test_shopify_current_columns);
    TEST("shopify-gallery", test_shopify_pictures_of_a_lone_sku_are_its_gallery);
    TEST("blank-template", test_blank_template_gets_its_skus);
    TEST("known-skus", test_known_skus_are_not_added_again);
    TEST("impossible-skus", test_skus_that_no_cell_can_hold_are_refused);
    TEST("workbook-numbers", test_workbook_skus_stored_as_numbers);
    TEST("workbook-not-calculated", test_workbook_skus_that_are_not_calculated_are_told_of);
    TEST("workbook-filled", test_workbook_is_filled_and_read_back);
    TEST("LST-07/merged", test_cells_hidden_by_a_merge_are_left_out);
    TEST("merged-sku", test_sku_with_a_hidden_cell_says_so);
    TEST("shopify-workbook", test_shopify_workbook_has_no_place_for_further_rows);
    TEST("worksheet-by-name", test_worksheet_by_name);
#undef TEST
    return g_test_run();
}
