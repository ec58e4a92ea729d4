#include "store/sim_sensor.h"

#include "store/test_store.h"

#include <math.h>

enum { HZ = 60, ROWS = 12 };

typedef struct {
    GArray *shelves[3]; /* of float: the first plate of each shelf */
} Weighed;

static void
weighed_clear(Weighed *weighed)
{
    for (int i = 0; i < 3; i++) {
        g_array_unref(weighed->shelves[i]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Weighed, weighed_clear)

static Weighed
weigh(SimSensor *sensor, const StoreLayout *layout, double seconds)
{
    Weighed weighed;
    float grams[ROWS * 8];
    g_assert_cmpuint(layout->num_shelves, ==, 3);
    for (guint shelf = 0; shelf < 3; shelf++) {
        weighed.shelves[shelf] = g_array_new(FALSE, FALSE, sizeof(float));
    }
    for (guint batch = 0; batch < seconds * HZ / ROWS; batch++) {
        for (guint shelf = 0; shelf < 3; shelf++) {
            guint num_plates = layout->shelves[shelf].num_plates;
            double stamp;
            (void)sim_sensor_sample(sensor, shelf, batch * (double)ROWS / HZ, HZ, ROWS, grams,
                                    &stamp);
            for (guint row = 0; row < ROWS; row++) {
                g_array_append_val(weighed.shelves[shelf], grams[row * num_plates]);
            }
        }
    }
    return weighed;
}

static double
mean_of(const GArray *values, double from, double to)
{
    double sum = 0;
    guint count = 0;
    for (guint i = (guint)(from * HZ); i < to * HZ; i++, count++) {
        sum += g_array_index(values, float, i);
    }
    return sum / count;
}

static void
lowest_and_highest(const GArray *values, double from, double to, double *ret_low, double *ret_high)
{
    *ret_low = INFINITY;
    *ret_high = -INFINITY;
    for (guint i = (guint)(from * HZ); i < to * HZ; i++) {
        *ret_low = MIN(*ret_low, g_array_index(values, float, i));
        *ret_high = MAX(*ret_high, g_array_index(values, float, i));
    }
}

static void
test_a_pick_swings_too_far_and_settles(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    SimSensorFaults none = { 0 };
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, 11, &none);
    sim_sensor_set_load(sensor, 0, 3000);
    sim_sensor_change(sensor, 0, 5, -515);
    g_auto(Weighed) weighed = weigh(sensor, layout, 15);
    const GArray *values = weighed.shelves[0];
    double before = mean_of(values, 0, 4.9), after = mean_of(values, 8, 14), low, high;
    g_assert_cmpfloat_with_epsilon(after - before, -515, 3);
    /* The real one fell 200 g too far, and was within 20 g of its rest after a second. */
    lowest_and_highest(values, 5, 6, &low, &high);
    g_assert_cmpfloat(low, <, after - 0.2 * 515);
    g_assert_cmpfloat(low, >, after - 0.6 * 515);
    g_assert_cmpfloat_with_epsilon(mean_of(values, 6.3, 6.8), after, 20);
}

static void
test_a_put_back_overshoots(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    SimSensorFaults none = { 0 };
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, 11, &none);
    sim_sensor_change(sensor, 0, 5, 620);
    g_auto(Weighed) weighed = weigh(sensor, layout, 15);
    const GArray *values = weighed.shelves[0];
    double before = mean_of(values, 0, 4.9), after = mean_of(values, 8, 14), low, high;
    g_assert_cmpfloat_with_epsilon(after - before, 620, 3);
    lowest_and_highest(values, 5, 6, &low, &high);
    g_assert_cmpfloat(high, >, after + 0.1 * 620);
    g_assert_cmpfloat(high, <, after + 0.5 * 620);
}

static void
test_a_resting_hand_leaves_nothing_behind(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    SimSensorFaults none = { 0 };
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, 11, &none);
    sim_sensor_press(sensor, 0, 5, 4, 200);
    g_auto(Weighed) weighed = weigh(sensor, layout, 15);
    const GArray *values = weighed.shelves[0];
    double before = mean_of(values, 0, 4.9);
    g_assert_cmpfloat_with_epsilon(mean_of(values, 5.5, 8.5) - before, 200, 50);
    g_assert_cmpfloat_with_epsilon(mean_of(values, 10, 15), before, 3);
}

static double
loudness(const GArray *values, double from, double to)
{
    double low, high;
    lowest_and_highest(values, from, to, &low, &high);
    return high - low;
}

static void
test_shaking_reaches_the_gondola_and_no_other(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    SimSensorFaults none = { 0 };
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, 11, &none);
    sim_sensor_shake(sensor, 0, 5, 1.5, 1500);
    g_auto(Weighed) weighed = weigh(sensor, layout, 10);
    const GArray *own = weighed.shelves[0], *sibling = weighed.shelves[1];
    const GArray *other = weighed.shelves[2];
    g_assert_cmpfloat(loudness(own, 5, 6.5), >, 3 * loudness(own, 0, 1.5));
    g_assert_cmpfloat(loudness(sibling, 5, 6.5), >, 2 * loudness(other, 5, 6.5));
    /* The mean hardly moves: less than a tenth of the shaking. */
    g_assert_cmpfloat_with_epsilon(mean_of(own, 5, 6.5), mean_of(own, 0, 4), 150);
}

static void
test_dead_plates_say_nothing_or_always_the_same(void)
{
    g_autoptr(StoreLayout) layout = test_store_layout();
    SimSensorFaults all_dead = { .dead_share = 1 };
    g_autoptr(SimSensor) sensor = sim_sensor_new(layout, 11, &all_dead);
    g_auto(Weighed) weighed = weigh(sensor, layout, 2);
    for (guint shelf = 0; shelf < 3; shelf++) {
        const GArray *values = weighed.shelves[shelf];
        float first = g_array_index(values, float, 0);
        for (guint i = 0; i < values->len; i++) {
            float value = g_array_index(values, float, i);
            g_assert_true(isnan(first) ? isnan(value) : value == first);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-sensor/pick", test_a_pick_swings_too_far_and_settles);
    g_test_add_func("/sim-sensor/put-back", test_a_put_back_overshoots);
    g_test_add_func("/sim-sensor/hand", test_a_resting_hand_leaves_nothing_behind);
    g_test_add_func("/sim-sensor/shaking", test_shaking_reaches_the_gondola_and_no_other);
    g_test_add_func("/sim-sensor/dead", test_dead_plates_say_nothing_or_always_the_same);
    return g_test_run();
}
