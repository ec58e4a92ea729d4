/* Text sheets (.csv, .tsv, .txt): RFC 4180 with what is really met: five encodings, four
 * delimiters, three kinds of line ends, also mixed.
 *
 * Lines are taken apart in the file's own bytes, which is what lets a patch leave every other byte
 * as it is: decoding and encoding again does not give the same bytes in every encoding (Windows-31J
 * has characters with two codes). */
#pragma once

#include "sheet/sheet.h"

typedef struct {
    char *encoding;    /* iconv name */
    const char *label; /* for people; static or ENCODING */
    guint unit_size;   /* 2 for UTF-16 */
    bool is_big_endian;
    bool is_utf8;
    gsize bom_size;
    /* The first bytes of characters of two bytes. The second may be one of ASCII's, 0x7C ('|')
     * even: only with this table can delimiters be told from it. */
    bool is_lead[256];
    char delimiter;
    const char *line_end; /* "\r\n", "\n", "\r": of the first line; "" for a single line */
} TextFormat;

typedef struct {
    char *path;
    int fd;
    guint64 max_bytes;
    guint64 end; /* where the text ends: what DOS and CP/M mark its end with (0x1A, also several)
                  * stays behind it and is nobody's cell */
    TextFormat format;
} TextFile;

/* Takes FD. ENCODING: see sheet_open. */
TextFile *text_open(const char *path, int fd, const char *encoding, guint64 max_bytes,
                    GError **error);
void text_close(TextFile *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextFile, text_close)

/* Calls FUNC for the text's bytes, in pieces, from OFFSET on. FUNC sets *STOP to stop. */
typedef bool (*TextPieceFunc)(const char *data, gsize size, gpointer user_data, bool *stop,
                              GError **error);
bool text_each_piece(const TextFile *text, guint64 offset, TextPieceFunc func, gpointer user_data,
                     GError **error);

typedef struct {
    const char *data; /* with its quotes */
    gsize size;
    bool is_quoted;
} TextField;

typedef struct {
    const char *data; /* with the line end */
    gsize size;
    gsize line_end_size; /* in bytes; 0 for the last line of a file without one */
    const TextField *fields;
    gsize num_fields; /* at least 1 */
} TextLine;

/* Takes the line that begins DATA apart; FIELDS (of TextField) is where its fields go. False when
 * the line does not end in DATA and IS_LAST is not set. *RET_IS_OPEN: the data ends inside quotes.
 */
bool text_parse_line(const TextFormat *format, const char *data, gsize size, bool is_last,
                     GArray *fields, TextLine *ret_line, bool *ret_is_open);

typedef bool (*TextLineFunc)(guint32 row, const TextLine *line, gpointer user_data, bool *stop,
                             GError **error);
/* Streams through the lines from the first one (behind the BOM). */
bool text_each_line(const TextFile *text, TextLineFunc func, gpointer user_data, GError **error);

/* Appends a field's text in UTF-8, without zero bytes. Where it is not text of the encoding, U+FFFD
 * stands for what is not ASCII. */
void text_decode_field(const TextFormat *format, GIConv decoder, const TextField *field,
                       GString *text);

bool text_read_rows(const TextFile *text, SheetRowFunc func, gpointer user_data, GError **error);

/* See sheet_patch. EDITS: sorted (edits.h). */
bool text_patch(const TextFile *text, const GPtrArray *edits, const SheetInsertedLine *inserted,
                gsize num_inserted, int out_fd, const char *out_name, SheetPatchStats *ret_stats,
                GError **error);
