#include "store/recording.h"

#include "base/error.h"
#include "store/recording_line.h"
#include "store/recording_writer.h"
#include "store/test_store.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const char *const file_names[] = { "weights.jsonl", "targets.jsonl", "gate.jsonl" };

typedef struct {
    char *dir;
    StoreLayout *layout;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("cloudpick-recording-XXXXXX", NULL);
    fixture->layout = test_store_layout();
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
    static const char *const names[] = { "weights.jsonl", "targets.jsonl", "gate.jsonl",
                                         "layout.json" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(fixture->dir, names[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->dir), ==, 0);
    g_free(fixture->dir);
    store_layout_free(fixture->layout);
}

static void
write_files(const Fixture *fixture, const char *weights, const char *targets, const char *gate)
{
    const char *const texts[] = { weights, targets, gate };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = g_build_filename(fixture->dir, file_names[i], NULL);
        g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
    }
}

/* Reads to the end; a letter for each item. */
static char *
read_order(const Fixture *fixture, RecordingReader *reader, GError **error)
{
    GString *order = g_string_new(NULL);
    RecordingItem item;
    double last = 0;
    while (recording_next(reader, &item, error)) {
        g_assert_cmpfloat(item.known_at, >=, last);
        last = item.known_at;
        g_string_append_c(order, "wtg"[item.kind]);
    }
    return g_string_free(order, FALSE);
}

static void
test_items_come_when_they_are_known(Fixture *fixture, gconstpointer data)
{
    /* The first batch begins before everything and is known last. */
    write_files(fixture,
                "{\"t\":100,\"gondola\":2,\"shelf\":1,\"hz\":2,\"grams\":[[1,2],[null,4],[5,6]]}\n",
                "{\"t\":100.5,\"targets\":[{\"id\":\"7\",\"x\":1,\"y\":2,\"head\":[1,2,1.7],"
                "\"hands\":[[1,2,1,0.5]],\"appearance\":[0.25,0.75]}]}\n"
                "{\"t\":101,\"targets\":[]}\n{\"t\":102,\"targets\":[]}\n",
                "{\"t\":101,\"kind\":\"enter\",\"visit\":\"v1\",\"party\":2}\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordingReader) reader = recording_open(fixture->dir, fixture->layout, &error);
    g_assert_no_error(error);
    RecordingItem item;
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpint(item.kind, ==, RECORDING_TARGETS);
    const Target *target = &item.targets.targets[0];
    g_assert_cmpstr(target->id, ==, "7");
    g_assert_true(target->has_head);
    g_assert_cmpuint(target->num_hands, ==, 1);
    g_assert_cmpfloat(target->appearance[1], ==, 0.75f);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpint(item.kind, ==, RECORDING_GATE);
    g_assert_cmpuint(item.gate.party, ==, 2);
    g_assert_null(item.gate.target);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpint(item.kind, ==, RECORDING_TARGETS);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpint(item.kind, ==, RECORDING_WEIGHTS);
    g_assert_cmpfloat(item.known_at, ==, 101.5);
    g_assert_cmpuint(item.weights.shelf, ==, 2);
    g_assert_cmpuint(item.weights.num_rows, ==, 3);
    g_assert_true(isnan(item.weights.grams[2]));
    g_assert_cmpfloat(item.weights.grams[5], ==, 6);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_false(recording_next(reader, &item, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(recording_warnings(reader)->len, ==, 0);
}

static void
test_wrong_lines_are_named(Fixture *fixture, gconstpointer data)
{
    static const char *const good[] = {
        "{\"t\":100,\"gondola\":2,\"shelf\":1,\"hz\":60,\"grams\":[[1,2]]}",
        "{\"t\":100,\"targets\":[]}",
        "{\"t\":100,\"kind\":\"exit\"}",
    };
    static const struct {
        RecordingKind file;
        const char *line, *message;
    } cases[] = {
        { RECORDING_WEIGHTS, "{\"t\":1,\"gondola\":2,\"shelf\":1,\"grams\":[[1,2]]}",
          "weights.jsonl:2: \"hz\" is missing" },
        { RECORDING_WEIGHTS, "{\"t\":1,\"gondola\":2,\"shelf\":1,\"hz\":60,\"grams\":[[1,2,3]]}",
          "weights.jsonl:2: 3 numbers in a row, but shelf 1 of gondola 2 has 2 plates" },
        { RECORDING_WEIGHTS, "{\"t\":1,\"gondola\":2,\"shelf\":1,\"hz\":60,\"grams\":[[1,2],[3]]}",
          "weights.jsonl:2: row 2 has 1 numbers, the first row 2" },
        { RECORDING_WEIGHTS, "{\"t\":1,\"gondola\":2,\"shelf\":1,\"hz\":60,\"grams\":[[1,NaN]]}",
          "weights.jsonl:2: 'N' stands where a number should be" },
        { RECORDING_WEIGHTS, "{\"t\":1,\"gondola\":2,\"shelf\":1,\"hz\":0,\"grams\":[[1,2]]}",
          "weights.jsonl:2: \"hz\" is 0, not from 0.0001 to 1000" },
        { RECORDING_WEIGHTS, "{\"t\":-1,\"gondola\":2,\"shelf\":1,\"hz\":60,\"grams\":[[1,2]]}",
          "weights.jsonl:2: \"t\" is -1, not from 0 to 1e+11" },
        { RECORDING_TARGETS, "{\"t\":101,\"targets\":[{\"id\":\"1\",\"x\":1}]}",
          "targets.jsonl:2: \"y\" is missing" },
        { RECORDING_TARGETS,
          "{\"t\":101,\"targets\":[{\"id\":\"1\",\"x\":1,\"y\":1},{\"id\":\"1\",\"x\":1,\"y\":1}]}",
          "targets.jsonl:2: target \"1\" comes twice" },
        { RECORDING_TARGETS, "", "targets.jsonl:2: the text ends where an object should be" },
        { RECORDING_GATE, "{\"t\":101,\"kind\":\"enter\"}", "gate.jsonl:2: \"visit\" is missing" },
        { RECORDING_GATE, "{\"t\":101,\"kind\":\"fly\"}",
          "gate.jsonl:2: \"kind\" is \"fly\", not \"enter\", \"exit\" or \"staff\"" },
        { RECORDING_GATE, "{\"t\":101,\"kind\":\"exit\",\"party\":0}",
          "gate.jsonl:2: 0 is no whole number from 1 to 100" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *texts[3] = { NULL };
        for (int k = 0; k < 3; k++) {
            texts[k] = k == (int)cases[i].file
                           ? g_strconcat(good[k], "\n", cases[i].line, "\n", NULL)
                           : g_strconcat(good[k], "\n", NULL);
        }
        write_files(fixture, texts[0], texts[1], texts[2]);
        for (int k = 1; k < 3; k++) {
            g_free(g_steal_pointer(&texts[k]));
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(RecordingReader) reader = recording_open(fixture->dir, fixture->layout, &error);
        g_autofree char *order = read_order(fixture, reader, &error);
        g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

static void
test_troubles_of_a_real_store_are_counted(Fixture *fixture, gconstpointer data)
{
    write_files(fixture,
                /* an unknown shelf twice, one batch from the past, a hole of 4 s, another rate */
                "{\"t\":100,\"gondola\":9,\"shelf\":1,\"hz\":60,\"grams\":[[1]]}\n"
                "{\"t\":100,\"gondola\":2,\"shelf\":1,\"hz\":10,\"grams\":[[1,2],[1,2]]}\n"
                "{\"t\":101,\"gondola\":9,\"shelf\":1,\"hz\":60,\"grams\":[[1]]}\n"
                "{\"t\":99,\"gondola\":2,\"shelf\":1,\"hz\":10,\"grams\":[[1,2]]}\n"
                "{\"t\":104.2,\"gondola\":2,\"shelf\":1,\"hz\":10,\"grams\":[[1,2]]}\n"
                "{\"t\":105,\"gondola\":2,\"shelf\":1,\"hz\":20,\"grams\":[[1,2]]}\n"
                "{\"t\":105,\"gondo",
                "{\"t\":100,\"targets\":[]}\n{\"t\":100,\"targets\":[]}\n"
                "{\"t\":103,\"targets\":[]}\n",
                "{\"t\":101,\"kind\":\"exit\"}\n{\"t\":100,\"kind\":\"exit\"}\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordingReader) reader = recording_open(fixture->dir, fixture->layout, &error);
    g_autofree char *order = read_order(fixture, reader, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(order, ==, "twggtw");
    GString *texts = g_string_new(NULL);
    const GPtrArray *warnings = recording_warnings(reader);
    for (guint i = 0; i < warnings->len; i++) {
        const RecordingWarning *warning = warnings->pdata[i];
        g_string_append_printf(texts, "%s\n", warning->text);
    }
    g_autofree char *text = g_string_free(texts, FALSE);
    g_assert_cmpstr(
        text, ==,
        "weights.jsonl:1: shelf 1 of gondola 9: batches of a shelf that the layout does not have: "
        "left out (2 times)\n"
        "targets.jsonl:2: lines ran backwards in time: left out (1 times)\n"
        "targets.jsonl:3: holes in the tracks (1 times, 3.0 s in all)\n"
        "weights.jsonl:4: shelf 1 of gondola 2: batches ran backwards in time: left out "
        "(1 times)\n"
        "weights.jsonl:5: shelf 1 of gondola 2: holes in the weights (1 times, 4.0 s in all)\n"
        "gate.jsonl:2: lines ran backwards in time: taken at their own time (1 times)\n"
        "weights.jsonl:6: shelf 1 of gondola 2: batches with another \"hz\" than before: left out "
        "(1 times)\n"
        "weights.jsonl:7: the last line is cut off: left out (1 times)\n");
}

static void
test_a_missing_file_is_named(Fixture *fixture, gconstpointer data)
{
    write_files(fixture, "", "", "");
    g_autofree char *path = g_build_filename(fixture->dir, "gate.jsonl", NULL);
    g_unlink(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(RecordingReader) reader = recording_open(fixture->dir, fixture->layout, &error);
    g_assert_null(reader);
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "gate.jsonl"));
}

static void
test_written_recording_reads_the_same(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    RecordingWriter *writer = recording_writer_new(fixture->dir, fixture->layout, &error);
    g_assert_no_error(error);
    const float grams[] = { -1898.04f, NAN, 0.05f, 12345.6f };
    WeightBatch batch = { 1700000000.25, 2, 2, 1, 60, 2, 2, grams };
    recording_write_weights(writer, &batch);
    const float appearance[] = { 0.125f };
    Target target = { .id = "a\"b",
                      .x = -1.25,
                      .y = 2,
                      .has_head = true,
                      .head = { 1, 2, 1.75 },
                      .num_hands = 2,
                      .hands = { { 1, 2, 3, 0.9 }, { 4, 5, 6, 0.1 } },
                      .num_appearance = 1,
                      .appearance = appearance };
    recording_write_targets(writer, &(TargetFrame){ 1700000000, 1, &target });
    recording_write_gate(writer, &(GateLine){ 1700000000, GATE_ENTER, "v1", 3, "a\"b" });
    g_assert_true(recording_writer_finish(writer, &error));
    recording_writer_free(writer);
    g_assert_null(recording_writer_new(fixture->dir, fixture->layout, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_clear_error(&error);

    g_autoptr(RecordingReader) reader = recording_open(fixture->dir, fixture->layout, &error);
    RecordingItem item;
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpstr(item.gate.visit, ==, "v1");
    g_assert_cmpuint(item.gate.party, ==, 3);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpstr(item.targets.targets[0].id, ==, "a\"b");
    g_assert_cmpfloat(item.targets.targets[0].hands[1].z, ==, 6);
    g_assert_cmpfloat(item.targets.targets[0].x, ==, -1.25);
    g_assert_true(recording_next(reader, &item, &error));
    g_assert_cmpfloat(item.weights.t, ==, 1700000000.25);
    g_assert_cmpfloat_with_epsilon(item.weights.grams[0], -1898.0, 1e-3);
    g_assert_true(isnan(item.weights.grams[1]));
    g_assert_cmpfloat_with_epsilon(item.weights.grams[3], 12345.6, 1e-2);
    g_assert_false(recording_next(reader, &item, &error));
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/recording/order", Fixture, NULL, set_up, test_items_come_when_they_are_known,
               tear_down);
    g_test_add("/recording/wrong-lines", Fixture, NULL, set_up, test_wrong_lines_are_named,
               tear_down);
    g_test_add("/recording/troubles", Fixture, NULL, set_up,
               test_troubles_of_a_real_store_are_counted, tear_down);
    g_test_add("/recording/missing-file", Fixture, NULL, set_up, test_a_missing_file_is_named,
               tear_down);
    g_test_add("/recording/round-trip", Fixture, NULL, set_up,
               test_written_recording_reads_the_same, tear_down);
    return g_test_run();
}
