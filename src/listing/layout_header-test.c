#include "listing/layout_header.h"

static void
assert_normal(const char *text, const char *expected)
{
    g_autofree char *normal = header_normalise(text);
    g_assert_cmpstr(normal, ==, expected);
}

static void
test_spelling_does_not_matter(void)
{
    assert_normal("  *PicURL ", "picurl");
    assert_normal("Additional Image URL 1 (+)", "additional image url 1");
    assert_normal("RÉFÉRENCE", "reference");
    assert_normal("Verkäufer-SKU", "verkaufer sku");
    assert_normal("ＳＫＵ\xe2\x80\x8b", "sku");
    assert_normal("商品画像１", "商品画像1");
}

static void
test_selectors_go_and_other_brackets_stay(void)
{
    assert_normal("swatch_product_image_locator[marketplace_id=X]#1.media_location",
                  "swatch product image locator 1 media location");
    assert_normal("Image [2]", "image 2");
}

static void
test_prose_is_no_header(void)
{
    g_autofree char *long_text = g_strnfill(5000, 'a');
    assert_normal(long_text, "");
    assert_normal("bad \xff bytes", "");
}

static void
test_patterns(void)
{
    guint32 number = 77;
    g_assert_true(header_matches("other image url12", "other image url%", &number));
    g_assert_cmpuint(number, ==, 12);
    g_assert_true(header_matches("action siteid us country us", "action siteid *", &number));
    g_assert_cmpuint(number, ==, 0);
    g_assert_false(header_matches("other image url", "other image url%", &number));
    g_assert_false(header_matches("other image url99999", "other image url%", &number));
    g_assert_false(header_matches("skus", "sku", &number));
    g_assert_false(header_matches("sk", "sku", &number));
}

static void
test_selector_value(void)
{
    g_autofree char *id =
        header_selector("a[marketplace_id=X1][language_tag=de_DE]#1.value", "language_tag");
    g_assert_cmpstr(id, ==, "de_DE");
    g_assert_null(header_selector("a[marketplace_id=X1", "marketplace_id"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/layout-header/spelling", test_spelling_does_not_matter);
    g_test_add_func("/layout-header/selectors", test_selectors_go_and_other_brackets_stay);
    g_test_add_func("/layout-header/prose", test_prose_is_no_header);
    g_test_add_func("/layout-header/patterns", test_patterns);
    g_test_add_func("/layout-header/selector-value", test_selector_value);
    return g_test_run();
}
