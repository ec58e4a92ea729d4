#include "web/slots.h"

struct Slots {
    guint max_per_caller;
    guint total; /* G_MAXUINT: no end */
    guint num_taken;
    GMutex mutex;
    GHashTable *taken; /* who -> how many */
};

static Slots *
new_slots(guint max_per_caller, guint total)
{
    Slots *slots = g_new0(Slots, 1);
    slots->max_per_caller = max_per_caller;
    slots->total = total;
    g_mutex_init(&slots->mutex);
    slots->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return slots;
}

Slots *
slots_new(guint max_per_caller)
{
    return new_slots(max_per_caller, G_MAXUINT);
}

Slots *
slots_new_shared(guint total)
{
    return new_slots(total, total);
}

void
slots_free(Slots *slots)
{
    if (slots != NULL) {
        g_hash_table_unref(slots->taken);
        g_mutex_clear(&slots->mutex);
        g_free(slots);
    }
}

/* How many of the slots are WHO's to take, who has TAKEN now. */
static guint
share_of(const Slots *slots, guint taken)
{
    guint left = slots->total - (slots->num_taken - taken);
    return slots->total == G_MAXUINT ? slots->max_per_caller : left / 2 + left % 2;
}

bool
slots_take(Slots *slots, const char *who)
{
    g_mutex_lock(&slots->mutex);
    guint taken = GPOINTER_TO_UINT(g_hash_table_lookup(slots->taken, who));
    bool is_free = taken < share_of(slots, taken);
    if (is_free) {
        slots->num_taken++;
        g_hash_table_insert(slots->taken, g_strdup(who), GUINT_TO_POINTER(taken + 1));
    }
    g_mutex_unlock(&slots->mutex);
    return is_free;
}

guint
slots_taken(Slots *slots, const char *who)
{
    g_mutex_lock(&slots->mutex);
    guint taken = GPOINTER_TO_UINT(g_hash_table_lookup(slots->taken, who));
    g_mutex_unlock(&slots->mutex);
    return taken;
}

void
slots_release(Slots *slots, const char *who)
{
    g_mutex_lock(&slots->mutex);
    guint taken = GPOINTER_TO_UINT(g_hash_table_lookup(slots->taken, who));
    g_assert(taken > 0);
    slots->num_taken--;
    if (taken == 1) {
        g_hash_table_remove(slots->taken, who);
    } else {
        g_hash_table_insert(slots->taken, g_strdup(who), GUINT_TO_POINTER(taken - 1));
    }
    g_mutex_unlock(&slots->mutex);
}
