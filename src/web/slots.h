/* How many slow things one caller may do at once: a body that hardly comes holds a thread, and one
 * caller must not hold them all. From any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Slots Slots;

Slots *slots_new(guint max_per_caller);
void slots_free(Slots *slots);

/* False when WHO has all of theirs already. */
bool slots_take(Slots *slots, const char *who);
/* Gives back what slots_take gave. */
void slots_release(Slots *slots, const char *who);
