#include "store/recording.h"

#include "base/error.h"
#include "store/recording_line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const gsize read_bytes = 256 << 10;
static const guint max_warnings = 256;
static const double weights_overlap_s = 0.25;
static const double weights_hole_s = 1.0;
static const double targets_hole_s = 2.0;

/* One file, read line by line, with the item of its next line. */
typedef struct {
    const char *name; /* static */
    RecordingKind kind;
    int fd;
    char *buffer;
    gsize capacity, from, until; /* what was read and not yet used */
    bool is_at_end;
    guint64 line;
    RecordingParser *parser;
    bool has_item;
    RecordingItem item;
} Source;

typedef struct {
    bool is_seen;
    double first_t, end_t, hz; /* of the last batch taken */
} ShelfState;

struct RecordingReader {
    const StoreLayout *layout;
    Source sources[3]; /* by RecordingKind */
    ShelfState *shelves;
    double last_targets_t, last_gate_t; /* -1: none yet */
    double known_at;
    bool is_over;
    GPtrArray *warnings;
};

/* File by RecordingKind. */
static const char *const file_names[] = { "weights.jsonl", "targets.jsonl", "gate.jsonl" };

static const char *const warning_texts[] = {
    [RECORDING_WARN_UNKNOWN_SHELF] = "batches of a shelf that the layout does not have: left out",
    [RECORDING_WARN_WEIGHTS_BACKWARDS] = "batches ran backwards in time: left out",
    [RECORDING_WARN_WEIGHTS_HOLE] = "holes in the weights",
    [RECORDING_WARN_HZ_CHANGED] = "batches with another \"hz\" than before: left out",
    [RECORDING_WARN_TARGETS_BACKWARDS] = "lines ran backwards in time: left out",
    [RECORDING_WARN_TARGETS_HOLE] = "holes in the tracks",
    [RECORDING_WARN_GATE_BACKWARDS] = "lines ran backwards in time: taken at their own time",
    [RECORDING_WARN_LAST_LINE_CUT] = "the last line is cut off: left out",
};

static void
warning_free(gpointer data)
{
    g_free(((RecordingWarning *)data)->text);
    g_free(data);
}

static void
warn(RecordingReader *reader, RecordingWarningKind kind, const Source *source, double t,
     const WeightBatch *batch, double seconds)
{
    int gondola_id = batch == NULL ? -1 : batch->gondola_id;
    int shelf_id = batch == NULL ? -1 : batch->shelf_id;
    RecordingWarning *found = NULL;
    for (guint i = 0; i < reader->warnings->len && found == NULL; i++) {
        RecordingWarning *warning = reader->warnings->pdata[i];
        if (warning->kind == kind && warning->file == source->name &&
            warning->gondola_id == gondola_id && warning->shelf_id == shelf_id) {
            found = warning;
        }
    }
    if (found == NULL && reader->warnings->len == max_warnings) {
        found = reader->warnings->pdata[max_warnings - 1];
    }
    if (found == NULL) {
        found = g_new0(RecordingWarning, 1);
        found->kind = kind;
        found->file = source->name;
        found->gondola_id = gondola_id;
        found->shelf_id = shelf_id;
        found->first_line = source->line;
        found->first_t = t;
        g_ptr_array_add(reader->warnings, found);
    }
    found->count++;
    found->seconds += seconds;
}

const GPtrArray *
recording_warnings(const RecordingReader *reader)
{
    for (guint i = 0; i < reader->warnings->len; i++) {
        RecordingWarning *warning = reader->warnings->pdata[i];
        GString *text = g_string_new(NULL);
        g_string_append_printf(text, "%s:%" G_GUINT64_FORMAT ": ", warning->file,
                               warning->first_line);
        if (warning->shelf_id >= 0) {
            g_string_append_printf(text, "shelf %d of gondola %d: ", warning->shelf_id,
                                   warning->gondola_id);
        }
        g_string_append_printf(text, "%s (%" G_GUINT64_FORMAT " times",
                               warning_texts[warning->kind], warning->count);
        if (warning->seconds > 0) {
            g_string_append_printf(text, ", %.1f s in all", warning->seconds);
        }
        g_string_append(text, i + 1 == max_warnings ? ", and others)" : ")");
        g_free(warning->text);
        warning->text = g_string_free(text, FALSE);
    }
    return reader->warnings;
}

void
recording_close(RecordingReader *reader)
{
    if (reader == NULL) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(reader->sources); i++) {
        Source *source = &reader->sources[i];
        if (source->fd >= 0) {
            close(source->fd);
        }
        g_free(source->buffer);
        recording_parser_free(source->parser);
    }
    g_free(reader->shelves);
    g_ptr_array_unref(reader->warnings);
    g_free(reader);
}

RecordingReader *
recording_open(const char *dir, const StoreLayout *layout, GError **error)
{
    g_autoptr(RecordingReader) reader = g_new0(RecordingReader, 1);
    reader->layout = layout;
    reader->shelves = g_new0(ShelfState, layout->num_shelves);
    reader->last_targets_t = reader->last_gate_t = -1;
    reader->warnings = g_ptr_array_new_with_free_func(warning_free);
    for (guint i = 0; i < G_N_ELEMENTS(reader->sources); i++) {
        reader->sources[i].fd = -1;
    }
    for (guint i = 0; i < G_N_ELEMENTS(reader->sources); i++) {
        Source *source = &reader->sources[i];
        source->kind = (RecordingKind)i;
        source->name = file_names[i];
        source->capacity = read_bytes;
        source->buffer = g_malloc(source->capacity);
        source->parser = recording_parser_new(layout);
        g_autofree char *path = g_build_filename(dir, source->name, NULL);
        source->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (source->fd < 0) {
            (void)fail_errno(error, errno, path);
            return NULL;
        }
    }
    return g_steal_pointer(&reader);
}

/* Reads on; what is not yet used moves to the front, and the buffer grows for a long line. */
static bool
fill(Source *source, GError **error)
{
    memmove(source->buffer, source->buffer + source->from, source->until - source->from);
    source->until -= source->from;
    source->from = 0;
    if (source->until == source->capacity) {
        if (source->capacity >= RECORDING_MAX_LINE_BYTES) {
            return fail(error, APP_ERROR_TOO_LARGE,
                        "%s:%" G_GUINT64_FORMAT ": the line is longer than %u bytes", source->name,
                        source->line + 1, RECORDING_MAX_LINE_BYTES);
        }
        source->capacity *= 2;
        source->buffer = g_realloc(source->buffer, source->capacity);
    }
    ssize_t got;
    do {
        got = read(source->fd, source->buffer + source->until, source->capacity - source->until);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return fail_errno(error, errno, source->name);
    }
    source->until += (gsize)got;
    source->is_at_end = got == 0;
    return true;
}

/* The next line without its end. RET_LINE is NULL after the last one. */
static bool
next_line(Source *source, const char **ret_line, gsize *ret_size, bool *ret_is_cut, GError **error)
{
    gsize searched = source->from;
    for (;;) {
        const char *end = memchr(source->buffer + searched, '\n', source->until - searched);
        if (end != NULL) {
            *ret_line = source->buffer + source->from;
            *ret_size = (gsize)(end - *ret_line);
            *ret_is_cut = false;
            source->from += *ret_size + 1;
            source->line++;
            return true;
        }
        if (source->is_at_end) {
            *ret_size = source->until - source->from;
            *ret_line = *ret_size == 0 ? NULL : source->buffer + source->from;
            *ret_is_cut = true;
            source->from = source->until;
            source->line += *ret_size > 0;
            return true;
        }
        searched = source->until - source->from;
        if (!fill(source, error)) {
            return false;
        }
    }
}

static bool
parse_line(Source *source, const char *line, gsize size, RecordingItem *ret_item, GError **error)
{
    ret_item->kind = source->kind;
    switch (source->kind) {
    case RECORDING_WEIGHTS:
        if (!recording_parse_weights(source->parser, line, size, source->name, source->line,
                                     &ret_item->weights, error)) {
            return false;
        }
        ret_item->known_at =
            ret_item->weights.t + ret_item->weights.num_rows / ret_item->weights.hz;
        return true;
    case RECORDING_TARGETS:
        if (!recording_parse_targets(source->parser, line, size, source->name, source->line,
                                     &ret_item->targets, error)) {
            return false;
        }
        ret_item->known_at = ret_item->targets.t;
        return true;
    case RECORDING_GATE:
        if (!recording_parse_gate(source->parser, line, size, source->name, source->line,
                                  &ret_item->gate, error)) {
            return false;
        }
        ret_item->known_at = ret_item->gate.t;
        return true;
    }
    g_assert_not_reached();
}

static bool
accept_weights(RecordingReader *reader, const Source *source, const WeightBatch *batch)
{
    if (batch->shelf == LAYOUT_NONE) {
        warn(reader, RECORDING_WARN_UNKNOWN_SHELF, source, batch->t, batch, 0);
        return false;
    }
    ShelfState *state = &reader->shelves[batch->shelf];
    if (state->is_seen && batch->hz != state->hz) {
        warn(reader, RECORDING_WARN_HZ_CHANGED, source, batch->t, batch, 0);
        return false;
    }
    if (state->is_seen &&
        (batch->t <= state->first_t || batch->t < state->end_t - weights_overlap_s)) {
        warn(reader, RECORDING_WARN_WEIGHTS_BACKWARDS, source, batch->t, batch, 0);
        return false;
    }
    /* Settled weights come only when something changed: silence is no hole there. */
    double silent = batch->t - state->end_t;
    if (state->is_seen && batch->hz > 1 && silent > weights_hole_s) {
        warn(reader, RECORDING_WARN_WEIGHTS_HOLE, source, state->end_t, batch, silent);
    }
    *state = (ShelfState){ true, batch->t, batch->t + batch->num_rows / batch->hz, batch->hz };
    return true;
}

/* Whether ITEM is to be handed out; what is odd about it is counted. */
static bool
accept(RecordingReader *reader, const Source *source, const RecordingItem *item)
{
    switch (item->kind) {
    case RECORDING_WEIGHTS:
        return accept_weights(reader, source, &item->weights);
    case RECORDING_TARGETS: {
        double silent = item->targets.t - reader->last_targets_t;
        bool is_first = reader->last_targets_t < 0;
        if (!is_first && silent <= 0) {
            warn(reader, RECORDING_WARN_TARGETS_BACKWARDS, source, item->targets.t, NULL, 0);
            return false;
        }
        if (!is_first && silent > targets_hole_s) {
            warn(reader, RECORDING_WARN_TARGETS_HOLE, source, reader->last_targets_t, NULL, silent);
        }
        reader->last_targets_t = item->targets.t;
        return true;
    }
    case RECORDING_GATE:
        if (item->gate.t < reader->last_gate_t) {
            warn(reader, RECORDING_WARN_GATE_BACKWARDS, source, item->gate.t, NULL, 0);
        }
        reader->last_gate_t = MAX(reader->last_gate_t, item->gate.t);
        return true;
    }
    g_assert_not_reached();
}

/* Sees to it that SOURCE has its next item, unless its file is over. */
static bool
look_ahead(RecordingReader *reader, Source *source, GError **error)
{
    while (!source->has_item) {
        const char *line;
        gsize size;
        bool is_cut;
        if (!next_line(source, &line, &size, &is_cut, error)) {
            return false;
        }
        if (line == NULL) {
            return true;
        }
        g_autoptr(GError) problem = NULL;
        if (parse_line(source, line, size, &source->item, &problem)) {
            source->has_item = accept(reader, source, &source->item);
        } else if (is_cut) {
            warn(reader, RECORDING_WARN_LAST_LINE_CUT, source, reader->known_at, NULL, 0);
        } else {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
    return true;
}

bool
recording_next(RecordingReader *reader, RecordingItem *ret_item, GError **error)
{
    Source *next = NULL;
    /* At one moment the gate counts first, then where people are, then the weights. */
    for (int i = G_N_ELEMENTS(reader->sources) - 1; i >= 0 && !reader->is_over; i--) {
        Source *source = &reader->sources[i];
        if (!look_ahead(reader, source, error)) {
            reader->is_over = true;
            return false;
        }
        if (source->has_item && (next == NULL || source->item.known_at < next->item.known_at)) {
            next = source;
        }
    }
    if (next == NULL) {
        reader->is_over = true;
        return false;
    }
    next->has_item = false;
    reader->known_at = MAX(reader->known_at, next->item.known_at);
    *ret_item = next->item;
    ret_item->known_at = reader->known_at;
    return true;
}
