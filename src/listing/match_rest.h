/* What the part of a name that is not the SKU says about the picture's place. */
#pragma once

#include "listing/name.h"
#include "listing/slot.h"

typedef enum {
    CLAIM_SLOT,   /* a code, or a word that means one place (main, cover, swatch, alt 2) */
    CLAIM_NUMBER, /* the how-many-th picture; counted from 0 or 1 */
    CLAIM_BARE,   /* nothing but the SKU */
    CLAIM_VIEW,   /* front, back, detail, ...: order says where in the usual order of views */
    CLAIM_FREE,   /* other text: "blue", "DSC_0815" */
} ClaimKind;

typedef struct {
    ClaimKind kind;
    Slot slot;      /* CLAIM_SLOT */
    guint16 number; /* CLAIM_NUMBER; CLAIM_VIEW: of several ("detail 2"), 0 for none */
    guint16 order;  /* CLAIM_VIEW, from 1, which is front */
} Claim;

/* Reads NAME from byte FROM of folded up to byte TO. A code wins over a number, a number over a
 * word; but a number right after a view ("back 2") counts that view. Copy marks say nothing. */
Claim claim_read(const Name *name, guint32 from, guint32 to);

/* The same for a folder's name, which must be nothing else ("main", "PT01", "swatches"): false for
 * other text, for numbers and for "images". */
bool claim_read_folder(const Name *name, Claim *ret_claim);

/* Whether TEXT, glued to a SKU without a separator, is a word about places: "front", "detail2". */
bool claim_word_is_known(const char *text, gsize length);
