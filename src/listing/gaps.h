/* Which slots of a SKU lack a picture. Pure. */
#pragma once

#include "listing/slot.h"

/* Whether the sheet holds a URL for SLOT, put there by somebody before. */
typedef bool (*SlotIsFilledFunc)(Slot slot, gconstpointer user_data);

/* SLOTS: what it has, in slot order. "MAIN PT02": the main picture, and holes in the further ones
 * (PT01 and PT03 without PT02), unless the sheet fills them; "" when nothing is missing. */
char *slots_missing(const Slot *slots, gsize num_slots, SlotIsFilledFunc is_filled,
                    gconstpointer user_data);
