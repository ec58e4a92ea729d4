#include "track/mot_text.h"

#include "base/error.h"
#include "base/file.h"

#include <math.h>
#include <string.h>

/* Files are read whole: this is ten million boxes, an hour of 90 people at 30 frames a second. */
static const gsize max_file_size = 512 * 1024 * 1024;
/* Far outside any camera or store, small enough for sums of squares. */
static const double max_coordinate = 1e7;
static const gint64 max_id = 1000 * 1000 * 1000;
#define NUM_PLAIN_FIELDS 10

typedef struct {
    const char *name;
    guint line;
    MotKind kind;
    MotText *text;
    GArray *fields; /* of double, of the line at hand */
    GError **error;
} Parser;

static bool
fail_line(const Parser *parser, const char *reason)
{
    return fail(parser->error, APP_ERROR_INVALID, "%s:%u: %s", parser->name, parser->line, reason);
}

static bool
fail_field(const Parser *parser, const char *field, const char *reason)
{
    return fail(parser->error, APP_ERROR_INVALID, "%s:%u: %s %s", parser->name, parser->line, field,
                reason);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A decimal number and nothing else; strtod alone would take "nan", "inf" and hexadecimal. */
static bool
parse_number(const char *start, const char *end, double *ret_number)
{
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    if (start == end || end - start > 40) {
        return false;
    }
    for (const char *c = start; c < end; c++) {
        if (!g_ascii_isdigit(*c) && strchr("+-.eE", *c) == NULL) {
            return false;
        }
    }
    char *rest;
    double number = g_ascii_strtod(start, &rest);
    if (rest != end || !isfinite(number)) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool
split_line(Parser *parser, const char *line, const char *end)
{
    g_array_set_size(parser->fields, 0);
    for (const char *field = line;;) {
        const char *comma = memchr(field, ',', (gsize)(end - field));
        const char *field_end = comma == NULL ? end : comma;
        double number;
        if (!parse_number(field, field_end, &number)) {
            g_autofree char *shown = g_utf8_make_valid(field, MIN(field_end - field, (gssize)40));
            return fail(parser->error, APP_ERROR_INVALID, "%s:%u: field %u is \"%s\", not a number",
                        parser->name, parser->line, parser->fields->len + 1, shown);
        }
        if (parser->fields->len == NUM_PLAIN_FIELDS + MOT_MAX_APPEARANCE) {
            return fail_line(parser, "more than 1,034 fields");
        }
        g_array_append_val(parser->fields, number);
        if (comma == NULL) {
            return true;
        }
        field = comma + 1;
    }
}

static bool
is_whole(double number, double least, double most)
{
    return number >= least && number <= most && floor(number) == number;
}

static bool
take_frame_and_id(Parser *parser, const double *fields, MotRow *row)
{
    if (!is_whole(fields[0], 1, MOT_MAX_FRAME)) {
        return fail_field(parser, "the frame", "is not a whole number from 1 to 1,000,000,000");
    }
    row->frame = (guint)fields[0];
    if (parser->kind == MOT_DETECTIONS) {
        row->id = -1;
        if (row->frame < parser->text->last_frame) {
            return fail(parser->error, APP_ERROR_INVALID,
                        "%s:%u: frame %u comes after frame %u: detections must be in order "
                        "of frames",
                        parser->name, parser->line, row->frame, parser->text->last_frame);
        }
        return true;
    }
    if (!is_whole(fields[1], 0, (double)max_id)) {
        return fail_field(parser, "the id", "is not a whole number from 0 to 1,000,000,000");
    }
    row->id = (gint64)fields[1];
    return true;
}

static bool
take_box(Parser *parser, const double *fields, MotRow *row)
{
    for (guint i = 2; i < 6; i++) {
        if (fabs(fields[i]) > max_coordinate) {
            return fail_field(parser, "the box", "is farther out than 10,000,000");
        }
    }
    row->left = fields[2];
    row->top = fields[3];
    row->width = fields[4];
    row->height = fields[5];
    /* Results on the floor have no box: -1 throughout. */
    bool no_box = row->left == -1 && row->top == -1 && row->width == -1 && row->height == -1;
    if (!no_box && (row->width <= 0 || row->height <= 0)) {
        return fail_field(parser, "the box", "has no width or no height");
    }
    if (no_box && parser->kind == MOT_DETECTIONS) {
        return fail_field(parser, "the box", "is missing");
    }
    return true;
}

static bool
take_the_rest(Parser *parser, const double *fields, guint num_fields, MotRow *row)
{
    row->confidence = num_fields > 6 ? fields[6] : 1;
    row->counts = row->confidence != 0;
    row->object_class = -1;
    row->x = row->y = NAN;
    if (num_fields == 9 && parser->kind == MOT_TRACKS) {
        if (!is_whole(fields[7], -1, 1000)) {
            return fail_field(parser, "the class", "is not a whole number from -1 to 1000");
        }
        row->object_class = (int)fields[7];
    } else if (num_fields >= NUM_PLAIN_FIELDS) {
        /* -1, -1, -1 stands for a place that is not known. */
        if (fields[7] != -1 || fields[8] != -1 || fields[9] != -1) {
            row->x = fields[7];
            row->y = fields[8];
        }
        if (fabs(fields[7]) > max_coordinate || fabs(fields[8]) > max_coordinate) {
            return fail_field(parser, "the place", "is farther out than 10,000,000");
        }
    }
    return true;
}

static bool
take_appearance(Parser *parser, const double *fields, guint num_fields)
{
    MotText *text = parser->text;
    if (parser->kind != MOT_DETECTIONS) {
        return true;
    }
    guint size = num_fields > NUM_PLAIN_FIELDS ? num_fields - NUM_PLAIN_FIELDS : 0;
    if (text->rows->len == 0) {
        text->appearance_size = size;
    } else if (size != text->appearance_size) {
        return fail(parser->error, APP_ERROR_INVALID,
                    "%s:%u: %u appearance fields, but %u in the lines before", parser->name,
                    parser->line, size, text->appearance_size);
    }
    for (guint i = 0; i < size; i++) {
        double number = fields[NUM_PLAIN_FIELDS + i];
        if (fabs(number) > max_coordinate) {
            return fail_field(parser, "the appearance", "has a number above 10,000,000");
        }
        float value = (float)number;
        g_array_append_val(text->appearance, value);
    }
    return true;
}

static bool
parse_line(Parser *parser, const char *line, const char *end)
{
    if (!split_line(parser, line, end)) {
        return false;
    }
    const double *fields = (const double *)(const void *)parser->fields->data;
    guint num_fields = parser->fields->len;
    if (num_fields < 6) {
        return fail(parser->error, APP_ERROR_INVALID,
                    "%s:%u: %u fields; frame, id, left, top, width and height are needed",
                    parser->name, parser->line, num_fields);
    }
    MotRow row = { .line = parser->line };
    if (!take_frame_and_id(parser, fields, &row) || !take_box(parser, fields, &row) ||
        !take_the_rest(parser, fields, num_fields, &row) ||
        !take_appearance(parser, fields, num_fields)) {
        return false;
    }
    parser->text->last_frame = MAX(parser->text->last_frame, row.frame);
    g_array_append_val(parser->text->rows, row);
    return true;
}

static bool
parse_lines(Parser *parser, const char *text, const char *end)
{
    if (end - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
    }
    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (gsize)(end - line));
        const char *line_end = newline == NULL ? end : newline;
        const char *next = newline == NULL ? end : newline + 1;
        if (line_end > line && line_end[-1] == '\r') {
            line_end--;
        }
        const char *first = line;
        while (first < line_end && is_blank(*first)) {
            first++;
        }
        parser->line++;
        if (first < line_end && !parse_line(parser, line, line_end)) {
            return false;
        }
        line = next;
    }
    return true;
}

static int
compare_by_frame_and_id(gconstpointer a, gconstpointer b)
{
    const MotRow *row_a = a, *row_b = b;
    if (row_a->frame != row_b->frame) {
        return row_a->frame < row_b->frame ? -1 : 1;
    }
    if (row_a->id != row_b->id) {
        return row_a->id < row_b->id ? -1 : 1;
    }
    return row_a->line < row_b->line ? -1 : row_a->line > row_b->line;
}

/* Rows are in order of frames by now. */
static bool
check_crowding(Parser *parser)
{
    for (guint i = MOT_MAX_BOXES; i < parser->text->rows->len; i++) {
        const MotRow *row = mot_text_row(parser->text, i);
        if (row->frame == mot_text_row(parser->text, i - MOT_MAX_BOXES)->frame) {
            return fail(parser->error, APP_ERROR_TOO_LARGE, "%s:%u: more than %d boxes in frame %u",
                        parser->name, row->line, MOT_MAX_BOXES, row->frame);
        }
    }
    return true;
}

static bool
sort_tracks(Parser *parser)
{
    g_array_sort(parser->text->rows, compare_by_frame_and_id);
    for (guint i = 1; i < parser->text->rows->len; i++) {
        const MotRow *row = mot_text_row(parser->text, i);
        const MotRow *previous = mot_text_row(parser->text, i - 1);
        if (row->frame == previous->frame && row->id == previous->id) {
            return fail(parser->error, APP_ERROR_INVALID,
                        "%s:%u: id %" G_GINT64_FORMAT
                        " is in frame %u a second time (first in line %u)",
                        parser->name, row->line, row->id, row->frame, previous->line);
        }
    }
    return true;
}

MotText *
mot_text_parse(const char *name, const char *text, gsize size, MotKind kind, GError **error)
{
    g_autoptr(MotText) result = g_new0(MotText, 1);
    result->name = g_strdup(name);
    result->rows = g_array_new(FALSE, FALSE, sizeof(MotRow));
    result->appearance = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(double));
    Parser parser = { name, 0, kind, result, fields, error };
    if (memchr(text, '\0', size) != NULL) {
        return fail_null(error, APP_ERROR_INVALID, "%s: not a text file", name);
    }
    /* strtod needs an end that is no digit. */
    g_autofree char *terminated = g_strndup(text, size);
    if (!parse_lines(&parser, terminated, terminated + size)) {
        return NULL;
    }
    if ((kind == MOT_TRACKS && !sort_tracks(&parser)) || !check_crowding(&parser)) {
        return NULL;
    }
    return g_steal_pointer(&result);
}

MotText *
mot_text_read(const char *path, MotKind kind, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_size, error);
    if (bytes == NULL) {
        return NULL;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    return mot_text_parse(path, data == NULL ? "" : data, size, kind, error);
}

void
mot_text_free(MotText *text)
{
    if (text == NULL) {
        return;
    }
    g_free(text->name);
    g_clear_pointer(&text->rows, g_array_unref);
    g_clear_pointer(&text->appearance, g_array_unref);
    g_free(text);
}

const float *
mot_text_appearance(const MotText *text, guint index)
{
    return text->appearance_size == 0
               ? NULL
               : &g_array_index(text->appearance, float, (gsize)index * text->appearance_size);
}

static void
append_number(GString *out, double number, const char *format)
{
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_c(out, ',');
    g_string_append(out, g_ascii_formatd(buffer, sizeof buffer, format, number));
}

void
mot_text_append_row(GString *out, const MotRow *row)
{
    g_string_append_printf(out, "%u,%" G_GINT64_FORMAT, row->frame, row->id);
    const double box[] = { row->left, row->top, row->width, row->height };
    for (gsize i = 0; i < G_N_ELEMENTS(box); i++) {
        append_number(out, box[i], "%.2f");
    }
    append_number(out, row->confidence, "%.4f");
    if (isnan(row->x)) {
        g_string_append(out, ",-1,-1,-1\n");
    } else {
        append_number(out, row->x, "%.3f");
        append_number(out, row->y, "%.3f");
        g_string_append(out, ",0\n");
    }
}
