#include "listing/name.h"

#include <string.h>

/* From here on scripts that write no spaces between words, and pictographs. */
static const gunichar first_spaceless = 0x2E80;

enum {
    OTHER,
    SPACE,
    SEPARATOR,
    INVISIBLE,
};

/* Those of them that normalisation leaves alone and that have no case, which is most. */
static bool
is_kana_or_han(gunichar c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3041 && c <= 0x3094) ||
           (c >= 0x30A1 && c <= 0x30FA) || c == 0x30FC;
}

static int
classify(gunichar c)
{
    if (c < 0x80) {
        return g_ascii_isalnum(c)                ? OTHER
               : c == ' ' || (c >= 9 && c <= 13) ? SPACE
               : c < 32 || c == 127              ? INVISIBLE
                                                 : SEPARATOR;
    }
    if (is_kana_or_han(c)) {
        return OTHER;
    }
    if (c >= 0xFE00 && c <= 0xFE0F) { /* variation selectors: the same sign, drawn otherwise */
        return INVISIBLE;
    }
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT: /* zero-width space and joiners, byte order mark, soft hyphen */
        return INVISIBLE;
    case G_UNICODE_SPACE_SEPARATOR:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return SPACE;
    case G_UNICODE_CONNECT_PUNCTUATION:
    case G_UNICODE_DASH_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION:
    case G_UNICODE_OPEN_PUNCTUATION:
        return SEPARATOR;
    default:
        return OTHER;
    }
}

static void
reserve(Name *name, gsize length)
{
    if (name->text_capacity < length + 1) {
        name->text_capacity = MAX(64, 2 * (length + 1));
        name->plain = g_realloc(name->plain, name->text_capacity);
        name->folded = g_realloc(name->folded, name->text_capacity);
        name->squeezed = g_realloc(name->squeezed, name->text_capacity);
    }
    if (name->word_capacity < length / 2 + 2) {
        name->word_capacity = MAX(32, length + 2);
        name->words = g_renew(NameWord, name->words, name->word_capacity);
    }
}

static void
begin_word(Name *name)
{
    name->words[name->num_words++] = (NameWord){ .start = name->folded_length,
                                                 .plain_start = name->plain_length,
                                                 .squeezed_start = name->squeezed_length };
}

static void
end_word(Name *name)
{
    name->words[name->num_words - 1].end = name->folded_length;
    name->words[name->num_words - 1].squeezed_end = name->squeezed_length;
}

/* The bytes that most names consist of, decided by one look: what to append for it in lower case;
 * 1 a separator, 2 a space, 3 nothing. */
static guint8 ascii_action[128];

static void
fill_ascii_action(void)
{
    for (int c = 0; c < 128; c++) {
        int class = classify((gunichar)c);
        ascii_action[c] = class == OTHER       ? (guint8)g_ascii_tolower((char)c)
                          : class == SEPARATOR ? 1
                          : class == SPACE     ? 2
                                               : 3;
    }
}

static void
set_ascii(Name *name, const char *text, gsize length)
{
    char *plain = name->plain;
    char *folded = name->folded;
    char *squeezed = name->squeezed;
    guint32 at = 0;
    guint32 num_squeezed = 0;
    bool in_word = false;
    for (gsize i = 0; i < length; i++) {
        guint8 action = ascii_action[(guint8)text[i]];
        if (action > 3) {
            if (!in_word) {
                name->words[name->num_words++] =
                    (NameWord){ .start = at, .plain_start = at, .squeezed_start = num_squeezed };
                in_word = true;
            }
            plain[at] = text[i];
            folded[at++] = (char)action;
            squeezed[num_squeezed++] = (char)action;
            continue;
        }
        if (action == 3) {
            continue;
        }
        if (in_word) {
            name->words[name->num_words - 1].end = at;
            name->words[name->num_words - 1].squeezed_end = num_squeezed;
            in_word = false;
        }
        if (action == 1) {
            plain[at] = folded[at] = text[i];
            at++;
        } else if (at > 0 && folded[at - 1] != ' ') {
            plain[at] = folded[at] = ' ';
            at++;
        }
    }
    if (in_word) {
        name->words[name->num_words - 1].end = at;
        name->words[name->num_words - 1].squeezed_end = num_squeezed;
    }
    name->plain_length = name->folded_length = at;
    name->squeezed_length = num_squeezed;
}

/* One character without case: several, where Unicode has it so. */
typedef struct {
    guint8 size;
    char utf8[7];
} Folded;

/* Of what comes before this: Latin, Greek, Cyrillic, Armenian and all that is used now. */
enum { NUM_FOLDED = 0x2000 };
static Folded folded_table[NUM_FOLDED];

static Folded
fold(const char *utf8, gunichar c)
{
    Folded folded = { 0 };
    if (c == 0x130) { /* Unicode keeps the dot of the Turkish capital as a mark of its own */
        return (Folded){ 1, "i" };
    }
    g_autofree char *text = g_utf8_casefold(utf8, g_utf8_skip[(guint8)*utf8]);
    gsize size = strlen(text);
    g_assert(size < sizeof folded.utf8);
    folded.size = (guint8)size;
    memcpy(folded.utf8, text, size);
    return folded;
}

static void
fill_folded_table(void)
{
    for (gunichar c = 1; c < NUM_FOLDED; c++) {
        char utf8[6];
        (void)g_unichar_to_utf8(c, utf8);
        folded_table[c] = fold(utf8, c);
    }
}

static bool
has_case(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_UPPERCASE_LETTER || type == G_UNICODE_LOWERCASE_LETTER;
}

/* C, whose bytes are at UTF8. */
static void
append_letter(Name *name, const char *utf8, gunichar c)
{
    guint32 plain_length = (guint32)g_utf8_skip[(guint8)*utf8];
    memcpy(name->plain + name->plain_length, utf8, plain_length);
    name->plain_length += plain_length;
    Folded folded;
    const char *text = utf8;
    guint32 length = plain_length;
    if (c < NUM_FOLDED) {
        text = folded_table[c].utf8;
        length = folded_table[c].size;
    } else if (!is_kana_or_han(c) && has_case(c)) {
        folded = fold(utf8, c);
        text = folded.utf8;
        length = folded.size;
    }
    memcpy(name->folded + name->folded_length, text, length);
    memcpy(name->squeezed + name->squeezed_length, text, length);
    name->folded_length += length;
    name->squeezed_length += length;
}

static void
set_unicode(Name *name, const char *text)
{
    bool in_word = false;
    bool spaceless = false;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = (guint8)*p < 0x80 ? (gunichar)*p : g_utf8_get_char(p);
        int class = classify(c);
        if (class == INVISIBLE) {
            continue;
        }
        if (class == OTHER) {
            if (in_word && spaceless != (c >= first_spaceless)) {
                end_word(name);
                in_word = false;
            }
            spaceless = c >= first_spaceless;
            if (!in_word) {
                begin_word(name);
                in_word = true;
            }
            append_letter(name, p, c);
            continue;
        }
        if (in_word) {
            end_word(name);
            in_word = false;
        }
        if (class == SPACE) {
            if (name->folded_length == 0 || name->folded[name->folded_length - 1] == ' ') {
                continue;
            }
            c = ' ';
        }
        name->folded_length += (guint32)g_unichar_to_utf8(c, name->folded + name->folded_length);
        name->plain_length += (guint32)g_unichar_to_utf8(c, name->plain + name->plain_length);
    }
    if (in_word) {
        end_word(name);
    }
}

static bool
is_ascii(const char *text, gsize length)
{
    guint8 any = 0;
    for (gsize i = 0; i < length; i++) {
        any |= (guint8)text[i];
    }
    return any < 0x80;
}

/* NFKC for text of nothing but ASCII, accented Latin letters, kana, Chinese characters and
 * full-width forms: a tenth of the work. False, with COMPOSED undefined, for any other, and for
 * what is no UTF-8. COMPOSED has room for LENGTH bytes and '\0'. */
static bool
compose_simply(const char *text, gsize length, char *composed)
{
    const guint8 *p = (const guint8 *)text;
    const guint8 *end = p + length;
    while (p < end) {
        if (*p < 0x80 && *p != '\0') {
            *composed++ = (char)*p++;
        } else if (*p == 0xC3 && end - p >= 2 && (p[1] & 0xC0) == 0x80) { /* U+00C0 to U+00FF */
            *composed++ = (char)*p++;
            *composed++ = (char)*p++;
        } else if ((*p & 0xF0) == 0xE0 && end - p >= 3 && (p[1] & 0xC0) == 0x80 &&
                   (p[2] & 0xC0) == 0x80) {
            gunichar c = (gunichar)(p[0] & 15) << 12 | (gunichar)(p[1] & 63) << 6 | (p[2] & 63);
            if (is_kana_or_han(c)) {
                memcpy(composed, p, 3);
                composed += 3;
            } else if (c >= 0xFF01 && c <= 0xFF5E) {
                *composed++ = (char)(c - 0xFEE0);
            } else if (c == 0x3000) {
                *composed++ = ' ';
            } else {
                return false;
            }
            p += 3;
        } else {
            return false;
        }
    }
    *composed = '\0';
    return true;
}

void
name_set(Name *name, const char *text, gsize length)
{
    static gsize filled;
    if (g_once_init_enter(&filled)) {
        fill_ascii_action();
        fill_folded_table();
        g_once_init_leave(&filled, 1);
    }
    name->plain_length = name->folded_length = name->squeezed_length = name->num_words = 0;
    if (is_ascii(text, length)) {
        reserve(name, length);
        set_ascii(name, text, length);
    } else {
        g_autofree char *composed = g_malloc(length + 1);
        if (!compose_simply(text, length, composed)) {
            g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
            g_free(composed);
            composed = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL_COMPOSE);
        }
        /* A letter can have three times as many bytes without case (U+0390). */
        reserve(name, strlen(composed) * 3 + 8);
        set_unicode(name, composed);
    }
    if (name->folded_length > 0 && name->folded[name->folded_length - 1] == ' ') {
        name->folded_length--;
        name->plain_length--;
    }
    if (name->num_words == 0 && name->folded_length > 0) {
        begin_word(name);
        memcpy(name->squeezed, name->folded, name->folded_length);
        name->squeezed_length = name->folded_length;
        name->words[0] =
            (NameWord){ .end = name->folded_length, .squeezed_end = name->squeezed_length };
    }
    name->plain[name->plain_length] = '\0';
    name->folded[name->folded_length] = '\0';
    name->squeezed[name->squeezed_length] = '\0';
}

void
name_clear(Name *name)
{
    g_free(name->plain);
    g_free(name->folded);
    g_free(name->squeezed);
    g_free(name->words);
    memset(name, 0, sizeof *name);
}

gsize
name_base(const char *path, gsize length)
{
    while (length > 0 && path[length - 1] != '/' && path[length - 1] != '\\') {
        length--;
    }
    return length;
}

gsize
name_stem_length(const char *base, gsize length)
{
    static const char *const extensions[] = { "jpg",  "jpeg", "png",  "webp", "tif",
                                              "tiff", "gif",  "heic", "heif", "avif",
                                              "bmp",  "jpe",  "jfif", "hif",  "heics" };
    gsize dot = length;
    while (dot > 0 && length - dot < 6 && base[dot - 1] != '.') {
        dot--;
    }
    if (dot < 2 || base[dot - 1] != '.') {
        return length;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(extensions); i++) {
        if (strlen(extensions[i]) == length - dot &&
            g_ascii_strncasecmp(base + dot, extensions[i], length - dot) == 0) {
            return dot - 1;
        }
    }
    return length;
}

static bool
is_junk_folder(const char *name, gsize length)
{
    static const char *const folders[] = { "__MACOSX",   ".Spotlight-V100", ".Trashes",
                                           ".fseventsd", "@eaDir",          "$RECYCLE.BIN" };
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        if (strlen(folders[i]) == length && strncmp(name, folders[i], length) == 0) {
            return true;
        }
    }
    return false;
}

bool
photo_name_is_junk(const char *path)
{
    static const char *const files[] = { ".DS_Store",   "Thumbs.db", "ehthumbs.db", "desktop.ini",
                                         ".picasa.ini", "Icon\r",    ".localized" };
    for (const char *slash; (slash = strpbrk(path, "/\\")) != NULL; path = slash + 1) {
        if (is_junk_folder(path, (gsize)(slash - path))) {
            return true;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        if (g_ascii_strcasecmp(path, files[i]) == 0) {
            return true;
        }
    }
    return g_str_has_prefix(path, "._");
}

int
name_compare_natural(const char *a, const char *b)
{
    const guint8 *p = (const guint8 *)a;
    const guint8 *q = (const guint8 *)b;
    while (*p != '\0' && *q != '\0') {
        if (g_ascii_isdigit(*p) && g_ascii_isdigit(*q)) {
            while (*p == '0') {
                p++;
            }
            while (*q == '0') {
                q++;
            }
            gsize num_p = 0;
            gsize num_q = 0;
            while (g_ascii_isdigit(p[num_p])) {
                num_p++;
            }
            while (g_ascii_isdigit(q[num_q])) {
                num_q++;
            }
            int order = num_p != num_q ? (num_p < num_q ? -1 : 1) : memcmp(p, q, num_p);
            if (order != 0) {
                return order;
            }
            p += num_p;
            q += num_q;
            continue;
        }
        int order = g_ascii_tolower((char)*p) - g_ascii_tolower((char)*q);
        if (order != 0) {
            /* A name before its own continuation: "a.jpg", "a 2.jpg" differ first in '.' and ' '.
             */
            return order;
        }
        p++;
        q++;
    }
    return *p != *q ? (*p < *q ? -1 : 1) : strcmp(a, b);
}
