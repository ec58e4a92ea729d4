#include "store/simulate.h"

#include "base/error.h"
#include "store/recording.h"
#include "store/sim_walk.h"
#include "store/test_store.h"
#include "store/truth.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const char *const file_names[] = { "weights.jsonl", "targets.jsonl", "gate.jsonl",
                                          "layout.json" };

typedef struct {
    char *dir; /* holds the recordings "a" and "b" and their truths */
    StoreLayout *layout;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("cloudpick-simulate-XXXXXX", NULL);
    fixture->layout = test_store_layout();
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    for (const char *const *name = (const char *const[]){ "a", "b", NULL }; *name != NULL; name++) {
        for (gsize i = 0; i < G_N_ELEMENTS(file_names); i++) {
            g_autofree char *path = g_build_filename(fixture->dir, *name, file_names[i], NULL);
            g_unlink(path);
        }
        g_autofree char *dir = g_build_filename(fixture->dir, *name, NULL);
        g_autofree char *truth = g_strconcat(dir, "-truth.json", NULL);
        g_rmdir(dir);
        g_unlink(truth);
    }
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
    g_free(fixture->dir);
    store_layout_free(fixture->layout);
}

static SimResult
play(const Fixture *fixture, const char *name, const SimOptions *options)
{
    g_autofree char *dir = g_build_filename(fixture->dir, name, NULL);
    g_autofree char *truth = g_strconcat(dir, "-truth.json", NULL);
    g_autoptr(GError) error = NULL;
    SimResult result;
    simulate(fixture->layout, options, dir, truth, &result, &error);
    g_assert_no_error(error);
    return result;
}

static Truth *
truth_of(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s-truth.json", fixture->dir, name);
    g_autoptr(GError) error = NULL;
    Truth *truth = truth_read(path, &error);
    g_assert_no_error(error);
    return truth;
}

static char *
text_of(const Fixture *fixture, const char *name, const char *file)
{
    g_autofree char *path = g_build_filename(fixture->dir, name, file, NULL);
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static SimAct *
add_act(const Fixture *fixture, SimVisitor *visitor, ActKind kind, double t, const char *sku,
        int gondola, int shelf, int plate)
{
    SimAct act = { .kind = kind, .t = t, .quantity = 1, .product = LAYOUT_NONE };
    if (sku != NULL) {
        act.product = store_layout_find_product(fixture->layout, sku);
    }
    if (gondola > 0) {
        act.num_plates = 1;
        act.plates[0] = store_layout_find_plate(fixture->layout, gondola, shelf, plate);
    }
    g_array_append_val(visitor->acts, act);
    return &g_array_index(visitor->acts, SimAct, visitor->acts->len - 1);
}

static void
test_same_seed_gives_the_same_bytes(Fixture *fixture, gconstpointer data)
{
    SimOptions options = {
        .seed = 7, .start_t = 1000, .hz = 60, .num_shoppers = 3, .minutes = 0.3
    };
    play(fixture, "a", &options);
    play(fixture, "b", &options);
    for (gsize i = 0; i < G_N_ELEMENTS(file_names); i++) {
        g_autofree char *a = text_of(fixture, "a", file_names[i]);
        g_autofree char *b = text_of(fixture, "b", file_names[i]);
        g_assert_true(strcmp(a, b) == 0);
    }
    g_autofree char *a = text_of(fixture, ".", "a-truth.json");
    g_autofree char *b = text_of(fixture, ".", "b-truth.json");
    g_assert_cmpstr(a, ==, b);
}

static void
test_another_seed_is_another_day(Fixture *fixture, gconstpointer data)
{
    SimOptions options = {
        .seed = 7, .start_t = 1000, .hz = 60, .num_shoppers = 2, .minutes = 0.1
    };
    play(fixture, "a", &options);
    options.seed = 8;
    play(fixture, "b", &options);
    g_autofree char *a = text_of(fixture, "a", "targets.jsonl");
    g_autofree char *b = text_of(fixture, "b", "targets.jsonl");
    g_assert_false(strcmp(a, b) == 0);
}

/* Mean weight of every plate over the first and the last three seconds of the recording. */
static void
read_plateaus(const Fixture *fixture, const char *name, double *ret_first, double *ret_last)
{
    const guint num_samples = 3 * 60;
    g_autofree char *dir = g_build_filename(fixture->dir, name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordingReader) reader = recording_open(dir, fixture->layout, &error);
    g_autofree guint *seen = g_new0(guint, fixture->layout->num_plates);
    g_autofree double *sums = g_new0(double, fixture->layout->num_plates);
    RecordingItem item;
    while (recording_next(reader, &item, &error)) {
        if (item.kind != RECORDING_WEIGHTS) {
            continue;
        }
        const LayoutShelf *shelf = &fixture->layout->shelves[item.weights.shelf];
        const float *grams = item.weights.grams;
        for (guint i = 0; i < item.weights.num_rows * item.weights.num_columns; i++) {
            guint plate = shelf->first_plate + i % item.weights.num_columns;
            sums[plate] += grams[i];
            if (++seen[plate] % num_samples == 0) {
                if (seen[plate] == num_samples) {
                    ret_first[plate] = sums[plate] / num_samples;
                }
                ret_last[plate] = sums[plate] / num_samples;
                sums[plate] = 0;
            }
        }
    }
    g_assert_no_error(error);
    g_assert_cmpuint(recording_warnings(reader)->len, ==, 0);
}

static double
shelf_change(const Fixture *fixture, const double *first, const double *last, int gondola, int id)
{
    const LayoutShelf *shelf =
        &fixture->layout->shelves[store_layout_find_shelf(fixture->layout, gondola, id)];
    double change = 0;
    for (guint i = 0; i < shelf->num_plates; i++) {
        change += last[shelf->first_plate + i] - first[shelf->first_plate + i];
    }
    return change;
}

static void
test_weights_move_as_the_truth_says(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SimScript) script = sim_script_new("moves");
    SimVisitor *visitor = sim_visitor_new("v1", "v1", ROLE_SHOPPER, 0);
    g_ptr_array_add(script->visitors, visitor);
    /* The tea ends on the other gondola, the gum goes home. */
    add_act(fixture, visitor, ACT_PICK, 8, "tea", 1, 1, 1);
    add_act(fixture, visitor, ACT_PICK, 12, "gum", 1, 2, 1);
    add_act(fixture, visitor, ACT_PUT, 20, "tea", 2, 1, 1);
    SimOptions options = { .seed = 3, .start_t = 1000, .hz = 60, .script = script };
    SimResult result = play(fixture, "a", &options);
    g_assert_cmpuint(result.num_events, ==, 3);
    g_assert_cmpuint(result.num_skipped, ==, 0);

    double first[7] = { 0 }, last[7] = { 0 };
    read_plateaus(fixture, "a", first, last);
    double away = shelf_change(fixture, first, last, 1, 1);
    double back = shelf_change(fixture, first, last, 2, 1);
    g_assert_cmpfloat_with_epsilon(away, -540.5, 4 * 0.02 * 540.5 + 12);
    g_assert_cmpfloat_with_epsilon(away + back, 0, 12); /* the same bottle, and shaking */
    g_assert_cmpfloat_with_epsilon(shelf_change(fixture, first, last, 1, 2), -30, 12);

    g_autoptr(Truth) truth = truth_of(fixture, "a");
    const TruthReceipt *receipt = &g_array_index(truth->receipts, TruthReceipt, 0);
    g_assert_cmpuint(receipt->num_lines, ==, 1);
    g_assert_cmpstr(receipt->lines[0].sku, ==, "gum");
    const TruthEvent *put = &g_array_index(truth->events, TruthEvent, 2);
    g_assert_true(put->is_put);
    g_assert_cmpint(put->plates[0][0], ==, 2);
    g_assert_cmpfloat_with_epsilon(put->t, 1020, 2);
}

static void
test_what_is_handed_over_stays_with_the_taker(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SimScript) script = sim_script_new("hand-over");
    SimVisitor *giver = sim_visitor_new("v1", "v1", ROLE_SHOPPER, 0);
    SimVisitor *taker = sim_visitor_new("v2", "v2", ROLE_SHOPPER, 1);
    g_ptr_array_add(script->visitors, giver);
    g_ptr_array_add(script->visitors, taker);
    add_act(fixture, giver, ACT_PICK, 8, "tea", 1, 1, 1);
    add_act(fixture, giver, ACT_PICK, 10, "chips", 1, 2, 2);
    add_act(fixture, giver, ACT_HAND, 14, "tea", 0, 0, 0)->to = g_strdup("v2");
    add_act(fixture, giver, ACT_HAND, 14, "chips", 0, 0, 0)->to = g_strdup("v2");
    add_act(fixture, taker, ACT_LOOK, 4, NULL, 1, 2, 1)->seconds = 16;
    add_act(fixture, taker, ACT_PUT, 24, "tea", 1, 1, 1);
    SimOptions options = { .seed = 3, .start_t = 1000, .hz = 60, .script = script };
    SimResult result = play(fixture, "a", &options);
    g_assert_cmpuint(result.num_skipped, ==, 0);
    g_autoptr(Truth) truth = truth_of(fixture, "a");
    /* The one who brings it back is v2; the cart that gets smaller is v1's. */
    g_assert_cmpstr(g_array_index(truth->events, TruthEvent, 2).visit, ==, "v1");
    const TruthReceipt *receipts = (const TruthReceipt *)(gpointer)truth->receipts->data;
    g_assert_cmpuint(receipts[0].num_lines, ==, 1);
    g_assert_cmpstr(receipts[0].lines[0].sku, ==, "chips");
    g_assert_cmpuint(receipts[1].num_lines, ==, 0);
}

static guint
count_pieces(const char *text, const char *piece)
{
    guint count = 0;
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at++) {
        count++;
    }
    return count;
}

static void
test_a_party_has_one_code_and_staff_none(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SimScript) script = sim_script_new("party");
    SimVisitor *first = sim_visitor_new("v1.1", "v1", ROLE_SHOPPER, 0);
    SimVisitor *second = sim_visitor_new("v1.2", "v1", ROLE_SHOPPER, 0);
    SimVisitor *staff = sim_visitor_new("anna", NULL, ROLE_STAFF, 2);
    first->party = 2;
    second->party = 0;
    g_ptr_array_add(script->visitors, first);
    g_ptr_array_add(script->visitors, second);
    g_ptr_array_add(script->visitors, staff);
    add_act(fixture, first, ACT_PICK, 8, "tea", 1, 1, 1);
    add_act(fixture, second, ACT_PICK, 12, "gum", 1, 2, 1);
    add_act(fixture, staff, ACT_RESTOCK, 10, "beer", 2, 1, 2)->quantity = 2;
    SimOptions options = { .seed = 3, .start_t = 1000, .hz = 60, .script = script };
    play(fixture, "a", &options);
    g_autofree char *gate = text_of(fixture, "a", "gate.jsonl");
    g_assert_cmpuint(count_pieces(gate, "\"enter\""), ==, 1);
    g_assert_cmpuint(count_pieces(gate, "\"party\":2"), ==, 1);
    g_assert_cmpuint(count_pieces(gate, "\"staff\""), ==, 1);
    g_assert_cmpuint(count_pieces(gate, "\"exit\""), <=, 1);
    g_autoptr(Truth) truth = truth_of(fixture, "a");
    g_assert_cmpuint(truth->receipts->len, ==, 1);
    g_assert_cmpuint(g_array_index(truth->receipts, TruthReceipt, 0).num_lines, ==, 2);
    guint num_of_nobody = 0;
    for (guint i = 0; i < truth->events->len; i++) {
        num_of_nobody += g_array_index(truth->events, TruthEvent, i).visit == NULL;
    }
    g_assert_cmpuint(num_of_nobody, ==, 2);
}

static void
test_faults_show_in_the_recording(Fixture *fixture, gconstpointer data)
{
    guint faults = 0;
    g_autoptr(GError) error = NULL;
    g_assert_true(sim_faults_parse("lost-batches,spikes", &faults, &error));
    SimOptions options = {
        .seed = 7, .start_t = 1000, .hz = 60, .num_shoppers = 1, .minutes = 0.5, .faults = faults
    };
    play(fixture, "a", &options);
    options.faults = 0;
    play(fixture, "b", &options);
    g_autofree char *faulty = text_of(fixture, "a", "weights.jsonl");
    g_autofree char *sound = text_of(fixture, "b", "weights.jsonl");
    g_assert_cmpuint(count_pieces(faulty, "\n"), <, count_pieces(sound, "\n"));
    g_assert_false(sim_faults_parse("spikes,gremlins", &faults, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "\"gremlins\""));
}

static void
test_a_slow_gateway_sends_what_has_settled(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SimScript) script = sim_script_new("slow");
    SimVisitor *visitor = sim_visitor_new("v1", "v1", ROLE_SHOPPER, 0);
    g_ptr_array_add(script->visitors, visitor);
    add_act(fixture, visitor, ACT_PICK, 8, "tea", 1, 1, 1);
    SimOptions options = { .seed = 3, .start_t = 1000, .hz = 1, .script = script };
    play(fixture, "a", &options);
    g_autofree char *weights = text_of(fixture, "a", "weights.jsonl");
    g_assert_cmpuint(count_pieces(weights, "\"hz\":1,"), ==, count_pieces(weights, "\n"));
    g_assert_cmpuint(count_pieces(weights, "],["), ==, 0); /* one row a line */
}

static void
test_a_store_without_a_way_through_is_refused(Fixture *fixture, gconstpointer data)
{
    SimOptions options = { .seed = 1, .start_t = 1000, .hz = 60, .num_shoppers = 1, .minutes = 1 };
    for (guint i = 0; i < 4; i++) {
        fixture->layout->zones[1].polygon.points[i] = (FloorPoint){ 90 + i % 2, 90 + i / 2 };
    }
    SimResult result;
    g_autofree char *dir = g_build_filename(fixture->dir, "a", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(simulate(fixture->layout, &options, dir, "/nonexistent", &result, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void
test_walkers_keep_their_distance(Fixture *fixture, gconstpointer data)
{
    enum { NUM_WALKERS = 14, NUM_STEPS = 30 * 60 };
    g_autoptr(SimFloor) floor = sim_floor_new(fixture->layout, NULL);
    SimWalker walkers[NUM_WALKERS], *pointers[NUM_WALKERS];
    for (guint i = 0; i < NUM_WALKERS; i++) {
        FloorPoint at = { 1.5 + 0.45 * (i % 7), 1.6 + 0.6 * (i / 7) };
        walkers[i] = sim_walker_new(prng_new(5, "walker", i), at);
        pointers[i] = &walkers[i];
    }
    Prng prng = prng_new(5, "goals", 0);
    guint num_arrivals = 0;
    for (guint step = 0; step < NUM_STEPS; step++) {
        for (guint i = 0; i < NUM_WALKERS; i++) {
            double left =
                hypot(walkers[i].goal.x - walkers[i].at.x, walkers[i].goal.y - walkers[i].at.y);
            FloorPoint goal = { prng_range(&prng, 0.3, 5.7), prng_range(&prng, 0.3, 4.7) };
            if (left < 0.3 && sim_floor_has_room(floor, goal)) {
                num_arrivals += walkers[i].is_walking;
                walkers[i].goal = goal;
                walkers[i].is_walking = true;
            }
        }
        sim_walk_step(floor, pointers, NUM_WALKERS, 1.0 / 30);
        for (guint i = 0; i < NUM_WALKERS; i++) {
            g_assert_true(sim_floor_has_room(floor, walkers[i].at));
            for (guint k = 0; k < i; k++) {
                g_assert_cmpfloat(
                    hypot(walkers[i].at.x - walkers[k].at.x, walkers[i].at.y - walkers[k].at.y), >=,
                    SIM_BODY_METRES);
            }
        }
    }
    /* And still get about: each reaches a goal every twenty seconds or oftener. */
    g_assert_cmpuint(num_arrivals, >, NUM_WALKERS * 3);
}

static void
test_ways_lead_around_gondolas(Fixture *fixture, gconstpointer data)
{
    g_autoptr(SimFloor) floor = sim_floor_new(fixture->layout, NULL);
    /* From one side of a gondola to the other is longer than the straight line through it. */
    double around = sim_floor_distance(floor, (FloorPoint){ 0.5, 0.3 }, (FloorPoint){ 3.5, 0.3 });
    g_assert_cmpfloat(around, >, 3.1);
    g_assert_cmpfloat(around, <, 4.5);
    g_assert_true(
        isinf(sim_floor_distance(floor, (FloorPoint){ 0.5, 0.3 }, (FloorPoint){ -9, 0 })));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    static const struct {
        const char *name;
        void (*func)(Fixture *fixture, gconstpointer data);
    } tests[] = {
        { "/simulate/same-seed", test_same_seed_gives_the_same_bytes },
        { "/simulate/other-seed", test_another_seed_is_another_day },
        { "/simulate/weights", test_weights_move_as_the_truth_says },
        { "/simulate/hand-over", test_what_is_handed_over_stays_with_the_taker },
        { "/simulate/party-and-staff", test_a_party_has_one_code_and_staff_none },
        { "/simulate/faults", test_faults_show_in_the_recording },
        { "/simulate/slow-gateway", test_a_slow_gateway_sends_what_has_settled },
        { "/simulate/no-way", test_a_store_without_a_way_through_is_refused },
        { "/simulate/distance", test_walkers_keep_their_distance },
        { "/simulate/ways", test_ways_lead_around_gondolas },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}
