/* Explanations of made-up changes. Weights are those of real products. */
#include "shelf/explain.h"

#include <math.h>

static const double home[] = { 0, 0, 0, 0, 0, 0, 0, 0 };
static const double elsewhere[] = { -6, -6, -6, -6, -6, -6, -6, -6 };

static ShelfChange
change_of(const PlateDelta *plates, guint num_plates)
{
    ShelfChange change = { .num_plates = num_plates, .plates = plates, .sd_grams = 0.5 };
    for (guint i = 0; i < num_plates; i++) {
        change.delta_grams += plates[i].delta_grams;
    }
    return change;
}

static Candidate
product(double grams, const double *places)
{
    return (Candidate){ .max_units = 6,
                        .grams = grams,
                        .sd_grams = 0.02 * grams,
                        .wrong_weight_probability = 0.01,
                        .log_place = places };
}

static Candidate
unit_in_cart(double measured_grams)
{
    return (Candidate){
        .is_put = true, .max_units = 1, .grams = measured_grams, .sd_grams = 1, .log_place = home
    };
}

static Explanation
best_of(const ShelfChange *change, const Candidate *candidates, guint num_candidates)
{
    Explanation explanations[20];
    guint count = explain_change(change, candidates, num_candidates, 0, explanations,
                                 G_N_ELEMENTS(explanations));
    g_assert_cmpuint(count, >, 0);
    for (guint i = 1; i < count; i++) {
        g_assert_cmpfloat(explanations[i].log_score, <=, explanations[i - 1].log_score);
    }
    return explanations[0];
}

static void
assert_parts(const Explanation *explanation, guint num_parts)
{
    g_assert_cmpint(explanation->kind, ==, EXPLAIN_GOODS);
    g_assert_cmpuint(explanation->num_parts, ==, num_parts);
}

static void
test_planogram_decides_between_equal_weights(void)
{
    PlateDelta plates[] = { { 3, -369, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    Candidate candidates[] = { product(368, elsewhere), product(371.5, home) };
    Explanation best = best_of(&change, candidates, 2);
    assert_parts(&best, 1);
    g_assert_cmpuint(best.parts[0].candidate, ==, 1);
}

static void
test_two_of_a_product(void)
{
    PlateDelta plates[] = { { 3, -120, 0.5 }, { 4, -90, 0.5 } };
    ShelfChange change = change_of(plates, 2);
    Candidate candidates[] = { product(105.5, home), product(66.7, home) };
    Explanation best = best_of(&change, candidates, 2);
    assert_parts(&best, 1);
    g_assert_cmpuint(best.parts[0].candidate, ==, 0);
    g_assert_cmpuint(best.parts[0].num_units, ==, 2);
}

static void
test_two_products_at_once_each_on_its_plate(void)
{
    static const double left[] = { 0, -5 };
    static const double right[] = { -5, 0 };
    PlateDelta plates[] = { { 3, -192, 0.5 }, { 4, -110, 0.5 } };
    ShelfChange change = change_of(plates, 2);
    Candidate candidates[] = { product(110, right), product(192, left), product(66.7, left) };
    Explanation best = best_of(&change, candidates, 3);
    assert_parts(&best, 2);
    g_assert_cmpuint(best.parts[0].candidate, ==, 0);
    g_assert_cmpfloat_with_epsilon(best.parts[0].place, 1, 0.05);
    g_assert_cmpuint(best.parts[1].candidate, ==, 1);
    g_assert_cmpfloat_with_epsilon(best.parts[1].place, 0, 0.05);
}

static void
test_three_products_at_once(void)
{
    static const double first[] = { 0, -5, -5 };
    static const double second[] = { -5, 0, -5 };
    static const double third[] = { -5, -5, 0 };
    PlateDelta plates[] = { { 3, -192, 0.5 }, { 4, -66, 0.5 }, { 5, -371, 0.5 } };
    ShelfChange change = change_of(plates, 3);
    Candidate candidates[] = { product(192, first), product(66.7, second), product(371.5, third) };
    Explanation best = best_of(&change, candidates, 3);
    assert_parts(&best, 3);
}

static void
test_put_back_is_the_very_unit_that_was_taken(void)
{
    PlateDelta plates[] = { { 3, 540.5, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    /* Both are of products of 538 g; their own weights were measured when they were taken. */
    Candidate candidates[] = { unit_in_cart(531), unit_in_cart(541) };
    Explanation best = best_of(&change, candidates, 2);
    assert_parts(&best, 1);
    g_assert_cmpuint(best.parts[0].candidate, ==, 1);
}

static void
test_exchange_at_once(void)
{
    PlateDelta plates[] = { { 3, -368, 0.5 }, { 4, 192.4, 0.5 } };
    ShelfChange change = change_of(plates, 2);
    Candidate candidates[] = { product(368, home), unit_in_cart(192), product(175, elsewhere) };
    Explanation best = best_of(&change, candidates, 3);
    assert_parts(&best, 2);
}

static void
test_pushing_goods_aside_is_nothing(void)
{
    PlateDelta plates[] = { { 3, -80, 0.5 }, { 4, 79.5, 0.5 } };
    ShelfChange change = change_of(plates, 2);
    Candidate candidates[] = { product(80, home), unit_in_cart(300) };
    Explanation best = best_of(&change, candidates, 2);
    g_assert_cmpint(best.kind, ==, EXPLAIN_NOTHING);
}

static void
test_foreign_object_is_none_of_the_candidates(void)
{
    PlateDelta plates[] = { { 3, 451, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    Candidate candidates[] = { product(110, home), unit_in_cart(300) };
    Explanation best = best_of(&change, candidates, 2);
    g_assert_cmpint(best.kind, !=, EXPLAIN_GOODS);
}

/* It may as well be a bottle that is half lifted; when nothing more comes, that falls away. */
static void
test_wrong_master_weight_is_told(void)
{
    PlateDelta plates[] = { { 3, -800, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    Candidate candidates[] = { product(1064, home) };
    Explanation explanations[8];
    guint count = explain_change(&change, candidates, 1, 0, explanations, 8);
    guint first = explanations[0].kind == EXPLAIN_UNFINISHED ? 1 : 0;
    g_assert_cmpuint(count, >, first);
    assert_parts(&explanations[first], 1);
    g_assert_true(explanations[first].has_wrong_weight);
    g_assert_cmpfloat(explanations[0].log_score - explanations[first].log_score, <, 2);
}

static void
test_half_lifted_is_unfinished(void)
{
    PlateDelta plates[] = { { 3, -210, 20 } };
    ShelfChange change = change_of(plates, 1);
    change.is_forced = true;
    Candidate candidates[] = { product(515, home) };
    candidates[0].wrong_weight_probability = 0.001;
    Explanation best = best_of(&change, candidates, 1);
    g_assert_cmpint(best.kind, ==, EXPLAIN_UNFINISHED);
}

static void
test_dead_neighbour_hides_a_part(void)
{
    PlateDelta plates[] = { { 3, -60, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    change.is_beside_dead = true;
    Candidate candidates[] = { product(121, home) };
    Explanation best = best_of(&change, candidates, 1);
    assert_parts(&best, 1);
}

static void
test_restocking_is_many_at_once(void)
{
    PlateDelta plates[] = { { 3, 538 * 12, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    Candidate candidates[] = { product(538, home) };
    candidates[0].is_put = true;
    candidates[0].max_units = 40;
    Explanation explanations[8];
    guint count = explain_change(&change, candidates, 1, EXPLAIN_RESTOCK, explanations, 8);
    g_assert_cmpuint(count, >, 0);
    assert_parts(&explanations[0], 1);
    g_assert_cmpuint(explanations[0].parts[0].num_units, ==, 12);
}

/* Staff put many of a kind at once; whoever takes, beside them, has two hands like everybody. */
static void
test_staff_nearby_does_not_make_picks_many(void)
{
    PlateDelta plates[] = { { 3, -107.5, 0.5 } };
    ShelfChange change = change_of(plates, 1);
    Candidate candidates[] = { product(26.8, home), product(107, elsewhere) };
    Explanation explanations[8];
    guint count = explain_change(&change, candidates, 2, EXPLAIN_RESTOCK, explanations, 8);
    g_assert_cmpuint(count, >, 0);
    assert_parts(&explanations[0], 1);
    g_assert_cmpuint(explanations[0].parts[0].candidate, ==, 1);
}

static double
gaussian(GRand *random)
{
    double u = g_rand_double_range(random, 1e-9, 1);
    return sqrt(-2 * log(u)) * cos(2 * G_PI * g_rand_double(random));
}

/* Of two products that weigh nearly the same and share their plates, many are taken; how often the
 * explanation that is said to be P likely is right, has to be P. */
static void
test_probabilities_are_calibrated(void)
{
    static const double limits[] = { 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1.01 };
    guint num_said[G_N_ELEMENTS(limits)] = { 0 };
    guint num_right[G_N_ELEMENTS(limits)] = { 0 };
    double sum_said[G_N_ELEMENTS(limits)] = { 0 };
    g_autoptr(GRand) random = g_rand_new_with_seed(20);
    Candidate candidates[] = { product(110, home), product(114, home) };
    for (guint round = 0; round < 8000; round++) {
        guint taken = (guint)g_rand_int_range(random, 0, 2);
        double grams = candidates[taken].grams + candidates[taken].sd_grams * gaussian(random);
        PlateDelta plates[] = { { 3, -grams + 0.7 * gaussian(random), 0.5 } };
        ShelfChange change = change_of(plates, 1);
        Explanation explanations[12];
        guint count = explain_change(&change, candidates, 2, 0, explanations, 12);
        double sum = 0;
        for (guint i = 0; i < count; i++) {
            sum += exp(explanations[i].log_score - explanations[0].log_score);
        }
        if (explanations[0].kind != EXPLAIN_GOODS) {
            continue;
        }
        guint bin = 0;
        while (1 / sum >= limits[bin + 1]) {
            bin++;
        }
        num_said[bin]++;
        sum_said[bin] += 1 / sum;
        num_right[bin] +=
            explanations[0].num_parts == 1 && explanations[0].parts[0].candidate == taken;
    }
    guint num_measured = 0;
    for (guint bin = 0; bin + 1 < G_N_ELEMENTS(limits); bin++) {
        if (num_said[bin] < 200) {
            continue;
        }
        double said = sum_said[bin] / num_said[bin];
        double right = (double)num_right[bin] / num_said[bin];
        g_test_message("said %.3f, right %.3f of %u", said, right, num_said[bin]);
        g_assert_cmpfloat_with_epsilon(said, right, 0.05);
        num_measured++;
    }
    g_assert_cmpuint(num_measured, >=, 4);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shelf/explain/planogram", test_planogram_decides_between_equal_weights);
    g_test_add_func("/shelf/explain/two-of-one", test_two_of_a_product);
    g_test_add_func("/shelf/explain/two-at-once", test_two_products_at_once_each_on_its_plate);
    g_test_add_func("/shelf/explain/three-at-once", test_three_products_at_once);
    g_test_add_func("/shelf/explain/same-unit", test_put_back_is_the_very_unit_that_was_taken);
    g_test_add_func("/shelf/explain/exchange", test_exchange_at_once);
    g_test_add_func("/shelf/explain/push", test_pushing_goods_aside_is_nothing);
    g_test_add_func("/shelf/explain/foreign", test_foreign_object_is_none_of_the_candidates);
    g_test_add_func("/shelf/explain/wrong-weight", test_wrong_master_weight_is_told);
    g_test_add_func("/shelf/explain/half-lifted", test_half_lifted_is_unfinished);
    g_test_add_func("/shelf/explain/dead", test_dead_neighbour_hides_a_part);
    g_test_add_func("/shelf/explain/restock", test_restocking_is_many_at_once);
    g_test_add_func("/shelf/explain/beside-staff", test_staff_nearby_does_not_make_picks_many);
    g_test_add_func("/shelf/explain/calibrated", test_probabilities_are_calibrated);
    return g_test_run();
}
