#include "track/tracker.h"

#include "track/appearance.h"
#include "track/assignment.h"
#include "track/belief.h"
#include "track/history.h"
#include "track/motion.h"

#include <stdlib.h>
#include <string.h>

/* From then on somebody unseen is out of sight, no longer missed by the detector. */
static const double lost_seconds = 0.5;
/* People come back within seconds, not within the very next frame: by that much a box must speak
 * for somebody out of sight rather than for chance. */
static const double lost_penalty = 3;
/* Somebody slower than this is standing. Swaying stays below, the slowest shuffle is above. */
static const double standing_m_s = 0.3;
/* People stand for half a minute, then walk on. */
static const double standing_seconds = 30;
/* How fast a new picture of the clothing replaces the old ones. */
static const double appearance_share = 0.1;
/* There is no frame before the first: it counts as one look of the detector. */
static const double first_step_seconds = 0.1;
/* A bound for nonsense: beyond it nobody new is followed until somebody is forgotten. */
static const guint max_tracks = 5000;

typedef struct {
    gint64 id; /* 0: not yet certain that it is a person */
    MotionBox motion;
    MotionBox last_seen; /* motion as it was then */
    Box first_box;
    double first_seconds, seen_seconds;
    bool standing; /* when last seen */
    Belief belief;
    History history;
    float *appearance; /* unit vector, or NULL when none was measured yet */
    int box;           /* index in the boxes of this step, -1 none */
} Track;

/* A box that may be assigned in this round. */
typedef struct {
    double centre;
    guint index;
    Box box;
    double log_odds; /* from its confidence */
} Candidate;

typedef struct {
    guint64 frame;
    double seconds;
} Frame;

struct Tracker {
    TrackerOptions options;
    guint64 frame;
    double seconds, step_seconds;
    gint64 last_id;
    GPtrArray *tracks; /* of Track, owned; those begun first come first */
    AppearanceScale scale;
    GArray *pending; /* of Frame: not final yet */
    GArray *final;   /* of TrackedBox */
    GArray *current; /* of TrackedBox */
    AssignmentSolver *solver;
    GArray *edges;       /* scratch: of AssignmentEdge */
    GArray *candidates;  /* scratch: of Candidate, from left to right */
    GArray *taken;       /* scratch: of bool, a box of this step */
    GArray *appearances; /* scratch: of float, unit vectors of this step's boxes */
    GArray *measured;    /* scratch: of bool, whether a box has an appearance */
};

TrackerOptions
tracker_default_options(void)
{
    return (TrackerOptions){
        .delay_seconds = 1,
        .memory_seconds = 60,
        .strong_confidence = 0.5,
        .weak_confidence = 0.1,
    };
}

static void
track_free(gpointer data)
{
    Track *track = data;
    history_clear(&track->history);
    g_free(track->appearance);
    g_free(track);
}

Tracker *
tracker_new(const TrackerOptions *options)
{
    Tracker *tracker = g_new0(Tracker, 1);
    tracker->options = *options;
    tracker->tracks = g_ptr_array_new_with_free_func(track_free);
    tracker->pending = g_array_new(FALSE, FALSE, sizeof(Frame));
    tracker->final = g_array_new(FALSE, FALSE, sizeof(TrackedBox));
    tracker->current = g_array_new(FALSE, FALSE, sizeof(TrackedBox));
    tracker->solver = assignment_solver_new();
    tracker->edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    tracker->candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    tracker->taken = g_array_new(FALSE, TRUE, sizeof(bool));
    tracker->appearances = g_array_new(FALSE, FALSE, sizeof(float));
    tracker->measured = g_array_new(FALSE, TRUE, sizeof(bool));
    return tracker;
}

void
tracker_free(Tracker *tracker)
{
    if (tracker == NULL) {
        return;
    }
    g_ptr_array_unref(tracker->tracks);
    assignment_solver_free(tracker->solver);
    GArray *arrays[] = { tracker->pending,     tracker->final,      tracker->current,
                         tracker->edges,       tracker->candidates, tracker->taken,
                         tracker->appearances, tracker->measured };
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_array_unref(arrays[i]);
    }
    g_free(tracker);
}

static Track *
track_at(const Tracker *tracker, guint index)
{
    return tracker->tracks->pdata[index];
}

static bool
is_lost(const Tracker *tracker, const Track *track)
{
    /* At a few frames a second one missed frame is still only missed. */
    double patience = MAX(lost_seconds, 1.5 * tracker->step_seconds);
    return tracker->seconds - track->seen_seconds > patience;
}

static const float *
appearance_of_box(const Tracker *tracker, guint box)
{
    if (tracker->options.appearance_size == 0 || !g_array_index(tracker->measured, bool, box)) {
        return NULL;
    }
    return &g_array_index(tracker->appearances, float,
                          (gsize)box * tracker->options.appearance_size);
}

static void
measure_appearances(Tracker *tracker, const TrackerBox *boxes, guint num_boxes)
{
    guint size = tracker->options.appearance_size;
    if (size == 0) {
        return;
    }
    g_array_set_size(tracker->appearances, num_boxes * size);
    g_array_set_size(tracker->measured, 0);
    g_array_set_size(tracker->measured, num_boxes);
    for (guint i = 0; i < num_boxes; i++) {
        float *numbers = &g_array_index(tracker->appearances, float, (gsize)i *size);
        if (boxes[i].appearance != NULL) {
            memcpy(numbers, boxes[i].appearance, size * sizeof(float));
            g_array_index(tracker->measured, bool, i) = appearance_normalize(numbers, size);
        }
    }
}

static void
remember_appearance(Tracker *tracker, Track *track, guint box)
{
    guint size = tracker->options.appearance_size;
    const float *numbers = appearance_of_box(tracker, box);
    if (numbers == NULL) {
        return;
    }
    if (track->appearance == NULL) {
        track->appearance = g_memdup2(numbers, size * sizeof(float));
        return;
    }
    for (guint i = 0; i < size; i++) {
        track->appearance[i] += (float)appearance_share * (numbers[i] - track->appearance[i]);
    }
    (void)appearance_normalize(track->appearance, size); /* opposite vectors: stays as it is */
}

static double
appearance_odds(const Tracker *tracker, const float *a, const float *b)
{
    if (a == NULL || b == NULL) {
        return 0;
    }
    double similarity = appearance_similarity(a, b, tracker->options.appearance_size);
    return appearance_log_odds(&tracker->scale, similarity);
}

/* People who are in sight together are different people; who was just followed is the same. */
static void
learn_appearances(Tracker *tracker)
{
    guint size = tracker->options.appearance_size;
    const Track *previous = NULL;
    for (guint i = 0; size > 0 && i < tracker->tracks->len; i++) {
        const Track *track = track_at(tracker, i);
        if (track->id == 0 || track->box < 0 || track->appearance == NULL) {
            continue;
        }
        const float *numbers = appearance_of_box(tracker, (guint)track->box);
        if (numbers != NULL) {
            appearance_learn(&tracker->scale, true,
                             appearance_similarity(track->appearance, numbers, size));
            if (previous != NULL) {
                appearance_learn(&tracker->scale, false,
                                 appearance_similarity(previous->appearance, numbers, size));
            }
        }
        previous = track;
    }
}

static void
add_sighting(Track *track, const Tracker *tracker, double confidence)
{
    Sighting sighting = { tracker->frame, tracker->seconds, motion_box(&track->motion), confidence,
                          belief_bridges_gaps(&track->belief) };
    history_add(&track->history, &sighting);
}

static void
begin_track(Tracker *tracker, const Candidate *candidate, double confidence)
{
    if (tracker->tracks->len >= max_tracks) {
        return;
    }
    Track *track = g_new0(Track, 1);
    motion_start(&track->motion, &candidate->box);
    track->last_seen = track->motion;
    track->first_box = candidate->box;
    track->first_seconds = track->seen_seconds = tracker->seconds;
    belief_found(&track->belief, confidence, tracker->step_seconds);
    history_init(&track->history);
    add_sighting(track, tracker, confidence);
    track->box = (int)candidate->index;
    remember_appearance(tracker, track, candidate->index);
    g_ptr_array_add(tracker->tracks, track);
}

static void
continue_track(Tracker *tracker, Track *track, const Candidate *candidate, double confidence)
{
    if (is_lost(tracker, track)) {
        motion_restart(&track->motion, &candidate->box);
    } else {
        motion_update(&track->motion, &candidate->box);
    }
    track->last_seen = track->motion;
    track->standing = motion_speed_m_s(&track->motion) < standing_m_s;
    track->seen_seconds = tracker->seconds;
    belief_found(&track->belief, confidence, tracker->step_seconds);
    add_sighting(track, tracker, confidence);
    track->box = (int)candidate->index;
    remember_appearance(tracker, track, candidate->index);
}

/* How much better this person explains the box than chance does. */
static double
log_odds_of(const Tracker *tracker, const Track *track, const Candidate *candidate)
{
    double odds =
        candidate->log_odds +
        appearance_odds(tracker, track->appearance, appearance_of_box(tracker, candidate->index));
    if (!is_lost(tracker, track)) {
        return odds + motion_log_odds(&track->motion, &candidate->box);
    }
    /* Only who stood is expected at a place; who walked is recognised by link_log_odds. */
    double gap = tracker->seconds - track->seen_seconds;
    return odds + motion_log_odds(&track->last_seen, &candidate->box) - gap / standing_seconds -
           lost_penalty;
}

static int
compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *first = a, *second = b;
    if (first->centre != second->centre) {
        return first->centre < second->centre ? -1 : 1;
    }
    return first->index < second->index ? -1 : first->index > second->index;
}

static void
collect_candidates(Tracker *tracker, const TrackerBox *boxes, guint num_boxes, double least,
                   double below)
{
    g_array_set_size(tracker->candidates, 0);
    for (guint i = 0; i < num_boxes; i++) {
        const TrackerBox *box = &boxes[i];
        if (box->confidence >= least && box->confidence < below) {
            Candidate candidate = { box->left + box->width / 2,
                                    i,
                                    { box->left, box->top, box->width, box->height },
                                    belief_log_odds(box->confidence) };
            g_array_append_val(tracker->candidates, candidate);
        }
    }
    if (tracker->candidates->len > 1) {
        qsort(tracker->candidates->data, tracker->candidates->len, sizeof(Candidate),
              compare_candidates);
    }
}

static const Candidate *
candidate_at(const Tracker *tracker, guint index)
{
    return &g_array_index(tracker->candidates, Candidate, index);
}

static guint
first_candidate_from(const Tracker *tracker, double centre)
{
    guint low = 0, high = tracker->candidates->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (candidate_at(tracker, middle)->centre < centre) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Lists the candidates that track INDEX explains better than chance. Only those within its reach
 * are looked at: with people spread over a floor the whole costs little more than their number. */
static void
add_edges_of(Tracker *tracker, guint index)
{
    const Track *track = track_at(tracker, index);
    const MotionBox *motion = is_lost(tracker, track) ? &track->last_seen : &track->motion;
    /* What confidence and clothing can add at most. */
    const double most_extra = 3 + (tracker->options.appearance_size > 0 ? 4 : 0);
    double reach = motion_reach(motion, -most_extra);
    double from = motion->centre.x - reach, to = motion->centre.x + reach;
    for (guint i = first_candidate_from(tracker, from);
         i < tracker->candidates->len && candidate_at(tracker, i)->centre <= to; i++) {
        AssignmentEdge edge = { index, i, log_odds_of(tracker, track, candidate_at(tracker, i)) };
        if (edge.weight > 0) {
            g_array_append_val(tracker->edges, edge);
        }
    }
}

static const AssignmentEdge *
edges_of(const Tracker *tracker)
{
    return (const AssignmentEdge *)(const void *)tracker->edges->data;
}

/* One round over the collected candidates. Weak boxes are a second chance for those in sight (the
 * idea of ByteTrack, Y. Zhang et al., ECCV 2022). */
static void
assign_round(Tracker *tracker, const TrackerBox *boxes, bool weak)
{
    g_array_set_size(tracker->edges, 0);
    guint num_tracks = tracker->tracks->len;
    for (guint i = 0; i < num_tracks && tracker->candidates->len > 0; i++) {
        const Track *track = track_at(tracker, i);
        if (track->box < 0 && (!is_lost(tracker, track) || (track->standing && !weak))) {
            add_edges_of(tracker, i);
        }
    }
    const int *chosen = assignment_solve(tracker->solver, edges_of(tracker), tracker->edges->len,
                                         num_tracks, tracker->candidates->len);
    for (guint i = 0; i < num_tracks; i++) {
        if (chosen[i] >= 0) {
            const Candidate *candidate = candidate_at(tracker, edges_of(tracker)[chosen[i]].column);
            continue_track(tracker, track_at(tracker, i), candidate,
                           boxes[candidate->index].confidence);
            g_array_index(tracker->taken, bool, candidate->index) = true;
        }
    }
}

static void
begin_tracks(Tracker *tracker, const TrackerBox *boxes)
{
    for (guint i = 0; i < tracker->candidates->len; i++) {
        const Candidate *candidate = candidate_at(tracker, i);
        if (!g_array_index(tracker->taken, bool, candidate->index)) {
            begin_track(tracker, candidate, boxes[candidate->index].confidence);
        }
    }
}

/* How much better OLD, out of sight, explains TRACK's beginning than a newcomer does. */
static double
link_log_odds(const Tracker *tracker, const Track *old, const Track *track)
{
    double gap = track->first_seconds - old->seen_seconds;
    if (old->id == 0 || gap <= 0) {
        return 0;
    }
    MotionStep step = motion_step(gap);
    MotionBox walked = old->last_seen;
    motion_predict(&walked, &step);
    double odds = motion_log_odds(&walked, &track->first_box);
    if (old->standing) {
        double stayed = motion_log_odds(&old->last_seen, &track->first_box);
        odds = MAX(odds, stayed - gap / standing_seconds);
    }
    return odds + appearance_odds(tracker, old->appearance, track->appearance);
}

/* TRACK is OLD seen again: it takes over identity and past. OLD is left to be forgotten. */
static void
take_over(Track *track, Track *old)
{
    track->id = old->id;
    history_prepend(&track->history, &old->history);
    old->id = 0;
    old->seen_seconds = -G_MAXDOUBLE;
}

/* Tracks that have become certain are somebody who was out of sight, or somebody new. */
static void
identify_tracks(Tracker *tracker)
{
    g_array_set_size(tracker->edges, 0);
    guint num_tracks = tracker->tracks->len;
    bool any = false;
    for (guint i = 0; i < num_tracks; i++) {
        const Track *track = track_at(tracker, i);
        double way = motion_way_m(&track->motion, &track->first_box);
        if (track->id != 0 || !belief_is_person(&track->belief, way)) {
            continue;
        }
        any = true;
        for (guint j = 0; j < num_tracks; j++) {
            AssignmentEdge edge = { i, j, link_log_odds(tracker, track_at(tracker, j), track) };
            if (edge.weight > 0) {
                g_array_append_val(tracker->edges, edge);
            }
        }
    }
    if (!any) {
        return;
    }
    const int *chosen = assignment_solve(tracker->solver, edges_of(tracker), tracker->edges->len,
                                         num_tracks, num_tracks);
    for (guint i = 0; i < num_tracks; i++) {
        Track *track = track_at(tracker, i);
        double way = motion_way_m(&track->motion, &track->first_box);
        if (chosen[i] >= 0) {
            take_over(track, track_at(tracker, edges_of(tracker)[chosen[i]].column));
        } else if (track->id == 0 && belief_is_person(&track->belief, way)) {
            track->id = ++tracker->last_id;
        }
    }
}

static void
forget_tracks(Tracker *tracker)
{
    guint num_kept = 0;
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        double unseen = tracker->seconds - track->seen_seconds;
        bool doubted =
            track->id == 0 && (!belief_is_likely(&track->belief) || is_lost(tracker, track));
        if (doubted || unseen > tracker->options.memory_seconds) {
            track_free(track);
        } else {
            tracker->tracks->pdata[num_kept++] = track;
        }
    }
    tracker->tracks->len = num_kept;
}

static int
compare_by_id(gconstpointer a, gconstpointer b)
{
    const TrackedBox *first = a, *second = b;
    return first->id < second->id ? -1 : first->id > second->id;
}

static void
finalize_frame(Tracker *tracker, const Frame *frame)
{
    guint first = tracker->final->len;
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        Sighting place;
        if (track->id != 0 &&
            history_place(&track->history, frame->frame, frame->seconds, &place)) {
            TrackedBox box = { .frame = frame->frame,
                               .seconds = frame->seconds,
                               .id = track->id,
                               .left = place.box.left,
                               .top = place.box.top,
                               .width = place.box.width,
                               .height = place.box.height,
                               .confidence = place.confidence,
                               .filled = place.confidence == 0,
                               .box = -1 };
            g_array_append_val(tracker->final, box);
        }
        history_forget(&track->history, frame->frame);
    }
    guint count = tracker->final->len - first;
    if (count > 1) {
        qsort(&g_array_index(tracker->final, TrackedBox, first), count, sizeof(TrackedBox),
              compare_by_id);
    }
}

static void
finalize(Tracker *tracker, double until_seconds)
{
    guint num_done = 0;
    while (num_done < tracker->pending->len &&
           g_array_index(tracker->pending, Frame, num_done).seconds <= until_seconds) {
        finalize_frame(tracker, &g_array_index(tracker->pending, Frame, num_done));
        num_done++;
    }
    if (num_done > 0) {
        g_array_remove_range(tracker->pending, 0, num_done);
    }
}

static void
predict_tracks(Tracker *tracker, double step_seconds)
{
    MotionStep step = motion_step(step_seconds);
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        track->box = -1;
        if (!is_lost(tracker, track)) {
            motion_predict(&track->motion, &step);
        }
    }
}

static void
count_misses(Tracker *tracker)
{
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        if (track->box < 0 && !is_lost(tracker, track)) {
            belief_missed(&track->belief, tracker->step_seconds);
        }
    }
}

void
tracker_step(Tracker *tracker, guint64 frame, double seconds, const TrackerBox *boxes,
             guint num_boxes)
{
    bool is_first = tracker->frame == 0;
    g_assert(is_first || (frame > tracker->frame && seconds > tracker->seconds));
    tracker->step_seconds = is_first ? first_step_seconds : seconds - tracker->seconds;
    tracker->frame = frame;
    tracker->seconds = seconds;
    g_array_append_vals(tracker->pending, &(Frame){ frame, seconds }, 1);
    g_array_set_size(tracker->final, 0);
    g_array_set_size(tracker->taken, 0);
    g_array_set_size(tracker->taken, num_boxes);

    const TrackerOptions *options = &tracker->options;
    predict_tracks(tracker, tracker->step_seconds);
    measure_appearances(tracker, boxes, num_boxes);
    collect_candidates(tracker, boxes, num_boxes, options->strong_confidence, G_MAXDOUBLE);
    assign_round(tracker, boxes, false);
    begin_tracks(tracker, boxes);
    collect_candidates(tracker, boxes, num_boxes, options->weak_confidence,
                       options->strong_confidence);
    assign_round(tracker, boxes, true);
    count_misses(tracker);
    learn_appearances(tracker);
    identify_tracks(tracker);
    finalize(tracker, seconds - options->delay_seconds);
    forget_tracks(tracker);
}

void
tracker_finish(Tracker *tracker)
{
    g_array_set_size(tracker->final, 0);
    finalize(tracker, G_MAXDOUBLE);
}

const TrackedBox *
tracker_final(const Tracker *tracker, guint *ret_count)
{
    *ret_count = tracker->final->len;
    return (const TrackedBox *)(const void *)tracker->final->data;
}

const TrackedBox *
tracker_current(Tracker *tracker, guint *ret_count)
{
    g_array_set_size(tracker->current, 0);
    for (guint i = 0; i < tracker->tracks->len; i++) {
        const Track *track = track_at(tracker, i);
        if (track->id == 0 || is_lost(tracker, track)) {
            continue;
        }
        Box box = motion_box(&track->motion);
        TrackedBox place = { .frame = tracker->frame,
                             .seconds = tracker->seconds,
                             .id = track->id,
                             .left = box.left,
                             .top = box.top,
                             .width = box.width,
                             .height = box.height,
                             .filled = track->box < 0,
                             .box = track->box,
                             .appearance = track->appearance };
        g_array_append_val(tracker->current, place);
    }
    if (tracker->current->len > 1) {
        g_array_sort(tracker->current, compare_by_id);
    }
    *ret_count = tracker->current->len;
    return (const TrackedBox *)(const void *)tracker->current->data;
}
