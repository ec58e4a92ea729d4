/* Change detection on made-up shelves whose disturbances have the sizes that were measured on real
 * ones: noise of half a gram, bumps of 20 to 170 g for up to two seconds, a 40 % undershoot that
 * rings for a second, zeros that differ by kilograms and drift. */
#include "shelf/shelf_watch.h"

#include <math.h>

#define NUM_PLATES 12u

static const double hz = 60;
static const double start = 1000;

typedef struct {
    float *grams; /* [row * NUM_PLATES + column] */
    guint num_rows;
    GRand *random;
} Series;

typedef struct {
    double begin_t, edge_t, known_t, early_t, late_t, delta_grams, sd_grams;
    guint num_plates, first_column;
    bool is_forced, is_beside_dead;
} Told;

static double
gaussian(GRand *random)
{
    double u = g_rand_double_range(random, 1e-9, 1);
    return sqrt(-2 * log(u)) * cos(2 * G_PI * g_rand_double(random));
}

static Series *
series_new(double seconds)
{
    Series *series = g_new0(Series, 1);
    series->num_rows = (guint)(seconds * hz);
    series->grams = g_new(float, series->num_rows *NUM_PLATES);
    series->random = g_rand_new_with_seed(7);
    for (guint column = 0; column < NUM_PLATES; column++) {
        double offset = g_rand_double_range(series->random, -2000, 5000);
        for (guint row = 0; row < series->num_rows; row++) {
            series->grams[row * NUM_PLATES + column] =
                (float)(offset + 0.4 * gaussian(series->random));
        }
    }
    return series;
}

static void
series_free(Series *series)
{
    g_free(series->grams);
    g_rand_free(series->random);
    g_free(series);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Series, series_free)

static float *
sample(Series *series, guint row, guint column)
{
    return &series->grams[row * NUM_PLATES + column];
}

/* GRAMS come (or leave, negative) at T: an edge of 0.2 s, then ringing. */
static void
add_step(Series *series, guint column, double t, double grams)
{
    for (guint row = 0; row < series->num_rows; row++) {
        double since = row / hz - t;
        if (since < 0) {
            continue;
        }
        double value = since < 0.2 ? grams * since / 0.2 : grams;
        if (since >= 0.2) {
            value += grams * 0.4 * exp(-(since - 0.2) / 0.35) * cos(2 * G_PI * 6 * (since - 0.2));
        }
        *sample(series, row, column) += (float)value;
    }
}

/* A bump into the gondola: all plates of the shelf shake by up to GRAMS together. */
static void
add_bump(Series *series, double t, double seconds, double grams)
{
    for (guint row = 0; row < series->num_rows; row++) {
        double since = row / hz - t;
        if (since < 0 || since > seconds) {
            continue;
        }
        double shake = grams * sin(G_PI * since / seconds) * sin(2 * G_PI * 9 * since);
        for (guint column = 0; column < NUM_PLATES; column++) {
            *sample(series, row, column) += (float)(shake * (0.5 + column / 12.0));
        }
    }
}

/* A weight that rests there from T to UNTIL and trembles. */
static void
add_hand(Series *series, guint column, double t, double until, double grams)
{
    for (guint row = 0; row < series->num_rows; row++) {
        double now = row / hz;
        if (now >= t && now < until) {
            *sample(series, row, column) += (float)(grams * (1 + 0.05 * sin(2 * G_PI * 3 * now)));
        }
    }
}

static void
note_change(const ShelfChange *change, gpointer data)
{
    Told told = { change->begin_t,   change->edge_t,        change->known_t,
                  change->early_t,   change->late_t,        change->delta_grams,
                  change->sd_grams,  change->num_plates,    change->plates[0].column,
                  change->is_forced, change->is_beside_dead };
    g_array_append_val((GArray *)data, told);
}

static ShelfWatch *
watch_new(double rate, GArray *told)
{
    double along[NUM_PLATES], width[NUM_PLATES];
    for (guint i = 0; i < NUM_PLATES; i++) {
        along[i] = 0.1 * i;
        width[i] = 0.1;
    }
    return shelf_watch_new(NUM_PLATES, along, width, rate, note_change, told);
}

static GArray *
watch_series(Series *series)
{
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    for (guint row = 0; row < series->num_rows; row += 12) {
        shelf_watch_push(watch, start + row / hz, sample(series, row, 0),
                         MIN(12, series->num_rows - row));
    }
    return told;
}

static const Told *
only(GArray *told)
{
    for (guint i = 0; i < told->len; i++) {
        const Told *change = &g_array_index(told, Told, i);
        g_test_message("change of %.1f g at %.2f, known at %.2f", change->delta_grams,
                       change->edge_t, change->known_t);
    }
    g_assert_cmpuint(told->len, ==, 1);
    return &g_array_index(told, Told, 0);
}

static void
test_quiet_shelf_tells_nothing(void)
{
    g_autoptr(Series) series = series_new(60);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpuint(told->len, ==, 0);
}

static void
test_pick_that_rings_is_one_change_of_its_weight(void)
{
    g_autoptr(Series) series = series_new(10);
    add_step(series, 4, 5, -515);
    g_autoptr(GArray) told = watch_series(series);
    const Told *change = only(told);
    g_assert_cmpfloat_with_epsilon(change->delta_grams, -515, 2);
    g_assert_cmpfloat_with_epsilon(change->edge_t, start + 5.1, 0.1);
    g_assert_cmpfloat(change->known_t, <, start + 5 + 2.5);
    g_assert_cmpuint(change->first_column, ==, 4);
    g_assert_cmpuint(change->num_plates, ==, 1);
}

static void
test_lightest_product_across_three_plates_is_one_change(void)
{
    g_autoptr(Series) series = series_new(10);
    add_step(series, 6, 5, -13);
    add_step(series, 7, 5, -14);
    add_step(series, 8, 5, -2);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -29, 1.5);
    g_assert_cmpuint(only(told)->num_plates, ==, 3);
}

static void
test_bumps_of_the_gondola_are_no_changes(void)
{
    g_autoptr(Series) series = series_new(60);
    for (guint i = 0; i < 14; i++) {
        add_bump(series, 2 + 4.0 * i, 0.6 + 0.1 * i, 20 + 10 * i);
    }
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpuint(told->len, ==, 0);
}

static void
test_pick_during_a_bump_is_seen(void)
{
    g_autoptr(Series) series = series_new(12);
    add_bump(series, 4.5, 2, 60);
    add_step(series, 3, 5, -110);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -110, 3);
    g_assert_cmpfloat_with_epsilon(only(told)->edge_t, start + 5.1, 0.25);
}

static void
test_hand_that_rests_and_leaves_sums_to_nothing(void)
{
    g_autoptr(Series) series = series_new(20);
    add_hand(series, 5, 5, 12, 400);
    g_autoptr(GArray) told = watch_series(series);
    double sum = 0;
    for (guint i = 0; i < told->len; i++) {
        sum += g_array_index(told, Told, i).delta_grams;
    }
    g_assert_cmpfloat_with_epsilon(sum, 0, 3);
}

static void
test_push_before_a_pick_does_not_count(void)
{
    g_autoptr(Series) series = series_new(10);
    add_hand(series, 5, 4.4, 5, 300);
    add_step(series, 5, 5, -200);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -200, 2);
    g_assert_cmpfloat_with_epsilon(only(told)->edge_t, start + 5.1, 0.2);
}

static void
test_very_slow_pick_is_one_change(void)
{
    g_autoptr(Series) series = series_new(20);
    for (guint row = 0; row < series->num_rows; row++) {
        double done = CLAMP((row / hz - 5) / 4, 0, 1);
        *sample(series, row, 2) -= (float)(250 * done);
    }
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -250, 4);
}

static void
test_two_picks_apart_on_one_shelf_are_two_changes(void)
{
    g_autoptr(Series) series = series_new(10);
    add_step(series, 2, 5, -368);
    add_step(series, 4, 5, -370);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpuint(told->len, ==, 2);
}

static void
test_neighbouring_plates_at_different_times_are_two_changes(void)
{
    g_autoptr(Series) series = series_new(12);
    add_step(series, 2, 5, -368);
    add_step(series, 3, 6.2, -370);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpuint(told->len, ==, 2);
}

static void
test_spikes_and_nonsense_are_left_out(void)
{
    g_autoptr(Series) series = series_new(20);
    for (guint row = 100; row < series->num_rows; row += 37) {
        *sample(series, row, row % NUM_PLATES) = row % 3 == 0 ? -8e6f : 15000.0f;
    }
    add_step(series, 4, 10, -80);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -80, 2);
}

static void
test_drift_of_the_zero_is_no_change(void)
{
    g_autoptr(Series) series = series_new(120);
    for (guint row = 0; row < series->num_rows; row++) {
        for (guint column = 0; column < NUM_PLATES; column++) {
            *sample(series, row, column) += (float)(row / hz * 0.5 * (column % 2 == 0 ? 1 : -0.3));
        }
    }
    add_step(series, 4, 60, -80);
    g_autoptr(GArray) told = watch_series(series);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -80, 3);
}

static void
test_change_inside_a_hole_says_between_when(void)
{
    g_autoptr(Series) series = series_new(20);
    add_step(series, 4, 8, -105);
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    for (guint row = 0; row + 12 <= series->num_rows; row += 12) {
        double t = row / hz;
        if (t < 6 || t > 11) {
            shelf_watch_push(watch, start + t, sample(series, row, 0), 12);
        }
    }
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -105, 3);
    g_assert_cmpfloat(only(told)->early_t, <=, start + 6.2);
    g_assert_cmpfloat(only(told)->late_t, >=, start + 11);
}

static void
test_jitter_of_the_clock_changes_nothing(void)
{
    g_autoptr(Series) series = series_new(20);
    add_step(series, 4, 8, -105);
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    for (guint row = 0; row + 12 <= series->num_rows; row += 12) {
        double jitter = row % 24 == 0 ? 0.03 : -0.02;
        shelf_watch_push(watch, start + row / hz + jitter, sample(series, row, 0), 12);
    }
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -105, 2);
}

static void
test_silent_plate_is_known_and_marks_its_neighbours(void)
{
    g_autoptr(Series) series = series_new(12);
    for (guint row = 0; row < series->num_rows; row++) {
        *sample(series, row, 5) = NAN;
        *sample(series, row, 9) = 1234.5f;
    }
    add_step(series, 4, 8, -60);
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    shelf_watch_push(watch, start, sample(series, 0, 0), series->num_rows);
    g_assert_true(only(told)->is_beside_dead);
    g_assert_cmpint(shelf_watch_plate_health(watch, 5), ==, PLATE_SILENT);
    g_assert_cmpint(shelf_watch_plate_health(watch, 9), ==, PLATE_STUCK);
    g_assert_cmpint(shelf_watch_plate_health(watch, 4), ==, PLATE_WORKS);
}

static void
test_settled_gateway_tells_at_once_and_says_how_late(void)
{
    float row[NUM_PLATES];
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(1, told);
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (guint second = 0; second < 20; second++) {
        for (guint i = 0; i < NUM_PLATES; i++) {
            row[i] = (float)(1000 + g_rand_double(random) - (i == 3 && second >= 10 ? 137 : 0));
        }
        shelf_watch_push(watch, start + second, row, 1);
    }
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -137, 2);
    g_assert_cmpfloat(only(told)->known_t, ==, start + 10);
    g_assert_cmpfloat(only(told)->early_t, <=, start + 7);
}

static void
test_what_moves_can_be_asked_and_told_at_once(void)
{
    g_autoptr(Series) series = series_new(10);
    add_step(series, 4, 8, -300);
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    guint rows = (guint)(8.5 * hz);
    shelf_watch_push(watch, start, sample(series, 0, 0), rows);
    g_assert_cmpuint(told->len, ==, 0);
    g_assert_true(shelf_watch_is_moving(watch, start + 8.5));
    g_assert_false(shelf_watch_is_moving(watch, start + 7.5));
    shelf_watch_force(watch, 4, start + 8.5);
    g_assert_true(only(told)->is_forced);
    g_assert_cmpfloat_with_epsilon(only(told)->delta_grams, -300, 90);
    g_assert_cmpfloat(only(told)->sd_grams, >, 2);
    g_assert_false(shelf_watch_is_moving(watch, start + 8.5));
}

static void
test_telling_one_plate_leaves_others_alone(void)
{
    g_autoptr(Series) series = series_new(12);
    add_step(series, 2, 6.5, -300);
    add_step(series, 8, 7.0, -200);
    GArray *told = g_array_new(FALSE, FALSE, sizeof(Told));
    g_autoptr(GArray) told_owner = told;
    g_autoptr(ShelfWatch) watch = watch_new(hz, told);
    guint rows = (guint)(7.2 * hz);
    shelf_watch_push(watch, start, sample(series, 0, 0), rows);
    shelf_watch_force(watch, 2, start + 6.9);
    shelf_watch_force(watch, 8, start + 6.9);
    g_assert_cmpuint(only(told)->first_column, ==, 2);
    shelf_watch_push(watch, start + 7.2, sample(series, rows, 0), series->num_rows - rows);
    double sums[NUM_PLATES] = { 0 };
    for (guint i = 0; i < told->len; i++) {
        const Told *change = &g_array_index(told, Told, i);
        sums[change->first_column] += change->delta_grams;
    }
    g_assert_cmpfloat_with_epsilon(sums[2], -300, 3);
    g_assert_cmpfloat_with_epsilon(sums[8], -200, 3);
    const Told *last = &g_array_index(told, Told, told->len - 1);
    g_assert_cmpuint(last->first_column, ==, 8);
    g_assert_cmpfloat_with_epsilon(last->delta_grams, -200, 3);
}

/* What the hand left there, a little weight, is told by itself; the goods lie across both plates.
 */
static void
test_pick_across_plates_after_a_touch_of_one_is_one_change(void)
{
    g_autoptr(Series) series = series_new(14);
    add_hand(series, 4, 4.9, 5.7, 60);
    add_step(series, 4, 5.7, -150);
    add_step(series, 5, 5.7, -150);
    g_autoptr(GArray) told = watch_series(series);
    bool found = false;
    for (guint i = 0; i < told->len; i++) {
        const Told *change = &g_array_index(told, Told, i);
        g_test_message("change of %.1f g on %u plates at %.2f", change->delta_grams,
                       change->num_plates, change->edge_t);
        found |= change->num_plates == 2 && fabs(change->edge_t - (start + 5.8)) < 0.2;
    }
    g_assert_true(found);
}

/* Each plate shakes by itself, now softly, now loudly, as when somebody leans on the gondola. */
static void
add_leaning(Series *series, double softly_grams, double loudly_grams)
{
    for (guint row = 0; row < series->num_rows; row++) {
        bool loud = (row / (guint)hz) % 2 == 1;
        for (guint column = 0; column < NUM_PLATES; column++) {
            *sample(series, row, column) +=
                (float)((loud ? loudly_grams : softly_grams) * gaussian(series->random));
        }
    }
}

static void
test_light_goods_on_two_plates_of_a_shaken_shelf_are_seen(void)
{
    guint num_right = 0;
    double sum_squares = 0;
    for (guint try = 0; try < 200; try++) {
        g_autoptr(Series) series = series_new(14);
        g_rand_set_seed(series->random, 100 + try);
        add_leaning(series, 4, 16);
        add_step(series, 6, 7.3, -42);
        add_step(series, 7, 7.3, -20);
        g_autoptr(GArray) told = watch_series(series);
        double sum = 0;
        for (guint i = 0; i < told->len; i++) {
            sum += g_array_index(told, Told, i).delta_grams;
        }
        bool is_right = told->len == 1 && g_array_index(told, Told, 0).num_plates >= 2;
        num_right += is_right;
        sum_squares += is_right ? pow(sum + 62, 2) : 0;
        g_test_message("%u changes, %.1f g", told->len, sum);
    }
    g_test_message("%u of 200 seen as one, off by %.2f g", num_right,
                   sqrt(sum_squares / num_right));
    g_assert_cmpuint(num_right, >=, 170);
    g_assert_cmpfloat(sqrt(sum_squares / num_right), <, 4.8);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shelf/watch/quiet", test_quiet_shelf_tells_nothing);
    g_test_add_func("/shelf/watch/ringing", test_pick_that_rings_is_one_change_of_its_weight);
    g_test_add_func("/shelf/watch/across-plates",
                    test_lightest_product_across_three_plates_is_one_change);
    g_test_add_func("/shelf/watch/bumps", test_bumps_of_the_gondola_are_no_changes);
    g_test_add_func("/shelf/watch/pick-in-bump", test_pick_during_a_bump_is_seen);
    g_test_add_func("/shelf/watch/hand", test_hand_that_rests_and_leaves_sums_to_nothing);
    g_test_add_func("/shelf/watch/push", test_push_before_a_pick_does_not_count);
    g_test_add_func("/shelf/watch/slow", test_very_slow_pick_is_one_change);
    g_test_add_func("/shelf/watch/apart", test_two_picks_apart_on_one_shelf_are_two_changes);
    g_test_add_func("/shelf/watch/one-after-another",
                    test_neighbouring_plates_at_different_times_are_two_changes);
    g_test_add_func("/shelf/watch/spikes", test_spikes_and_nonsense_are_left_out);
    g_test_add_func("/shelf/watch/drift", test_drift_of_the_zero_is_no_change);
    g_test_add_func("/shelf/watch/hole", test_change_inside_a_hole_says_between_when);
    g_test_add_func("/shelf/watch/jitter", test_jitter_of_the_clock_changes_nothing);
    g_test_add_func("/shelf/watch/dead", test_silent_plate_is_known_and_marks_its_neighbours);
    g_test_add_func("/shelf/watch/settled", test_settled_gateway_tells_at_once_and_says_how_late);
    g_test_add_func("/shelf/watch/force", test_what_moves_can_be_asked_and_told_at_once);
    g_test_add_func("/shelf/watch/force-one", test_telling_one_plate_leaves_others_alone);
    g_test_add_func("/shelf/watch/touched-before",
                    test_pick_across_plates_after_a_touch_of_one_is_one_change);
    g_test_add_func("/shelf/watch/leaning",
                    test_light_goods_on_two_plates_of_a_shaken_shelf_are_seen);
    return g_test_run();
}
