/* Where a picture stands in a listing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SLOT_MAIN,
    SLOT_EXTRA,          /* number 1.. : the further pictures, in order */
    SLOT_SWATCH,
    SLOT_PRODUCT_SAFETY, /* number 1..6 (Amazon PS01..PS06) */
    SLOT_ENERGY_LABEL,   /* Amazon EEGL */
    SLOT_OTHER_CODE,     /* number: index into slot_code_table (INxx, TOPP, FACT, ...): goes into the
                          * bulk ZIP only */
} SlotKind;

typedef struct {
    SlotKind kind;
    guint32 number;
} Slot;

int slot_compare(Slot a, Slot b); /* main first, then extras by number, then the rest */

/* "MAIN", "PT01", "SWCH", "PS01", "EEGL", ...: Amazon's variant codes serve as names everywhere. */
char *slot_to_string(Slot slot);

/* Reads a code, case ignored: MAIN, PT01..PT99, SWCH, IN01.., FRNT, ... */
bool slot_from_code(const char *text, gsize length, Slot *ret_slot);
