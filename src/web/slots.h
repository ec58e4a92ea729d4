/* How many slow things one caller may do at once: a body that hardly comes holds a thread, and one
 * caller must not hold them all. From any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Slots Slots;

Slots *slots_new(guint max_per_caller);
/* TOTAL for all together. A caller may have half of what the others leave, rounded up: a few of
 * them never have all, and who comes next still gets some. */
Slots *slots_new_shared(guint total);
void slots_free(Slots *slots);

/* False when WHO has all of theirs already, or nothing is left. */
bool slots_take(Slots *slots, const char *who);
/* How many WHO has. */
guint slots_taken(Slots *slots, const char *who);
/* Gives back what slots_take gave. */
void slots_release(Slots *slots, const char *who);
