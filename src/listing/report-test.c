/* Reports of a batch that is made by hand, without sheet, photos and pictures. */
#include "listing/report.h"

#include <string.h>

typedef struct {
    Batch *batch;
    Photo photo;
    ListedSku sku;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer unused)
{
    Batch *batch = batch_new();
    batch->sheet_name = g_strdup("<sheet>.csv");
    batch->marketplace = marketplace_by_name("amazon");
    batch->layout = g_new0(Layout, 1);
    batch->layout->grammar = "plain";
    batch->listed_skus = g_ptr_array_new();
    fixture->sku = (ListedSku){ .row = 7, .sku = (char *)"A,1" };
    g_ptr_array_add(batch->listed_skus, &fixture->sku);
    fixture->batch = batch;
    fixture->photo.size = 1234;
}

static void
tear_down(Fixture *fixture, gconstpointer unused)
{
    batch_free(fixture->batch);
}

static void
add_photo(Fixture *fixture, const char *name, Verdict verdict, const char *notes)
{
    fixture->photo.name = (char *)name;
    const BatchPhoto photo = { .photo = &fixture->photo,
                               .verdict = verdict,
                               .sku = verdict == VERDICT_MATCHED ? 0 : NO_SKU,
                               .slot = { SLOT_MAIN, 0 },
                               .rule = "a rule",
                               .notes = g_string_new(notes) };
    g_array_append_val(fixture->batch->photos, photo);
}

/* The line below the header. */
static char *
first_line(GString *csv)
{
    char *line = g_strdup(strchr(csv->str, '\n') + 1);
    g_string_free(csv, TRUE);
    return line;
}

static void
test_photo_is_a_line(Fixture *fixture, gconstpointer unused)
{
    add_photo(fixture, "a.jpg", VERDICT_UNMATCHED, "no SKU is similar");
    g_autofree char *line = first_line(report_photos_csv(fixture->batch));
    g_assert_cmpstr(line, ==, "a.jpg,unmatched,,,a rule,,,,1234,,no SKU is similar\n");
}

static void
test_what_csv_would_misread_is_quoted(Fixture *fixture, gconstpointer unused)
{
    add_photo(fixture, "a \"b\",\nc.jpg", VERDICT_MATCHED, "");
    g_autofree char *line = first_line(report_photos_csv(fixture->batch));
    g_assert_cmpstr(line, ==, "\"a \"\"b\"\",\nc.jpg\",matched,\"A,1\",MAIN,a rule,,,,1234,,\n");
}

static void
test_name_is_never_a_formula(Fixture *fixture, gconstpointer unused)
{
    add_photo(fixture, "=cmd|'/c calc'!A1.jpg", VERDICT_UNMATCHED, "");
    g_autofree char *line = first_line(report_photos_csv(fixture->batch));
    g_assert_true(g_str_has_prefix(line, "\"'=cmd|"));
}

static void
test_sku_is_a_line(Fixture *fixture, gconstpointer unused)
{
    const BatchSku sku = { .listed = &fixture->sku,
                           .photos = g_array_new(FALSE, FALSE, sizeof(gsize)),
                           .missing = g_string_new("MAIN"),
                           .notes = g_string_new("") };
    g_array_append_val(fixture->batch->skus, sku);
    g_autofree char *line = first_line(report_skus_csv(fixture->batch));
    g_assert_cmpstr(line, ==, "\"A,1\",7,0,,MAIN,\n");
}

static void
test_page_shows_names_as_text(Fixture *fixture, gconstpointer unused)
{
    add_photo(fixture, "<script>alert(1)</script>.jpg", VERDICT_AMBIGUOUS, "<b>");
    g_autoptr(GString) html = report_html(fixture->batch);
    g_assert_null(strstr(html->str, "<script"));
    g_assert_nonnull(strstr(html->str, "&lt;script&gt;alert(1)&lt;/script&gt;.jpg"));
    g_assert_nonnull(strstr(html->str, "&lt;sheet&gt;.csv"));
}

static void
test_page_of_many_problems_has_an_end(Fixture *fixture, gconstpointer unused)
{
    for (guint i = 0; i < 1005; i++) {
        add_photo(fixture, "a.jpg", VERDICT_UNMATCHED, "");
    }
    g_autoptr(GString) html = report_html(fixture->batch);
    g_assert_nonnull(strstr(html->str, "and 5 more photos: see report.csv"));
}

static void
test_page_without_problems_does_not_ask_for_attention(Fixture *fixture, gconstpointer unused)
{
    add_photo(fixture, "a.jpg", VERDICT_MATCHED, "");
    g_autoptr(GString) html = report_html(fixture->batch);
    g_assert_null(strstr(html->str, "Needs attention"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add("/report/" name, Fixture, NULL, set_up, func, tear_down)
    ADD("photo", test_photo_is_a_line);
    ADD("quotes", test_what_csv_would_misread_is_quoted);
    ADD("formula", test_name_is_never_a_formula);
    ADD("sku", test_sku_is_a_line);
    ADD("page/text", test_page_shows_names_as_text);
    ADD("page/end", test_page_of_many_problems_has_an_end);
    ADD("page/no-problems", test_page_without_problems_does_not_ask_for_attention);
    return g_test_run();
}
