#include "store/sim_eyes.h"

#include <math.h>
#include <string.h>

/* Detectors on real footage found 0.52 to 0.72 of the people, in bursts: a camera that lost
 * somebody loses the next frames too. Hands are smaller than people. */
static const double camera_recall = 0.62, camera_recall_sd = 0.07;
static const double camera_burst_s = 0.6;
static const double hand_recall = 0.5;
static const double covered_hand_recall = 0.25;
/* Where no cameras are given, the whole tracker sees this much. */
static const double default_recall = 0.9;
static const double body_radius = 0.22;
static const double coast_s = 0.35; /* the tracker fills gaps up to this */
static const double forget_s = 1.2; /* after this the same person mostly gets a new id */
static const double new_id_chance = 0.75;
static const double position_noise = 0.05, hand_noise = 0.05, head_noise = 0.04;
static const double slow_noise = 0.05, slow_noise_s = 1.5; /* calibration and posture */
static const double wild_hand_chance = 0.02, foreign_hand_chance = 0.01;
static const double ghosts_per_second = 0.01;
static const double appearance_noise = 0.02;

/* One person as the tracker has it. */
typedef struct {
    guint key;
    bool is_present; /* in the store, this frame */
    char *id;
    double recall_scale; /* of its clothes against the floor */
    GArray *is_seen;     /* guint8 of each camera */
    double unseen_s;
    bool is_tracked;
    double slow[2];
    FloorPoint last;
    bool is_hand_seen[2];
    Prng prng;
} Track;

typedef struct {
    char *id;
    FloorPoint at;
    double until;
    float appearance[SIM_APPEARANCE];
} Ghost;

struct SimEyes {
    const StoreLayout *layout;
    SimEyesFaults faults;
    guint64 seed;
    Prng prng;
    double *recalls;     /* of each camera */
    double (*places)[3]; /* where each camera hangs */
    GPtrArray *tracks;   /* of Track */
    GPtrArray *ghosts;   /* of Ghost */
    GArray *targets;     /* of Target: the frame handed out */
    GArray *appearances; /* of float */
    GStringChunk *ids;   /* of the frame handed out */
    guint next_id;
};

static void
track_free(gpointer data)
{
    Track *track = data;
    g_free(track->id);
    g_array_unref(track->is_seen);
    g_free(track);
}

static void
ghost_free(gpointer data)
{
    g_free(((Ghost *)data)->id);
    g_free(data);
}

/* x_camera = R x + t, so that the camera itself is at -R't. */
static void
find_places(SimEyes *eyes)
{
    for (guint i = 0; i < eyes->layout->num_cameras; i++) {
        const LayoutCamera *camera = &eyes->layout->cameras[i];
        for (int k = 0; k < 3; k++) {
            eyes->places[i][k] = -(camera->r[0][k] * camera->t[0] + camera->r[1][k] * camera->t[1] +
                                   camera->r[2][k] * camera->t[2]);
        }
        eyes->recalls[i] =
            prng_normal_within(&eyes->prng, camera_recall, camera_recall_sd, 0.4, 0.85);
    }
}

SimEyes *
sim_eyes_new(const StoreLayout *layout, guint64 seed, const SimEyesFaults *faults)
{
    SimEyes *eyes = g_new0(SimEyes, 1);
    eyes->layout = layout;
    eyes->faults = *faults;
    eyes->seed = seed;
    eyes->prng = prng_new(seed, "eyes", 0);
    eyes->recalls = g_new0(double, layout->num_cameras + 1);
    eyes->places = g_malloc0((layout->num_cameras + 1) * sizeof *eyes->places);
    eyes->tracks = g_ptr_array_new_with_free_func(track_free);
    eyes->ghosts = g_ptr_array_new_with_free_func(ghost_free);
    eyes->targets = g_array_new(FALSE, FALSE, sizeof(Target));
    eyes->appearances = g_array_new(FALSE, FALSE, sizeof(float));
    eyes->ids = g_string_chunk_new(1024);
    eyes->next_id = 1 + prng_below(&eyes->prng, 50);
    find_places(eyes);
    return eyes;
}

void
sim_eyes_free(SimEyes *eyes)
{
    if (eyes == NULL) {
        return;
    }
    g_ptr_array_unref(eyes->tracks);
    g_ptr_array_unref(eyes->ghosts);
    g_array_unref(eyes->targets);
    g_array_unref(eyes->appearances);
    g_string_chunk_free(eyes->ids);
    g_free(eyes->recalls);
    g_free(eyes->places);
    g_free(eyes);
}

static char *
new_id(SimEyes *eyes)
{
    eyes->next_id += 1 + prng_below(&eyes->prng, 3);
    return g_strdup_printf("%u", eyes->next_id % 1000000000);
}

static Track *
find_track(const SimEyes *eyes, guint key)
{
    for (guint i = 0; i < eyes->tracks->len; i++) {
        Track *track = eyes->tracks->pdata[i];
        if (track->key == key) {
            return track;
        }
    }
    return NULL;
}

static Track *
add_track(SimEyes *eyes, guint key)
{
    Track *track = g_new0(Track, 1);
    track->key = key;
    track->prng = prng_new(eyes->seed, "track", key);
    track->recall_scale = prng_range(&track->prng, 0.85, 1.1);
    track->is_seen = g_array_new(FALSE, TRUE, 1);
    g_array_set_size(track->is_seen, MAX(eyes->layout->num_cameras, 1));
    track->unseen_s = 10;
    g_ptr_array_add(eyes->tracks, track);
    return track;
}

/* Whether POINT falls into the picture, and nobody else stands in the line of sight. */
static bool
is_in_view(const SimEyes *eyes, guint camera_index, const double point[3], guint self,
           const SimBody *bodies, guint num_bodies)
{
    const LayoutCamera *camera = &eyes->layout->cameras[camera_index];
    double seen[3];
    for (int i = 0; i < 3; i++) {
        seen[i] = camera->r[i][0] * point[0] + camera->r[i][1] * point[1] +
                  camera->r[i][2] * point[2] + camera->t[i];
    }
    if (seen[2] < 0.2) {
        return false;
    }
    double x = camera->k[0][0] * seen[0] / seen[2] + camera->k[0][2];
    double y = camera->k[1][1] * seen[1] / seen[2] + camera->k[1][2];
    /* These lenses bend the picture's rim inwards: they see a little more than a straight one. */
    double margin = 0.1 * camera->width;
    if (x < -margin || y < -margin || x > camera->width + margin || y > camera->height + margin) {
        return false;
    }
    const double *place = eyes->places[camera_index];
    double dx = point[0] - place[0], dy = point[1] - place[1], dz = point[2] - place[2];
    double length2 = dx * dx + dy * dy;
    for (guint i = 0; i < num_bodies; i++) {
        if (i == self || length2 < 1e-9) {
            continue;
        }
        double ox = bodies[i].at.x - place[0], oy = bodies[i].at.y - place[1];
        double along = CLAMP((ox * dx + oy * dy) / length2, 0, 1);
        double height = place[2] + along * dz;
        if (hypot(ox - along * dx, oy - along * dy) < body_radius && height < bodies[i].head[2] &&
            along < 0.97) {
            return false;
        }
    }
    return true;
}

/* A two-state chain with the given share of seen frames, in bursts of missed ones. */
static bool
flicker(Prng *prng, bool was_seen, double recall, double burst_s, double dt)
{
    recall = CLAMP(recall, 0.01, 0.99);
    double regain = MIN(dt / burst_s, 1);
    double lose = MIN(regain * (1 - recall) / recall, 1);
    return was_seen ? !prng_chance(prng, lose) : prng_chance(prng, regain);
}

/* How many cameras find the person in this frame. */
static guint
count_views(SimEyes *eyes, Track *track, const SimBody *bodies, guint num_bodies, guint self,
            double dt)
{
    double scale = track->recall_scale * (1 - eyes->faults.occlusion);
    const SimBody *body = &bodies[self];
    guint8 *is_seen = (guint8 *)track->is_seen->data;
    if (eyes->layout->num_cameras == 0) {
        is_seen[0] = flicker(&track->prng, is_seen[0], default_recall * scale, camera_burst_s, dt);
        return is_seen[0];
    }
    double chest[3] = { body->at.x, body->at.y, 0.75 * body->head[2] };
    guint count = 0;
    for (guint i = 0; i < eyes->layout->num_cameras; i++) {
        is_seen[i] =
            flicker(&track->prng, is_seen[i], eyes->recalls[i] * scale, camera_burst_s, dt);
        count += is_seen[i] && is_in_view(eyes, i, chest, self, bodies, num_bodies);
    }
    return count;
}

static void
follow(SimEyes *eyes, Track *track, guint num_views, double dt)
{
    if (num_views == 0) {
        track->unseen_s += dt;
        track->is_tracked = track->is_tracked && track->unseen_s <= coast_s;
        return;
    }
    bool is_forgotten = track->unseen_s > forget_s && prng_chance(&track->prng, new_id_chance);
    bool breaks = prng_chance(&track->prng, eyes->faults.breaks_per_hour / 3600 * dt);
    if (track->id == NULL || is_forgotten || breaks) {
        g_free(track->id);
        track->id = new_id(eyes);
    }
    track->unseen_s = 0;
    track->is_tracked = true;
}

static void
swap_ids(SimEyes *eyes, const SimBody *bodies, guint num_bodies, double dt)
{
    for (guint i = 0; i < num_bodies; i++) {
        for (guint k = i + 1; k < num_bodies; k++) {
            double distance =
                hypot(bodies[i].at.x - bodies[k].at.x, bodies[i].at.y - bodies[k].at.y);
            if (distance > 0.5 || !prng_chance(&eyes->prng, eyes->faults.swaps_per_second * dt)) {
                continue;
            }
            Track *one = find_track(eyes, bodies[i].key), *other = find_track(eyes, bodies[k].key);
            if (one->is_tracked && other->is_tracked) {
                char *id = one->id;
                one->id = other->id;
                other->id = id;
            }
        }
    }
}

static void
add_hands(Track *track, const SimBody *body, const SimBody *neighbour, double visibility, double dt,
          Target *target)
{
    Prng *prng = &track->prng;
    for (int i = 0; i < 2; i++) {
        double recall = visibility * (body->is_hand_covered[i] ? covered_hand_recall : hand_recall);
        track->is_hand_seen[i] = flicker(prng, track->is_hand_seen[i], recall, 0.25, dt);
        if (!track->is_hand_seen[i]) {
            continue;
        }
        const double *hand = body->hands[i];
        double spread = hand_noise, score = prng_normal_within(prng, 0.75, 0.15, 0.05, 1);
        if (prng_chance(prng, wild_hand_chance)) {
            spread = 0.3;
            score *= 0.7;
        } else if (neighbour != NULL && prng_chance(prng, foreign_hand_chance)) {
            hand = neighbour->hands[prng_below(prng, 2)];
        }
        target->hands[target->num_hands++] =
            (TargetHand){ prng_normal(prng, hand[0], spread), prng_normal(prng, hand[1], spread),
                          prng_normal(prng, hand[2], spread), score };
    }
    if (target->num_hands == 2 && prng_chance(prng, 0.5)) {
        TargetHand first = target->hands[0];
        target->hands[0] = target->hands[1];
        target->hands[1] = first;
    }
}

static const SimBody *
nearest_neighbour(const SimBody *bodies, guint num_bodies, guint self)
{
    const SimBody *nearest = NULL;
    double best = 0.7;
    for (guint i = 0; i < num_bodies; i++) {
        double distance =
            hypot(bodies[i].at.x - bodies[self].at.x, bodies[i].at.y - bodies[self].at.y);
        if (i != self && distance < best) {
            best = distance;
            nearest = &bodies[i];
        }
    }
    return nearest;
}

/* Appearances are appended to one array whose place in memory may still change: the target gets its
 * pointer at the end. */
static void
append_appearance(SimEyes *eyes, Prng *prng, const float *appearance)
{
    for (int i = 0; i < SIM_APPEARANCE; i++) {
        float value = (float)prng_normal_within(prng, appearance[i], appearance_noise, 0, 1);
        g_array_append_val(eyes->appearances, value);
    }
}

static void
report(SimEyes *eyes, Track *track, const SimBody *bodies, guint num_bodies, guint self,
       guint num_views, double dt)
{
    const SimBody *body = &bodies[self];
    Prng *prng = &track->prng;
    double keep = exp(-dt / slow_noise_s);
    for (int i = 0; i < 2; i++) {
        track->slow[i] =
            keep * track->slow[i] + sqrt(1 - keep * keep) * prng_normal(prng, 0, slow_noise);
    }
    if (!track->is_tracked) {
        return;
    }
    Target target = { .id = g_string_chunk_insert(eyes->ids, track->id) };
    if (num_views > 0) {
        double spread = position_noise / sqrt(num_views);
        track->last = (FloorPoint){ prng_normal(prng, body->at.x + track->slow[0], spread),
                                    prng_normal(prng, body->at.y + track->slow[1], spread) };
        target.has_head = true;
        for (int i = 0; i < 3; i++) {
            target.head[i] = prng_normal(prng, body->head[i], head_noise);
        }
        double visibility = MIN(0.5 + 0.25 * num_views, 1.4);
        add_hands(track, body, nearest_neighbour(bodies, num_bodies, self), visibility, dt,
                  &target);
        append_appearance(eyes, prng, body->appearance);
        target.num_appearance = SIM_APPEARANCE;
    }
    target.x = track->last.x;
    target.y = track->last.y;
    g_array_append_val(eyes->targets, target);
}

static void
haunt(SimEyes *eyes, double t, double dt, const SimBody *bodies, guint num_bodies)
{
    for (guint i = 0; i < eyes->ghosts->len;) {
        if (((const Ghost *)eyes->ghosts->pdata[i])->until < t) {
            g_ptr_array_remove_index(eyes->ghosts, i);
        } else {
            i++;
        }
    }
    if (num_bodies > 0 && prng_chance(&eyes->prng, ghosts_per_second * dt)) {
        /* A reflection, a cardboard figure, half a person behind another. */
        const SimBody *body = &bodies[prng_below(&eyes->prng, num_bodies)];
        Ghost *ghost = g_new0(Ghost, 1);
        ghost->id = new_id(eyes);
        ghost->at = (FloorPoint){ prng_normal(&eyes->prng, body->at.x, 0.6),
                                  prng_normal(&eyes->prng, body->at.y, 0.6) };
        ghost->until = t + prng_range(&eyes->prng, 0.2, 2);
        for (int i = 0; i < SIM_APPEARANCE; i++) {
            ghost->appearance[i] = (float)prng_range(&eyes->prng, 0, 2.0 / SIM_APPEARANCE);
        }
        g_ptr_array_add(eyes->ghosts, ghost);
    }
    for (guint i = 0; i < eyes->ghosts->len; i++) {
        const Ghost *ghost = eyes->ghosts->pdata[i];
        Target target = { .id = g_string_chunk_insert(eyes->ids, ghost->id),
                          .x = prng_normal(&eyes->prng, ghost->at.x, position_noise),
                          .y = prng_normal(&eyes->prng, ghost->at.y, position_noise),
                          .num_appearance = SIM_APPEARANCE };
        append_appearance(eyes, &eyes->prng, ghost->appearance);
        g_array_append_val(eyes->targets, target);
    }
}

static void
drop_tracks_of_the_gone(SimEyes *eyes)
{
    for (guint i = 0; i < eyes->tracks->len;) {
        Track *track = eyes->tracks->pdata[i];
        if (!track->is_present) {
            g_ptr_array_remove_index(eyes->tracks, i);
        } else {
            track->is_present = false;
            i++;
        }
    }
}

TargetFrame
sim_eyes_look(SimEyes *eyes, double t, double dt, const SimBody *bodies, guint num_bodies)
{
    g_array_set_size(eyes->targets, 0);
    g_array_set_size(eyes->appearances, 0);
    g_string_chunk_clear(eyes->ids);
    g_autofree guint *num_views = g_new0(guint, num_bodies + 1);
    for (guint i = 0; i < num_bodies; i++) {
        Track *track = find_track(eyes, bodies[i].key);
        track = track == NULL ? add_track(eyes, bodies[i].key) : track;
        track->is_present = true;
        num_views[i] = count_views(eyes, track, bodies, num_bodies, i, dt);
        follow(eyes, track, num_views[i], dt);
    }
    swap_ids(eyes, bodies, num_bodies, dt);
    for (guint i = 0; i < num_bodies; i++) {
        Track *track = find_track(eyes, bodies[i].key);
        report(eyes, track, bodies, num_bodies, i, num_views[i], dt);
    }
    haunt(eyes, t, dt, bodies, num_bodies);
    drop_tracks_of_the_gone(eyes);
    const float *appearance = (const float *)(gpointer)eyes->appearances->data;
    for (guint i = 0; i < eyes->targets->len; i++) {
        Target *target = &g_array_index(eyes->targets, Target, i);
        target->appearance = target->num_appearance == 0 ? NULL : appearance;
        appearance += target->num_appearance;
    }
    return (TargetFrame){ t, eyes->targets->len, (const Target *)(gpointer)eyes->targets->data };
}

const char *
sim_eyes_id_of(const SimEyes *eyes, guint key)
{
    const Track *track = find_track(eyes, key);
    return track != NULL && track->is_tracked ? track->id : NULL;
}
