#include "listing/compliance.h"

#include "base/error.h"

#include <string.h>

static const Slot main_slot = { .kind = SLOT_MAIN };
static const Slot extra_slot = { SLOT_EXTRA, 1 };
static const Slot swatch_slot = { .kind = SLOT_SWATCH };

static PublishedFacts
good_facts(void)
{
    return (PublishedFacts){ .width = 2000,
                             .height = 1500,
                             .num_bytes = 400000,
                             .border_white_share = 1,
                             .frame_fill = 0.9 };
}

/* "!" before a refusal, notes apart by "; ". */
static char *
notes_text(MarketplaceId marketplace, Slot slot, const PublishedFacts *facts)
{
    g_autoptr(GPtrArray) notes = compliance_notes(marketplace_by_id(marketplace), slot, facts);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < notes->len; i++) {
        const ComplianceNote *note = notes->pdata[i];
        g_string_append_printf(text, "%s%s%s", i == 0 ? "" : "; ", note->is_refusal ? "!" : "",
                               note->text);
    }
    return g_strdup(text->str);
}

static void
assert_notes(MarketplaceId marketplace, Slot slot, PublishedFacts facts, const char *expected)
{
    g_autofree char *text = notes_text(marketplace, slot, &facts);
    g_assert_cmpstr(text, ==, expected);
}

static void
test_a_good_picture_has_no_notes(void)
{
    for (int id = 0; id < MARKETPLACE_COUNT; id++) {
        assert_notes((MarketplaceId)id, main_slot, good_facts(), "");
    }
}

static void
test_size_below_the_smallest_is_refused(void)
{
    PublishedFacts facts = good_facts();
    facts.width = 300;
    facts.height = 499;
    assert_notes(MARKETPLACE_AMAZON, extra_slot, facts,
                 "!too small: 499 px on its longest side, Amazon refuses less than 500 px");
}

static void
test_size_below_zoom_is_advice(void)
{
    PublishedFacts facts = good_facts();
    facts.width = facts.height = 999;
    assert_notes(MARKETPLACE_AMAZON, extra_slot, facts,
                 "no zoom: 999 px on its longest side, Amazon zooms from 1000 px");
}

static void
test_upper_limits(void)
{
    PublishedFacts facts = good_facts();
    facts.width = facts.height = 5001;
    facts.num_bytes = 20000001;
    assert_notes(MARKETPLACE_SHOPIFY, extra_slot, facts,
                 "!too large: 5001 px on its longest side, Shopify takes up to 5000 px; "
                 "!too large: 25.0 megapixels, Shopify takes up to 25.0; "
                 "!file too large: 20.0 MB, Shopify takes up to 20.0 MB");
}

static void
test_main_background_and_frame(void)
{
    PublishedFacts facts = good_facts();
    facts.frame_fill = 0.61;
    assert_notes(MARKETPLACE_AMAZON, main_slot, facts,
                 "product fills only 61 % of the frame, Amazon asks for 85 %");
    assert_notes(MARKETPLACE_AMAZON, extra_slot, facts, "");
    facts.border_white_share = 0.2;
    facts.frame_fill = 1;
    assert_notes(MARKETPLACE_AMAZON, main_slot, facts,
                 "main background not white: 20 % of the border is");
    assert_notes(MARKETPLACE_EBAY, main_slot, facts, "");
}

static void
test_swatch_may_be_small(void)
{
    PublishedFacts facts = good_facts();
    facts.width = facts.height = 100;
    assert_notes(MARKETPLACE_AMAZON, swatch_slot, facts, "");
}

static void
test_truncated_photo_is_named(void)
{
    PublishedFacts facts = good_facts();
    facts.was_truncated = true;
    assert_notes(MARKETPLACE_PLAIN, extra_slot, facts,
                 "the photo is cut short: its end was filled in");
}

static void
assert_url(MarketplaceId marketplace, const char *url, bool is_fine)
{
    g_autoptr(GError) error = NULL;
    bool found = compliance_check_url(marketplace_by_id(marketplace), url, &error);
    g_assert_true(found == is_fine);
    if (!is_fine) {
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    }
}

static void
test_urls(void)
{
    assert_url(MARKETPLACE_AMAZON, "https://i.example/p/0a1b/AB-1%20red.jpg", true);
    assert_url(MARKETPLACE_AMAZON, "http://i.example/a.jpg", true);
    assert_url(MARKETPLACE_EBAY, "http://i.example/a.jpg", false);
    assert_url(MARKETPLACE_AMAZON, "https://i.example/a.jpg?width=2000", false);
    assert_url(MARKETPLACE_AMAZON, "https://i.example/a b.jpg", false);
    assert_url(MARKETPLACE_AMAZON, "=HYPERLINK(1)", false);
    assert_url(MARKETPLACE_AMAZON, "https://i.example/a;b.jpg", true);
    assert_url(MARKETPLACE_EBAY, "https://i.example/a;b.jpg", false);
    assert_url(MARKETPLACE_WOOCOMMERCE, "https://i.example/a,b.jpg", false);
}

static void
test_url_length(void)
{
    g_autofree char *tail = g_strnfill(1981, 'a');
    g_autofree char *fits = g_strconcat("https://i.example/", tail, "b", NULL);
    g_autofree char *too_long = g_strconcat(fits, "c", NULL);
    g_assert_cmpuint(strlen(fits), ==, 2000);
    assert_url(MARKETPLACE_WALMART, fits, true);
    assert_url(MARKETPLACE_WALMART, too_long, false);
    assert_url(MARKETPLACE_AMAZON, too_long, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compliance/good", test_a_good_picture_has_no_notes);
    g_test_add_func("/compliance/too-small", test_size_below_the_smallest_is_refused);
    g_test_add_func("/compliance/no-zoom", test_size_below_zoom_is_advice);
    g_test_add_func("/compliance/upper-limits", test_upper_limits);
    g_test_add_func("/compliance/background-and-frame", test_main_background_and_frame);
    g_test_add_func("/compliance/swatch", test_swatch_may_be_small);
    g_test_add_func("/compliance/truncated", test_truncated_photo_is_named);
    g_test_add_func("/compliance/urls", test_urls);
    g_test_add_func("/compliance/url-length", test_url_length);
    return g_test_run();
}
