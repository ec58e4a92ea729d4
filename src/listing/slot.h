/* Where a picture stands in a listing. Amazon's variant codes serve as names for every marketplace.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    SLOT_MAIN,
    SLOT_EXTRA, /* number 1.. : the further pictures, in order */
    SLOT_SWATCH,
    SLOT_PRODUCT_SAFETY, /* number 1..6 (Amazon PS01..PS06) */
    SLOT_ENERGY_LABEL,   /* Amazon EEGL */
    SLOT_INSIDE,         /* number 1..99 (Amazon IN01..IN99): goes into the bulk ZIP only */
    SLOT_OTHER_CODE,     /* number: index into slot_code_table (TOPP, FACT, ...): bulk ZIP only */
} SlotKind;

typedef struct {
    SlotKind kind;
    guint32 number; /* 0 where the kind has none */
} Slot;

/* The codes of SLOT_OTHER_CODE, ended by NULL. Rows are only ever appended. */
extern const char *const slot_code_table[];

int slot_compare(Slot a, Slot b); /* main first, then extras by number, then the rest */

/* "MAIN", "PT01", "SWCH", "PS01", "EEGL", "IN01", "TOPP", ... */
char *slot_to_string(Slot slot);

/* Reads a code, case ignored: MAIN, PT01..PT99 (PT1 too), SWCH, PS01..PS06, EEGL, IN01..IN99 and
 * those of slot_code_table. False, RET_SLOT untouched, for anything else, a space around it too. */
bool slot_from_code(const char *text, gsize length, Slot *ret_slot);
