#include "listing/gaps.h"

static void
add_missing(GString *missing, Slot slot)
{
    g_autofree char *text = slot_to_string(slot);
    g_string_append_printf(missing, "%s%s", missing->len > 0 ? " " : "", text);
}

char *
slots_missing(const Slot *slots, gsize num_slots, SlotIsFilledFunc is_filled,
              gconstpointer user_data)
{
    const Slot main_slot = { SLOT_MAIN, 0 };
    GString *missing = g_string_new(NULL);
    bool has_main = num_slots > 0 && slots[0].kind == SLOT_MAIN;
    if (!has_main && !is_filled(main_slot, user_data)) {
        add_missing(missing, main_slot);
    }
    guint32 next = 1;
    for (gsize i = 0; i < num_slots; i++) {
        if (slots[i].kind != SLOT_EXTRA) {
            continue;
        }
        for (; next < slots[i].number; next++) {
            Slot gap = { SLOT_EXTRA, next };
            if (!is_filled(gap, user_data)) {
                add_missing(missing, gap);
            }
        }
        next = slots[i].number + 1;
    }
    return g_string_free(missing, FALSE);
}
