#include "listing/amazon_settings.h"

static void
test_current_first_row(void)
{
    const char *cells[] = {
        "settings=AttributeDefaultValues=eyI6OnJlY29yZF9hY3Rpb24iOiJmdWxsX3VwZGF0ZSJ9&attributeRow="
        "5"
        "&dataRow=7&labelRow=4&primaryMarketplaceId=amzn1.mp.o.A1PA6795UKMFR9&ptds=Rk9PRA%3D%3D"
        "&TemplateType=unified&TemplateSignature=Rk9PRA=="
    };
    g_auto(AmazonSettings) settings = { 0 };
    g_assert_true(amazon_settings_read(cells, 1, &settings));
    g_assert_cmpuint(settings.label_row, ==, 4);
    g_assert_cmpuint(settings.attribute_row, ==, 5);
    g_assert_cmpuint(settings.data_row, ==, 7);
    g_assert_cmpstr(settings.marketplace_id, ==, "A1PA6795UKMFR9");
    g_assert_cmpstr(settings.template_type, ==, "unified");
}

static void
test_old_first_row_with_shifted_cells(void)
{
    const char *cells[] = { "TemplateType=fptcustom",
                            "Version=2025.0401",
                            "HideTemplateHeaders=n",
                            "TemplateSignature=Rk9PRA==",
                            "settings=attributeRow=3&dataRow=4",
                            "Offer" };
    g_auto(AmazonSettings) settings = { 0 };
    g_assert_true(amazon_settings_read(cells, G_N_ELEMENTS(cells), &settings));
    g_assert_cmpstr(settings.template_type, ==, "fptcustom");
    g_assert_cmpuint(settings.attribute_row, ==, 3);
    g_assert_cmpuint(settings.label_row, ==, 0);
}

static void
test_old_first_row_in_one_cell(void)
{
    const char *cells[] = { "TemplateType=fptcustom Version=2025.0401 settings=attributeRow=3&"
                            "dataRow=4" };
    g_auto(AmazonSettings) settings = { 0 };
    g_assert_true(amazon_settings_read(cells, 1, &settings));
    g_assert_cmpuint(settings.data_row, ==, 4);
}

static void
test_parts_out_of_order_are_not_joined(void)
{
    const char *cells[] = { "settings3=Row=9", "settings=dataRow=7&attribute", "settings2=Row=5" };
    g_auto(AmazonSettings) settings = { 0 };
    g_assert_true(amazon_settings_read(cells, G_N_ELEMENTS(cells), &settings));
    g_assert_cmpuint(settings.attribute_row, ==, 5);
    g_assert_cmpuint(settings.data_row, ==, 7);
}

static void
test_rows_that_cannot_be_are_not_said(void)
{
    const char *cells[] = { "settings=attributeRow=99999999999&dataRow=-1&labelRow=4x" };
    g_auto(AmazonSettings) settings = { 0 };
    g_assert_true(amazon_settings_read(cells, 1, &settings));
    g_assert_cmpuint(settings.attribute_row, ==, 0);
    g_assert_cmpuint(settings.data_row, ==, 0);
    g_assert_cmpuint(settings.label_row, ==, 0);
}

static void
test_other_sheets_are_not_amazons(void)
{
    const char *cells[] = { "SKU", "Our settings=none", "Type" };
    AmazonSettings settings;
    g_assert_false(amazon_settings_read(cells, 1, &settings));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/amazon-settings/current", test_current_first_row);
    g_test_add_func("/amazon-settings/old-shifted", test_old_first_row_with_shifted_cells);
    g_test_add_func("/amazon-settings/old-in-one-cell", test_old_first_row_in_one_cell);
    g_test_add_func("/amazon-settings/parts-out-of-order", test_parts_out_of_order_are_not_joined);
    g_test_add_func("/amazon-settings/impossible-rows", test_rows_that_cannot_be_are_not_said);
    g_test_add_func("/amazon-settings/not-amazon", test_other_sheets_are_not_amazons);
    return g_test_run();
}
