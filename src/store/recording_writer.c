#include "store/recording_writer.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

struct RecordingWriter {
    char *dir;
    FILE *files[3]; /* by RecordingKind */
    GString *line;
    int problem; /* errno of the first failure */
};

static const char *const file_names[] = { "weights.jsonl", "targets.jsonl", "gate.jsonl" };

void
recording_writer_free(RecordingWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(writer->files); i++) {
        if (writer->files[i] != NULL) {
            fclose(writer->files[i]);
        }
    }
    g_string_free(writer->line, TRUE);
    g_free(writer->dir);
    g_free(writer);
}

RecordingWriter *
recording_writer_new(const char *dir, const StoreLayout *layout, GError **error)
{
    g_autofree char *layout_path = g_build_filename(dir, "layout.json", NULL);
    if (g_file_test(layout_path, G_FILE_TEST_EXISTS)) {
        (void)fail(error, APP_ERROR_CONFLICT, "%s holds a recording already", dir);
        return NULL;
    }
    if (!file_make_directories(dir, error) || !store_layout_write(layout, layout_path, error)) {
        return NULL;
    }
    g_autoptr(RecordingWriter) writer = g_new0(RecordingWriter, 1);
    writer->dir = g_strdup(dir);
    writer->line = g_string_sized_new(1 << 16);
    for (guint i = 0; i < G_N_ELEMENTS(writer->files); i++) {
        g_autofree char *path = g_build_filename(dir, file_names[i], NULL);
        writer->files[i] = fopen(path, "we");
        if (writer->files[i] == NULL) {
            (void)fail_errno(error, errno, path);
            return NULL;
        }
    }
    return g_steal_pointer(&writer);
}

/* A hundred times as fast as printf, and weights are what a recording consists of. */
static void
append_fixed(GString *line, double value, guint decimals)
{
    static const double scales[] = { 1, 10, 100, 1e3, 1e4, 1e5, 1e6 };
    g_assert(decimals < G_N_ELEMENTS(scales) && fabs(value) < 1e12);
    char digits[32];
    char *p = digits + sizeof digits;
    gint64 scaled = llround(value * scales[decimals]);
    guint64 rest = (guint64)ABS(scaled);
    for (guint i = 0; i < decimals; i++, rest /= 10) {
        *--p = (char)('0' + rest % 10);
    }
    if (decimals > 0) {
        *--p = '.';
    }
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (scaled < 0) {
        *--p = '-';
    }
    g_string_append_len(line, p, digits + sizeof digits - p);
}

static void
append_quoted(GString *line, const char *text)
{
    g_string_append_c(line, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            g_string_append_c(line, '\\');
            g_string_append_c(line, *p);
        } else if ((guchar)*p < 0x20) {
            g_string_append_printf(line, "\\u%04x", (guchar)*p);
        } else {
            g_string_append_c(line, *p);
        }
    }
    g_string_append_c(line, '"');
}

static void
begin_line(RecordingWriter *writer, double t)
{
    g_string_assign(writer->line, "{\"t\":");
    append_fixed(writer->line, t, 6);
}

static void
end_line(RecordingWriter *writer, RecordingKind kind)
{
    g_string_append(writer->line, "}\n");
    if (fwrite(writer->line->str, 1, writer->line->len, writer->files[kind]) != writer->line->len &&
        writer->problem == 0) {
        writer->problem = errno == 0 ? EIO : errno;
    }
}

void
recording_write_weights(RecordingWriter *writer, const WeightBatch *batch)
{
    GString *line = writer->line;
    begin_line(writer, batch->t);
    g_string_append_printf(line, ",\"gondola\":%d,\"shelf\":%d,\"hz\":", batch->gondola_id,
                           batch->shelf_id);
    append_fixed(line, batch->hz, batch->hz == floor(batch->hz) ? 0 : 4);
    g_string_append(line, ",\"grams\":[");
    const float *grams = batch->grams;
    for (guint row = 0; row < batch->num_rows; row++) {
        g_string_append(line, row == 0 ? "[" : ",[");
        for (guint column = 0; column < batch->num_columns; column++, grams++) {
            if (column > 0) {
                g_string_append_c(line, ',');
            }
            if (isnan(*grams)) {
                g_string_append(line, "null");
            } else {
                append_fixed(line, *grams, 1);
            }
        }
        g_string_append_c(line, ']');
    }
    g_string_append_c(line, ']');
    end_line(writer, RECORDING_WEIGHTS);
}

static void
append_numbers(GString *line, const double *values, guint count, guint decimals)
{
    g_string_append_c(line, '[');
    for (guint i = 0; i < count; i++) {
        if (i > 0) {
            g_string_append_c(line, ',');
        }
        append_fixed(line, values[i], decimals);
    }
    g_string_append_c(line, ']');
}

static void
append_target(GString *line, const Target *target)
{
    g_string_append(line, "{\"id\":");
    append_quoted(line, target->id);
    g_string_append(line, ",\"x\":");
    append_fixed(line, target->x, 3);
    g_string_append(line, ",\"y\":");
    append_fixed(line, target->y, 3);
    if (target->has_head) {
        g_string_append(line, ",\"head\":");
        append_numbers(line, target->head, 3, 3);
    }
    if (target->num_hands > 0) {
        g_string_append(line, ",\"hands\":[");
        for (guint i = 0; i < target->num_hands; i++) {
            const TargetHand *hand = &target->hands[i];
            if (i > 0) {
                g_string_append_c(line, ',');
            }
            append_numbers(line, (double[]){ hand->x, hand->y, hand->z, hand->score }, 4, 3);
        }
        g_string_append_c(line, ']');
    }
    if (target->num_appearance > 0) {
        g_string_append(line, ",\"appearance\":[");
        for (guint i = 0; i < target->num_appearance; i++) {
            if (i > 0) {
                g_string_append_c(line, ',');
            }
            append_fixed(line, target->appearance[i], 3);
        }
        g_string_append_c(line, ']');
    }
    g_string_append_c(line, '}');
}

void
recording_write_targets(RecordingWriter *writer, const TargetFrame *frame)
{
    begin_line(writer, frame->t);
    g_string_append(writer->line, ",\"targets\":[");
    for (guint i = 0; i < frame->num_targets; i++) {
        if (i > 0) {
            g_string_append_c(writer->line, ',');
        }
        append_target(writer->line, &frame->targets[i]);
    }
    g_string_append_c(writer->line, ']');
    end_line(writer, RECORDING_TARGETS);
}

void
recording_write_gate(RecordingWriter *writer, const GateLine *gate)
{
    static const char *const kinds[] = { "enter", "exit", "staff" };
    GString *line = writer->line;
    begin_line(writer, gate->t);
    g_string_append_printf(line, ",\"kind\":\"%s\"", kinds[gate->kind]);
    if (gate->visit != NULL) {
        g_string_append(line, ",\"visit\":");
        append_quoted(line, gate->visit);
    }
    if (gate->party > 1) {
        g_string_append_printf(line, ",\"party\":%u", gate->party);
    }
    if (gate->target != NULL) {
        g_string_append(line, ",\"target\":");
        append_quoted(line, gate->target);
    }
    end_line(writer, RECORDING_GATE);
}

bool
recording_writer_finish(RecordingWriter *writer, GError **error)
{
    for (guint i = 0; i < G_N_ELEMENTS(writer->files); i++) {
        FILE *file = g_steal_pointer(&writer->files[i]);
        if ((fflush(file) != 0 || fsync(fileno(file)) != 0) && writer->problem == 0) {
            writer->problem = errno;
        }
        if (fclose(file) != 0 && writer->problem == 0) {
            writer->problem = errno;
        }
    }
    return writer->problem == 0 || fail_errno(error, writer->problem, writer->dir);
}
