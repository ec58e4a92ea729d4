#include "sheet/text.h"

#include "base/error.h"
#include "sheet/edits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const gsize buffer_size = 256 * 1024;

typedef struct {
    const TextFile *text;
    const GPtrArray *edits; /* of SheetEdit, sorted */
    guint next;
    GPtrArray *inserted; /* of SheetInsertedLine, sorted */
    guint next_inserted;
    GIConv decoder;
    int fd;
    const char *out_name;
    GString *out;         /* not written yet */
    GString *field;       /* a field decoded */
    guint32 last_row;     /* of the file, so far */
    gsize num_fields;     /* of the last line that had any: new rows get as many */
    const char *line_end; /* the last one seen */
    bool lacks_line_end;  /* the last line of the file has none: nor shall the new last one */
    SheetPatchStats stats;
} TextPatch;

static bool
flush(TextPatch *patch, GError **error)
{
    const char *data = patch->out->str;
    gsize size = patch->out->len;
    while (size > 0) {
        ssize_t written = write(patch->fd, data, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail_errno(error, errno, patch->out_name);
        }
        data += written;
        size -= (gsize)written;
    }
    g_string_truncate(patch->out, 0);
    return true;
}

static void
append_ascii(TextPatch *patch, const char *ascii)
{
    const TextFormat *format = &patch->text->format;
    for (; *ascii != '\0'; ascii++) {
        if (format->unit_size == 2 && format->is_big_endian) {
            g_string_append_c(patch->out, '\0');
        }
        g_string_append_c(patch->out, *ascii);
        if (format->unit_size == 2 && !format->is_big_endian) {
            g_string_append_c(patch->out, '\0');
        }
    }
}

static void
append_delimiter(TextPatch *patch)
{
    const char delimiter[] = { patch->text->format.delimiter, '\0' };
    append_ascii(patch, delimiter);
}

/* Appends TEXT as a field in the file's encoding: in quotes where it needs them, or the style is to
 * have them. */
static bool
append_text(TextPatch *patch, const char *text, bool in_quotes, guint32 row, GError **error)
{
    const TextFormat *format = &patch->text->format;
    const char special[] = { format->delimiter, '"', '\r', '\n', '\0' };
    g_autoptr(GString) field = g_string_new(text);
    if (in_quotes || strpbrk(text, special) != NULL) {
        g_string_replace(field, "\"", "\"\"", 0);
        g_string_prepend_c(field, '"');
        g_string_append_c(field, '"');
    }
    if (g_str_is_ascii(field->str)) {
        append_ascii(patch, field->str);
        return true;
    }
    gsize size;
    g_autofree char *encoded =
        g_convert(field->str, (gssize)field->len, format->encoding, "UTF-8", NULL, &size, NULL);
    if (encoded == NULL) {
        return fail(error, APP_ERROR_INVALID,
                    "%s: line %u: the file is in %s, which cannot hold \"%s\"", patch->text->path,
                    row, format->label, text);
    }
    g_string_append_len(patch->out, encoded, (gssize)size);
    return true;
}

/* Whether the line quotes all that is not empty. */
static bool
quotes_everything(const TextLine *line)
{
    bool has_quotes = false;
    for (gsize i = 0; i < line->num_fields; i++) {
        if (line->fields[i].size > 0 && !line->fields[i].is_quoted) {
            return false;
        }
        has_quotes = has_quotes || line->fields[i].is_quoted;
    }
    return has_quotes;
}

static const SheetEdit *
next_edit(const TextPatch *patch)
{
    return patch->next < patch->edits->len ? patch->edits->pdata[patch->next] : NULL;
}

static bool
has_text_already(TextPatch *patch, const TextLine *line, const SheetEdit *edit)
{
    if (edit->column > line->num_fields) {
        return edit->text[0] == '\0';
    }
    g_string_truncate(patch->field, 0);
    text_decode_field(&patch->text->format, patch->decoder, &line->fields[edit->column - 1],
                      patch->field);
    return g_str_equal(patch->field->str, edit->text);
}

/* Appends the line with the edits for it, without its line end. */
static bool
append_edited_line(TextPatch *patch, guint32 row, const TextLine *line, GError **error)
{
    const char *written = line->data, *line_end = line->data + line->size - line->line_end_size;
    bool all_quoted = quotes_everything(line);
    gsize num_fields = line->num_fields;
    const SheetEdit *edit;
    for (; (edit = next_edit(patch)) != NULL && edit->row == row; patch->next++) {
        if (has_text_already(patch, line, edit)) {
            patch->stats.num_cells_equal++;
            continue;
        }
        patch->stats.num_cells_changed++;
        bool in_quotes = all_quoted;
        if (edit->column <= line->num_fields) {
            const TextField *field = &line->fields[edit->column - 1];
            g_string_append_len(patch->out, written, field->data - written);
            written = field->data + field->size;
            in_quotes = field->is_quoted || (field->size == 0 && all_quoted);
        } else {
            g_string_append_len(patch->out, written, line_end - written);
            written = line_end;
            for (; num_fields < edit->column; num_fields++) {
                append_delimiter(patch);
            }
        }
        if (!append_text(patch, edit->text, in_quotes && edit->text[0] != '\0', row, error)) {
            return false;
        }
    }
    g_string_append_len(patch->out, written, line_end - written);
    return true;
}

static bool
append_inserted_line(TextPatch *patch, const SheetInsertedLine *inserted, bool in_quotes,
                     GError **error)
{
    for (char **text = inserted->texts; *text != NULL; text++) {
        if (text != inserted->texts) {
            append_delimiter(patch);
        }
        if (!append_text(patch, *text, in_quotes && **text != '\0', inserted->after_row, error)) {
            return false;
        }
    }
    patch->stats.num_rows_inserted++;
    return true;
}

/* Appends the new lines that follow ROW. Where ROW has no line end, each comes with one before it.
 */
static bool
append_inserted_lines(TextPatch *patch, guint32 row, const TextLine *line, GError **error)
{
    while (patch->next_inserted < patch->inserted->len) {
        const SheetInsertedLine *inserted = patch->inserted->pdata[patch->next_inserted];
        if (inserted->after_row != row) {
            return true;
        }
        if (patch->lacks_line_end) {
            append_ascii(patch, patch->line_end);
        }
        if (!append_inserted_line(patch, inserted, quotes_everything(line), error)) {
            return false;
        }
        if (!patch->lacks_line_end) {
            append_ascii(patch, patch->line_end);
        }
        patch->next_inserted++;
    }
    return true;
}

static bool
take_line(guint32 row, const TextLine *line, gpointer user_data, bool *stop, GError **error)
{
    TextPatch *patch = user_data;
    const guint unit_size = patch->text->format.unit_size;
    patch->last_row = row;
    if (line->size > line->line_end_size) {
        patch->num_fields = line->num_fields;
    }
    if (line->line_end_size == 2 * unit_size) {
        patch->line_end = "\r\n";
    } else if (line->line_end_size == unit_size) {
        const char *end = line->data + line->size - unit_size;
        patch->line_end = memchr(end, '\r', unit_size) != NULL ? "\r" : "\n";
    }
    patch->lacks_line_end = line->line_end_size == 0;
    const SheetEdit *edit = next_edit(patch);
    if (edit != NULL && edit->row == row) {
        if (!append_edited_line(patch, row, line, error)) {
            return false;
        }
        g_string_append_len(patch->out, line->data + line->size - line->line_end_size,
                            (gssize)line->line_end_size);
    } else {
        g_string_append_len(patch->out, line->data, (gssize)line->size);
    }
    return append_inserted_lines(patch, row, line, error) &&
           (patch->out->len < buffer_size || flush(patch, error));
}

/* Appends the rows below the last one; those that are skipped are empty lines. */
static bool
append_new_rows(TextPatch *patch, GError **error)
{
    const SheetEdit *edit;
    while ((edit = next_edit(patch)) != NULL) {
        if (edit->text[0] == '\0') {
            patch->stats.num_cells_equal++;
            patch->next++;
            continue;
        }
        bool lacks_line_end = patch->lacks_line_end && patch->last_row > 0;
        for (; patch->last_row + 1 < edit->row; patch->last_row++) {
            append_ascii(patch, patch->line_end);
        }
        if (lacks_line_end) {
            append_ascii(patch, patch->line_end);
        }
        guint32 row = edit->row, num_fields = 1;
        for (; edit != NULL && edit->row == row; patch->next++, edit = next_edit(patch)) {
            if (edit->text[0] == '\0') {
                patch->stats.num_cells_equal++;
                continue;
            }
            for (; num_fields < edit->column; num_fields++) {
                append_delimiter(patch);
            }
            if (!append_text(patch, edit->text, false, row, error)) {
                return false;
            }
            patch->stats.num_cells_changed++;
        }
        /* Amazon's own text files pad every row to the number of columns. */
        for (; num_fields < patch->num_fields; num_fields++) {
            append_delimiter(patch);
        }
        if (!patch->lacks_line_end) {
            append_ascii(patch, patch->line_end);
        }
        patch->last_row = row;
        patch->stats.num_rows_inserted++;
        if (patch->out->len >= buffer_size && !flush(patch, error)) {
            return false;
        }
    }
    return true;
}

static int
compare_inserted(gconstpointer a, gconstpointer b)
{
    const SheetInsertedLine *left = *(const SheetInsertedLine *const *)a;
    const SheetInsertedLine *right = *(const SheetInsertedLine *const *)b;
    if (left->after_row != right->after_row) {
        return left->after_row < right->after_row ? -1 : 1;
    }
    return left < right ? -1 : left > right; /* those for one row keep their order */
}

static bool
check_inserted(const GPtrArray *inserted, GError **error)
{
    for (guint i = 0; i < inserted->len; i++) {
        const SheetInsertedLine *line = inserted->pdata[i];
        for (char **text = line->texts; *text != NULL; text++) {
            if (!g_utf8_validate(*text, -1, NULL)) {
                return fail(error, APP_ERROR_INVALID, "a line to insert after line %u is not UTF-8",
                            line->after_row);
            }
        }
    }
    return true;
}

/* The marks behind the end of the text. */
static bool
append_end_marks(TextPatch *patch, GError **error)
{
    char marks[256];
    guint64 offset = patch->text->end;
    ssize_t got;
    while ((got = pread(patch->text->fd, marks, sizeof marks, (off_t)offset)) > 0) {
        g_string_append_len(patch->out, marks, got);
        offset += (guint64)got;
    }
    return got == 0 || fail_errno(error, errno, patch->text->path);
}

static bool
write_patched(TextPatch *patch, GError **error)
{
    g_autofree char *bom = g_malloc0(patch->text->format.bom_size + 1);
    if (pread(patch->text->fd, bom, patch->text->format.bom_size, 0) < 0) {
        return fail_errno(error, errno, patch->text->path);
    }
    g_string_append_len(patch->out, bom, (gssize)patch->text->format.bom_size);
    if (!text_each_line(patch->text, take_line, patch, error)) {
        return false;
    }
    if (patch->next_inserted < patch->inserted->len) {
        const SheetInsertedLine *line = patch->inserted->pdata[patch->next_inserted];
        return fail(error, APP_ERROR_INVALID, "%s: no line %u to insert another one after",
                    patch->text->path, line->after_row);
    }
    return append_new_rows(patch, error) && append_end_marks(patch, error) && flush(patch, error);
}

bool
text_patch(const TextFile *text, const GPtrArray *edits, const SheetInsertedLine *inserted,
           gsize num_inserted, int out_fd, const char *out_name, SheetPatchStats *ret_stats,
           GError **error)
{
    TextPatch patch = {
        .text = text,
        .edits = edits,
        .fd = out_fd,
        .out_name = out_name,
        .line_end = text->format.line_end[0] == '\0' ? "\r\n" : text->format.line_end,
    };
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (gsize i = 0; i < num_inserted; i++) {
        g_ptr_array_add(sorted, (gpointer)&inserted[i]);
    }
    g_ptr_array_sort(sorted, compare_inserted);
    if (!check_inserted(sorted, error)) {
        return false;
    }
    patch.inserted = sorted;
    patch.decoder = g_iconv_open("UTF-8", text->format.encoding);
    if (patch.decoder == (GIConv)-1) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s cannot be decoded here",
                    text->format.encoding);
    }
    patch.out = g_string_new(NULL);
    patch.field = g_string_new(NULL);
    bool done = write_patched(&patch, error);
    if (done && ret_stats != NULL) {
        *ret_stats = patch.stats;
    }
    g_iconv_close(patch.decoder);
    g_string_free(patch.out, TRUE);
    g_string_free(patch.field, TRUE);
    return done;
}
