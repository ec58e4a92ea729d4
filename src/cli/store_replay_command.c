/* cloudpick store replay: a recording -> receipts. */
#include "base/error.h"
#include "cli/command.h"
#include "store/engine.h"
#include "store/visit_page.h"

#include <math.h>
#include <stdio.h>

static const char summary[] =
    "Replays a recording (layout.json, weights.jsonl, targets.jsonl, gate.jsonl; see\n"
    "docs/store-files.md) and writes receipts, events and what could not be attributed, just as a\n"
    "live store would have at the time: nothing that arrived later is used.";

static const char description[] =
    "Example:\n"
    "  cloudpick store replay --input recording --out receipts.json --trace --html visits.html\n"
    "\n"
    "Exit status: 0 done; 1 done, and a receipt needs a review or the recording has damage (told "
    "on\n"
    "standard error); 2 the call or a line of the recording is wrong; 3 it could not be written.";

typedef struct {
    ReceiptsWriter *writer;
    VisitPage *page; /* NULL: none wanted */
    double first_t, last_t;
} Replay;

static void
take_receipt(const Receipt *receipt, gpointer data)
{
    Replay *replay = data;
    receipts_write_receipt(replay->writer, receipt);
    if (replay->page != NULL) {
        visit_page_add_receipt(replay->page, receipt);
    }
}

static void
take_event(const ReceiptEvent *event, guint plate, gpointer data)
{
    Replay *replay = data;
    receipts_write_event(replay->writer, event);
    if (replay->page != NULL) {
        visit_page_add_event(replay->page, event, plate);
    }
}

static void
take_unattributed(const Unattributed *unattributed, gpointer data)
{
    receipts_write_unattributed(((Replay *)data)->writer, unattributed);
}

static void
print_trace(const char *text, gpointer data)
{
    fputs(text, stdout);
}

static void
add_to_page(VisitPage *page, const Engine *engine, const RecordingItem *item)
{
    if (item->kind == RECORDING_WEIGHTS) {
        visit_page_add_weights(page, &item->weights);
    }
    for (guint i = 0; item->kind == RECORDING_TARGETS && i < item->targets.num_targets; i++) {
        const Target *target = &item->targets.targets[i];
        const char *visit = engine_visit_of(engine, target->id);
        if (visit != NULL) {
            visit_page_add_step(page, visit, item->targets.t, target->x, target->y);
        }
    }
}

static bool
replay_all(Replay *replay, Engine *engine, RecordingReader *reader, GError **error)
{
    RecordingItem item;
    GError *problem = NULL;
    replay->first_t = NAN;
    while (recording_next(reader, &item, &problem)) {
        if (isnan(replay->first_t)) {
            replay->first_t = item.known_at;
        }
        replay->last_t = item.known_at;
        engine_push(engine, &item);
        if (replay->page != NULL) {
            add_to_page(replay->page, engine, &item);
        }
    }
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return false;
    }
    engine_finish(engine);
    return receipts_writer_finish(replay->writer, error);
}

static guint
print_troubles(const Engine *engine, const RecordingReader *reader)
{
    const GPtrArray *warnings = recording_warnings(reader);
    for (guint i = 0; i < warnings->len; i++) {
        const RecordingWarning *warning = warnings->pdata[i];
        fprintf(stderr, "cloudpick: %s\n", warning->text);
    }
    const GPtrArray *troubles = engine_troubles(engine);
    for (guint i = 0; i < troubles->len; i++) {
        fprintf(stderr, "cloudpick: %s\n", (const char *)troubles->pdata[i]);
    }
    return warnings->len + troubles->len;
}

static void
print_summary(const Replay *replay, const Engine *engine, double wall_seconds)
{
    EngineCounts counts = engine_counts(engine);
    double seconds = isnan(replay->first_t) ? 0 : replay->last_t - replay->first_t;
    printf("%" G_GUINT64_FORMAT " receipts (%" G_GUINT64_FORMAT " for review), %" G_GUINT64_FORMAT
           " changes of shelves; %.0f s of recording in %.2f s, %.0f times real time\n",
           counts.num_receipts, counts.num_reviews, counts.num_changes, seconds, wall_seconds,
           wall_seconds > 0 ? seconds / wall_seconds : 0);
}

static ExitStatus
replay_recording(const char *input, const char *out, const char *html, gboolean trace)
{
    GError *error = NULL;
    g_autofree char *layout_path = g_build_filename(input, "layout.json", NULL);
    g_autoptr(StoreLayout) layout = store_layout_read(layout_path, &error);
    if (layout == NULL) {
        return command_fail(error);
    }
    g_autoptr(RecordingReader) reader = recording_open(input, layout, &error);
    if (reader == NULL) {
        return command_fail(error);
    }
    g_autoptr(ReceiptsWriter) writer = receipts_writer_new(out, &error);
    if (writer == NULL) {
        return command_fail(error);
    }
    g_autoptr(VisitPage) page = html == NULL ? NULL : visit_page_new(layout);
    Replay replay = { .writer = writer, .page = page };
    EngineListener listener = { take_receipt, take_event, take_unattributed,
                                trace ? print_trace : NULL, &replay };
    g_autoptr(Engine) engine = engine_new(layout, &listener);
    gint64 began = g_get_monotonic_time();
    if (!replay_all(&replay, engine, reader, &error)) {
        return command_fail(error);
    }
    if (page != NULL && !visit_page_write(page, html, &error)) {
        return command_fail(error);
    }
    print_summary(&replay, engine, (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC);
    guint num_troubles = print_troubles(engine, reader);
    bool all_well = num_troubles == 0 && engine_counts(engine).num_reviews == 0;
    return all_well ? EXIT_DONE : EXIT_NEEDS_ATTENTION;
}

ExitStatus
store_replay_command(int argc, char **argv)
{
    g_autofree char *input = NULL;
    g_autofree char *out = NULL;
    g_autofree char *html = NULL;
    gboolean trace = FALSE;
    const GOptionEntry entries[] = {
        { "input", 0, 0, G_OPTION_ARG_FILENAME, &input, "The recording", "DIR" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &out, "Where the receipts go", "FILE" },
        { "html", 0, 0, G_OPTION_ARG_FILENAME, &html,
          "Draw every visit: walk, shelf events, weights, receipt", "FILE" },
        { "trace", 0, 0, G_OPTION_ARG_NONE, &trace,
          "Print what every reading of every change scored, and which won", NULL },
        G_OPTION_ENTRY_NULL,
    };
    GError *error = NULL;
    if (!command_parse_options(&argc, &argv, NULL, summary, description, entries, NULL, &error)) {
        return command_fail(error);
    }
    if (input == NULL || out == NULL || argc > 1) {
        g_set_error(&error, APP_ERROR, APP_ERROR_INVALID,
                    "store replay needs --input and --out, and nothing else");
        return command_fail(error);
    }
    return replay_recording(input, out, html, trace);
}
