/* Names made comparable: of SKUs, of files, of folders. macOS sends names decomposed, keyboards in
 * Japan send full-width letters, spreadsheets send no-break spaces; people see no difference. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A run of letters and digits (and of whatever is no separator: emoji too). Where Latin script
 * meets Chinese, Japanese or Korean a word ends as well, because those write no spaces. */
typedef struct {
    guint32 start, end;                   /* in folded */
    guint32 plain_start;                  /* in plain */
    guint32 squeezed_start, squeezed_end; /* in squeezed */
} NameWord;

/* Buffers to be used again and again. All zero is empty; each text ends with '\0'. */
typedef struct {
    char *plain;    /* NFKC; invisible characters gone; spaces single; trimmed */
    char *folded;   /* the same without case, as Unicode folds it: "ß" is "ss" */
    char *squeezed; /* letters and digits of folded, only; all of it if there are none */
    guint32 plain_length, folded_length, squeezed_length;
    NameWord *words; /* none only if the text is empty */
    guint32 num_words;
    gsize text_capacity, word_capacity;
} Name;

/* TEXT need not end with '\0'; bytes that are not UTF-8 are replaced. */
void name_set(Name *name, const char *text, gsize length);
void name_clear(Name *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Name, name_clear)

/* Where PATH ('/' or '\\' between folders) has its last name; 0 if it is only that. */
gsize name_base(const char *path, gsize length);

/* The length of BASE without the extension of a picture. Other extensions stay: "AB.12" is a SKU.
 */
gsize name_stem_length(const char *base, gsize length);

/* What operating systems leave beside photos (__MACOSX/, ._x, .DS_Store, Thumbs.db, desktop.ini):
 * nothing to report to the seller. */
bool photo_name_is_junk(const char *path);

/* Case ignored, digits compared as numbers (2 before 10); then the bytes decide, so that only equal
 * texts are equal. */
int name_compare_natural(const char *a, const char *b);
