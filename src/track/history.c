#include "track/history.h"

/* A walker's way bends within seconds; a longer interruption is left open. */
static const double longest_fill_seconds = 2;
/* Forgetting moves the rest to the front: not worth it for a few. */
static const guint forget_at_once = 16;

void
history_init(History *history)
{
    history->sightings = g_array_new(FALSE, FALSE, sizeof(Sighting));
}

void
history_clear(History *history)
{
    g_clear_pointer(&history->sightings, g_array_unref);
}

void
history_add(History *history, const Sighting *sighting)
{
    g_array_append_vals(history->sightings, sighting, 1);
}

void
history_prepend(History *history, const History *older)
{
    g_array_prepend_vals(history->sightings, older->sightings->data, older->sightings->len);
}

static const Sighting *
sighting_at(const History *history, guint index)
{
    return &g_array_index(history->sightings, Sighting, index);
}

static guint
first_from(const History *history, guint64 frame)
{
    guint index = 0;
    while (index < history->sightings->len && sighting_at(history, index)->frame < frame) {
        index++;
    }
    return index;
}

static Box
between(const Box *from, const Box *to, double share)
{
    return (Box){ from->left + share * (to->left - from->left),
                  from->top + share * (to->top - from->top),
                  from->width + share * (to->width - from->width),
                  from->height + share * (to->height - from->height) };
}

bool
history_place(const History *history, guint64 frame, double seconds, Sighting *ret_place)
{
    guint index = first_from(history, frame);
    if (index == history->sightings->len) {
        return false;
    }
    const Sighting *after = sighting_at(history, index);
    if (after->frame == frame) {
        *ret_place = *after;
        return true;
    }
    if (index == 0) {
        return false;
    }
    const Sighting *before = sighting_at(history, index - 1);
    if (after->seconds - before->seconds > longest_fill_seconds || !before->bridges_gaps ||
        !after->bridges_gaps) {
        return false;
    }
    double share = (seconds - before->seconds) / (after->seconds - before->seconds);
    *ret_place = (Sighting){ frame, seconds, between(&before->box, &after->box, share), 0, true };
    return true;
}

void
history_forget(History *history, guint64 frame)
{
    /* The last sighting before the next frame stays: a gap may begin there. */
    guint num_later_from = first_from(history, frame + 1);
    if (num_later_from > forget_at_once) {
        g_array_remove_range(history->sightings, 0, num_later_from - 1);
    }
}
