#include "listing/slot.h"

#include <string.h>

static void
assert_reads(const char *text, SlotKind kind, guint32 number)
{
    Slot slot;
    g_assert_true(slot_from_code(text, strlen(text), &slot));
    g_assert_cmpint(slot.kind, ==, kind);
    g_assert_cmpuint(slot.number, ==, number);
}

static void
test_codes_are_read_in_any_case(void)
{
    assert_reads("MAIN", SLOT_MAIN, 0);
    assert_reads("main", SLOT_MAIN, 0);
    assert_reads("Swch", SLOT_SWATCH, 0);
    assert_reads("pt07", SLOT_EXTRA, 7);
    assert_reads("PT1", SLOT_EXTRA, 1);
    assert_reads("PT99", SLOT_EXTRA, 99);
    assert_reads("PS06", SLOT_PRODUCT_SAFETY, 6);
    assert_reads("EEGL", SLOT_ENERGY_LABEL, 0);
    assert_reads("IN03", SLOT_INSIDE, 3);
    assert_reads("frnt", SLOT_OTHER_CODE, 0);
}

static void
test_what_is_no_code_is_refused(void)
{
    static const char *const texts[] = { "",    "PT",    "PT0", "PT00",  "PT100", "PS07", "PS1",
                                         "IN1", "MAINS", "MAI", " MAIN", "PT1x",  "FRONT" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        Slot slot = { SLOT_SWATCH, 77 };
        g_assert_false(slot_from_code(texts[i], strlen(texts[i]), &slot));
        g_assert_cmpuint(slot.number, ==, 77);
    }
}

static void
test_every_slot_reads_back_as_written(void)
{
    for (SlotKind kind = SLOT_MAIN; kind <= SLOT_OTHER_CODE; kind++) {
        bool plain = kind == SLOT_MAIN || kind == SLOT_SWATCH || kind == SLOT_ENERGY_LABEL;
        guint32 first = plain || kind == SLOT_OTHER_CODE ? 0 : 1;
        guint32 last = plain                         ? 0
                       : kind == SLOT_PRODUCT_SAFETY ? 6
                       : kind == SLOT_OTHER_CODE     ? g_strv_length((char **)slot_code_table) - 1
                                                     : 99;
        for (guint32 number = first; number <= last; number++) {
            g_autofree char *text = slot_to_string((Slot){ kind, number });
            assert_reads(text, kind, number);
        }
    }
}

static void
test_order_is_main_then_extras_by_number_then_the_rest(void)
{
    static const Slot sorted[] = {
        { SLOT_MAIN, 0 },   { SLOT_EXTRA, 1 },          { SLOT_EXTRA, 2 },  { SLOT_EXTRA, 10 },
        { SLOT_SWATCH, 0 }, { SLOT_PRODUCT_SAFETY, 1 }, { SLOT_INSIDE, 1 }, { SLOT_OTHER_CODE, 3 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(sorted); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(sorted); j++) {
            int want = (i > j) - (i < j);
            g_assert_cmpint(slot_compare(sorted[i], sorted[j]), ==, want);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slot/codes-in-any-case", test_codes_are_read_in_any_case);
    g_test_add_func("/slot/no-code", test_what_is_no_code_is_refused);
    g_test_add_func("/slot/reads-back", test_every_slot_reads_back_as_written);
    g_test_add_func("/slot/order", test_order_is_main_then_extras_by_number_then_the_rest);
    return g_test_run();
}
