#include "web/slots.h"

struct Slots {
    guint max;
    GMutex mutex;
    GHashTable *taken; /* who -> how many */
};

Slots *
slots_new(guint max_per_caller)
{
    Slots *slots = g_new0(Slots, 1);
    slots->max = max_per_caller;
    g_mutex_init(&slots->mutex);
    slots->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return slots;
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

bool
slots_take(Slots *slots, const char *who)
{
    g_mutex_lock(&slots->mutex);
    guint taken = GPOINTER_TO_UINT(g_hash_table_lookup(slots->taken, who));
    bool is_free = taken < slots->max;
    if (is_free) {
        g_hash_table_insert(slots->taken, g_strdup(who), GUINT_TO_POINTER(taken + 1));
    }
    g_mutex_unlock(&slots->mutex);
    return is_free;
}

void
slots_release(Slots *slots, const char *who)
{
    g_mutex_lock(&slots->mutex);
    guint taken = GPOINTER_TO_UINT(g_hash_table_lookup(slots->taken, who));
    g_assert(taken > 0);
    if (taken == 1) {
        g_hash_table_remove(slots->taken, who);
    } else {
        g_hash_table_insert(slots->taken, g_strdup(who), GUINT_TO_POINTER(taken - 1));
    }
    g_mutex_unlock(&slots->mutex);
}
