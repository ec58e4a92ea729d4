#include "store/people.h"

#include <math.h>
#include <string.h>

static const double lost_seconds = 0.5;
static const guint max_samples = 1024; /* of history */
static const double close_metres = 0.6;
static const double apart_seconds = 2; /* between two meetings */
/* How many samples make an impression of somebody's appearance. */
static const guint impression_samples = 8;
static const double max_log_appearance = 9;
/* Looks must speak so clearly; until they do, more of them is waited for. */
static const double min_swap_odds = 8;
static const double log_swaps = -3; /* that ids are exchanged at all */
static const double walking_metres_per_second = 1.3;
static const double unnoticed_seconds = 0.2;
static const double usual_upright_metres = 1.65;
/* The height that a head is mostly below, followed step by step; its noise is above it. */
static const double upright_share = 0.9;
static const double upright_step_metres = 0.01;
static const double upright_noise_metres = 0.03;

typedef struct {
    float *mean; /* num_appearance numbers, or NULL */
    double weight;
} Impression;

typedef struct {
    char *id; /* NULL: the slot is free */
    double first_t, last_t;
    double fits_t;  /* when it last looked like its person */
    double upright; /* metres of the head; 0: not seen yet */
    FloorPoint first, last;
    GArray *samples; /* ring of PersonSample */
    guint next_sample;
    Impression person; /* what the person looked like when nobody was near */
    Impression recent; /* lately */
    double swapped_t;
    guint swapped_with;
    double met_t[PEOPLE_MAX_MEETINGS]; /* newest first; meetings that go on count once */
    guint num_met;
    double last_met_t;
} Track;

struct People {
    double t;
    GArray *tracks;    /* of Track */
    GHashTable *slots; /* id -> slot + 1 */
    guint num_appearance;
    double spread; /* variance of one number of appearance, within one person */
    double num_spread;
    GArray *swaps; /* of PeopleSwap */
};

static Track *
track_at(const People *people, guint slot)
{
    return &g_array_index(people->tracks, Track, slot);
}

static void
track_clear(Track *track)
{
    g_free(track->id);
    g_free(track->person.mean);
    g_free(track->recent.mean);
    g_clear_pointer(&track->samples, g_array_unref);
    *track = (Track){ 0 };
}

People *
people_new(void)
{
    People *people = g_new0(People, 1);
    people->tracks = g_array_new(FALSE, TRUE, sizeof(Track));
    people->slots = g_hash_table_new(g_str_hash, g_str_equal);
    people->swaps = g_array_new(FALSE, FALSE, sizeof(PeopleSwap));
    people->spread = 1e-4;
    return people;
}

void
people_free(People *people)
{
    if (people == NULL) {
        return;
    }
    g_hash_table_unref(people->slots);
    for (guint i = 0; i < people->tracks->len; i++) {
        track_clear(track_at(people, i));
    }
    g_array_unref(people->tracks);
    g_array_unref(people->swaps);
    g_free(people);
}

double
people_time(const People *people)
{
    return people->t;
}

guint
people_num_slots(const People *people)
{
    return people->tracks->len;
}

bool
people_is_used(const People *people, guint slot)
{
    return track_at(people, slot)->id != NULL;
}

bool
people_is_lost(const People *people, guint slot)
{
    return people->t - track_at(people, slot)->last_t > lost_seconds;
}

const char *
people_id(const People *people, guint slot)
{
    return track_at(people, slot)->id;
}

double
people_first_t(const People *people, guint slot)
{
    return track_at(people, slot)->first_t;
}

double
people_last_t(const People *people, guint slot)
{
    return track_at(people, slot)->last_t;
}

FloorPoint
people_first_point(const People *people, guint slot)
{
    return track_at(people, slot)->first;
}

FloorPoint
people_last_point(const People *people, guint slot)
{
    return track_at(people, slot)->last;
}

double
people_upright(const People *people, guint slot)
{
    double upright = track_at(people, slot)->upright;
    return upright == 0 ? usual_upright_metres : upright - upright_noise_metres;
}

guint
people_find(const People *people, const char *id)
{
    gpointer found = g_hash_table_lookup(people->slots, id);
    return found == NULL ? PEOPLE_NONE : GPOINTER_TO_UINT(found) - 1;
}

static guint
new_slot(People *people, const char *id)
{
    guint slot = 0;
    while (slot < people->tracks->len && track_at(people, slot)->id != NULL) {
        slot++;
    }
    if (slot == PEOPLE_MAX_TRACKS) {
        return PEOPLE_NONE;
    }
    if (slot == people->tracks->len) {
        g_array_set_size(people->tracks, slot + 1);
    }
    Track *track = track_at(people, slot);
    track->id = g_strdup(id);
    track->samples = g_array_new(FALSE, FALSE, sizeof(PersonSample));
    track->first_t = people->t;
    track->swapped_t = -INFINITY;
    track->fits_t = people->t;
    g_hash_table_insert(people->slots, track->id, GUINT_TO_POINTER(slot + 1));
    return slot;
}

void
people_forget(People *people, guint slot)
{
    Track *track = track_at(people, slot);
    g_hash_table_remove(people->slots, track->id);
    track_clear(track);
}

static void
follow_upright(Track *track, const Target *target)
{
    if (!target->has_head) {
        return;
    }
    double head = target->head[2];
    if (track->upright == 0) {
        track->upright = head;
    } else {
        track->upright +=
            upright_step_metres * (head > track->upright ? upright_share : upright_share - 1);
    }
}

static void
add_sample(Track *track, double t, const Target *target)
{
    PersonSample sample = { .t = t, .x = (float)target->x, .y = (float)target->y };
    for (guint i = 0; i < 3; i++) {
        sample.head[i] = target->has_head ? (float)target->head[i] : NAN;
    }
    sample.num_hands = target->num_hands;
    for (guint i = 0; i < target->num_hands; i++) {
        const TargetHand *hand = &target->hands[i];
        sample.hands[i][0] = (float)hand->x;
        sample.hands[i][1] = (float)hand->y;
        sample.hands[i][2] = (float)hand->z;
        sample.hands[i][3] = (float)hand->score;
    }
    if (track->samples->len < max_samples) {
        g_array_append_val(track->samples, sample);
    } else {
        g_array_index(track->samples, PersonSample, track->next_sample) = sample;
    }
    track->next_sample = (track->next_sample + 1) % max_samples;
}

static double
distance_squared(const float *a, const float *b, guint n)
{
    double sum = 0;
    for (guint i = 0; i < n; i++) {
        sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static void
impression_add(Impression *impression, const float *appearance, guint n, double max_weight)
{
    if (impression->mean == NULL) {
        impression->mean = g_memdup2(appearance, n * sizeof *appearance);
        impression->weight = 1;
        return;
    }
    impression->weight = MIN(impression->weight + 1, max_weight);
    float share = (float)(1 / impression->weight);
    for (guint i = 0; i < n; i++) {
        impression->mean[i] += share * (appearance[i] - impression->mean[i]);
    }
}

/* How much likelier two impressions are of one person than of two. Numbers of appearance within one
 * person vary by PEOPLE->spread; between two people they are taken to differ by ten times that. */
static double
log_same_person(const People *people, const Impression *a, const Impression *b)
{
    guint n = people->num_appearance;
    if (a->mean == NULL || b->mean == NULL || n == 0) {
        return 0;
    }
    double within = people->spread * (1 / MIN(a->weight, 10) + 1 / MIN(b->weight, 10));
    double between = within + 20 * people->spread;
    double d = distance_squared(a->mean, b->mean, n);
    /* Numbers of one vector depend on each other: they count as a third of their number. */
    double log_odds = (0.5 * d * (1 / between - 1 / within) + 0.5 * n * log(between / within)) / 3;
    return CLAMP(log_odds, -max_log_appearance, max_log_appearance);
}

static void
note_swap(People *people, guint a, guint b, double log_swapped)
{
    Track *track_a = track_at(people, a);
    Track *track_b = track_at(people, b);
    PeopleSwap swap = { .a = a, .b = b, .log_swapped = log_swapped };
    /* It was about the last frame that fitted: some of another's make an impression no worse. */
    swap.t = MIN(track_a->fits_t, track_b->fits_t) - unnoticed_seconds;
    g_array_append_val(people->swaps, swap);
    if (log_swapped > 0) {
        Impression person = track_a->person;
        track_a->person = track_b->person;
        track_b->person = person;
        track_a->swapped_t = track_b->swapped_t = swap.t;
        track_a->swapped_with = b;
        track_b->swapped_with = a;
    }
}

/* Whether SLOT looks like somebody else than it did before: then somebody else looks like SLOT. */
static void
look_for_swap(People *people, guint slot)
{
    Track *track = track_at(people, slot);
    double own = log_same_person(people, &track->recent, &track->person);
    if (own > 1) {
        track->fits_t = people->t;
    }
    if (own > -1) {
        return;
    }
    guint best = PEOPLE_NONE;
    double best_odds = -INFINITY;
    for (guint i = 0; i < people->tracks->len; i++) {
        Track *other = track_at(people, i);
        if (i == slot || other->id == NULL || other->recent.weight < impression_samples ||
            people->t - other->last_t > lost_seconds) {
            continue;
        }
        double odds = log_same_person(people, &track->recent, &other->person) +
                      log_same_person(people, &other->recent, &track->person) - own -
                      log_same_person(people, &other->recent, &other->person);
        if (odds > best_odds) {
            best_odds = odds;
            best = i;
        }
    }
    if (best != PEOPLE_NONE && best_odds > min_swap_odds) {
        note_swap(people, slot, best, best_odds + log_swaps);
    }
}

static void
add_appearance(People *people, guint slot, const Target *target, bool is_alone)
{
    Track *track = track_at(people, slot);
    guint n = target->num_appearance;
    if (n == 0 || (people->num_appearance != 0 && n != people->num_appearance)) {
        return;
    }
    people->num_appearance = n;
    if (is_alone && track->recent.mean != NULL && track->recent.weight >= 3) {
        double variance = distance_squared(target->appearance, track->recent.mean, n) / n;
        people->num_spread = MIN(people->num_spread + 1, 2000);
        people->spread += (variance - people->spread) / people->num_spread;
        people->spread = MAX(people->spread, 1e-8);
    }
    impression_add(&track->recent, target->appearance, n, impression_samples);
    if (track->recent.weight < impression_samples) {
        return;
    }
    if (track->person.mean != NULL) {
        look_for_swap(people, slot);
    }
    /* Only what fits is learned; a swapped track must not teach its new face. */
    if (track->person.mean == NULL || log_same_person(people, &track->recent, &track->person) > 0) {
        impression_add(&track->person, target->appearance, n, 60);
    }
}

static bool
is_alone(const TargetFrame *frame, guint index)
{
    const Target *target = &frame->targets[index];
    for (guint i = 0; i < frame->num_targets; i++) {
        const Target *other = &frame->targets[i];
        if (i != index && hypot(other->x - target->x, other->y - target->y) < close_metres) {
            return false;
        }
    }
    return true;
}

static void
note_meetings(People *people, const TargetFrame *frame, guint index)
{
    if (is_alone(frame, index)) {
        return;
    }
    Track *track = track_at(people, people_find(people, frame->targets[index].id));
    if (track->num_met == 0 || frame->t - track->last_met_t > apart_seconds) {
        memmove(track->met_t + 1, track->met_t, (PEOPLE_MAX_MEETINGS - 1) * sizeof *track->met_t);
        track->met_t[0] = frame->t;
        track->num_met = MIN(track->num_met + 1, PEOPLE_MAX_MEETINGS);
    }
    track->last_met_t = frame->t;
}

guint
people_meetings(const People *people, guint slot, double *ret_times)
{
    const Track *track = track_at(people, slot);
    memcpy(ret_times, track->met_t, track->num_met * sizeof *ret_times);
    return track->num_met;
}

void
people_push(People *people, const TargetFrame *frame)
{
    people->t = frame->t;
    for (guint i = 0; i < frame->num_targets; i++) {
        const Target *target = &frame->targets[i];
        guint slot = people_find(people, target->id);
        if (slot == PEOPLE_NONE) {
            slot = new_slot(people, target->id);
            if (slot == PEOPLE_NONE) {
                continue;
            }
            track_at(people, slot)->first = (FloorPoint){ target->x, target->y };
        }
        Track *track = track_at(people, slot);
        track->last_t = frame->t;
        track->last = (FloorPoint){ target->x, target->y };
        add_sample(track, frame->t, target);
        follow_upright(track, target);
        add_appearance(people, slot, target, is_alone(frame, i));
        note_meetings(people, frame, i);
    }
}

/* Adds the samples of one id, newest first. */
static guint
add_samples(const Track *track, double from, double to, const PersonSample **ret, guint count,
            guint max)
{
    guint length = track->samples->len;
    guint oldest = length < max_samples ? 0 : track->next_sample;
    /* Backwards from the newest, since what is asked for is mostly recent. */
    for (guint i = length; i-- > 0 && count < max;) {
        const PersonSample *sample =
            &g_array_index(track->samples, PersonSample, (oldest + i) % length);
        if (sample->t < from) {
            break;
        }
        if (sample->t <= to) {
            ret[count++] = sample;
        }
    }
    return count;
}

guint
people_samples(const People *people, guint slot, double from, double to, const PersonSample **ret,
               guint max)
{
    const Track *track = track_at(people, slot);
    guint count = add_samples(track, MAX(from, track->swapped_t), to, ret, 0, max);
    if (from < track->swapped_t) {
        const Track *before = track_at(people, track->swapped_with);
        bool is_known = before->id != NULL && before->swapped_t == track->swapped_t;
        double until = MIN(to, track->swapped_t - 1e-6);
        count = add_samples(is_known ? before : track, from, until, ret, count, max);
    }
    for (guint i = 0; i < count / 2; i++) {
        const PersonSample *swap = ret[i];
        ret[i] = ret[count - 1 - i];
        ret[count - 1 - i] = swap;
    }
    return count;
}

double
people_log_continues(const People *people, guint new_slot, guint lost_slot)
{
    const Track *found = track_at(people, new_slot);
    const Track *lost = track_at(people, lost_slot);
    double gap = found->first_t - lost->last_t;
    if (gap < -0.3) {
        return -INFINITY;
    }
    double distance = hypot(found->first.x - lost->last.x, found->first.y - lost->last.y);
    double sd = 0.3 + walking_metres_per_second * MIN(MAX(gap, 0), 8) * 0.7;
    /* Strangers may appear anywhere on some fifty square metres. */
    double log_odds = log(50 / (2 * G_PI * sd * sd)) - 0.5 * distance * distance / (sd * sd);
    const Impression *looks = found->recent.mean != NULL ? &found->recent : &found->person;
    const Impression *looked = lost->person.mean != NULL ? &lost->person : &lost->recent;
    return log_odds + log_same_person(people, looks, looked);
}

bool
people_next_swap(People *people, PeopleSwap *ret_swap)
{
    if (people->swaps->len == 0) {
        return false;
    }
    *ret_swap = g_array_index(people->swaps, PeopleSwap, 0);
    g_array_remove_index(people->swaps, 0);
    return true;
}
