#include "baseline.h"

#include "track/assignment.h"

#include <math.h>

static const double weight_position = 1.0 / 20;
static const double weight_velocity = 1.0 / 160;

typedef enum { TRACKED, LOST, REMOVED } State;

/* State: centre, aspect ratio and height. */
typedef struct {
    gint64 id;
    Axis centre_x, centre_y, aspect, height;
    State state;
    bool activated;
    guint start_frame, frame; /* first and last with a box */
    double score;
} Strack;

typedef struct {
    const ByteTrackOptions *options;
    GPtrArray *tracked, *lost; /* of Strack; the two own their members */
    AssignmentSolver *solver;
    GArray *edges;
    gint64 last_id;
    guint frame;
} ByteTrack;

static MotRow
box_of(const Strack *track)
{
    double width = track->aspect.x * track->height.x;
    return (MotRow){ .left = track->centre_x.x - width / 2,
                     .top = track->centre_y.x - track->height.x / 2,
                     .width = width,
                     .height = track->height.x };
}

/* Pixels count from their edges, as in the overlap function the authors use. */
static double
overlap(const MotRow *a, const MotRow *b)
{
    double width = MIN(a->left + a->width, b->left + b->width) - MAX(a->left, b->left) + 1;
    double height = MIN(a->top + a->height, b->top + b->height) - MAX(a->top, b->top) + 1;
    if (!(width > 0 && height > 0)) {
        return 0;
    }
    double common = width * height;
    return common / ((a->width + 1) * (a->height + 1) + (b->width + 1) * (b->height + 1) - common);
}

static double
squared(double x)
{
    return x * x;
}

static void
predict(Strack *track)
{
    if (track->state != TRACKED) {
        track->height.v = 0;
    }
    double position = squared(weight_position * track->height.x);
    double velocity = squared(weight_velocity * track->height.x);
    axis_predict(&track->centre_x, position, velocity);
    axis_predict(&track->centre_y, position, velocity);
    axis_predict(&track->aspect, squared(1e-2), squared(1e-5));
    axis_predict(&track->height, position, velocity);
}

static void
update(Strack *track, const MotRow *box, guint frame)
{
    double position = squared(weight_position * track->height.x);
    axis_update(&track->centre_x, box->left + box->width / 2, position);
    axis_update(&track->centre_y, box->top + box->height / 2, position);
    axis_update(&track->aspect, box->width / box->height, squared(1e-1));
    axis_update(&track->height, box->height, position);
    track->frame = frame;
    track->state = TRACKED;
    track->activated = true;
    track->score = box->confidence;
}

static Strack *
start(const MotRow *box, guint frame, gint64 id)
{
    double position = squared(2 * weight_position * box->height);
    double velocity = squared(10 * weight_velocity * box->height);
    Strack *track = g_new(Strack, 1);
    *track = (Strack){
        .id = id,
        .centre_x = { box->left + box->width / 2, 0, position, 0, velocity },
        .centre_y = { box->top + box->height / 2, 0, position, 0, velocity },
        .aspect = { box->width / box->height, 0, squared(1e-2), 0, squared(1e-5) },
        .height = { box->height, 0, position, 0, velocity },
        .state = TRACKED,
        .activated = frame == 1,
        .start_frame = frame,
        .frame = frame,
        .score = box->confidence,
    };
    return track;
}

/* Assigns boxes to tracks so that the sum of (threshold - distance) is greatest; what is assigned
 * leaves both lists. */
static void
associate(ByteTrack *byte, GPtrArray *tracks, GPtrArray *boxes, double threshold, bool fuse_score)
{
    g_array_set_size(byte->edges, 0);
    for (guint i = 0; i < tracks->len; i++) {
        MotRow predicted = box_of(tracks->pdata[i]);
        for (guint j = 0; j < boxes->len; j++) {
            const MotRow *box = boxes->pdata[j];
            double similarity = overlap(&predicted, box) * (fuse_score ? box->confidence : 1);
            AssignmentEdge edge = { i, j, threshold - (1 - similarity) };
            if (edge.weight > 0) {
                g_array_append_val(byte->edges, edge);
            }
        }
    }
    const AssignmentEdge *edges = (const AssignmentEdge *)(const void *)byte->edges->data;
    const int *chosen =
        assignment_solve(byte->solver, edges, byte->edges->len, tracks->len, boxes->len);
    guint num_tracks = tracks->len;
    for (guint i = 0; i < num_tracks; i++) {
        if (chosen[i] >= 0) {
            guint box = edges[chosen[i]].column;
            update(tracks->pdata[i], boxes->pdata[box], byte->frame);
            tracks->pdata[i] = NULL;
            boxes->pdata[box] = NULL;
        }
    }
    while (g_ptr_array_remove(tracks, NULL)) {
    }
    while (g_ptr_array_remove(boxes, NULL)) {
    }
}

static void
remove_duplicates(ByteTrack *byte)
{
    for (guint i = byte->tracked->len; i-- > 0;) {
        const Strack *tracked = byte->tracked->pdata[i];
        MotRow tracked_box = box_of(tracked);
        for (guint j = byte->lost->len; j-- > 0;) {
            const Strack *lost = byte->lost->pdata[j];
            MotRow lost_box = box_of(lost);
            if (1 - overlap(&tracked_box, &lost_box) >= 0.15) {
                continue;
            }
            if (tracked->frame - tracked->start_frame > lost->frame - lost->start_frame) {
                g_ptr_array_remove_index(byte->lost, j);
            } else {
                g_ptr_array_remove_index(byte->tracked, i);
                break;
            }
        }
    }
}

static void
move_if(GPtrArray *from, GPtrArray *to, State state)
{
    for (guint i = 0; i < from->len;) {
        if (((Strack *)from->pdata[i])->state == state) {
            gpointer track = g_ptr_array_steal_index(from, i);
            if (to != NULL) {
                g_ptr_array_add(to, track);
            } else {
                g_free(track);
            }
        } else {
            i++;
        }
    }
}

static void
step(ByteTrack *byte, const MotRow *boxes, guint num_boxes)
{
    const ByteTrackOptions *options = byte->options;
    byte->frame++;
    g_autoptr(GPtrArray) strong = g_ptr_array_new();
    g_autoptr(GPtrArray) weak = g_ptr_array_new();
    for (guint i = 0; i < num_boxes; i++) {
        if (boxes[i].confidence > options->track_threshold) {
            g_ptr_array_add(strong, (gpointer)&boxes[i]);
        } else if (boxes[i].confidence > 0.1 && boxes[i].confidence < options->track_threshold) {
            g_ptr_array_add(weak, (gpointer)&boxes[i]);
        }
    }
    g_autoptr(GPtrArray) pool = g_ptr_array_new();
    g_autoptr(GPtrArray) unconfirmed = g_ptr_array_new();
    for (guint i = 0; i < byte->tracked->len; i++) {
        Strack *track = byte->tracked->pdata[i];
        g_ptr_array_add(track->activated ? pool : unconfirmed, track);
    }
    for (guint i = 0; i < byte->lost->len; i++) {
        g_ptr_array_add(pool, byte->lost->pdata[i]);
    }
    for (guint i = 0; i < pool->len; i++) {
        predict(pool->pdata[i]);
    }
    associate(byte, pool, strong, options->match_threshold, true);

    g_autoptr(GPtrArray) remaining = g_ptr_array_new();
    for (guint i = 0; i < pool->len; i++) {
        if (((Strack *)pool->pdata[i])->state == TRACKED) {
            g_ptr_array_add(remaining, pool->pdata[i]);
        }
    }
    associate(byte, remaining, weak, 0.5, false);
    for (guint i = 0; i < remaining->len; i++) {
        ((Strack *)remaining->pdata[i])->state = LOST;
    }

    associate(byte, unconfirmed, strong, 0.7, true);
    for (guint i = 0; i < unconfirmed->len; i++) {
        ((Strack *)unconfirmed->pdata[i])->state = REMOVED;
    }
    move_if(byte->tracked, NULL, REMOVED);
    for (guint i = 0; i < strong->len; i++) {
        const MotRow *box = strong->pdata[i];
        if (box->confidence >= options->track_threshold + 0.1) {
            g_ptr_array_add(byte->tracked, start(box, byte->frame, ++byte->last_id));
        }
    }
    for (guint i = 0; i < byte->lost->len; i++) {
        Strack *track = byte->lost->pdata[i];
        if (track->state == LOST && byte->frame - track->frame > options->track_buffer) {
            track->state = REMOVED;
        }
    }
    move_if(byte->lost, NULL, REMOVED);
    move_if(byte->lost, byte->tracked, TRACKED);
    move_if(byte->tracked, byte->lost, LOST);
    remove_duplicates(byte);
}

/* As the authors' evaluation prints them: no boxes wider than people are, none tiny. */
static void
print_tracks(const ByteTrack *byte, GArray *rows)
{
    for (guint i = 0; i < byte->tracked->len; i++) {
        const Strack *track = byte->tracked->pdata[i];
        MotRow row = box_of(track);
        if (track->activated && row.width <= 1.6 * row.height && row.width * row.height > 100) {
            row.frame = byte->frame;
            row.id = track->id;
            row.confidence = track->score;
            row.x = row.y = NAN;
            g_array_append_val(rows, row);
        }
    }
}

void
bytetrack_run(const MotText *detections, const ByteTrackOptions *options, GArray *rows)
{
    g_autoptr(GPtrArray) tracked = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) lost = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    ByteTrack byte = { options, tracked, lost, solver, edges, 0, 0 };
    guint next = 0;
    for (guint frame = 1; frame <= detections->last_frame; frame++) {
        guint first = next;
        while (next < detections->rows->len && mot_text_row(detections, next)->frame == frame) {
            next++;
        }
        step(&byte, &g_array_index(detections->rows, MotRow, first), next - first);
        print_tracks(&byte, rows);
    }
}

static int
compare_by_id(gconstpointer a, gconstpointer b)
{
    const MotRow *row_a = a, *row_b = b;
    if (row_a->id != row_b->id) {
        return row_a->id < row_b->id ? -1 : 1;
    }
    return row_a->frame < row_b->frame ? -1 : row_a->frame > row_b->frame;
}

void
interpolate_gaps(GArray *rows)
{
    g_array_sort(rows, compare_by_id);
    guint num_rows = rows->len;
    for (guint first = 0, end; first < num_rows; first = end) {
        for (end = first; end < num_rows && g_array_index(rows, MotRow, end).id ==
                                                g_array_index(rows, MotRow, first).id;) {
            end++;
        }
        for (guint i = first + 1; i < end && end - first > 5; i++) {
            const MotRow before = g_array_index(rows, MotRow, i - 1);
            const MotRow after = g_array_index(rows, MotRow, i);
            guint gap = after.frame - before.frame;
            for (guint k = 1; k < gap && gap < 20; k++) {
                double share = (double)k / gap;
                MotRow row = before;
                row.frame += k;
                row.left += share * (after.left - before.left);
                row.top += share * (after.top - before.top);
                row.width += share * (after.width - before.width);
                row.height += share * (after.height - before.height);
                g_array_append_val(rows, row);
            }
        }
    }
}
