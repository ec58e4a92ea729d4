#include "sheet/text.h"

#include "base/charset.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PIECE_SIZE = 64 * 1024,
    SAMPLE_SIZE = 256 * 1024, /* of which delimiter and line end are told */
    MAX_SAMPLE_LINES = 200,
    MAX_END_MARKS = 4096,     /* CP/M fills blocks of 128 bytes, disks have larger ones */
    GUESS_SIZE = 1024 * 1024, /* of pieces that are not plain ASCII, for guessing the encoding */
};

bool
text_each_piece(const TextFile *text, guint64 offset, TextPieceFunc func, gpointer user_data,
                GError **error)
{
    g_autofree char *buffer = g_malloc(PIECE_SIZE);
    for (bool stop = false; !stop && offset < text->end;) {
        gsize size = (gsize)MIN(text->end - offset, (guint64)PIECE_SIZE);
        ssize_t got = pread(text->fd, buffer, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(error, errno, text->path);
        }
        if (got == 0) {
            return true;
        }
        offset += (guint64)got;
        if (offset > text->max_bytes) {
            return fail(error, APP_ERROR_TOO_LARGE,
                        "%s: more than %" G_GUINT64_FORMAT " bytes (sheet.max-bytes)", text->path,
                        text->max_bytes);
        }
        if (!func(buffer, (gsize)got, user_data, &stop, error)) {
            return false;
        }
    }
    return true;
}

/* What the whole file is looked through for. */
typedef struct {
    bool is_utf8;
    bool has_zero;
    char cut[4]; /* the beginning of a character at the end of a piece */
    gsize cut_size;
    GByteArray *sample; /* of pieces that are not ASCII */
} Survey;

static bool
survey_piece(const char *data, gsize size, gpointer user_data, bool *stop, GError **error)
{
    Survey *survey = user_data;
    survey->has_zero = survey->has_zero || memchr(data, 0, size) != NULL;
    g_autoptr(GByteArray) joined = g_byte_array_new();
    g_byte_array_append(joined, (const guint8 *)survey->cut, (guint)survey->cut_size);
    g_byte_array_append(joined, (const guint8 *)data, (guint)size);
    bool is_ascii = true;
    for (guint i = 0; i < joined->len && is_ascii; i++) {
        is_ascii = joined->data[i] < 0x80;
    }
    if (!is_ascii && survey->sample->len < GUESS_SIZE) {
        g_byte_array_append(survey->sample, joined->data, joined->len);
    }
    survey->cut_size = 0;
    const char *end = (const char *)joined->data;
    if (survey->is_utf8 && !is_ascii &&
        !g_utf8_validate((const char *)joined->data, (gssize)joined->len, &end)) {
        gsize left = (gsize)((const char *)joined->data + joined->len - end);
        survey->is_utf8 = left < 4 && g_utf8_get_char_validated(end, (gssize)left) == (gunichar)-2;
        if (survey->is_utf8) {
            memcpy(survey->cut, end, left);
            survey->cut_size = left;
        }
    }
    return true;
}

/* UTF-16 without a mark: every second byte of plain text is zero. */
static const char *
guess_utf16(const char *head, gsize size)
{
    gsize num_even = 0, num_odd = 0;
    for (gsize i = 0; i + 1 < size; i += 2) {
        num_even += head[i] == 0;
        num_odd += head[i + 1] == 0;
    }
    if (num_even == 0 && num_odd * 4 > size) {
        return "UTF-16LE";
    }
    return num_odd == 0 && num_even * 4 > size ? "UTF-16BE" : NULL;
}

static const char *
label_of(const char *encoding)
{
    static const char *const labels[][2] = {
        { "CP1252", "Windows-1252" },
        { "CP932", "Windows-31J" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        if (g_str_equal(encoding, labels[i][0])) {
            return labels[i][1];
        }
    }
    return encoding;
}

/* Whether BYTES are one whole character. */
static bool
is_character(GIConv decoder, const guint8 *bytes, gsize size)
{
    char out[16];
    char *in_at = (char *)bytes, *out_at = out;
    gsize in_left = size, out_left = sizeof out;
    (void)g_iconv(decoder, NULL, NULL, NULL, NULL);
    gsize result = g_iconv(decoder, &in_at, &in_left, &out_at, &out_left);
    return result != (gsize)-1 && in_left == 0 && g_utf8_strlen(out, out_at - out) == 1;
}

/* Learns from the decoder itself which bytes begin a character of two. */
static bool
learn_characters(TextFormat *format, GError **error)
{
    GIConv decoder = g_iconv_open("UTF-8", format->encoding);
    if (decoder == (GIConv)-1) {
        return fail(error, APP_ERROR_INVALID, "%s is not an encoding that is known",
                    format->encoding);
    }
    static const guint8 needed[] = "\t\n\r \",;|0AZaz";
    bool is_ascii = true;
    for (guint i = 0; i + 1 < sizeof needed && is_ascii; i++) {
        is_ascii = is_character(decoder, needed + i, 1);
    }
    for (guint lead = 0x80; lead < 0x100 && is_ascii && !format->is_utf8; lead++) {
        guint8 bytes[2] = { (guint8)lead, 0 };
        if (is_character(decoder, bytes, 1)) {
            continue;
        }
        for (guint trail = 0x40; trail < 0x100 && !format->is_lead[lead]; trail++) {
            bytes[1] = (guint8)trail;
            format->is_lead[lead] = is_character(decoder, bytes, 2);
        }
    }
    g_iconv_close(decoder);
    if (!is_ascii) {
        return fail(error, APP_ERROR_UNSUPPORTED, "sheets in %s are not handled", format->encoding);
    }
    return true;
}

static void
set_encoding(TextFormat *format, const char *encoding)
{
    format->encoding = g_strdup(encoding);
    format->label =
        g_str_equal(encoding, label_of(encoding)) ? format->encoding : label_of(encoding);
}

/* An encoding that the caller names; for UTF-16 without an order of bytes, the mark decides. */
static bool
use_named_encoding(TextFormat *format, const char *name, const char *by_mark, GError **error)
{
    g_autofree char *upper = g_ascii_strup(name, -1);
    if (g_str_equal(upper, "UTF-16") || g_str_equal(upper, "UTF16")) {
        set_encoding(format, by_mark == NULL ? "UTF-16LE" : by_mark);
    } else if (g_str_equal(upper, "UTF8") || g_str_equal(upper, "UTF-8")) {
        set_encoding(format, "UTF-8");
    } else if (g_str_equal(upper, "WINDOWS-31J")) {
        set_encoding(format, "CP932");
    } else if (g_str_equal(upper, "WINDOWS-1252")) {
        set_encoding(format, "CP1252");
    } else {
        set_encoding(format, upper);
    }
    if (strstr(upper, "UTF-32") != NULL || strstr(upper, "UCS") != NULL ||
        strstr(upper, "UTF-7") != NULL || g_str_has_prefix(upper, "ISO-2022") ||
        g_str_equal(upper, "HZ")) {
        return fail(error, APP_ERROR_UNSUPPORTED, "sheets in %s are not handled", name);
    }
    return true;
}

static bool
detect_encoding(TextFile *text, const char *named, GError **error)
{
    TextFormat *format = &text->format;
    static const struct {
        const char *mark, *encoding;
        gsize size;
    } marks[] = { { "\xef\xbb\xbf", "UTF-8", 3 },
                  { "\xff\xfe", "UTF-16LE", 2 },
                  { "\xfe\xff", "UTF-16BE", 2 } };
    g_autofree char *head = g_malloc(SAMPLE_SIZE);
    ssize_t head_size = pread(text->fd, head, SAMPLE_SIZE, 0);
    if (head_size < 0) {
        return fail_errno(error, errno, text->path);
    }
    const char *by_mark = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(marks) && by_mark == NULL; i++) {
        if ((gsize)head_size >= marks[i].size && memcmp(head, marks[i].mark, marks[i].size) == 0) {
            by_mark = marks[i].encoding;
            format->bom_size = marks[i].size;
        }
    }
    if (named != NULL) {
        if (!use_named_encoding(format, named, by_mark, error)) {
            return false;
        }
        /* A mark of another encoding is text. */
        format->bom_size = g_strcmp0(by_mark, format->encoding) == 0 ? format->bom_size : 0;
    } else if (by_mark != NULL) {
        set_encoding(format, by_mark);
    } else {
        Survey survey = { .is_utf8 = true, .sample = g_byte_array_new() };
        bool done = text_each_piece(text, 0, survey_piece, &survey, error);
        const char *guess = guess_utf16(head, MIN((gsize)head_size, 4096));
        if (guess == NULL) {
            guess = survey.is_utf8 && survey.cut_size == 0
                        ? "UTF-8"
                        : charset_guess_legacy(survey.sample->data, survey.sample->len);
        }
        if (done && survey.has_zero && !g_str_has_prefix(guess, "UTF-16")) {
            done = fail(error, APP_ERROR_INVALID, "%s: neither a workbook nor text", text->path);
        }
        set_encoding(format, guess);
        g_byte_array_unref(survey.sample);
        if (!done) {
            return false;
        }
    }
    format->is_utf8 = g_str_equal(format->encoding, "UTF-8");
    format->is_big_endian = g_str_equal(format->encoding, "UTF-16BE");
    format->unit_size = format->is_big_endian || g_str_equal(format->encoding, "UTF-16LE") ? 2 : 1;
    return format->unit_size == 2 || learn_characters(format, error);
}

/* Whether quotes stand in FIELD as nobody writes them: inside an unquoted one, or with something
 * behind the closing one. Cutting at the wrong character makes such fields. */
static bool
has_stray_quote(const TextField *field)
{
    gsize num_quotes = 0;
    char last = '\0';
    bool is_closed = false; /* an even number of quotes so far */
    for (gsize i = 0; i < field->size; i++) {
        char c = field->data[i];
        if (c == '\0') { /* half a character of UTF-16 */
            continue;
        }
        if (c != '"' && is_closed) {
            return true;
        }
        num_quotes += c == '"';
        is_closed = field->is_quoted && num_quotes % 2 == 0;
        last = c;
    }
    return field->is_quoted ? last != '"' : num_quotes > 0;
}

/* How well the delimiter of FORMAT explains the sample: many fields, the same number on most lines,
 * and few lines with stray quotes. */
static double
rate_delimiter(const TextFormat *format, const char *sample, gsize size, bool is_whole)
{
    TextFormat trial = *format;
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(TextField));
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(gsize));
    TextLine line;
    bool is_open;
    guint num_strays = 0;
    while (size > 0 && counts->len < MAX_SAMPLE_LINES &&
           text_parse_line(&trial, sample, size, is_whole, fields, &line, &is_open)) {
        if (line.num_fields > 1 || line.fields[0].size > 0) {
            g_array_append_val(counts, line.num_fields);
            bool has_stray = false;
            for (gsize i = 0; i < line.num_fields && !has_stray; i++) {
                has_stray = has_stray_quote(&line.fields[i]);
            }
            num_strays += has_stray;
        }
        sample += line.size;
        size -= line.size;
    }
    double best = 0;
    for (guint i = 0; i < counts->len; i++) {
        gsize count = g_array_index(counts, gsize, i);
        guint num_same = 0;
        for (guint j = 0; j < counts->len; j++) {
            num_same += g_array_index(counts, gsize, j) == count;
        }
        double share = (double)num_same / counts->len;
        best = MAX(best, share * share * (double)(count - 1));
    }
    double sound = counts->len > 0 ? 1 - (double)num_strays / counts->len : 0;
    return best * sound * sound;
}

static void
detect_delimiter(TextFormat *format, const char *sample, gsize size, bool is_whole)
{
    /* Excel obeys such a first line. */
    g_autofree char *head = g_convert(sample, (gssize)MIN(size, 5 * (gsize)format->unit_size),
                                      "UTF-8", format->encoding, NULL, NULL, NULL);
    static const char candidates[] = "\t;,|";
    if (head != NULL && g_ascii_strncasecmp(head, "sep=", 4) == 0 && head[4] != '\0' &&
        strchr(candidates, head[4]) != NULL) {
        format->delimiter = head[4];
        return;
    }
    double best = 0;
    char delimiter = ',';
    for (const char *c = candidates; *c != '\0'; c++) {
        format->delimiter = *c;
        double rate = rate_delimiter(format, sample, size, is_whole);
        if (rate > best) {
            best = rate;
            delimiter = *c;
        }
    }
    format->delimiter = delimiter;
}

static bool
detect_layout(TextFile *text, GError **error)
{
    TextFormat *format = &text->format;
    g_autofree char *sample = g_malloc(SAMPLE_SIZE);
    ssize_t got = pread(text->fd, sample, SAMPLE_SIZE, (off_t)format->bom_size);
    if (got < 0) {
        return fail_errno(error, errno, text->path);
    }
    bool is_whole = (gsize)got < SAMPLE_SIZE;
    gsize size = (gsize)MIN((guint64)got, text->end - format->bom_size);
    detect_delimiter(format, sample, size, is_whole);
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(TextField));
    TextLine line;
    bool is_open;
    format->line_end = "";
    if (size > 0 && text_parse_line(format, sample, size, is_whole, fields, &line, &is_open)) {
        const char *end = line.data + line.size;
        bool is_cr = line.line_end_size == format->unit_size &&
                     end[format->is_big_endian || format->unit_size == 1 ? -1 : -2] == '\r';
        format->line_end = line.line_end_size == 0                       ? ""
                           : line.line_end_size == 2 * format->unit_size ? "\r\n"
                           : is_cr                                       ? "\r"
                                                                         : "\n";
    }
    return true;
}

/* Of encodings with single bytes only: in UTF-16 that byte ends letters. */
static bool
find_end_of_text(TextFile *text, GError **error)
{
    struct stat info;
    char marks[MAX_END_MARKS];
    if (fstat(text->fd, &info) != 0) {
        return fail_errno(error, errno, text->path);
    }
    guint64 size = (guint64)info.st_size, bom_size = text->format.bom_size;
    gsize wanted = (gsize)MIN(size - MIN(bom_size, size), sizeof marks);
    ssize_t got = pread(text->fd, marks, wanted, (off_t)(size - wanted));
    if (got < 0) {
        return fail_errno(error, errno, text->path);
    }
    text->end = size;
    if (text->format.unit_size > 1 || (gsize)got < wanted) {
        return true;
    }
    for (gsize i = wanted; i-- > 0 && marks[i] == 0x1a;) {
        text->end--;
    }
    return true;
}

TextFile *
text_open(const char *path, int fd, const char *encoding, guint64 max_bytes, GError **error)
{
    g_autoptr(TextFile) text = g_new0(TextFile, 1);
    text->path = g_strdup(path);
    text->fd = fd;
    text->max_bytes = max_bytes;
    text->end = G_MAXUINT64;
    if (!detect_encoding(text, encoding, error) || !find_end_of_text(text, error) ||
        !detect_layout(text, error)) {
        return NULL;
    }
    return g_steal_pointer(&text);
}

void
text_close(TextFile *text)
{
    if (text != NULL) {
        close(text->fd);
        g_free(text->path);
        g_free(text->format.encoding);
        g_free(text);
    }
}
