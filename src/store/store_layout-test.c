#include "store/store_layout.h"

#include "base/error.h"
#include "store/test_store.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void
test_ids_become_indices(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_assert_cmpuint(layout->num_plates, ==, 7);
    guint plate = store_layout_find_plate(layout, 1, 1, 1);
    /* Rows of weights follow the file's order, in which plate 2 comes first. */
    g_assert_cmpuint(layout->plates[plate].column, ==, 1);
    g_assert_cmpuint(layout->plates[plate].num_products, ==, 1);
    g_assert_cmpstr(layout->products[layout->plates[plate].products[0]].sku, ==, "tea");
    g_assert_cmpuint(store_layout_find_plate(layout, 1, 1, 4), ==, LAYOUT_NONE);
    g_assert_cmpuint(store_layout_find_shelf(layout, 3, 1), ==, LAYOUT_NONE);
    g_assert_cmpuint(store_layout_find_product(layout, "nothing"), ==, LAYOUT_NONE);
}

static void
test_what_is_left_out_is_derived(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    const LayoutShelf *shelf = &layout->shelves[store_layout_find_shelf(layout, 2, 1)];
    g_assert_cmpfloat_with_epsilon(shelf->front.x, 0, 1e-9);
    g_assert_cmpfloat_with_epsilon(shelf->front.y, -1, 1e-9);
    const LayoutGondola *gondola = &layout->gondolas[1];
    g_assert_true(gondola->body_is_derived);
    g_assert_cmpfloat_with_epsilon(polygon_area(&gondola->body), 0.7 * 0.4, 1e-9);
    const LayoutProduct *tea = &layout->products[store_layout_find_product(layout, "tea")];
    g_assert_cmpfloat_with_epsilon(tea->weight_sd_grams, 0.02 * 540.5, 1e-9);
    const LayoutProduct *gum = &layout->products[store_layout_find_product(layout, "gum")];
    g_assert_cmpstr(gum->name, ==, "gum");
}

static void
test_where_one_can_stand(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_assert_true(store_layout_is_free(layout, (FloorPoint){ 2, 2.5 }));
    g_assert_false(store_layout_is_free(layout, (FloorPoint){ 2, 0.25 }));
    g_assert_false(store_layout_is_free(layout, (FloorPoint){ -1, 2.5 }));
    g_assert_true(store_layout_in_zone(layout, ZONE_ENTRY, (FloorPoint){ 5, 0.5 }));
    g_assert_false(store_layout_in_zone(layout, ZONE_EXIT, (FloorPoint){ 5, 0.5 }));
}

static void
test_written_layout_reads_the_same(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    g_autofree char *dir = g_dir_make_tmp("cloudpick-layout-XXXXXX", NULL);
    g_autofree char *first = g_build_filename(dir, "a.json", NULL);
    g_autofree char *second = g_build_filename(dir, "b.json", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(store_layout_write(layout, first, &error));
    g_autoptr(StoreLayout) again = store_layout_read(first, &error);
    g_assert_no_error(error);
    g_assert_true(store_layout_write(again, second, &error));
    g_autofree char *first_text = NULL, *second_text = NULL;
    g_file_get_contents(first, &first_text, NULL, NULL);
    g_file_get_contents(second, &second_text, NULL, NULL);
    g_assert_cmpstr(first_text, ==, second_text);
    g_assert_cmpuint(again->num_plates, ==, layout->num_plates);
    g_assert_cmpfloat(again->cameras[0].k[1][1], ==, 900);
    g_unlink(first);
    g_unlink(second);
    g_rmdir(dir);
}

static void
test_wrong_layouts_are_named(void)
{
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        { "\"format\":1,", "", "layout.json:26: \"format\" is missing" },
        { "\"format\":1", "\"format\":2", "layout.json:1: this program reads format 1 only" },
        { "\"id\":3,\"center\"", "\"id\":1,\"center\"",
          "layout.json:10: plate 1 comes twice in a shelf" },
        { "\"center\":[1.9,0.25,0.5],", "", "layout.json:10: \"center\" is missing" },
        { "[1.9,0.25,0.5]", "[1.9,0.25]", "layout.json:10: \"center\" has 2 numbers instead of 3" },
        { "\"weight_g\":30", "\"weight_g\":-30",
          "layout.json:19: \"weight_g\" is -30, not above 0 and up to 1e+06" },
        { "[[1,2,1]]", "[[1,2,9]]",
          "layout.json: the planogram puts gum on plate 9 of shelf 2 of gondola 1, which does not "
          "exist" },
        { "{\"sku\":\"gum\",\"plates\"", "{\"sku\":\"gun\",\"plates\"",
          "layout.json: the planogram names gun, which is no product of this layout" },
        { "\"sku\":\"gum\",\"price\"", "\"sku\":\"tea\",\"price\"",
          "layout.json: product tea comes twice" },
        { "\"kind\":\"exit\"", "\"kind\":\"door\"",
          "layout.json:4: a zone's kind is \"door\", not \"entry\" or \"exit\"" },
        { "[6,0],[6,5],[0,5]", "[6,0]", "layout.json:2: a polygon needs three corners" },
        { "1.2],", "1.2e9],", "layout.json:12: plate 1 lies further out than 10000 metres" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *at = strstr(test_store_json, cases[i].from);
        g_assert_nonnull(at);
        g_autofree char *text =
            g_strdup_printf("%.*s%s%s", (int)(at - test_store_json), test_store_json, cases[i].to,
                            at + strlen(cases[i].from));
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreLayout) layout =
            store_layout_parse(text, strlen(text), "layout.json", &error);
        g_assert_null(layout);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store-layout/indices", test_ids_become_indices);
    g_test_add_func("/store-layout/derived", test_what_is_left_out_is_derived);
    g_test_add_func("/store-layout/free", test_where_one_can_stand);
    g_test_add_func("/store-layout/round-trip", test_written_layout_reads_the_same);
    g_test_add_func("/store-layout/wrong", test_wrong_layouts_are_named);
    return g_test_run();
}
