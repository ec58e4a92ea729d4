#include "listing/slot.h"

#include <string.h>

/* Seller Central, "Product image variants": views, a pair, nutrition or other facts; INGR and DTLS
 * came later, for ingredients and the details of a multipack. */
const char *const slot_code_table[] = {
    "FRNT", "BACK", "SIDE", "LEFT", "RGHT", "TOPP", "BOTT", "PAIR", "FACT", "INGR", "DTLS", NULL,
};

int
slot_compare(Slot a, Slot b)
{
    if (a.kind != b.kind) {
        return a.kind < b.kind ? -1 : 1;
    }
    return (a.number > b.number) - (a.number < b.number);
}

char *
slot_to_string(Slot slot)
{
    switch (slot.kind) {
    case SLOT_MAIN:
        return g_strdup("MAIN");
    case SLOT_EXTRA:
        return g_strdup_printf("PT%02u", slot.number);
    case SLOT_SWATCH:
        return g_strdup("SWCH");
    case SLOT_PRODUCT_SAFETY:
        return g_strdup_printf("PS%02u", slot.number);
    case SLOT_ENERGY_LABEL:
        return g_strdup("EEGL");
    case SLOT_INSIDE:
        return g_strdup_printf("IN%02u", slot.number);
    case SLOT_OTHER_CODE:
        g_assert(slot.number < g_strv_length((char **)slot_code_table));
        return g_strdup(slot_code_table[slot.number]);
    }
    g_assert_not_reached();
}

static bool
equals(const char *text, gsize length, const char *code)
{
    return strlen(code) == length && g_ascii_strncasecmp(text, code, length) == 0;
}

/* PREFIX and then a number from 1 to MAX with at least MIN_DIGITS and at most two digits. */
static bool
read_numbered(const char *text, gsize length, const char *prefix, gsize min_digits, guint32 max,
              guint32 *ret_number)
{
    gsize prefix_length = strlen(prefix);
    if (length < prefix_length + min_digits || length > prefix_length + 2 ||
        g_ascii_strncasecmp(text, prefix, prefix_length) != 0) {
        return false;
    }
    guint32 number = 0;
    for (gsize i = prefix_length; i < length; i++) {
        if (!g_ascii_isdigit(text[i])) {
            return false;
        }
        number = number * 10 + (guint32)(text[i] - '0');
    }
    if (number < 1 || number > max) {
        return false;
    }
    *ret_number = number;
    return true;
}

bool
slot_from_code(const char *text, gsize length, Slot *ret_slot)
{
    Slot slot = { SLOT_MAIN, 0 };
    if (equals(text, length, "MAIN")) {
        slot.kind = SLOT_MAIN;
    } else if (equals(text, length, "SWCH")) {
        slot.kind = SLOT_SWATCH;
    } else if (equals(text, length, "EEGL")) {
        slot.kind = SLOT_ENERGY_LABEL;
    } else if (read_numbered(text, length, "PT", 1, 99, &slot.number)) {
        slot.kind = SLOT_EXTRA;
    } else if (read_numbered(text, length, "PS", 2, 6, &slot.number)) {
        slot.kind = SLOT_PRODUCT_SAFETY;
    } else if (read_numbered(text, length, "IN", 2, 99, &slot.number)) {
        slot.kind = SLOT_INSIDE;
    } else {
        slot.kind = SLOT_OTHER_CODE;
        while (slot_code_table[slot.number] != NULL &&
               !equals(text, length, slot_code_table[slot.number])) {
            slot.number++;
        }
        if (slot_code_table[slot.number] == NULL) {
            return false;
        }
    }
    *ret_slot = slot;
    return true;
}
