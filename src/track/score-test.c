/* Small cases worked out by hand from the papers' definitions. */
#include "track/score.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

static const ScoreOptions boxes = { SCORE_BOXES, 0 };

static ScoreCounts
counts_of(const char *truth_text, const char *result_text, const ScoreOptions *options)
{
    g_autoptr(MotText) truth =
        mot_text_parse("truth", truth_text, strlen(truth_text), MOT_TRACKS, NULL);
    g_autoptr(MotText) result =
        mot_text_parse("result", result_text, strlen(result_text), MOT_TRACKS, NULL);
    g_assert_nonnull(truth);
    g_assert_nonnull(result);
    ScoreCounts counts;
    GError *error = NULL;
    score_sequence(truth, result, options, &counts, &error);
    g_assert_no_error(error);
    return counts;
}

static const char two_people[] = "1,1,0,0,10,10\n1,2,100,0,10,10\n"
                                 "2,1,0,0,10,10\n2,2,100,0,10,10\n"
                                 "3,1,0,0,10,10\n3,2,100,0,10,10\n"
                                 "4,1,0,0,10,10\n4,2,100,0,10,10\n";

static void
test_truth_against_itself_is_perfect(void)
{
    ScoreCounts counts = counts_of(two_people, two_people, &boxes);
    ScoreFigures figures = score_figures(&counts);
    g_assert_cmpfloat(figures.mota, ==, 1);
    g_assert_cmpfloat(figures.motp, ==, 1);
    g_assert_cmpfloat(figures.idf1, ==, 1);
    g_assert_cmpfloat_with_epsilon(figures.hota, 1, 1e-12);
    g_assert_cmpuint(counts.switches + counts.fragments, ==, 0);
    g_assert_cmpuint(counts.mostly_tracked, ==, 2);
}

static void
test_nothing_found_scores_nothing(void)
{
    ScoreCounts counts = counts_of(two_people, "", &boxes);
    ScoreFigures figures = score_figures(&counts);
    g_assert_cmpuint(counts.false_negatives, ==, 8);
    g_assert_cmpuint(counts.mostly_lost, ==, 2);
    g_assert_cmpfloat(figures.mota, ==, 0);
    g_assert_cmpfloat(figures.idf1, ==, 0);
    g_assert_cmpfloat(figures.hota, ==, 0);
}

static void
test_results_without_truth_are_false(void)
{
    ScoreCounts counts = counts_of("", two_people, &boxes);
    g_assert_cmpuint(counts.false_positives, ==, 8);
    g_assert_cmpfloat(score_figures(&counts).idp, ==, 0);
}

/* Two people, whose ids are exchanged after half of four frames. Every box is found; each person
 * has one switch; the best identity match covers half of the boxes. For HOTA every match c has
 * A(c) = 2 / (4 + 4 - 2) = 1/3 at every alpha. */
static void
test_exchange_of_two_ids(void)
{
    ScoreCounts counts = counts_of(two_people,
                                   "1,1,0,0,10,10\n1,2,100,0,10,10\n"
                                   "2,1,0,0,10,10\n2,2,100,0,10,10\n"
                                   "3,2,0,0,10,10\n3,1,100,0,10,10\n"
                                   "4,2,0,0,10,10\n4,1,100,0,10,10\n",
                                   &boxes);
    ScoreFigures figures = score_figures(&counts);
    g_assert_cmpuint(counts.true_positives, ==, 8);
    g_assert_cmpuint(counts.switches, ==, 2);
    g_assert_cmpuint(counts.fragments, ==, 0);
    g_assert_cmpfloat_with_epsilon(figures.mota, 1 - 2.0 / 8, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.idf1, 0.5, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.deta, 1, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.assa, 1.0 / 3, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.hota, sqrt(1.0 / 3), 1e-12);
}

/* One person, found in frames 1 and 4 under two ids, and a box far off in frame 2. Identity: the
 * best id covers 1 of 4 boxes; 3 were given. HOTA: TP 2, FN 2, FP 1; A(c) = 1 / (4 + 1 - 1). */
static void
test_broken_track_with_a_false_box(void)
{
    ScoreCounts counts = counts_of("1,1,0,0,10,10\n2,1,0,0,10,10\n3,1,0,0,10,10\n4,1,0,0,10,10\n",
                                   "1,5,0,0,10,10\n2,6,500,0,10,10\n4,7,0,0,10,10\n", &boxes);
    ScoreFigures figures = score_figures(&counts);
    g_assert_cmpuint(counts.true_positives, ==, 2);
    g_assert_cmpuint(counts.false_positives, ==, 1);
    g_assert_cmpuint(counts.false_negatives, ==, 2);
    g_assert_cmpuint(counts.switches, ==, 1);
    g_assert_cmpuint(counts.fragments, ==, 1);
    g_assert_cmpfloat_with_epsilon(figures.mota, (2.0 - 1 - 1) / 4, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.idp, 1.0 / 3, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.idr, 1.0 / 4, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.idf1, 2.0 / 7, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.deta, 2.0 / 5, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.assa, 1.0 / 4, 1e-12);
}

/* Boxes 10 wide shifted by 2.5 overlap by 7.5 of 12.5 = 0.6: matched up to alpha 0.6 (12 of 19). */
static void
test_loose_boxes(void)
{
    ScoreCounts counts = counts_of("1,1,0,0,10,10\n", "1,1,2.5,0,10,10\n", &boxes);
    ScoreFigures figures = score_figures(&counts);
    g_assert_cmpfloat_with_epsilon(figures.motp, 0.6, 1e-12);
    g_assert_cmpfloat(figures.mota, ==, 1);
    g_assert_cmpfloat_with_epsilon(figures.hota, 12.0 / 19, 1e-12);
}

/* In frame 2 the newcomer fits better, but the match of frame 1 still holds and is kept. */
static void
test_last_match_is_kept_while_it_holds(void)
{
    ScoreCounts counts = counts_of("1,1,0,0,10,10\n2,1,0,0,10,10\n",
                                   "1,8,0,0,10,10\n2,8,2,0,10,10\n2,9,0,0,10,10\n", &boxes);
    g_assert_cmpuint(counts.switches, ==, 0);
    g_assert_cmpuint(counts.false_positives, ==, 1);
}

static void
test_unscored_truth_and_distractors_are_left_out(void)
{
    ScoreCounts counts = counts_of("1,1,0,0,10,10,1,1,1\n1,2,50,0,10,10,0,1,1\n"
                                   "1,3,100,0,10,10,1,8,1\n",
                                   "1,1,0,0,10,10\n1,2,50,0,10,10\n1,3,100,0,10,10\n", &boxes);
    g_assert_cmpuint(counts.num_truth_boxes, ==, 1);
    g_assert_cmpuint(counts.true_positives, ==, 1);
    g_assert_cmpuint(counts.false_positives, ==, 1); /* id 2: only distractors excuse a result */
}

static void
test_distance_on_the_floor(void)
{
    const ScoreOptions floor = { SCORE_FLOOR, 1 };
    ScoreCounts counts =
        counts_of("1,1,-1,-1,-1,-1,1,0,0,0\n1,2,-1,-1,-1,-1,1,5,5,0\n",
                  "1,1,-1,-1,-1,-1,1,0.6,0.8,0\n1,2,-1,-1,-1,-1,1,5,6.1,0\n", &floor);
    g_assert_cmpuint(counts.true_positives, ==, 1);
    g_assert_cmpfloat_with_epsilon(score_figures(&counts).motp, 0.5, 1e-12);
}

static void
test_floor_needs_places(void)
{
    g_autoptr(MotText) truth = mot_text_parse("t", "1,1,0,0,1,1\n", 12, MOT_TRACKS, NULL);
    const ScoreOptions floor = { SCORE_FLOOR, 1 };
    ScoreCounts counts;
    g_autoptr(GError) error = NULL;
    g_assert_false(score_sequence(truth, truth, &floor, &counts, &error));
    g_assert_cmpstr(error->message, ==, "t:1: no place on the floor (fields 8 and 9)");
}

static void
test_sequences_add_up(void)
{
    ScoreCounts total = { 0 };
    ScoreCounts good = counts_of(two_people, two_people, &boxes);
    ScoreCounts bad = counts_of(two_people, "", &boxes);
    score_add(&total, &good);
    score_add(&total, &bad);
    ScoreFigures figures = score_figures(&total);
    g_assert_cmpfloat_with_epsilon(figures.mota, 0.5, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.idf1, 2.0 / 3, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.deta, 0.5, 1e-12);
    g_assert_cmpfloat_with_epsilon(figures.assa, 1, 1e-12);
}

/* A frame number is outside data: it must cost nothing. */
static void
test_far_frame_is_cheap(void)
{
    ScoreCounts counts = counts_of("1000000000,1,0,0,10,10\n", "1000000000,4,0,0,10,10\n", &boxes);
    g_assert_cmpuint(counts.num_frames, ==, 1000000000);
    g_assert_cmpfloat(score_figures(&counts).idf1, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/score/itself", test_truth_against_itself_is_perfect);
    g_test_add_func("/score/nothing", test_nothing_found_scores_nothing);
    g_test_add_func("/score/no-truth", test_results_without_truth_are_false);
    g_test_add_func("/score/exchange", test_exchange_of_two_ids);
    g_test_add_func("/score/broken", test_broken_track_with_a_false_box);
    g_test_add_func("/score/loose", test_loose_boxes);
    g_test_add_func("/score/kept-match", test_last_match_is_kept_while_it_holds);
    g_test_add_func("/score/left-out", test_unscored_truth_and_distractors_are_left_out);
    g_test_add_func("/score/floor", test_distance_on_the_floor);
    g_test_add_func("/score/floor-needs-places", test_floor_needs_places);
    g_test_add_func("/score/sum", test_sequences_add_up);
    g_test_add_func("/score/far-frame", test_far_frame_is_cheap);
    return g_test_run();
}
