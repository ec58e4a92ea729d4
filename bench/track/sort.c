#include "baseline.h"

#include "track/assignment.h"

#include <math.h>

static const guint max_age = 1;
static const guint min_hits = 3;
static const double iou_threshold = 0.3;

/* State: centre, area and aspect ratio; the ratio is taken as constant. */
typedef struct {
    gint64 id;
    Axis centre_x, centre_y, area, ratio;
    guint time_since_update, hit_streak;
} SortTrack;

static MotRow
box_of(const SortTrack *track)
{
    double width = sqrt(track->area.x * track->ratio.x);
    double height = track->area.x / width;
    return (MotRow){ .left = track->centre_x.x - width / 2,
                     .top = track->centre_y.x - height / 2,
                     .width = width,
                     .height = height };
}

static void
predict(SortTrack *track)
{
    if (track->area.v + track->area.x <= 0) {
        track->area.v = 0;
    }
    axis_predict(&track->centre_x, 1, 0.01);
    axis_predict(&track->centre_y, 1, 0.01);
    axis_predict(&track->area, 1, 0.0001);
    track->ratio.pxx += 1;
    if (track->time_since_update > 0) {
        track->hit_streak = 0;
    }
    track->time_since_update++;
}

static void
update(SortTrack *track, const MotRow *box)
{
    track->time_since_update = 0;
    track->hit_streak++;
    axis_update(&track->centre_x, box->left + box->width / 2, 1);
    axis_update(&track->centre_y, box->top + box->height / 2, 1);
    axis_update(&track->area, box->width * box->height, 10);
    axis_update(&track->ratio, box->width / box->height, 10);
}

static SortTrack
start(const MotRow *box, gint64 id)
{
    return (SortTrack){
        .id = id,
        .centre_x = { box->left + box->width / 2, 0, 10, 0, 10000 },
        .centre_y = { box->top + box->height / 2, 0, 10, 0, 10000 },
        .area = { box->width * box->height, 0, 10, 0, 10000 },
        .ratio = { box->width / box->height, 0, 10, 0, 0 },
    };
}

static double
overlap(const MotRow *a, const MotRow *b)
{
    double width = MIN(a->left + a->width, b->left + b->width) - MAX(a->left, b->left);
    double height = MIN(a->top + a->height, b->top + b->height) - MAX(a->top, b->top);
    if (!(width > 0 && height > 0)) {
        return 0;
    }
    double common = width * height;
    return common / (a->width * a->height + b->width * b->height - common);
}

typedef struct {
    GArray *tracks; /* of SortTrack */
    GArray *edges;  /* of AssignmentEdge */
    AssignmentSolver *solver;
    gint64 last_id;
    guint frame;
} Sort;

static void
associate(Sort *sort, const MotRow *boxes, guint num_boxes)
{
    g_array_set_size(sort->edges, 0);
    guint num_tracks = sort->tracks->len;
    for (guint i = 0; i < num_tracks; i++) {
        MotRow predicted = box_of(&g_array_index(sort->tracks, SortTrack, i));
        for (guint j = 0; j < num_boxes; j++) {
            double iou = overlap(&predicted, &boxes[j]);
            if (iou > 0) {
                AssignmentEdge edge = { i, j, iou };
                g_array_append_val(sort->edges, edge);
            }
        }
    }
    const AssignmentEdge *edges = (const AssignmentEdge *)(const void *)sort->edges->data;
    const int *chosen =
        assignment_solve(sort->solver, edges, sort->edges->len, num_tracks, num_boxes);
    g_autofree bool *taken = g_new0(bool, num_boxes + 1);
    for (guint i = 0; i < num_tracks; i++) {
        if (chosen[i] >= 0 && edges[chosen[i]].weight >= iou_threshold) {
            taken[edges[chosen[i]].column] = true;
            update(&g_array_index(sort->tracks, SortTrack, i), &boxes[edges[chosen[i]].column]);
        }
    }
    for (guint j = 0; j < num_boxes; j++) {
        if (!taken[j]) {
            SortTrack track = start(&boxes[j], ++sort->last_id);
            g_array_append_val(sort->tracks, track);
        }
    }
}

static void
step(Sort *sort, const MotRow *boxes, guint num_boxes, GArray *rows)
{
    sort->frame++;
    for (guint i = 0; i < sort->tracks->len; i++) {
        predict(&g_array_index(sort->tracks, SortTrack, i));
    }
    associate(sort, boxes, num_boxes);
    for (guint i = sort->tracks->len; i-- > 0;) {
        const SortTrack *track = &g_array_index(sort->tracks, SortTrack, i);
        if (track->time_since_update < 1 &&
            (track->hit_streak >= min_hits || sort->frame <= min_hits)) {
            MotRow row = box_of(track);
            row.frame = sort->frame;
            row.id = track->id;
            row.confidence = 1;
            row.x = row.y = NAN;
            g_array_append_val(rows, row);
        }
        if (track->time_since_update > max_age) {
            g_array_remove_index(sort->tracks, i);
        }
    }
}

void
sort_run(const MotText *detections, GArray *rows)
{
    g_autoptr(GArray) tracks = g_array_new(FALSE, FALSE, sizeof(SortTrack));
    g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    g_autoptr(AssignmentSolver) solver = assignment_solver_new();
    Sort sort = { tracks, edges, solver, 0, 0 };
    guint next = 0;
    for (guint frame = 1; frame <= detections->last_frame; frame++) {
        guint first = next;
        while (next < detections->rows->len && mot_text_row(detections, next)->frame == frame) {
            next++;
        }
        step(&sort, &g_array_index(detections->rows, MotRow, first), next - first, rows);
    }
}
