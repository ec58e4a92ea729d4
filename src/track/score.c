#include "track/score.h"

#include "base/error.h"
#include "track/assignment.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* One pair of boxes of one frame that overlap at all. */
typedef struct {
    guint truth, result; /* positions in the frame's lists */
    guint pair;          /* index of the pair of ids */
    double similarity;
} Overlap;

typedef struct {
    guint truth_id, result_id;
    double potential;      /* HOTA: frames the two share, each divided among all candidates */
    guint64 num_matchable; /* frames in which they overlap enough for an identity match */
    guint64 alpha_matches[SCORE_NUM_ALPHAS];
} Pair;

typedef struct {
    const MotRow *row;
    guint id; /* counted from 0 */
} Box;

/* The boxes of a file grouped by frame, ids made dense. Frames are counted from 0, and only those
 * in which either file has a box: a frame number is outside data and may be a billion. */
typedef struct {
    GArray *boxes;        /* of Box, by frame */
    GArray *first_box;    /* of guint, by frame, and one more */
    GArray *boxes_per_id; /* of guint64 */
} Boxes;

typedef struct {
    Boxes truth, result;
    GArray *frame_numbers;  /* of guint, rising */
    GArray *overlaps;       /* of Overlap, by frame */
    GArray *first_overlap;  /* of guint, by frame, and one more */
    GArray *pairs;          /* of Pair */
    GHashTable *pair_index; /* (truth id, result id) packed into guint64 -> index in pairs */
    AssignmentSolver *solver;
    GArray *edges;       /* scratch: of AssignmentEdge */
    GArray *edge_source; /* scratch: of guint, which overlap an edge came from */
} Sequence;

static double
alpha_of(guint index)
{
    return 0.05 * (index + 1);
}

static double
box_similarity(const MotRow *a, const MotRow *b)
{
    double width = MIN(a->left + a->width, b->left + b->width) - MAX(a->left, b->left);
    double height = MIN(a->top + a->height, b->top + b->height) - MAX(a->top, b->top);
    if (width <= 0 || height <= 0) {
        return 0;
    }
    double common = width * height;
    return common / (a->width * a->height + b->width * b->height - common);
}

static double
similarity_of(const MotRow *a, const MotRow *b, const ScoreOptions *options)
{
    if (options->space == SCORE_BOXES) {
        return box_similarity(a, b);
    }
    return MAX(0, 1 - hypot(a->x - b->x, a->y - b->y) / (2 * options->match_distance));
}

static bool
is_scored(const MotRow *row)
{
    return row->counts && (row->object_class == -1 || row->object_class == 1);
}

static bool
is_distractor(const MotRow *row)
{
    return row->object_class == 2 || row->object_class == 7 || row->object_class == 8 ||
           row->object_class == 12;
}

static void
boxes_init(Boxes *boxes)
{
    boxes->boxes = g_array_new(FALSE, FALSE, sizeof(Box));
    boxes->first_box = g_array_new(FALSE, FALSE, sizeof(guint));
    boxes->boxes_per_id = g_array_new(FALSE, FALSE, sizeof(guint64));
}

static void
boxes_clear(Boxes *boxes)
{
    g_array_unref(boxes->boxes);
    g_array_unref(boxes->first_box);
    g_array_unref(boxes->boxes_per_id);
}

/* Takes the rows of TEXT for which KEEP holds. */
static void
boxes_fill(Boxes *boxes, const MotText *text, const bool *keep, const GArray *frame_numbers)
{
    g_autoptr(GHashTable) dense = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint next = 0;
    for (guint frame = 0; frame < frame_numbers->len; frame++) {
        guint number = g_array_index(frame_numbers, guint, frame);
        g_array_append_val(boxes->first_box, boxes->boxes->len);
        for (; next < text->rows->len && mot_text_row(text, next)->frame == number; next++) {
            const MotRow *row = mot_text_row(text, next);
            if (!keep[next]) {
                continue;
            }
            gpointer known;
            Box box = { row, boxes->boxes_per_id->len };
            if (g_hash_table_lookup_extended(dense, &row->id, NULL, &known)) {
                box.id = GPOINTER_TO_UINT(known);
            } else {
                const guint64 none = 0;
                g_hash_table_insert(dense, (gpointer)&row->id, GUINT_TO_POINTER(box.id));
                g_array_append_val(boxes->boxes_per_id, none);
            }
            g_array_index(boxes->boxes_per_id, guint64, box.id)++;
            g_array_append_val(boxes->boxes, box);
        }
    }
    g_array_append_val(boxes->first_box, boxes->boxes->len);
}

static const Box *
frame_boxes(const Boxes *boxes, guint frame, guint *ret_count)
{
    guint first = g_array_index(boxes->first_box, guint, frame);
    *ret_count = g_array_index(boxes->first_box, guint, frame + 1) - first;
    return &g_array_index(boxes->boxes, Box, first);
}

static const Overlap *
frame_overlaps(const Sequence *sequence, guint frame, guint *ret_count)
{
    guint first = g_array_index(sequence->first_overlap, guint, frame);
    *ret_count = g_array_index(sequence->first_overlap, guint, frame + 1) - first;
    return &g_array_index(sequence->overlaps, Overlap, first);
}

static guint
pair_of(Sequence *sequence, guint truth_id, guint result_id)
{
    guint64 key = (guint64)truth_id << 32 | result_id;
    gpointer known;
    if (g_hash_table_lookup_extended(sequence->pair_index, &key, NULL, &known)) {
        return GPOINTER_TO_UINT(known);
    }
    Pair pair = { .truth_id = truth_id, .result_id = result_id };
    g_array_append_val(sequence->pairs, pair);
    guint index = sequence->pairs->len - 1;
    g_hash_table_insert(sequence->pair_index, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(index));
    return index;
}

static void
find_overlaps(Sequence *sequence, const ScoreOptions *options)
{
    for (guint frame = 0; frame < sequence->frame_numbers->len; frame++) {
        g_array_append_val(sequence->first_overlap, sequence->overlaps->len);
        guint num_truth, num_result;
        const Box *truth = frame_boxes(&sequence->truth, frame, &num_truth);
        const Box *result = frame_boxes(&sequence->result, frame, &num_result);
        for (guint i = 0; i < num_truth; i++) {
            for (guint j = 0; j < num_result; j++) {
                double similarity = similarity_of(truth[i].row, result[j].row, options);
                if (similarity > 0) {
                    Overlap overlap = { i, j, pair_of(sequence, truth[i].id, result[j].id),
                                        similarity };
                    g_array_append_val(sequence->overlaps, overlap);
                }
            }
        }
    }
    g_array_append_val(sequence->first_overlap, sequence->overlaps->len);
}

static void
add_edge(Sequence *sequence, guint row, guint column, double weight, guint source)
{
    AssignmentEdge edge = { row, column, weight };
    g_array_append_val(sequence->edges, edge);
    g_array_append_val(sequence->edge_source, source);
}

static const int *
solve(Sequence *sequence, guint num_rows, guint num_columns)
{
    return assignment_solve(sequence->solver,
                            (const AssignmentEdge *)(const void *)sequence->edges->data,
                            sequence->edges->len, num_rows, num_columns);
}

static void
clear_edges(Sequence *sequence)
{
    g_array_set_size(sequence->edges, 0);
    g_array_set_size(sequence->edge_source, 0);
}

/* What CLEAR MOT remembers about one person. */
typedef struct {
    bool was_matched;
    guint last_result;      /* the id that held it last */
    guint last_match_frame; /* and when, counting frames with boxes on both sides */
    guint64 num_present, num_matched, num_starts;
} Person;

static bool
is_match(double similarity)
{
    return similarity >= 0.5 - DBL_EPSILON;
}

/* The matching of one frame: keeps what was matched in the frame before, then takes the largest
 * similarity. FRAME_COUNT counts the frames that have boxes on both sides: as in TrackEval, other
 * frames do not break a run. */
static const int *
clear_match_frame(Sequence *sequence, guint frame, guint frame_count, const Person *people)
{
    guint num_truth, num_result, num_overlaps;
    const Box *truth = frame_boxes(&sequence->truth, frame, &num_truth);
    const Box *result = frame_boxes(&sequence->result, frame, &num_result);
    const Overlap *overlaps = frame_overlaps(sequence, frame, &num_overlaps);
    clear_edges(sequence);
    for (guint i = 0; i < num_overlaps; i++) {
        const Overlap *overlap = &overlaps[i];
        if (is_match(overlap->similarity)) {
            const Person *person = &people[truth[overlap->truth].id];
            bool continues = person->was_matched && person->last_match_frame + 1 == frame_count &&
                             person->last_result == result[overlap->result].id;
            add_edge(sequence, overlap->truth, overlap->result,
                     overlap->similarity + (continues ? 1000 : 0), i);
        }
    }
    return solve(sequence, num_truth, num_result);
}

static void
clear_count_frame(Sequence *sequence, guint frame, guint frame_count, const int *chosen,
                  Person *people, ScoreCounts *counts)
{
    guint num_truth, num_result, num_overlaps;
    const Box *truth = frame_boxes(&sequence->truth, frame, &num_truth);
    const Box *result = frame_boxes(&sequence->result, frame, &num_result);
    const Overlap *overlaps = frame_overlaps(sequence, frame, &num_overlaps);
    guint num_matches = 0;
    for (guint i = 0; i < num_truth; i++) {
        Person *person = &people[truth[i].id];
        person->num_present++;
        if (chosen[i] < 0) {
            continue;
        }
        const Overlap *overlap = &overlaps[g_array_index(sequence->edge_source, guint, chosen[i])];
        guint result_id = result[overlap->result].id;
        counts->switches += person->was_matched && person->last_result != result_id;
        person->num_starts += !person->was_matched || person->last_match_frame + 1 != frame_count;
        person->was_matched = true;
        person->last_result = result_id;
        person->last_match_frame = frame_count;
        person->num_matched++;
        counts->similarity += overlap->similarity;
        num_matches++;
    }
    counts->true_positives += num_matches;
    counts->false_negatives += num_truth - num_matches;
    counts->false_positives += num_result - num_matches;
}

static void
clear_mot(Sequence *sequence, ScoreCounts *counts)
{
    guint num_people = sequence->truth.boxes_per_id->len;
    g_autofree Person *people = g_new0(Person, num_people + 1);
    guint frame_count = 0;
    for (guint frame = 0; frame < sequence->frame_numbers->len; frame++) {
        guint num_truth, num_result;
        (void)frame_boxes(&sequence->truth, frame, &num_truth);
        (void)frame_boxes(&sequence->result, frame, &num_result);
        frame_count += num_truth > 0 && num_result > 0;
        const int *chosen = clear_match_frame(sequence, frame, frame_count, people);
        clear_count_frame(sequence, frame, frame_count, chosen, people, counts);
    }
    for (guint i = 0; i < num_people; i++) {
        double share = (double)people[i].num_matched / (double)people[i].num_present;
        counts->mostly_tracked += share > 0.8;
        counts->mostly_lost += share < 0.2;
        counts->fragments += people[i].num_starts > 0 ? people[i].num_starts - 1 : 0;
    }
}

static void
identity(Sequence *sequence, ScoreCounts *counts)
{
    for (guint i = 0; i < sequence->overlaps->len; i++) {
        const Overlap *overlap = &g_array_index(sequence->overlaps, Overlap, i);
        if (is_match(overlap->similarity)) {
            g_array_index(sequence->pairs, Pair, overlap->pair).num_matchable++;
        }
    }
    clear_edges(sequence);
    for (guint i = 0; i < sequence->pairs->len; i++) {
        const Pair *pair = &g_array_index(sequence->pairs, Pair, i);
        if (pair->num_matchable > 0) {
            add_edge(sequence, pair->truth_id, pair->result_id, (double)pair->num_matchable, i);
        }
    }
    guint num_people = sequence->truth.boxes_per_id->len;
    const int *chosen = solve(sequence, num_people, sequence->result.boxes_per_id->len);
    for (guint i = 0; i < num_people; i++) {
        if (chosen[i] >= 0) {
            guint pair = g_array_index(sequence->edge_source, guint, chosen[i]);
            counts->id_true_positives += g_array_index(sequence->pairs, Pair, pair).num_matchable;
        }
    }
}

/* HOTA's first pass: how much each pair of ids belongs together over the whole sequence. */
static void
hota_potentials(Sequence *sequence)
{
    g_autoptr(GArray) sums = g_array_new(FALSE, TRUE, sizeof(double));
    for (guint frame = 0; frame < sequence->frame_numbers->len; frame++) {
        guint num_truth, num_result, num_overlaps;
        (void)frame_boxes(&sequence->truth, frame, &num_truth);
        (void)frame_boxes(&sequence->result, frame, &num_result);
        const Overlap *overlaps = frame_overlaps(sequence, frame, &num_overlaps);
        g_array_set_size(sums, 0);
        g_array_set_size(sums, num_truth + num_result + 1);
        double *truth_sum = (double *)(void *)sums->data;
        double *result_sum = truth_sum + num_truth;
        for (guint i = 0; i < num_overlaps; i++) {
            truth_sum[overlaps[i].truth] += overlaps[i].similarity;
            result_sum[overlaps[i].result] += overlaps[i].similarity;
        }
        for (guint i = 0; i < num_overlaps; i++) {
            double denominator = truth_sum[overlaps[i].truth] + result_sum[overlaps[i].result] -
                                 overlaps[i].similarity;
            g_array_index(sequence->pairs, Pair, overlaps[i].pair).potential +=
                overlaps[i].similarity / denominator;
        }
    }
}

static double
boxes_of_id(const Boxes *boxes, guint id)
{
    return (double)g_array_index(boxes->boxes_per_id, guint64, id);
}

static void
hota_match_frame(Sequence *sequence, guint frame, ScoreCounts *counts)
{
    guint num_truth, num_result, num_overlaps;
    (void)frame_boxes(&sequence->truth, frame, &num_truth);
    (void)frame_boxes(&sequence->result, frame, &num_result);
    const Overlap *overlaps = frame_overlaps(sequence, frame, &num_overlaps);
    clear_edges(sequence);
    for (guint i = 0; i < num_overlaps; i++) {
        const Pair *pair = &g_array_index(sequence->pairs, Pair, overlaps[i].pair);
        double alignment =
            pair->potential / (boxes_of_id(&sequence->truth, pair->truth_id) +
                               boxes_of_id(&sequence->result, pair->result_id) - pair->potential);
        double weight = alignment * overlaps[i].similarity;
        if (weight > 0) {
            add_edge(sequence, overlaps[i].truth, overlaps[i].result, weight, i);
        }
    }
    const int *chosen = solve(sequence, num_truth, num_result);
    for (guint i = 0; i < num_truth; i++) {
        if (chosen[i] < 0) {
            continue;
        }
        const Overlap *overlap = &overlaps[g_array_index(sequence->edge_source, guint, chosen[i])];
        Pair *pair = &g_array_index(sequence->pairs, Pair, overlap->pair);
        for (guint a = 0; a < SCORE_NUM_ALPHAS; a++) {
            /* The same tolerance as the authors': a similarity of exactly alpha matches. */
            if (overlap->similarity >= alpha_of(a) - DBL_EPSILON) {
                counts->alpha_true_positives[a]++;
                pair->alpha_matches[a]++;
            }
        }
    }
}

static void
hota(Sequence *sequence, ScoreCounts *counts)
{
    hota_potentials(sequence);
    for (guint frame = 0; frame < sequence->frame_numbers->len; frame++) {
        hota_match_frame(sequence, frame, counts);
    }
    for (guint i = 0; i < sequence->pairs->len; i++) {
        const Pair *pair = &g_array_index(sequence->pairs, Pair, i);
        double boxes = boxes_of_id(&sequence->truth, pair->truth_id) +
                       boxes_of_id(&sequence->result, pair->result_id);
        for (guint a = 0; a < SCORE_NUM_ALPHAS; a++) {
            double matches = (double)pair->alpha_matches[a];
            counts->alpha_association[a] += matches * matches / (boxes - matches);
        }
    }
}

/* Marks the results that lie on distractors, matched over all truth rows of the frame as the
 * MOT16 benchmark prescribes. */
static void
leave_out_distractors(Sequence *sequence, const MotText *truth, const MotText *result, bool *keep)
{
    guint next_truth = 0, next_result = 0;
    while (next_truth < truth->rows->len && next_result < result->rows->len) {
        guint frame =
            MIN(mot_text_row(truth, next_truth)->frame, mot_text_row(result, next_result)->frame);
        guint first_truth = next_truth, first_result = next_result;
        while (next_truth < truth->rows->len && mot_text_row(truth, next_truth)->frame == frame) {
            next_truth++;
        }
        while (next_result < result->rows->len &&
               mot_text_row(result, next_result)->frame == frame) {
            next_result++;
        }
        clear_edges(sequence);
        for (guint i = first_truth; i < next_truth; i++) {
            for (guint j = first_result; j < next_result; j++) {
                double similarity = box_similarity(mot_text_row(truth, i), mot_text_row(result, j));
                if (is_match(similarity)) {
                    add_edge(sequence, i - first_truth, j - first_result, similarity, j);
                }
            }
        }
        const int *chosen = solve(sequence, next_truth - first_truth, next_result - first_result);
        for (guint i = first_truth; i < next_truth; i++) {
            int edge = chosen[i - first_truth];
            if (edge >= 0 && is_distractor(mot_text_row(truth, i))) {
                keep[g_array_index(sequence->edge_source, guint, edge)] = false;
            }
        }
    }
}

static bool
check_floor(const MotText *text, GError **error)
{
    for (guint i = 0; i < text->rows->len; i++) {
        const MotRow *row = mot_text_row(text, i);
        if (isnan(row->x)) {
            return fail(error, APP_ERROR_INVALID, "%s:%u: no place on the floor (fields 8 and 9)",
                        text->name, row->line);
        }
    }
    return true;
}

static bool
check_boxes(const MotText *text, GError **error)
{
    for (guint i = 0; i < text->rows->len; i++) {
        const MotRow *row = mot_text_row(text, i);
        if (row->width <= 0) {
            return fail(error, APP_ERROR_INVALID,
                        "%s:%u: no box; files of places on the floor are compared with "
                        "--floor",
                        text->name, row->line);
        }
    }
    return true;
}

static void
list_frames(GArray *frame_numbers, const MotText *truth, const MotText *result)
{
    guint next_truth = 0, next_result = 0;
    for (;;) {
        guint frame = G_MAXUINT;
        if (next_truth < truth->rows->len) {
            frame = mot_text_row(truth, next_truth)->frame;
        }
        if (next_result < result->rows->len) {
            frame = MIN(frame, mot_text_row(result, next_result)->frame);
        }
        if (frame == G_MAXUINT) {
            return;
        }
        g_array_append_val(frame_numbers, frame);
        while (next_truth < truth->rows->len && mot_text_row(truth, next_truth)->frame == frame) {
            next_truth++;
        }
        while (next_result < result->rows->len &&
               mot_text_row(result, next_result)->frame == frame) {
            next_result++;
        }
    }
}

static void
sequence_init(Sequence *sequence)
{
    sequence->frame_numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    boxes_init(&sequence->truth);
    boxes_init(&sequence->result);
    sequence->overlaps = g_array_new(FALSE, FALSE, sizeof(Overlap));
    sequence->first_overlap = g_array_new(FALSE, FALSE, sizeof(guint));
    sequence->pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    sequence->pair_index = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    sequence->solver = assignment_solver_new();
    sequence->edges = g_array_new(FALSE, FALSE, sizeof(AssignmentEdge));
    sequence->edge_source = g_array_new(FALSE, FALSE, sizeof(guint));
}

static void
sequence_clear(Sequence *sequence)
{
    boxes_clear(&sequence->truth);
    boxes_clear(&sequence->result);
    g_array_unref(sequence->frame_numbers);
    g_array_unref(sequence->overlaps);
    g_array_unref(sequence->first_overlap);
    g_array_unref(sequence->pairs);
    g_hash_table_unref(sequence->pair_index);
    assignment_solver_free(sequence->solver);
    g_array_unref(sequence->edges);
    g_array_unref(sequence->edge_source);
}

bool
score_sequence(const MotText *truth, const MotText *result, const ScoreOptions *options,
               ScoreCounts *ret_counts, GError **error)
{
    bool on_floor = options->space == SCORE_FLOOR;
    if (on_floor ? !check_floor(truth, error) || !check_floor(result, error)
                 : !check_boxes(truth, error) || !check_boxes(result, error)) {
        return false;
    }
    Sequence sequence;
    sequence_init(&sequence);
    list_frames(sequence.frame_numbers, truth, result);

    g_autofree bool *keep_truth = g_new(bool, truth->rows->len + 1);
    g_autofree bool *keep_result = g_new(bool, result->rows->len + 1);
    for (guint i = 0; i < truth->rows->len; i++) {
        keep_truth[i] = is_scored(mot_text_row(truth, i));
    }
    for (guint i = 0; i < result->rows->len; i++) {
        keep_result[i] = true;
    }
    if (!on_floor) {
        leave_out_distractors(&sequence, truth, result, keep_result);
    }
    boxes_fill(&sequence.truth, truth, keep_truth, sequence.frame_numbers);
    boxes_fill(&sequence.result, result, keep_result, sequence.frame_numbers);

    ScoreCounts counts = {
        .num_frames = MAX(truth->last_frame, result->last_frame),
        .num_truth_boxes = sequence.truth.boxes->len,
        .num_result_boxes = sequence.result.boxes->len,
        .num_truth_ids = sequence.truth.boxes_per_id->len,
        .num_result_ids = sequence.result.boxes_per_id->len,
    };
    find_overlaps(&sequence, options);
    clear_mot(&sequence, &counts);
    identity(&sequence, &counts);
    hota(&sequence, &counts);
    sequence_clear(&sequence);
    *ret_counts = counts;
    return true;
}

void
score_add(ScoreCounts *total, const ScoreCounts *counts)
{
    total->num_frames += counts->num_frames;
    total->num_truth_boxes += counts->num_truth_boxes;
    total->num_result_boxes += counts->num_result_boxes;
    total->num_truth_ids += counts->num_truth_ids;
    total->num_result_ids += counts->num_result_ids;
    total->true_positives += counts->true_positives;
    total->false_positives += counts->false_positives;
    total->false_negatives += counts->false_negatives;
    total->switches += counts->switches;
    total->fragments += counts->fragments;
    total->mostly_tracked += counts->mostly_tracked;
    total->mostly_lost += counts->mostly_lost;
    total->similarity += counts->similarity;
    total->id_true_positives += counts->id_true_positives;
    for (guint a = 0; a < SCORE_NUM_ALPHAS; a++) {
        total->alpha_true_positives[a] += counts->alpha_true_positives[a];
        total->alpha_association[a] += counts->alpha_association[a];
    }
}

static double
ratio(double numerator, double denominator)
{
    return denominator > 0 ? numerator / denominator : 0;
}

ScoreFigures
score_figures(const ScoreCounts *counts)
{
    double truth = (double)counts->num_truth_boxes;
    double result = (double)counts->num_result_boxes;
    double matches = (double)counts->true_positives;
    ScoreFigures figures = {
        .mota = ratio(matches - (double)counts->false_positives - (double)counts->switches, truth),
        .motp = ratio(counts->similarity, matches),
        .recall = ratio(matches, truth),
        .precision = ratio(matches, result),
        .idf1 = ratio(2 * (double)counts->id_true_positives, truth + result),
        .idp = ratio((double)counts->id_true_positives, result),
        .idr = ratio((double)counts->id_true_positives, truth),
    };
    for (guint a = 0; a < SCORE_NUM_ALPHAS; a++) {
        double alpha_matches = (double)counts->alpha_true_positives[a];
        double deta = ratio(alpha_matches, truth + result - alpha_matches);
        double assa = ratio(counts->alpha_association[a], alpha_matches);
        figures.deta += deta / SCORE_NUM_ALPHAS;
        figures.assa += assa / SCORE_NUM_ALPHAS;
        figures.hota += sqrt(deta * assa) / SCORE_NUM_ALPHAS;
    }
    return figures;
}
