#include "store/visits.h"

#include <math.h>
#include <string.h>

static const double join_seconds = 10;  /* the others of a group follow within this */
static const double absent_seconds = 5; /* gone through the exit, for good */
static const double walk_on_seconds = 0.8;
static const double sure_seconds = 3;
static const double pending_seconds = 5; /* a line whose person is not seen yet */
/* A new id is looked at until it is so old, and not before it is so old, to get an impression. */
static const double young_seconds = 0.7;
static const double old_seconds = 4;
static const double keep_track_seconds = PEOPLE_HISTORY_SECONDS;
/* People who are lost and never found are forgotten after this. */
static const double lost_for_good_seconds = 900;
static const double entry_margin_metres = 1.2;
static const double exit_margin_metres = 0.4;
/* A person begins inside the store, not in the entry: the tracker overlooked them before. */
static const double log_new_inside = -5;
static const double log_new_in_entry = 1.5;
static const double log_scan_is_right = 5;
static const double look_seconds = 0.5;
static const guint max_troubles = 100;

typedef struct {
    bool is_known;     /* whose it is has been decided, or given up */
    bool is_continued; /* under another id */
    Owner
        guessed; /* whose it was taken to be without the gate's saying so; OWNER_NOBODY: no guess */
} TrackState;

typedef struct {
    Owner owner;
    char *target; /* NULL: whoever stands in the entry */
    double until_t;
} Pending;

struct Visits {
    const StoreLayout *layout;
    People *people;
    CartBook *book;
    GPtrArray *all;  /* of Visit */
    GArray *tracks;  /* of TrackState, by slot */
    GArray *pending; /* of Pending: enter lines and staff whose track is not known yet */
    Owner next_owner;
    Owner joining; /* the visit that the next through the entry may belong to */
    double joining_until_t;
    double looked_t; /* for what is looked at now and then only */
    GPtrArray *troubles;
    void (*trace)(const char *text, gpointer data); /* NULL: nobody listens */
    gpointer trace_data;
};

static void
visit_free(gpointer data)
{
    Visit *visit = data;
    for (guint i = 0; i < visit->notes->len; i++) {
        g_free(g_array_index(visit->notes, VisitNote, i).text);
    }
    g_array_unref(visit->notes);
    g_free(visit->id);
    g_free(visit);
}

Visits *
visits_new(const StoreLayout *layout, People *people, CartBook *book)
{
    Visits *visits = g_new0(Visits, 1);
    visits->layout = layout;
    visits->people = people;
    visits->book = book;
    visits->all = g_ptr_array_new_with_free_func(visit_free);
    visits->tracks = g_array_new(FALSE, TRUE, sizeof(TrackState));
    visits->pending = g_array_new(FALSE, TRUE, sizeof(Pending));
    visits->troubles = g_ptr_array_new_with_free_func(g_free);
    visits->next_owner = OWNER_FIRST_VISIT;
    return visits;
}

void
visits_free(Visits *visits)
{
    if (visits == NULL) {
        return;
    }
    for (guint i = 0; i < visits->pending->len; i++) {
        g_free(g_array_index(visits->pending, Pending, i).target);
    }
    g_ptr_array_unref(visits->all);
    g_array_unref(visits->tracks);
    g_array_unref(visits->pending);
    g_ptr_array_unref(visits->troubles);
    g_free(visits);
}

static Visit *
find_visit(const Visits *visits, Owner owner)
{
    for (guint i = visits->all->len; i-- > 0;) {
        Visit *visit = visits->all->pdata[i];
        if (visit->owner == owner) {
            return visit;
        }
    }
    return NULL;
}

const Visit *
visits_get(const Visits *visits, Owner owner)
{
    return find_visit(visits, owner);
}

const GPtrArray *
visits_all(const Visits *visits)
{
    return visits->all;
}

const GPtrArray *
visits_troubles(const Visits *visits)
{
    return visits->troubles;
}

static void G_GNUC_PRINTF(2, 3) trouble(Visits *visits, const char *format, ...)
{
    if (visits->troubles->len < max_troubles) {
        va_list args;
        va_start(args, format);
        g_ptr_array_add(visits->troubles, g_strdup_vprintf(format, args));
        va_end(args);
    }
}

void
visits_set_trace(Visits *visits, void (*func)(const char *text, gpointer data), gpointer data)
{
    visits->trace = func;
    visits->trace_data = data;
}

static void G_GNUC_PRINTF(2, 3) trace(const Visits *visits, const char *format, ...)
{
    if (visits->trace == NULL) {
        return;
    }
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = g_strdup_printf("%.2f  %s\n", people_time(visits->people), what);
    visits->trace(line, visits->trace_data);
}

void
visits_note(Visits *visits, Owner owner, const char *kind, double t, const char *format, ...)
{
    Visit *visit = find_visit(visits, owner);
    if (visit == NULL || visit->notes->len >= 20) {
        return;
    }
    for (guint i = 0; i < visit->notes->len; i++) {
        const VisitNote *note = &g_array_index(visit->notes, VisitNote, i);
        if (strcmp(note->kind, kind) == 0 && fabs(note->t - t) < 5) {
            return;
        }
    }
    va_list args;
    va_start(args, format);
    VisitNote note = { kind, g_strdup_vprintf(format, args), t };
    va_end(args);
    g_array_append_val(visit->notes, note);
}

static Visit *
find_open_by_id(const Visits *visits, const char *id)
{
    for (guint i = visits->all->len; i-- > 0;) {
        Visit *visit = visits->all->pdata[i];
        if (visit->state == VISIT_INSIDE && strcmp(visit->id, id) == 0) {
            return visit;
        }
    }
    return NULL;
}

static TrackState *
state_of(Visits *visits, guint slot)
{
    if (slot >= visits->tracks->len) {
        g_array_set_size(visits->tracks, slot + 1);
    }
    return &g_array_index(visits->tracks, TrackState, slot);
}

static bool
is_nobodys(const Visits *visits, guint slot)
{
    return cart_book_owner_probability(visits->book, slot, OWNER_NOBODY) > 0.5;
}

static bool
is_in_zone(const Visits *visits, guint slot, ZoneKind kind)
{
    return store_layout_in_zone(visits->layout, kind, people_last_point(visits->people, slot));
}

static void
claim(Visits *visits, guint slot, Owner owner)
{
    cart_book_set_owner(visits->book, slot, owner);
    state_of(visits, slot)->is_known = true;
    state_of(visits, slot)->guessed = OWNER_NOBODY;
    Visit *visit = find_visit(visits, owner);
    if (visit != NULL) {
        visit->num_joined++;
    }
    trace(visits, "track %s is %s", people_id(visits->people, slot),
          visit != NULL          ? visit->id
          : owner == OWNER_STAFF ? "staff"
                                 : "nobody's");
}

/* Metres from the nearest entry; 0 inside. */
static double
distance_to_entry(const Visits *visits, FloorPoint point)
{
    double least = INFINITY;
    for (guint i = 0; i < visits->layout->num_zones; i++) {
        const LayoutZone *zone = &visits->layout->zones[i];
        FloorPoint nearest;
        if (zone->kind == ZONE_ENTRY) {
            least = MIN(least, polygon_contains(&zone->polygon, point)
                                   ? 0
                                   : polygon_distance(&zone->polygon, point, &nearest));
        }
    }
    return least;
}

static bool
is_near_entry(const Visits *visits, FloorPoint point)
{
    return distance_to_entry(visits, point) < entry_margin_metres;
}

/* People of nobody's who stand in the entry, or who were first seen near it when it was about time:
 * trackers find people late. */
static guint
strangers_in_entry(Visits *visits, double entered_t, guint *ret_slots, guint max)
{
    guint count = 0;
    for (guint slot = 0; slot < people_num_slots(visits->people) && count < max; slot++) {
        if (!people_is_used(visits->people, slot) || people_is_lost(visits->people, slot) ||
            !is_nobodys(visits, slot)) {
            continue;
        }
        double since = people_first_t(visits->people, slot) - entered_t;
        FloorPoint first = people_first_point(visits->people, slot);
        bool began_in_entry = store_layout_in_zone(visits->layout, ZONE_ENTRY, first);
        /* Whoever entered then has walked on by now; who shows up in the entry so late comes after.
         */
        if (began_in_entry && since > walk_on_seconds &&
            people_time(visits->people) < entered_t + sure_seconds) {
            continue;
        }
        /* Seen first beyond the entry: as far as one can have walked by then. */
        bool walked_in = !began_in_entry && is_near_entry(visits, first) &&
                         since > distance_to_entry(visits, first) - 0.55;
        bool came_now = began_in_entry && since > -1;
        if (walked_in || came_now || is_in_zone(visits, slot, ZONE_ENTRY)) {
            ret_slots[count++] = slot;
        }
    }
    return count;
}

/* The person taken for OWNER's was another's: the right one is still to be found. */
static void
look_again(Visits *visits, Owner owner)
{
    Visit *visit = find_visit(visits, owner);
    if (visit != NULL && visit->num_joined > 0) {
        visit->num_joined--;
        Pending pending = { owner, NULL, people_time(visits->people) + pending_seconds };
        g_array_append_val(visits->pending, pending);
    }
}

/* Whether the person meant by PENDING has been found. */
static bool
settle_pending(Visits *visits, const Pending *pending)
{
    if (pending->target != NULL) {
        guint slot = people_find(visits->people, pending->target);
        if (slot == PEOPLE_NONE) {
            return false;
        }
        Owner guessed = state_of(visits, slot)->guessed;
        claim(visits, slot, pending->owner);
        if (guessed != OWNER_NOBODY && guessed != pending->owner) {
            look_again(visits, guessed);
        }
        return true;
    }
    Visit *visit = find_visit(visits, pending->owner);
    guint slots[8];
    guint count = strangers_in_entry(
        visits, visit == NULL ? pending->until_t - pending_seconds : visit->entered_t, slots,
        G_N_ELEMENTS(slots));
    if (count == 0) {
        return false;
    }
    if (count == 1 || (visit != NULL && count <= visit->party)) {
        for (guint i = 0; i < count; i++) {
            claim(visits, slots[i], pending->owner);
            state_of(visits, slots[i])->guessed = pending->owner;
        }
        return true;
    }
    double equal[G_N_ELEMENTS(slots)] = { 0 };
    cart_book_branch_track(visits->book, pending->owner, slots, equal, count);
    for (guint i = 0; i < count; i++) {
        state_of(visits, slots[i])->is_known = true;
    }
    visits_note(visits, pending->owner, "entry-unclear", people_time(visits->people),
                "%u people stood in the entry and the gate did not say which of them entered",
                count);
    if (visit != NULL) {
        visit->num_joined++;
    }
    return true;
}

static void
claim_or_wait(Visits *visits, Owner owner, const char *target, double t)
{
    Pending pending = { owner, g_strdup(target), t + pending_seconds };
    if (settle_pending(visits, &pending)) {
        g_free(pending.target);
    } else {
        g_array_append_val(visits->pending, pending);
    }
}

static void
enter(Visits *visits, const GateLine *line)
{
    if (find_open_by_id(visits, line->visit) != NULL) {
        trouble(visits, "visit %s enters although it is inside already: left out", line->visit);
        return;
    }
    Visit *visit = g_new0(Visit, 1);
    visit->owner = visits->next_owner++;
    visit->id = g_strdup(line->visit);
    visit->entered_t = line->t;
    visit->exited_t = NAN;
    visit->closed_t = NAN;
    visit->party = MAX(1, line->party);
    visit->notes = g_array_new(FALSE, TRUE, sizeof(VisitNote));
    g_ptr_array_add(visits->all, visit);
    claim_or_wait(visits, visit->owner, line->target, line->t);
    visits->joining = visit->party > 1 ? visit->owner : OWNER_NOBODY;
    visits->joining_until_t = line->t + join_seconds;
}

static void
start_leaving(Visit *visit, double t)
{
    if (visit->state == VISIT_INSIDE) {
        visit->state = VISIT_LEAVING;
        visit->exited_t = t;
    }
}

/* Whoever stands in the exit and has a visit that is open; PEOPLE_NONE unless it is one person. */
static guint
only_one_in_exit(const Visits *visits)
{
    guint found = PEOPLE_NONE;
    for (guint slot = 0; slot < people_num_slots(visits->people); slot++) {
        if (people_is_used(visits->people, slot) && !people_is_lost(visits->people, slot) &&
            is_in_zone(visits, slot, ZONE_EXIT) && !is_nobodys(visits, slot)) {
            if (found != PEOPLE_NONE) {
                return PEOPLE_NONE;
            }
            found = slot;
        }
    }
    return found;
}

static void
leave(Visits *visits, const GateLine *line)
{
    guint slot =
        line->target != NULL ? people_find(visits->people, line->target) : only_one_in_exit(visits);
    Visit *visit = NULL;
    if (line->visit != NULL) {
        visit = find_open_by_id(visits, line->visit);
        if (visit != NULL && slot != PEOPLE_NONE && line->target != NULL) {
            cart_book_weigh_owner(visits->book, slot, visit->owner, log_scan_is_right);
        }
    } else if (slot != PEOPLE_NONE) {
        double probability;
        Owner owner = cart_book_owner(visits->book, slot, &probability);
        visit = find_visit(visits, owner);
        if (visit != NULL && probability < 0.9) {
            visits_note(visits, owner, "exit-unclear", line->t,
                        "the exit was not scanned, and whose the track is, is %d %% sure",
                        (int)(100 * probability));
        }
    }
    if (visit == NULL) {
        trouble(visits, "somebody leaves at %.1f who has no open visit%s%s", line->t,
                line->visit != NULL ? ": " : "", line->visit != NULL ? line->visit : "");
        return;
    }
    start_leaving(visit, line->t);
}

void
visits_gate(Visits *visits, const GateLine *line)
{
    switch (line->kind) {
    case GATE_ENTER:
        enter(visits, line);
        break;
    case GATE_EXIT:
        leave(visits, line);
        break;
    case GATE_STAFF:
        if (line->target != NULL) {
            claim_or_wait(visits, OWNER_STAFF, line->target, line->t);
        }
        break;
    }
}

static void
follow_pending(Visits *visits)
{
    double now = people_time(visits->people);
    for (guint i = 0; i < visits->pending->len;) {
        /* A copy: settling one may add another. */
        Pending pending = g_array_index(visits->pending, Pending, i);
        bool settled = settle_pending(visits, &pending);
        if (!settled && now <= pending.until_t) {
            i++;
            continue;
        }
        if (!settled) {
            visits_note(visits, pending.owner, "entry-unseen", now,
                        "nobody was seen entering with this visit");
        }
        g_free(pending.target);
        g_array_remove_index(visits->pending, i);
    }
}

static void
follow_group(Visits *visits, guint slot)
{
    const People *people = visits->people;
    Visit *visit = find_visit(visits, visits->joining);
    if (visit == NULL || people_time(people) > visits->joining_until_t ||
        visit->num_joined >= visit->party || people_is_lost(people, slot) ||
        !is_nobodys(visits, slot)) {
        return;
    }
    bool came_now = people_first_t(people, slot) > visit->entered_t - 1.5 &&
                    is_near_entry(visits, people_first_point(people, slot));
    if (came_now || is_in_zone(visits, slot, ZONE_ENTRY)) {
        claim(visits, slot, visit->owner);
    }
}

/* Whether the track is most likely of somebody who has not left. */
static bool
is_inside(const Visits *visits, guint slot)
{
    double probability;
    Owner owner = cart_book_owner(visits->book, slot, &probability);
    const Visit *visit = find_visit(visits, owner);
    return owner == OWNER_STAFF || (visit != NULL && visit->state != VISIT_CLOSED);
}

/* Looks for the person whom the new track in SLOT continues. */
static void
identify(Visits *visits, guint slot)
{
    People *people = visits->people;
    double age = people_time(people) - people_first_t(people, slot);
    if (age < young_seconds) {
        return;
    }
    guint lost[16];
    double log_weights[G_N_ELEMENTS(lost)];
    guint count = 0;
    double best = -INFINITY;
    for (guint i = 0; i < people_num_slots(people) && count < G_N_ELEMENTS(lost); i++) {
        if (i == slot || !people_is_used(people, i) || !people_is_lost(people, i) ||
            state_of(visits, i)->is_continued || !is_inside(visits, i)) {
            continue;
        }
        double log_odds = people_log_continues(people, slot, i);
        if (log_odds > -12) {
            lost[count] = i;
            log_weights[count++] = log_odds;
            best = MAX(best, log_odds);
        }
    }
    bool began_in_entry =
        store_layout_in_zone(visits->layout, ZONE_ENTRY, people_first_point(people, slot));
    double log_new = began_in_entry ? log_new_in_entry : log_new_inside;
    if (count == 0 || best < log_new - 4) {
        state_of(visits, slot)->is_known = age > old_seconds;
        return;
    }
    cart_book_continue_track(visits->book, slot, lost, log_weights, count, log_new);
    state_of(visits, slot)->is_known = true;
    for (guint k = 0; k < count; k++) {
        trace(visits, "track %s goes on as %s? %.2f against %.2f that it is new",
              people_id(people, lost[k]), people_id(people, slot), log_weights[k], log_new);
        if (log_weights[k] == best && best > log_new) {
            state_of(visits, lost[k])->is_continued = true;
        }
    }
}

/* Whoever went out through the exit and is gone has left, whether the gate saw it or not. */
static void
follow_exit(Visits *visits, Visit *visit)
{
    People *people = visits->people;
    double last_t = -INFINITY;
    guint last = PEOPLE_NONE;
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot) || state_of(visits, slot)->is_continued ||
            cart_book_owner_probability(visits->book, slot, visit->owner) < 0.5) {
            continue;
        }
        if (people_last_t(people, slot) > last_t) {
            last_t = people_last_t(people, slot);
            last = slot;
        }
    }
    if (last == PEOPLE_NONE || people_time(people) - last_t < absent_seconds) {
        return;
    }
    FloorPoint point = people_last_point(people, last);
    bool out = false;
    for (guint i = 0; i < visits->layout->num_zones; i++) {
        const LayoutZone *zone = &visits->layout->zones[i];
        FloorPoint nearest;
        out |= zone->kind == ZONE_EXIT &&
               (polygon_contains(&zone->polygon, point) ||
                polygon_distance(&zone->polygon, point, &nearest) < exit_margin_metres);
    }
    if (out) {
        start_leaving(visit, last_t);
        visits_note(visits, visit->owner, "exit-unseen", last_t,
                    "the gate did not tell of the exit; the last of them was seen there");
    }
}

static void
forget_old_tracks(Visits *visits)
{
    People *people = visits->people;
    double now = people_time(people);
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot)) {
            continue;
        }
        double gone = now - people_last_t(people, slot);
        if (gone < keep_track_seconds) {
            continue;
        }
        if (state_of(visits, slot)->is_continued || !is_inside(visits, slot) ||
            gone > lost_for_good_seconds) {
            people_forget(people, slot);
            cart_book_set_owner(visits->book, slot, OWNER_NOBODY);
            *state_of(visits, slot) = (TrackState){ 0 };
        }
    }
}

void
visits_follow(Visits *visits)
{
    People *people = visits->people;
    PeopleSwap swap;
    while (people_next_swap(people, &swap)) {
        cart_book_swap_tracks(visits->book, swap.a, swap.b, swap.log_swapped);
        trace(visits, "tracks %s and %s have exchanged their ids at %.2f? %.2f",
              people_id(people, swap.a), people_id(people, swap.b), swap.t, swap.log_swapped);
    }
    follow_pending(visits);
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot)) {
            continue;
        }
        if (visits->joining != OWNER_NOBODY) {
            follow_group(visits, slot);
        }
        if (!state_of(visits, slot)->is_known) {
            identify(visits, slot);
        }
    }
    if (people_time(people) < visits->looked_t + look_seconds) {
        return;
    }
    visits->looked_t = people_time(people);
    for (guint i = 0; i < visits->all->len; i++) {
        Visit *visit = visits->all->pdata[i];
        if (visit->state == VISIT_INSIDE) {
            follow_exit(visits, visit);
        }
    }
    forget_old_tracks(visits);
}

void
visits_close(Visits *visits, Owner owner, double t)
{
    Visit *visit = find_visit(visits, owner);
    visit->state = VISIT_CLOSED;
    visit->closed_t = t;
}

void
visits_forget(Visits *visits, double t)
{
    for (guint i = visits->all->len; i-- > 0;) {
        const Visit *visit = visits->all->pdata[i];
        if (visit->state == VISIT_CLOSED && visit->closed_t < t) {
            g_ptr_array_remove_index(visits->all, i);
        }
    }
}

bool
visits_was_near(const Visits *visits, Owner owner, FloorPoint point, double metres, double from,
                double to)
{
    const PersonSample *samples[1024];
    for (guint slot = 0; slot < people_num_slots(visits->people); slot++) {
        if (!people_is_used(visits->people, slot) ||
            cart_book_owner_probability(visits->book, slot, owner) < 0.02) {
            continue;
        }
        guint count =
            people_samples(visits->people, slot, from, to, samples, G_N_ELEMENTS(samples));
        for (guint i = 0; i < count; i++) {
            if (hypot(samples[i]->x - point.x, samples[i]->y - point.y) < metres) {
                return true;
            }
        }
    }
    return false;
}
