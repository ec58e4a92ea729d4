#include "track/floor_tracker.h"

#include "track/appearance.h"
#include "track/assignment.h"
#include "track/floor_filter.h"

#include <math.h>
#include <stdlib.h>

/* People new to the floor come through a door; anywhere else a newcomer is rather somebody who was
 * missed: one in a hundred square metres. */
static const double newcomers_per_m2 = 0.01;
/* A camera's track that stands elsewhere than its person for that long is somebody else's; two
 * people that go as one for that long, seen by different cameras, are one. */
static const double proof_seconds = 1;
/* However badly two cameras see somebody, beyond that the two are not compared. */
static const double farthest_twin_m = 5;

typedef struct {
    guint64 bits[CALIBRATION_MAX_CAMERAS / 64];
} CameraSet;

typedef struct {
    gint64 id;
    FloorFilter filter;
    FloorPlace last_measured;
    double seen_seconds;
    guint last_camera; /* that saw the person */
    CameraSet seen_by; /* in this step */
    float *appearance; /* of the camera that saw the person last; owned, or NULL */
    gint64 twin;       /* who goes as one with this person, and since when */
    double twin_since;
} Person;

typedef struct {
    guint64 from_frame;
    gint64 person;
} Binding;

/* One track of one camera. */
typedef struct {
    guint camera;
    gint64 id;
    Person *person;   /* NULL: to be decided */
    GArray *bindings; /* of Binding, by frame */
    double seen_seconds;
    double bound_seconds;
    double agreed_seconds;   /* when no other camera last said that its person is elsewhere */
    FloorPlace place;        /* in this step, for those in in_step */
    const float *appearance; /* the same; the camera's tracker's, or NULL */
} View;

struct FloorTracker {
    TrackerOptions options;
    guint num_cameras;
    const Camera **cameras;
    Tracker **trackers;
    GHashTable **views; /* by camera: local id -> View, owned */
    GPtrArray *people;  /* of Person, owned, in order of ids */
    GPtrArray *in_step; /* of View: those with a place in this step */
    GPtrArray *unbound; /* scratch: of View */
    AppearanceScale scale;
    AssignmentSolver *solver;
    GArray *edges;        /* scratch: of AssignmentEdge */
    GArray *final_people; /* of FloorPerson */
    GArray *final_boxes;  /* of FloorBox */
    gint64 last_id;
    guint64 frame;
    double seconds;
};

static void
person_free(gpointer data)
{
    g_free(((Person *)data)->appearance);
    g_free(data);
}

static void
view_free(gpointer data)
{
    g_array_unref(((View *)data)->bindings);
    g_free(data);
}

FloorTracker *
floor_tracker_new(const Camera *const *cameras, guint num_cameras, const TrackerOptions *options)
{
    FloorTracker *tracker = g_new0(FloorTracker, 1);
    tracker->options = *options;
    tracker->num_cameras = num_cameras;
    tracker->cameras = g_memdup2(cameras, num_cameras * sizeof *cameras);
    tracker->trackers = g_new(Tracker *, num_cameras);
    tracker->views = g_new(GHashTable *, num_cameras);
    for (guint i = 0; i < num_cameras; i++) {
        tracker->trackers[i] = tracker_new(options);
        tracker->views[i] = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, view_free);
    }
    tracker->people = g_ptr_array_new_with_free_func(person_free);
    tracker->in_step = g_ptr_array_new();
    tracker->unbound = g_ptr_array_new();
    tracker->solver = assignment_solver_new();
    tracker->edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    tracker->final_people = g_array_new(FALSE, FALSE, sizeof(FloorPerson));
    tracker->final_boxes = g_array_new(FALSE, FALSE, sizeof(FloorBox));
    return tracker;
}

void
floor_tracker_free(FloorTracker *tracker)
{
    if (tracker == NULL) {
        return;
    }
    for (guint i = 0; i < tracker->num_cameras; i++) {
        tracker_free(tracker->trackers[i]);
        g_hash_table_unref(tracker->views[i]);
    }
    g_free(tracker->trackers);
    g_free(tracker->views);
    g_free(tracker->cameras);
    g_ptr_array_unref(tracker->people);
    g_ptr_array_unref(tracker->in_step);
    g_ptr_array_unref(tracker->unbound);
    assignment_solver_free(tracker->solver);
    g_array_unref(tracker->edges);
    g_array_unref(tracker->final_people);
    g_array_unref(tracker->final_boxes);
    g_free(tracker);
}

/* Log-density of finding A and B apart as they are if they are one person, less that of a newcomer
 * at B. */
static double
place_log_odds(const FloorPlace *a, const FloorPlace *b)
{
    double xx = a->xx + b->xx, xy = a->xy + b->xy, yy = a->yy + b->yy;
    double dx = b->x - a->x, dy = b->y - a->y;
    double determinant = xx * yy - xy * xy;
    double distance = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant;
    return -distance / 2 - log(determinant) / 2 - log(2 * G_PI) - log(newcomers_per_m2);
}

/* Where PERSON may be now. The last measurement's own error is added: it is mostly calibration,
 * which does not average out however long one camera looks. */
static FloorPlace
place_of(const FloorTracker *tracker, const Person *person)
{
    FloorFilter filter = person->filter;
    double gap = tracker->seconds - person->seen_seconds;
    if (gap > 0) {
        floor_filter_predict(&filter, gap);
    }
    FloorPlace place = floor_filter_place(&filter);
    place.xx += person->last_measured.xx;
    place.xy += person->last_measured.xy;
    place.yy += person->last_measured.yy;
    return place;
}

static double
clothing_log_odds(const FloorTracker *tracker, const float *a, const float *b)
{
    if (a == NULL || b == NULL) {
        return 0;
    }
    return appearance_log_odds(&tracker->scale,
                               appearance_similarity(a, b, tracker->options.appearance_size));
}

static void
measure(FloorTracker *tracker, Person *person, const View *view)
{
    double gap = tracker->seconds - person->seen_seconds;
    if (gap > 0) {
        floor_filter_predict(&person->filter, gap);
    }
    floor_filter_update(&person->filter, &view->place);
    person->last_measured = view->place;
    person->seen_seconds = tracker->seconds;
    person->last_camera = view->camera;
    if (view->appearance != NULL) {
        g_free(person->appearance);
        person->appearance =
            g_memdup2(view->appearance, tracker->options.appearance_size * sizeof(float));
    }
}

static void
mark_seen(Person *person, guint camera)
{
    person->seen_by.bits[camera / 64] |= 1ULL << camera % 64;
}

static bool
is_seen_by(const Person *person, guint camera)
{
    return person->seen_by.bits[camera / 64] >> camera % 64 & 1;
}

static void
bind_view(FloorTracker *tracker, View *view, Person *person)
{
    view->person = person;
    view->bound_seconds = view->agreed_seconds = tracker->seconds;
    mark_seen(person, view->camera);
    /* What the camera saw before it was certain belongs to the same person. */
    Binding binding = { view->bindings->len == 0 ? 0 : tracker->frame, person->id };
    g_array_append_val(view->bindings, binding);
}

static Person *
add_person(FloorTracker *tracker, const View *view)
{
    Person *person = g_new0(Person, 1);
    person->id = ++tracker->last_id;
    floor_filter_start(&person->filter, &view->place);
    person->last_measured = view->place;
    person->seen_seconds = tracker->seconds;
    person->last_camera = view->camera;
    g_ptr_array_add(tracker->people, person);
    return person;
}

static View *
view_of(FloorTracker *tracker, guint camera, gint64 id)
{
    View *view = g_hash_table_lookup(tracker->views[camera], &id);
    if (view == NULL) {
        view = g_new0(View, 1);
        view->camera = camera;
        view->id = id;
        view->bindings = g_array_new(FALSE, FALSE, sizeof(Binding));
        g_hash_table_insert(tracker->views[camera], &view->id, view);
    }
    return view;
}

/* Lists what the cameras see now and where it stands. */
static void
collect_views(FloorTracker *tracker)
{
    g_ptr_array_set_size(tracker->in_step, 0);
    for (guint i = 0; i < tracker->num_cameras; i++) {
        guint count;
        const TrackedBox *boxes = tracker_current(tracker->trackers[i], &count);
        for (guint j = 0; j < count; j++) {
            View *view = view_of(tracker, i, boxes[j].id);
            Box box = { boxes[j].left, boxes[j].top, boxes[j].width, boxes[j].height };
            view->seen_seconds = tracker->seconds;
            view->appearance = boxes[j].appearance;
            if (!boxes[j].filled && camera_place(tracker->cameras[i], &box, &view->place)) {
                g_ptr_array_add(tracker->in_step, view);
            }
        }
    }
}

static void
mark_who_is_seen(FloorTracker *tracker)
{
    for (guint i = 0; i < tracker->people->len; i++) {
        ((Person *)tracker->people->pdata[i])->seen_by = (CameraSet){ 0 };
    }
    for (guint i = 0; i < tracker->in_step->len; i++) {
        const View *view = tracker->in_step->pdata[i];
        if (view->person != NULL) {
            mark_seen(view->person, view->camera);
        }
    }
}

/* Another camera's track of VIEW's person that stands elsewhere, or NULL. */
static View *
find_contradiction(const FloorTracker *tracker, const View *view)
{
    for (guint i = 0; i < tracker->in_step->len; i++) {
        View *other = tracker->in_step->pdata[i];
        if (other != view && other->person == view->person &&
            place_log_odds(&other->place, &view->place) <= 0) {
            return other;
        }
    }
    return NULL;
}

/* How well VIEW would fit the best of the people in sight whom its camera does not see. */
static double
alternative_log_odds(const FloorTracker *tracker, const View *view)
{
    double best = 0;
    for (guint i = 0; i < tracker->in_step->len; i++) {
        const View *other = tracker->in_step->pdata[i];
        if (other->camera != view->camera && other->person != NULL &&
            other->person != view->person && !is_seen_by(other->person, view->camera)) {
            best = MAX(best, place_log_odds(&other->place, &view->place));
        }
    }
    return best;
}

/* Two cameras say different things about one person: one of their tracks has passed to somebody
 * else. It is the one that fits another person; failing that, the one that came later. */
static View *
pick_stray(const FloorTracker *tracker, View *a, View *b)
{
    double for_a = alternative_log_odds(tracker, a), for_b = alternative_log_odds(tracker, b);
    if (for_a != for_b) {
        return for_a > for_b ? a : b;
    }
    return a->bound_seconds > b->bound_seconds ? a : b;
}

/* Tracks move their people. A camera's track is trusted more than places, which are metres off
 * where feet are hidden: only another camera can disprove it, and not in a moment. */
static void
follow_bound_views(FloorTracker *tracker)
{
    for (guint i = 0; i < tracker->in_step->len; i++) {
        View *view = tracker->in_step->pdata[i];
        if (view->person == NULL) {
            continue;
        }
        View *other = find_contradiction(tracker, view);
        if (other != NULL && tracker->seconds - view->agreed_seconds > proof_seconds) {
            View *stray = pick_stray(tracker, view, other);
            stray->person->seen_by.bits[stray->camera / 64] &= ~(1ULL << stray->camera % 64);
            stray->person = NULL;
            continue;
        }
        FloorPlace place = place_of(tracker, view->person);
        if (other == NULL) {
            view->agreed_seconds = tracker->seconds;
            if (place_log_odds(&place, &view->place) <= 0) {
                floor_filter_start(&view->person->filter, &view->place);
            }
        }
        measure(tracker, view->person, view);
    }
}

/* Gives the free tracks of one camera to people whom other cameras see or saw, or makes new ones.
 */
static void
bind_free_views(FloorTracker *tracker, guint camera)
{
    g_ptr_array_set_size(tracker->unbound, 0);
    g_array_set_size(tracker->edges, 0);
    for (guint i = 0; i < tracker->in_step->len; i++) {
        View *view = tracker->in_step->pdata[i];
        if (view->person == NULL && view->camera == camera) {
            g_ptr_array_add(tracker->unbound, view);
        }
    }
    for (guint j = 0; tracker->unbound->len > 0 && j < tracker->people->len; j++) {
        const Person *person = tracker->people->pdata[j];
        /* Whom this camera saw last, its own tracker has tried to recognise, in vain. */
        if (person->last_camera == camera || is_seen_by(person, camera)) {
            continue;
        }
        FloorPlace place = place_of(tracker, person);
        for (guint i = 0; i < tracker->unbound->len; i++) {
            const View *view = tracker->unbound->pdata[i];
            AssignmentEdge edge = { i, j,
                                    place_log_odds(&place, &view->place) +
                                        clothing_log_odds(tracker, person->appearance,
                                                          view->appearance) };
            if (edge.weight > 0) {
                g_array_append_val(tracker->edges, edge);
            }
        }
    }
    const AssignmentEdge *edges = (const AssignmentEdge *)(const void *)tracker->edges->data;
    const int *chosen = assignment_solve(tracker->solver, edges, tracker->edges->len,
                                         tracker->unbound->len, tracker->people->len);
    for (guint i = 0; i < tracker->unbound->len; i++) {
        View *view = tracker->unbound->pdata[i];
        if (chosen[i] >= 0) {
            bind_view(tracker, view, tracker->people->pdata[edges[chosen[i]].column]);
            measure(tracker, view->person, view);
        } else {
            bind_view(tracker, view, add_person(tracker, view));
        }
    }
}

/* The same person in two cameras at once teaches how alike one person looks, two people in sight
 * how alike two do. */
static void
learn_clothing(FloorTracker *tracker)
{
    guint size = tracker->options.appearance_size;
    for (guint i = 1; size > 0 && i < tracker->in_step->len; i++) {
        const View *view = tracker->in_step->pdata[i], *other = tracker->in_step->pdata[i - 1];
        if (view->appearance != NULL && other->appearance != NULL) {
            appearance_learn(&tracker->scale, false,
                             appearance_similarity(view->appearance, other->appearance, size));
        }
        for (guint j = 0; j < i && view->appearance != NULL; j++) {
            other = tracker->in_step->pdata[j];
            if (other->person == view->person && other->appearance != NULL) {
                appearance_learn(&tracker->scale, true,
                                 appearance_similarity(view->appearance, other->appearance, size));
            }
        }
    }
}

static void
replace_person(FloorTracker *tracker, Person *old, Person *new)
{
    for (guint i = 0; i < tracker->num_cameras; i++) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, tracker->views[i]);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            View *view = value;
            if (view->person == old) {
                view->person = new;
            }
            for (guint j = 0; j < view->bindings->len; j++) {
                Binding *binding = &g_array_index(view->bindings, Binding, j);
                if (binding->person == old->id) {
                    binding->person = new->id;
                }
            }
        }
    }
}

/* Whether a camera sees both at once: then they are two. */
static bool
are_seen_apart(const Person *a, const Person *b)
{
    for (gsize i = 0; i < G_N_ELEMENTS(a->seen_by.bits); i++) {
        if (a->seen_by.bits[i] & b->seen_by.bits[i]) {
            return true;
        }
    }
    return false;
}

/* The person nearest to PERSON who may be the same; older ones only. */
static Person *
find_twin(const FloorTracker *tracker, guint index)
{
    const Person *person = tracker->people->pdata[index];
    FloorPlace place = place_of(tracker, person);
    Person *twin = NULL;
    double best = 0;
    for (guint i = 0; i < index; i++) {
        Person *other = tracker->people->pdata[i];
        if (other->seen_seconds < tracker->seconds) {
            continue;
        }
        /* Most pairs are far apart: the cheap question first. */
        if (fabs(other->filter.place[0] - place.x) > farthest_twin_m ||
            fabs(other->filter.place[1] - place.y) > farthest_twin_m) {
            continue;
        }
        if (are_seen_apart(person, other)) {
            continue;
        }
        FloorPlace other_place = place_of(tracker, other);
        double odds = place_log_odds(&other_place, &place);
        if (odds > best) {
            best = odds;
            twin = other;
        }
    }
    return twin;
}

static void
merge_twins(FloorTracker *tracker)
{
    for (guint i = 1; i < tracker->people->len; i++) {
        Person *person = tracker->people->pdata[i];
        if (person->seen_seconds < tracker->seconds) {
            person->twin = 0;
            continue;
        }
        Person *twin = find_twin(tracker, i);
        gint64 id = twin == NULL ? 0 : twin->id;
        if (id != person->twin) {
            person->twin = id;
            person->twin_since = tracker->seconds;
        } else if (twin != NULL && tracker->seconds - person->twin_since >= proof_seconds) {
            replace_person(tracker, person, twin);
            for (gsize j = 0; j < G_N_ELEMENTS(twin->seen_by.bits); j++) {
                twin->seen_by.bits[j] |= person->seen_by.bits[j];
            }
            g_ptr_array_remove_index(tracker->people, i--);
        }
    }
}

static void
forget(FloorTracker *tracker)
{
    const TrackerOptions *options = &tracker->options;
    double keep_from = tracker->seconds - options->memory_seconds - options->delay_seconds - 1;
    for (guint i = 0; i < tracker->num_cameras; i++) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, tracker->views[i]);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            if (((View *)value)->seen_seconds < keep_from) {
                g_hash_table_iter_remove(&iter);
            }
        }
    }
    /* Views point at people: these stay a little longer. */
    for (guint i = 0; i < tracker->people->len;) {
        const Person *person = tracker->people->pdata[i];
        if (person->seen_seconds < keep_from - proof_seconds - 1) {
            for (guint camera = 0; camera < tracker->num_cameras; camera++) {
                GHashTableIter iter;
                gpointer value;
                g_hash_table_iter_init(&iter, tracker->views[camera]);
                while (g_hash_table_iter_next(&iter, NULL, &value)) {
                    View *view = value;
                    view->person = view->person == person ? NULL : view->person;
                }
            }
            g_ptr_array_remove_index(tracker->people, i);
        } else {
            i++;
        }
    }
}

static gint64
person_in_frame(const View *view, guint64 frame)
{
    gint64 person = 0;
    for (guint i = 0; i < view->bindings->len; i++) {
        const Binding *binding = &g_array_index(view->bindings, Binding, i);
        if (binding->from_frame <= frame || person == 0) {
            person = binding->person;
        }
    }
    return person;
}

static int
compare_boxes(gconstpointer a, gconstpointer b)
{
    const FloorBox *first = a, *second = b;
    if (first->camera != second->camera) {
        return first->camera < second->camera ? -1 : 1;
    }
    if (first->box.frame != second->box.frame) {
        return first->box.frame < second->box.frame ? -1 : 1;
    }
    if (first->box.id != second->box.id) {
        return first->box.id < second->box.id ? -1 : 1;
    }
    return first->box.confidence > second->box.confidence ? -1 : 1;
}

static int
compare_people(gconstpointer a, gconstpointer b)
{
    const FloorPerson *first = a, *second = b;
    if (first->frame != second->frame) {
        return first->frame < second->frame ? -1 : 1;
    }
    return first->id < second->id ? -1 : first->id > second->id;
}

static bool
is_same_box(const FloorBox *a, const FloorBox *b)
{
    return a->camera == b->camera && a->box.frame == b->box.frame && a->box.id == b->box.id;
}

/* The cameras' final boxes under their people's ids; one box a person, camera and frame. */
static void
collect_final_boxes(FloorTracker *tracker)
{
    GArray *boxes = tracker->final_boxes;
    g_array_set_size(boxes, 0);
    for (guint i = 0; i < tracker->num_cameras; i++) {
        guint count;
        const TrackedBox *final = tracker_final(tracker->trackers[i], &count);
        for (guint j = 0; j < count; j++) {
            const View *view = g_hash_table_lookup(tracker->views[i], &final[j].id);
            gint64 person = view == NULL ? 0 : person_in_frame(view, final[j].frame);
            if (person != 0) {
                FloorBox box = { i, final[j] };
                box.box.id = person;
                g_array_append_val(boxes, box);
            }
        }
    }
    if (boxes->len > 1) {
        g_array_sort(boxes, compare_boxes);
    }
    guint num_kept = 0;
    for (guint i = 0; i < boxes->len; i++) {
        FloorBox box = g_array_index(boxes, FloorBox, i);
        if (num_kept == 0 || !is_same_box(&box, &g_array_index(boxes, FloorBox, num_kept - 1))) {
            g_array_index(boxes, FloorBox, num_kept++) = box;
        }
    }
    g_array_set_size(boxes, num_kept);
}

typedef struct {
    FloorPerson person;
    FloorPlace place;
} Placed;

static void
collect_final_people(FloorTracker *tracker)
{
    g_autoptr(GArray) placed = g_array_new(FALSE, FALSE, sizeof(Placed));
    for (guint i = 0; i < tracker->final_boxes->len; i++) {
        const FloorBox *box = &g_array_index(tracker->final_boxes, FloorBox, i);
        Box outline = { box->box.left, box->box.top, box->box.width, box->box.height };
        Placed one = { { box->box.frame, box->box.seconds, box->box.id, 0, 0, 1 }, { 0 } };
        if (camera_place(tracker->cameras[box->camera], &outline, &one.place)) {
            g_array_append_val(placed, one);
        }
    }
    if (placed->len > 1) {
        g_array_sort(placed, compare_people); /* a Placed begins with its FloorPerson */
    }
    g_array_set_size(tracker->final_people, 0);
    for (guint i = 0; i < placed->len;) {
        Placed all = g_array_index(placed, Placed, i);
        for (i++; i < placed->len; i++) {
            const Placed *more = &g_array_index(placed, Placed, i);
            if (more->person.frame != all.person.frame || more->person.id != all.person.id) {
                break;
            }
            all.place = floor_place_fuse(&all.place, &more->place);
            all.person.num_cameras++;
        }
        all.person.x = all.place.x;
        all.person.y = all.place.y;
        g_array_append_val(tracker->final_people, all.person);
    }
}

void
floor_tracker_step(FloorTracker *tracker, guint64 frame, double seconds, const FloorView *views)
{
    tracker->frame = frame;
    tracker->seconds = seconds;
    for (guint i = 0; i < tracker->num_cameras; i++) {
        tracker_step(tracker->trackers[i], frame, seconds, views[i].boxes, views[i].num_boxes);
    }
    collect_views(tracker);
    mark_who_is_seen(tracker);
    follow_bound_views(tracker);
    for (guint i = 0; i < tracker->num_cameras; i++) {
        bind_free_views(tracker, i);
    }
    learn_clothing(tracker);
    merge_twins(tracker);
    collect_final_boxes(tracker);
    collect_final_people(tracker);
    forget(tracker);
}

void
floor_tracker_finish(FloorTracker *tracker)
{
    for (guint i = 0; i < tracker->num_cameras; i++) {
        tracker_finish(tracker->trackers[i]);
    }
    collect_final_boxes(tracker);
    collect_final_people(tracker);
}

const FloorPerson *
floor_tracker_people(const FloorTracker *tracker, guint *ret_count)
{
    *ret_count = tracker->final_people->len;
    return (const FloorPerson *)(const void *)tracker->final_people->data;
}

const FloorBox *
floor_tracker_boxes(const FloorTracker *tracker, guint *ret_count)
{
    *ret_count = tracker->final_boxes->len;
    return (const FloorBox *)(const void *)tracker->final_boxes->data;
}
