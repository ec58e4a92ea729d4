#include "track/tracker.h"

#include "track/assignment.h"
#include "track/motion.h"

#include <math.h>
#include <string.h>

/* A detector errs for several frames in a row: it has an independent look about ten times a
 * second, and a frame counts as the part of a look that it is. */
static const double look_seconds = 0.1;
/* A person in sight is found by half of the looks; a miss speaks against by that much. */
static const double miss_log_odds = 0.693;
/* A track is believed at 95 to 5, and doubted again below even odds. */
static const double believed_log_odds = 2.944;
/* However long somebody was seen, seconds without a box are doubtful. */
static const double most_log_odds = 6;
/* From then on somebody unseen counts as out of sight, not as missed by the detector. */
static const double lost_seconds = 0.5;
/* Against chance, a box must speak that much more for somebody out of sight: people come back
 * within seconds, not within the next frame. */
static const double lost_penalty = 3;
/* Somebody slower than this is standing. Swaying stays below, the slowest shuffle is above. */
static const double standing_m_s = 0.3;
static const double person_height_m = 1.7;
/* People stand for half a minute, then walk on. */
static const double standing_seconds = 30;
/* Interruptions up to this are filled by a straight line; a walker's way bends in longer ones. */
static const double fill_seconds = 2;
static const guint max_tracks = 20000;

typedef struct {
    guint64 frame;
    double seconds;
    Box box;
    double confidence;
} Sample;

typedef struct {
    gint64 id; /* 0: not yet believed */
    MotionBox motion;
    MotionBox at_loss; /* as it was at seen_seconds, once out of sight */
    double first_seconds, seen_seconds;
    double evidence; /* log-odds that this is a person */
    bool standing;   /* when last seen */
    int box;         /* index in the boxes of this step, -1 none */
    GArray *samples; /* of Sample, those that may still matter */
} Track;

typedef struct {
    guint64 frame;
    double seconds;
} Frame;

struct Tracker {
    TrackerOptions options;
    guint64 frame;
    double seconds;
    gint64 last_id;
    GPtrArray *tracks; /* of Track, owned */
    GArray *pending;   /* of Frame: not final yet */
    GArray *final;     /* of TrackedBox */
    GArray *current;   /* of TrackedBox */
    AssignmentSolver *solver;
    GArray *edges;      /* scratch: of AssignmentEdge */
    GArray *candidates; /* scratch: of Candidate */
    GArray *taken;      /* scratch: of bool, a box */
};

/* A box that may be assigned in this round. */
typedef struct {
    double centre;
    guint index;
    Box box;
    double confidence;
} Candidate;

TrackerOptions
tracker_default_options(void)
{
    return (TrackerOptions){
        .delay_seconds = 1, .memory_seconds = 60, .strong_confidence = 0.5, .weak_confidence = 0.1
    };
}

static void
track_free(gpointer data)
{
    Track *track = data;
    g_array_unref(track->samples);
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
    return tracker;
}

void
tracker_free(Tracker *tracker)
{
    if (tracker == NULL) {
        return;
    }
    g_ptr_array_unref(tracker->tracks);
    g_array_unref(tracker->pending);
    g_array_unref(tracker->final);
    g_array_unref(tracker->current);
    assignment_solver_free(tracker->solver);
    g_array_unref(tracker->edges);
    g_array_unref(tracker->candidates);
    g_array_unref(tracker->taken);
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
    return tracker->seconds - track->seen_seconds > lost_seconds;
}

/* The weight of one frame as evidence. */
static double
part_of_a_look(const MotionStep *step)
{
    return MIN(1, step->seconds / look_seconds);
}

static double
confidence_log_odds(double confidence)
{
    double bounded = CLAMP(confidence, 0.05, 0.95);
    return log(bounded / (1 - bounded));
}

static void
add_sample(Track *track, const Tracker *tracker, const Box *box, double confidence)
{
    Sample sample = { tracker->frame, tracker->seconds, *box, confidence };
    g_array_append_val(track->samples, sample);
}

static void
begin_track(Tracker *tracker, const Candidate *candidate, const MotionStep *step)
{
    if (tracker->tracks->len >= max_tracks) {
        return;
    }
    Track *track = g_new0(Track, 1);
    motion_start(&track->motion, &candidate->box);
    track->first_seconds = track->seen_seconds = tracker->seconds;
    track->evidence = confidence_log_odds(candidate->confidence) * part_of_a_look(step);
    track->box = (int)candidate->index;
    track->samples = g_array_new(FALSE, FALSE, sizeof(Sample));
    add_sample(track, tracker, &candidate->box, candidate->confidence);
    g_ptr_array_add(tracker->tracks, track);
}

static bool
is_standing(const MotionBox *motion)
{
    double speed = hypot(motion->centre.v, motion->top.v) * person_height_m / motion->height.x;
    return speed < standing_m_s;
}

static void
continue_track(Tracker *tracker, Track *track, const Candidate *candidate, const MotionStep *step)
{
    if (is_lost(tracker, track)) {
        /* The prediction has spread too far to be of use: begin anew here, with the size known. */
        MotionBox fresh;
        motion_start(&fresh, &candidate->box);
        track->motion.centre = fresh.centre;
        track->motion.top = fresh.top;
    } else {
        motion_update(&track->motion, &candidate->box, candidate->confidence);
    }
    track->seen_seconds = tracker->seconds;
    track->evidence += confidence_log_odds(candidate->confidence) * part_of_a_look(step);
    track->evidence = MIN(track->evidence, most_log_odds);
    track->box = (int)candidate->index;
    track->standing = is_standing(&track->motion);
    track->at_loss = track->motion;
    add_sample(track, tracker, &candidate->box, candidate->confidence);
}

/* How much better this person explains the box than chance does. */
static double
log_odds_of(const Tracker *tracker, const Track *track, const Box *box)
{
    double odds = motion_log_odds(&track->motion, box);
    if (!is_lost(tracker, track)) {
        return odds;
    }
    double gap = tracker->seconds - track->seen_seconds;
    if (track->standing) {
        odds = MAX(odds, motion_log_odds(&track->at_loss, box) - gap / standing_seconds);
    }
    return odds - lost_penalty;
}

static double
reach_of(const Tracker *tracker, const Track *track)
{
    double reach = motion_reach(&track->motion);
    if (is_lost(tracker, track) && track->standing) {
        double moved = fabs(track->motion.centre.x - track->at_loss.centre.x);
        reach = MAX(reach, motion_reach(&track->at_loss) + moved);
    }
    return reach;
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

/* The boxes of this round, from left to right. */
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
                                    box->confidence };
            g_array_append_val(tracker->candidates, candidate);
        }
    }
    g_array_sort(tracker->candidates, compare_candidates);
}

static guint
first_candidate_from(const Tracker *tracker, double centre)
{
    guint low = 0, high = tracker->candidates->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(tracker->candidates, Candidate, middle).centre < centre) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void
assign_round(Tracker *tracker, const MotionStep *step, bool strong)
{
    g_array_set_size(tracker->edges, 0);
    guint num_tracks = tracker->tracks->len;
    for (guint i = 0; i < num_tracks; i++) {
        Track *track = track_at(tracker, i);
        if (track->box >= 0 || (!strong && is_lost(tracker, track))) {
            continue;
        }
        double centre = track->motion.centre.x;
        double reach = reach_of(tracker, track);
        for (guint j = first_candidate_from(tracker, centre - reach); j < tracker->candidates->len;
             j++) {
            const Candidate *candidate = &g_array_index(tracker->candidates, Candidate, j);
            if (candidate->centre > centre + reach) {
                break;
            }
            AssignmentEdge edge = { i, j, log_odds_of(tracker, track, &candidate->box) };
            if (edge.weight > 0) {
                g_array_append_val(tracker->edges, edge);
            }
        }
    }
    const AssignmentEdge *edges = (const AssignmentEdge *)(const void *)tracker->edges->data;
    const int *chosen = assignment_solve(tracker->solver, edges, tracker->edges->len, num_tracks,
                                         tracker->candidates->len);
    for (guint i = 0; i < num_tracks; i++) {
        if (chosen[i] >= 0) {
            const Candidate *candidate =
                &g_array_index(tracker->candidates, Candidate, edges[chosen[i]].column);
            continue_track(tracker, track_at(tracker, i), candidate, step);
            g_array_index(tracker->taken, bool, candidate->index) = true;
        }
    }
}

/* Whether TRACK, just believed, may be OLD seen again; the log-odds, at most 0 when not. */
static double
link_log_odds(const Track *old, const Track *track)
{
    const Sample *first = &g_array_index(track->samples, Sample, 0);
    double gap = track->first_seconds - old->seen_seconds;
    if (old->id == 0 || gap <= 0) {
        return 0;
    }
    MotionStep step = motion_step(gap);
    MotionBox predicted = old->at_loss;
    motion_predict(&predicted, &step);
    double odds = motion_log_odds(&predicted, &first->box);
    if (old->standing) {
        odds = MAX(odds, motion_log_odds(&old->at_loss, &first->box) - gap / standing_seconds);
    }
    return odds;
}

/* Gives a believed track the id of somebody out of sight, or a new one. */
static void
identify(Tracker *tracker, guint index)
{
    Track *track = track_at(tracker, index);
    double best_odds = 0;
    guint best = 0;
    for (guint i = 0; i < tracker->tracks->len; i++) {
        double odds = i == index ? 0 : link_log_odds(track_at(tracker, i), track);
        if (odds > best_odds) {
            best_odds = odds;
            best = i;
        }
    }
    if (best_odds <= 0) {
        track->id = ++tracker->last_id;
        return;
    }
    Track *old = track_at(tracker, best);
    track->id = old->id;
    track->first_seconds = old->first_seconds;
    g_array_prepend_vals(track->samples, old->samples->data, old->samples->len);
    old->id = 0;
    old->evidence = -1; /* is forgotten at once */
    old->seen_seconds = -G_MAXDOUBLE;
}

static void
forget_tracks(Tracker *tracker)
{
    for (guint i = 0; i < tracker->tracks->len;) {
        const Track *track = track_at(tracker, i);
        double unseen = tracker->seconds - track->seen_seconds;
        bool doubtful = track->id == 0 && (track->evidence <= 0 || unseen > lost_seconds);
        if (doubtful || unseen > tracker->options.memory_seconds) {
            g_ptr_array_remove_index(tracker->tracks, i);
        } else {
            i++;
        }
    }
}

/* TRACK's place in FRAME: seen, or on the line between two sightings. */
static bool
place_in_frame(const Track *track, const Frame *frame, TrackedBox *ret_place)
{
    const Sample *samples = (const Sample *)(const void *)track->samples->data;
    guint after = 0;
    while (after < track->samples->len && samples[after].frame < frame->frame) {
        after++;
    }
    if (after == track->samples->len) {
        return false;
    }
    const Sample *next = &samples[after];
    TrackedBox place = { .frame = frame->frame,
                         .seconds = frame->seconds,
                         .id = track->id,
                         .left = next->box.left,
                         .top = next->box.top,
                         .width = next->box.width,
                         .height = next->box.height,
                         .confidence = next->confidence,
                         .box = -1 };
    if (next->frame != frame->frame) {
        if (after == 0 || next->seconds - samples[after - 1].seconds > fill_seconds) {
            return false;
        }
        const Sample *last = &samples[after - 1];
        double share = (frame->seconds - last->seconds) / (next->seconds - last->seconds);
        place.left = last->box.left + share * (next->box.left - last->box.left);
        place.top = last->box.top + share * (next->box.top - last->box.top);
        place.width = last->box.width + share * (next->box.width - last->box.width);
        place.height = last->box.height + share * (next->box.height - last->box.height);
        place.confidence = 0;
        place.filled = true;
    }
    *ret_place = place;
    return true;
}

/* Samples before FRAME are needed no more, but the last of them to fill an interruption. */
static void
drop_samples(Track *track, guint64 frame)
{
    guint num_older = 0;
    while (num_older + 1 < track->samples->len &&
           g_array_index(track->samples, Sample, num_older + 1).frame <= frame) {
        num_older++;
    }
    if (num_older > 16) {
        g_array_remove_range(track->samples, 0, num_older);
    }
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
        TrackedBox place;
        if (track->id != 0 && place_in_frame(track, frame, &place)) {
            g_array_append_val(tracker->final, place);
        }
        drop_samples(track, frame->frame);
    }
    qsort(tracker->final->data + first * sizeof(TrackedBox), tracker->final->len - first,
          sizeof(TrackedBox), compare_by_id);
}

static void
finalize(Tracker *tracker, double until_seconds)
{
    guint num_done = 0;
    while (num_done < tracker->pending->len &&
           g_array_index(tracker->pending, Frame, num_done).seconds <= until_seconds) {
        Frame frame = g_array_index(tracker->pending, Frame, num_done);
        finalize_frame(tracker, &frame);
        num_done++;
    }
    g_array_remove_range(tracker->pending, 0, num_done);
}

static void
predict_tracks(Tracker *tracker, const MotionStep *step)
{
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        motion_predict(&track->motion, step);
        track->box = -1;
    }
}

/* People who should have been found and were not. */
static void
count_misses(Tracker *tracker, const MotionStep *step)
{
    for (guint i = 0; i < tracker->tracks->len; i++) {
        Track *track = track_at(tracker, i);
        if (track->box < 0 && !is_lost(tracker, track)) {
            track->evidence -= miss_log_odds * part_of_a_look(step);
        }
    }
}

void
tracker_step(Tracker *tracker, double seconds, const TrackerBox *boxes, guint num_boxes)
{
    g_assert(tracker->frame == 0 || seconds > tracker->seconds);
    MotionStep step = motion_step(tracker->frame == 0 ? look_seconds : seconds - tracker->seconds);
    tracker->frame++;
    tracker->seconds = seconds;
    Frame frame = { tracker->frame, seconds };
    g_array_append_val(tracker->pending, frame);
    g_array_set_size(tracker->final, 0);
    g_array_set_size(tracker->taken, 0);
    g_array_set_size(tracker->taken, num_boxes);

    predict_tracks(tracker, &step);
    const TrackerOptions *options = &tracker->options;
    collect_candidates(tracker, boxes, num_boxes, options->strong_confidence, G_MAXDOUBLE);
    assign_round(tracker, &step, true);
    for (guint i = 0; i < tracker->candidates->len; i++) {
        const Candidate *candidate = &g_array_index(tracker->candidates, Candidate, i);
        if (!g_array_index(tracker->taken, bool, candidate->index)) {
            begin_track(tracker, candidate, &step);
        }
    }
    collect_candidates(tracker, boxes, num_boxes, options->weak_confidence,
                       options->strong_confidence);
    assign_round(tracker, &step, false);
    count_misses(tracker, &step);
    for (guint i = 0; i < tracker->tracks->len; i++) {
        if (track_at(tracker, i)->id == 0 && track_at(tracker, i)->evidence >= believed_log_odds) {
            identify(tracker, i);
        }
    }
    forget_tracks(tracker);
    finalize(tracker, seconds - options->delay_seconds);
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
                             .box = track->box };
        g_array_append_val(tracker->current, place);
    }
    g_array_sort(tracker->current, compare_by_id);
    *ret_count = tracker->current->len;
    return (const TrackedBox *)(const void *)tracker->current->data;
}
