#include "store/visits.h"

#include "store/gate_match.h"

#include <math.h>
#include <string.h>

static const double join_seconds = 10;  /* the others of a group follow within this */
static const double absent_seconds = 5; /* gone through the exit, for good */
/* Who came through the entry is looked at for so long, before it is said whose they are: the next
 * line of the gate may tell. Sooner where there is no choice. */
static const double settle_seconds = 2.6;
static const double no_choice_seconds = 0.7;
static const double settled_seconds = 6; /* after so long nothing more is said */
static const double before_code_seconds = 4;
static const double sure_of_seat = 0.97;
static const guint max_answers = 6;
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
static const double log_scan_is_right = 6;
/* A track was taken for another's, and neither looks nor the gate had told. */
static const double log_mistaken_track = -3;
static const double look_seconds = 0.5;
static const guint max_troubles = 100;

typedef struct {
    bool is_known;     /* whose it is has been decided, or given up */
    bool is_continued; /* under another id */
    bool is_settled;   /* whether the entry made it somebody's has been decided */
    Owner
        guessed; /* whose it was taken to be without the gate's saying so; OWNER_NOBODY: no guess */
} TrackState;

typedef struct {
    Owner owner;
    char *target;
    double until_t;
} Pending;

typedef struct {
    Owner owner;
    bool is_first;
    double shown_t;
    double until_t;   /* others of a group come before */
    double expires_t; /* nobody was seen */
} Seat;

struct Visits {
    const StoreLayout *layout;
    People *people;
    CartBook *book;
    GPtrArray *all;  /* of Visit */
    GArray *tracks;  /* of TrackState, by slot */
    GArray *pending; /* of Pending: enter lines and staff whose track is not known yet */
    GArray *seats;   /* of Seat: people of visits who are still to be found */
    Owner next_owner;
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
    visits->seats = g_array_new(FALSE, TRUE, sizeof(Seat));
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
    g_array_unref(visits->seats);
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
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    for (guint i = 0; i < visit->notes->len; i++) {
        const VisitNote *note = &g_array_index(visit->notes, VisitNote, i);
        if (strcmp(note->kind, kind) == 0 &&
            (strcmp(note->text, text) == 0 || (fabs(note->t - t) < 5))) {
            return;
        }
    }
    VisitNote note = { kind, g_steal_pointer(&text), t };
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
    cart_book_claim(visits->book, slot, owner);
    state_of(visits, slot)->is_known = true;
    state_of(visits, slot)->is_settled = true;
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

static void
add_seats(Visits *visits, const Visit *visit, guint count, bool is_first, double t)
{
    Seat seat = { .owner = visit->owner,
                  .is_first = is_first,
                  .shown_t = visit->entered_t,
                  .until_t = visit->entered_t + join_seconds,
                  .expires_t = t + (is_first ? pending_seconds : join_seconds) };
    for (guint i = 0; i < count; i++) {
        g_array_append_val(visits->seats, seat);
    }
}

/* The person taken for OWNER's was another's: the right one is still to be found. */
static void
look_again(Visits *visits, Owner owner)
{
    Visit *visit = find_visit(visits, owner);
    if (visit == NULL || visit->num_joined == 0) {
        return;
    }
    visit->num_joined--;
    add_seats(visits, visit, 1, true, people_time(visits->people));
    for (guint i = 0; i < visits->tracks->len; i++) {
        state_of(visits, i)->is_settled = !is_nobodys(visits, i);
    }
}

/* Whether the person meant by PENDING has been found. */
static bool
settle_pending(Visits *visits, const Pending *pending)
{
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
    for (guint i = 0; i < visits->seats->len; i++) {
        Seat *seat = &g_array_index(visits->seats, Seat, i);
        seat->until_t = MIN(seat->until_t, line->t);
    }
    if (line->target != NULL) {
        claim_or_wait(visits, visit->owner, line->target, line->t);
    } else {
        add_seats(visits, visit, 1, true, line->t);
    }
    add_seats(visits, visit, visit->party - 1, false, line->t);
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

/* The gate knows whose the track in SLOT is: it may have been taken for another's ever since it
 * came in, or since it met that other. */
static void
correct_owner(Visits *visits, guint slot, const Visit *visit)
{
    double times[2 + PEOPLE_MAX_MEETINGS];
    guint count = people_meetings(visits->people, slot, times);
    times[count++] = people_first_t(visits->people, slot);
    if (!is_near_entry(visits, people_first_point(visits->people, slot))) {
        times[count++] = -INFINITY; /* under an earlier id */
    }
    cart_book_correct_owner(visits->book, slot, visit->owner, log_scan_is_right, log_mistaken_track,
                            times, count);
}

/* The visit that is inside and none of whose people is seen any more; NULL unless it is one. */
static Visit *
only_one_without_track(const Visits *visits)
{
    Visit *found = NULL;
    for (guint i = 0; i < visits->all->len; i++) {
        Visit *visit = visits->all->pdata[i];
        bool is_seen = visit->state != VISIT_INSIDE;
        for (guint slot = 0; slot < people_num_slots(visits->people) && !is_seen; slot++) {
            is_seen = people_is_used(visits->people, slot) &&
                      !people_is_lost(visits->people, slot) &&
                      cart_book_owner_probability(visits->book, slot, visit->owner) > 0.5;
        }
        if (!is_seen && found != NULL) {
            return NULL;
        }
        found = is_seen ? found : visit;
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
            correct_owner(visits, slot, visit);
        }
    } else if (slot != PEOPLE_NONE) {
        double probability;
        Owner owner = cart_book_owner(visits->book, slot, &probability);
        visit = find_visit(visits, owner);
        if (visit == NULL || visit->state != VISIT_INSIDE) {
            visit = only_one_without_track(visits);
            if (visit != NULL) {
                owner = visit->owner;
                correct_owner(visits, slot, visit);
                visits_note(visits, owner, "exit-unclear", line->t,
                            "the exit was not scanned, and nobody else could be meant");
            }
        } else if (probability < 0.9) {
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
expire_seats(Visits *visits)
{
    double now = people_time(visits->people);
    for (guint i = visits->seats->len; i-- > 0;) {
        const Seat *seat = &g_array_index(visits->seats, Seat, i);
        if (now > seat->expires_t) {
            if (seat->is_first) {
                visits_note(visits, seat->owner, "entry-unseen", now,
                            "nobody was seen entering with this visit");
            }
            g_array_remove_index(visits->seats, i);
        }
    }
}

/* Nobody's people who came through the entry lately; returns how many. */
static guint
newcomers(Visits *visits, guint *ret_slots, GateTrack *ret_tracks)
{
    const People *people = visits->people;
    double now = people_time(people);
    double since = now;
    guint count = 0;
    for (guint i = 0; i < visits->seats->len; i++) {
        since = MIN(since, g_array_index(visits->seats, Seat, i).shown_t);
    }
    for (guint slot = 0; slot < people_num_slots(people) && count < GATE_MAX_TRACKS; slot++) {
        if (!people_is_used(people, slot) || state_of(visits, slot)->is_settled ||
            people_first_t(people, slot) < since - before_code_seconds ||
            !is_near_entry(visits, people_first_point(people, slot)) || !is_nobodys(visits, slot)) {
            continue;
        }
        bool is_ghost =
            people_is_lost(people, slot) &&
            people_last_t(people, slot) - people_first_t(people, slot) < no_choice_seconds;
        if (!is_ghost) {
            ret_slots[count] = slot;
            ret_tracks[count++] = (GateTrack){ .first_t = people_first_t(people, slot),
                                               .metres = distance_to_entry(
                                                   visits, people_first_point(people, slot)) };
        }
    }
    return count;
}

/* SEAT is taken by the track in SLOT, as far as anybody knows. */
static void
note_seat(Visits *visits, guint slot, const Seat *seat)
{
    Visit *visit = find_visit(visits, seat->owner);
    state_of(visits, slot)->guessed = seat->owner;
    if (visit != NULL) {
        visit->num_joined++;
    }
}

/* Writes the ANSWERS about the tracks asked into the book: one that is sure, or all of them. */
static void
take_answers(Visits *visits, const GateAnswer *answers, guint num_answers, const guint *slots,
             const GateTrack *tracks, guint num_tracks)
{
    guint asked[GATE_MAX_TRACKS];
    Owner owners[GATE_MAX_TRACKS * GATE_MAX_TRACKS];
    double log_weights[GATE_MAX_TRACKS];
    guint num_asked = 0;
    bool is_sure = answers[0].probability > sure_of_seat;
    num_answers = is_sure ? 1 : num_answers;
    for (guint i = 0; i < num_tracks; i++) {
        num_asked += tracks[i].is_asked;
    }
    for (guint row = 0; row < num_answers; row++) {
        guint k = 0;
        for (guint i = 0; i < num_tracks; i++) {
            guint seat = answers[row].seats[i];
            if (tracks[i].is_asked) {
                asked[k] = slots[i];
                owners[row * num_asked + k++] =
                    seat == GATE_NO_SEAT ? OWNER_NOBODY
                                         : g_array_index(visits->seats, Seat, seat).owner;
            }
        }
        log_weights[row] = log(answers[row].probability);
    }
    cart_book_branch_owners(visits->book, asked, num_asked, owners, log_weights, num_answers);
    guint32 taken = 0;
    for (guint i = 0; i < num_tracks; i++) {
        guint seat = answers[0].seats[i];
        if (!tracks[i].is_asked) {
            continue;
        }
        state_of(visits, slots[i])->is_settled = true;
        if (seat == GATE_NO_SEAT) {
            continue;
        }
        const Seat *found = &g_array_index(visits->seats, Seat, seat);
        const Visit *visit = find_visit(visits, found->owner);
        state_of(visits, slots[i])->is_known = true;
        note_seat(visits, slots[i], found);
        taken |= 1u << seat;
        trace(visits, "track %s is %s (%.3f)", people_id(visits->people, slots[i]),
              visit != NULL ? visit->id : "closed", answers[0].probability);
        if (!is_sure) {
            visits_note(visits, found->owner, "entry-unclear", people_time(visits->people),
                        "the gate did not say who of several people entered");
        }
    }
    for (guint i = visits->seats->len; i-- > 0;) {
        if (taken & 1u << i) {
            g_array_remove_index(visits->seats, i);
        }
    }
}

/* Finds the people for the seats, once enough is known. */
static void
follow_entry(Visits *visits)
{
    expire_seats(visits);
    guint slots[GATE_MAX_TRACKS];
    GateTrack tracks[GATE_MAX_TRACKS];
    double now = people_time(visits->people);
    guint num_tracks = visits->seats->len == 0 ? 0 : newcomers(visits, slots, tracks);
    guint num_asked = 0;
    bool is_long_enough = false;
    for (guint i = 0; i < num_tracks; i++) {
        double age = now - tracks[i].first_t;
        tracks[i].is_asked = age >= settle_seconds || (num_tracks == 1 && age > no_choice_seconds);
        is_long_enough |= age >= settle_seconds;
        num_asked += tracks[i].is_asked;
    }
    if (num_asked == 0) {
        return;
    }
    GateSeat seats[GATE_MAX_SEATS];
    guint num_seats = MIN(visits->seats->len, GATE_MAX_SEATS);
    for (guint i = 0; i < num_seats; i++) {
        const Seat *seat = &g_array_index(visits->seats, Seat, i);
        seats[i] = (GateSeat){ seat->owner, seat->is_first, seat->shown_t, seat->until_t };
    }
    GateAnswer answers[GATE_MAX_TRACKS];
    guint count = gate_match(seats, num_seats, tracks, num_tracks, now, answers, max_answers);
    if (!is_long_enough && answers[0].probability < sure_of_seat) {
        return;
    }
    bool is_all_early = true;
    for (guint i = 0; i < num_tracks; i++) {
        is_all_early &= now - tracks[i].first_t < settled_seconds;
    }
    bool is_found = false;
    for (guint i = 0; i < num_tracks; i++) {
        is_found |= tracks[i].is_asked && answers[0].seats[i] != GATE_NO_SEAT;
    }
    /* That somebody is nobody's is said last. */
    if (is_found || !is_all_early) {
        take_answers(visits, answers, count, slots, tracks, num_tracks);
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
        cart_book_swap_tracks(visits->book, swap.a, swap.b, swap.t, swap.log_swapped);
        trace(visits, "tracks %s and %s have exchanged their ids at %.2f? %.2f",
              people_id(people, swap.a), people_id(people, swap.b), swap.t, swap.log_swapped);
    }
    follow_pending(visits);
    follow_entry(visits);
    for (guint slot = 0; slot < people_num_slots(people); slot++) {
        if (!people_is_used(people, slot)) {
            continue;
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
