#include "listing/match_read.h"

#include <string.h>

/* More SKUs than this that differ in nothing but punctuation are not told apart. */
static const guint32 max_group = 256;

/* A name has a few words. Where every word may begin a SKU, more are not looked at. */
static const guint32 max_inside_words = 32;

/* A SKU of more words is not looked for; it keeps hostile names from costing their length squared.
 */
#define MAX_SKU_WORDS 128

static const guint max_folders = 8;

/* How well a SKU fits a stretch of a name. */
typedef enum {
    FIT_NONE,
    FIT_LOOSE, /* the same letters and digits */
    FIT_SHAPE, /* and separators in the same places */
    FIT_EXACT, /* and the same separators */
} Fit;

typedef struct {
    Fit fit;
    guint32 num_skus; /* more than one: a tie */
    guint32 skus[MAX_NAMED_SKUS];
    IdKind kind;
    guint32 id_length; /* of the identifier, in letters and digits */
    bool only_digits;
    guint32 rest; /* where in folded the rest begins */
    bool whole;   /* there is no word in the rest */
} Hit;

/* Of all SKUs that a name begins with. */
typedef struct {
    Hit best[FIT_EXACT + 1]; /* the longest of each fit; the index is the fit */
    Hit shorter;             /* the next after the longest exact one */
} Hits;

typedef struct {
    Hit hit;
    MatchHow how;
    bool has_claim; /* a folder below that of the SKU means a place: "AB-12/main" */
    Claim claim;
    char *nearest; /* the name of the innermost folder */
} Folder;

struct MatchReader {
    const MatchIndex *index;
    Name stem, joined, folder, id;
    GHashTable *folders; /* path -> Folder */
    GString *text;
    const Folder *last_folder; /* photos come folder by folder, mostly */
    GString *last_path;
    GArray *tied; /* guint32 */
};

static bool
has_gap_before(const Name *name, guint32 word)
{
    return name->words[word].start > name->words[word - 1].end;
}

/* Compares where the separators are in ID and in the words FIRST to LAST of NAME, which have the
 * same letters. A separator that only the name has must not stand between digits: "1-2" is not
 * "12". */
static Fit
compare_shape(const Name *id, const Name *name, guint32 first, guint32 last)
{
    Fit fit = FIT_SHAPE;
    guint32 base = name->words[first].squeezed_start;
    guint32 i = 1;
    guint32 j = first + 1;
    while (i < id->num_words || j <= last) {
        guint32 at_id = i < id->num_words ? id->words[i].squeezed_start : G_MAXUINT32;
        guint32 at_name = j <= last ? name->words[j].squeezed_start - base : G_MAXUINT32;
        guint32 at = MIN(at_id, at_name);
        bool gap_in_id = at_id == at && has_gap_before(id, i);
        bool gap_in_name = at_name == at && has_gap_before(name, j);
        if (gap_in_id != gap_in_name) {
            fit = FIT_LOOSE;
        }
        if (gap_in_name && !gap_in_id && g_ascii_isdigit(id->squeezed[at - 1]) &&
            g_ascii_isdigit(id->squeezed[at])) {
            return FIT_NONE;
        }
        i += at_id == at;
        j += at_name == at;
    }
    return fit;
}

static bool
is_exact(const Id *id, const Name *name, guint32 first)
{
    guint32 start = name->words[first].start;
    return start >= id->lead && start - id->lead + id->folded_length <= name->folded_length &&
           memcmp(name->folded + start - id->lead, id->folded, id->folded_length) == 0;
}

static bool
is_same_case(const Id *id, const Name *name, guint32 first)
{
    guint32 start = name->words[first].start - id->lead;
    const char *plain = name->plain + start;
    if (name->plain_length != name->folded_length) { /* then offsets may differ, too */
        glong num_before = g_utf8_pointer_to_offset(name->folded, name->folded + start);
        plain = g_utf8_offset_to_pointer(name->plain, num_before);
    }
    return (gsize)(name->plain + name->plain_length - plain) >= id->plain_length &&
           memcmp(plain, id->plain, id->plain_length) == 0;
}

static void
add_sku(Hit *hit, guint32 sku)
{
    for (guint32 i = 0; i < MIN(hit->num_skus, MAX_NAMED_SKUS); i++) {
        if (hit->skus[i] == sku) {
            return;
        }
    }
    if (hit->num_skus < MAX_NAMED_SKUS) {
        hit->skus[hit->num_skus] = sku;
    }
    hit->num_skus++;
}

/* Whether a fit of FIT with ID is better than what HIT has: exacter, then longer (with more of the
 * separators), then by the kind of identifier. 0: neither. */
static int
compare_fit(const Hit *hit, Fit fit, guint32 folded_length, const Id *id)
{
    if (hit->fit != fit) {
        return fit > hit->fit ? 1 : -1;
    }
    if (fit == FIT_EXACT && hit->id_length != folded_length) {
        return folded_length > hit->id_length ? 1 : -1;
    }
    return (hit->kind > id->kind) - (hit->kind < id->kind);
}

/* The members of GROUP, whose letters are those of the words FIRST to LAST. */
static Hit
choose(MatchReader *reader, const IdGroup *group, const Name *name, guint32 first, guint32 last)
{
    const Id *ids = reader->index->by_letters.ids + group->first;
    Hit hit = { 0 };
    Hit same_case = { 0 };
    guint32 end = name->words[last].end;
    for (guint32 i = 0; i < MIN(group->count, max_group); i++) {
        const Id *id = &ids[i];
        Fit fit = FIT_EXACT;
        if (!is_exact(id, name, first)) {
            if (hit.fit == FIT_EXACT) {
                continue;
            }
            name_set(&reader->id, id->folded, id->folded_length);
            fit = compare_shape(&reader->id, name, first, last);
        }
        if (fit == FIT_NONE) {
            continue;
        }
        int order = compare_fit(&hit, fit, id->folded_length, id);
        if (order < 0) {
            continue;
        }
        if (order > 0) {
            guint32 exact_end = name->words[first].start - id->lead + id->folded_length;
            hit = (Hit){ .fit = fit,
                         .kind = id->kind,
                         .id_length = id->folded_length,
                         .rest = fit == FIT_EXACT ? MAX(end, exact_end) : end };
            same_case = (Hit){ 0 };
        }
        add_sku(&hit, id->sku);
        if (fit == FIT_EXACT && is_same_case(id, name, first)) {
            add_sku(&same_case, id->sku);
        }
    }
    if (hit.num_skus > 1 && same_case.num_skus > 0) {
        hit.num_skus = same_case.num_skus;
        memcpy(hit.skus, same_case.skus, sizeof hit.skus);
    }
    if (group->count > max_group && hit.fit != FIT_NONE) {
        hit.num_skus = MAX(hit.num_skus, 2);
        hit.skus[1] = hit.num_skus == 2 ? ids[group->count - 1].sku : hit.skus[1];
    }
    const Id *any = &ids[0];
    hit.id_length = any->key_length;
    hit.only_digits = true;
    for (guint32 i = 0; i < any->key_length; i++) {
        hit.only_digits &= g_ascii_isdigit(any->key[i]);
    }
    hit.whole = last + 1 == name->num_words;
    return hit;
}

/* All that begins with word FIRST and ends with word MIN_LAST or a later one. */
static Hits
find_beginnings(MatchReader *reader, const Name *name, guint32 first, guint32 min_last)
{
    Hits hits = { 0 };
    const IdTable *table = &reader->index->by_letters;
    if (first >= name->num_words) {
        return hits;
    }
    guint64 hashes[MAX_SKU_WORDS];
    guint64 hash = ID_HASH_START;
    guint32 num_words = MIN(name->num_words, first + MAX_SKU_WORDS);
    for (guint32 i = first; i < num_words; i++) {
        const NameWord *word = &name->words[i];
        hash = id_hash_more(hash, name->squeezed + word->squeezed_start,
                            word->squeezed_end - word->squeezed_start);
        hashes[i - first] = hash;
    }
    guint32 from = name->words[first].squeezed_start;
    for (guint32 i = num_words; i-- > MAX(first, min_last);) {
        const IdGroup *group = id_table_find(table, name->squeezed + from,
                                             name->words[i].squeezed_end - from, hashes[i - first]);
        if (group == NULL) {
            continue;
        }
        Hit hit = choose(reader, group, name, first, i);
        if (hit.fit != FIT_NONE && hits.best[hit.fit].fit == FIT_NONE) {
            hits.best[hit.fit] = hit;
        } else if (hit.fit == FIT_EXACT) {
            hits.shorter = hit;
            break;
        }
    }
    return hits;
}

static const Hit *
strongest(const Hits *hits)
{
    for (Fit fit = FIT_EXACT; fit > FIT_NONE; fit--) {
        if (hits->best[fit].fit != FIT_NONE) {
            return &hits->best[fit];
        }
    }
    return NULL;
}

/* Spreadsheets drop the zeros in front of numbers, and UPC is EAN-13 without its zero. */
static bool
find_without_zeros(MatchReader *reader, const Name *name, Hit *ret_hit)
{
    const IdTable *table = &reader->index->by_number;
    if (name->num_words == 0 || table->num_groups == 0) {
        return false;
    }
    const NameWord *word = &name->words[0];
    for (guint32 i = word->start; i < word->end; i++) {
        if (!g_ascii_isdigit(name->folded[i])) {
            return false;
        }
    }
    guint32 start = word->squeezed_start;
    while (start + 1 < word->squeezed_end && name->squeezed[start] == '0') {
        start++;
    }
    guint32 length = word->squeezed_end - start;
    const IdGroup *group =
        id_table_find(table, name->squeezed + start, length,
                      id_hash_more(ID_HASH_START, name->squeezed + start, length));
    if (group == NULL) {
        return false;
    }
    Hit hit = { .fit = FIT_LOOSE,
                .kind = table->ids[group->first].kind,
                .id_length = length,
                .only_digits = true,
                .rest = word->end,
                .whole = name->num_words == 1 };
    for (guint32 i = 0; i < group->count; i++) {
        add_sku(&hit, table->ids[group->first + i].sku);
    }
    *ret_hit = hit;
    return true;
}

static bool
find_in_file_column(MatchReader *reader, const char *base, gsize length, MatchReading *reading,
                    Hit *ret_hit)
{
    const IdTable *table = &reader->index->by_file;
    if (table->num_groups == 0) {
        return false;
    }
    name_set(&reader->joined, base, length);
    const Name *name = &reader->joined;
    gsize key_length = name_stem_length(name->folded, name->folded_length);
    const IdGroup *group = id_table_find(table, name->folded, key_length,
                                         id_hash_more(ID_HASH_START, name->folded, key_length));
    if (group == NULL) {
        return false;
    }
    Hit hit = { .fit = FIT_NONE };
    for (guint32 i = 0; i < group->count; i++) {
        const Id *id = &table->ids[group->first + i];
        Fit fit = id->folded_length == name->folded_length &&
                          memcmp(id->folded, name->folded, id->folded_length) == 0
                      ? FIT_EXACT
                      : FIT_LOOSE;
        if (fit > hit.fit) {
            hit = (Hit){ .fit = fit, .kind = ID_SKU, .whole = true };
            reading->claim = (Claim){
                .kind = CLAIM_SLOT,
                .slot = { id->kind == 0 ? SLOT_MAIN : SLOT_EXTRA, id->kind },
            };
        }
        if (fit == hit.fit) {
            add_sku(&hit, id->sku);
        }
    }
    *ret_hit = hit;
    return true;
}

/* "Copy of AB-12", as Windows, macOS and Office say it. */
static guint32
count_copy_words(const Name *name)
{
    static const char *const marks[] = { "copy of ",  "kopie von ", "copie de ", "copia de ",
                                         "copia di ", "复制 ",      "复件 ",     "副本 " };
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (g_str_has_prefix(name->folded, marks[i])) {
            guint32 first = 0;
            while (first < name->num_words && name->words[first].start < strlen(marks[i])) {
                first++;
            }
            return first;
        }
    }
    return 0;
}

/* Short identifiers, and numbers that a camera may count up to, are found anywhere by accident. */
static bool
is_distinctive(const Hit *hit)
{
    return hit->only_digits ? hit->id_length >= 6 : hit->id_length >= 3;
}

static bool
has_one_long_number(const Name *name)
{
    guint num_long = 0;
    guint32 run = 0;
    for (guint32 i = 0; i <= name->folded_length; i++) {
        if (g_ascii_isdigit(name->folded[i])) {
            run++;
            continue;
        }
        num_long += run >= 6;
        run = 0;
    }
    return num_long == 1;
}

/* "IMG_AB-12_front": the longest SKU from each word on; what lies within a longer one is no reading
 * of its own. Several SKUs are a tie. */
static bool
find_inside(MatchReader *reader, const Name *name, Hit *ret_hit, guint32 *ret_start)
{
    Hit found = { 0 };
    guint32 covered = 0;
    guint32 num_words = MIN(name->num_words, max_inside_words);
    for (guint32 first = 1; first < num_words; first++) {
        if (name->words[first].start < covered) {
            continue;
        }
        Hits hits = find_beginnings(reader, name, first, first);
        const Hit *hit = strongest(&hits);
        if (hit == NULL || hit->fit < FIT_SHAPE || !is_distinctive(hit) ||
            (hit->only_digits && !has_one_long_number(name))) {
            continue;
        }
        covered = hit->rest;
        if (found.fit == FIT_NONE) {
            found = *hit;
            *ret_start = name->words[first].start;
            continue;
        }
        for (guint32 i = 0; i < MIN(hit->num_skus, MAX_NAMED_SKUS); i++) {
            add_sku(&found, hit->skus[i]);
        }
    }
    *ret_hit = found;
    return found.fit != FIT_NONE;
}

/* What may be glued to a SKU. A digit behind a digit is a counter only as "01".."09"; else it is
 * more likely the end of a longer number. */
typedef enum {
    GLUED_NO,
    GLUED_DOUBTFUL,
    GLUED_YES,
} Glued;

static Glued
judge_glued(const char *text, gsize length, const Id *id)
{
    bool digit_before = g_ascii_isdigit(id->folded[id->folded_length - 1]);
    gsize num_digits = 0;
    while (num_digits < length && g_ascii_isdigit(text[num_digits])) {
        num_digits++;
    }
    if (num_digits == length) {
        if (length > 3) {
            return GLUED_NO;
        }
        if (!digit_before) {
            return GLUED_YES;
        }
        bool only_digits = strspn(id->key, "0123456789") == id->key_length;
        return length == 2 && text[0] == '0' && text[1] != '0' && !only_digits ? GLUED_YES
                                                                               : GLUED_DOUBTFUL;
    }
    if (length == 1) { /* A, B, C, ...; later letters are sizes (S, M, L, X) */
        return digit_before && text[0] >= 'a' && text[0] <= 'h' ? GLUED_YES : GLUED_NO;
    }
    bool long_enough = length >= 4 || (guint8)text[0] >= 0x80;
    return num_digits == 0 && long_enough && claim_word_is_known(text, length) ? GLUED_YES
                                                                               : GLUED_NO;
}

/* A SKU that ends within word LAST at SQUEEZED_END, what follows being glued. */
static Glued
find_cut(MatchReader *reader, const Name *name, guint32 last, guint32 cut, guint64 hash, Hit *hit)
{
    const NameWord *word = &name->words[last];
    const IdTable *table = &reader->index->by_letters;
    const IdGroup *group = id_table_find(table, name->squeezed, cut, hash);
    Glued glued = GLUED_NO;
    guint32 end = word->start + (cut - word->squeezed_start);
    for (guint32 i = 0; group != NULL && i < MIN(group->count, max_group); i++) {
        const Id *id = &table->ids[group->first + i];
        if (!is_exact(id, name, 0) || name->words[0].start - id->lead + id->folded_length != end) {
            continue;
        }
        Glued judged = judge_glued(name->folded + end, word->end - end, id);
        if (judged == GLUED_NO) {
            return GLUED_NO;
        }
        if (glued == GLUED_NO) {
            *hit = (Hit){ .fit = FIT_EXACT, .kind = id->kind, .rest = end };
        }
        glued = MAX(glued, judged);
        add_sku(hit, id->sku);
    }
    return glued;
}

static bool
find_glued(MatchReader *reader, const Name *name, Hit *ret_hit, bool *ret_doubtful)
{
    guint64 hash = ID_HASH_START;
    Hit found = { 0 };
    Glued best = GLUED_NO;
    for (guint32 i = 0; i < MIN(name->num_words, max_inside_words); i++) {
        const NameWord *word = &name->words[i];
        for (guint32 cut = word->squeezed_start; cut < word->squeezed_end; cut++) {
            bool within_letter = ((guint8)name->squeezed[cut] & 0xC0) == 0x80;
            Hit hit = { 0 };
            Glued glued = cut > word->squeezed_start && !within_letter
                              ? find_cut(reader, name, i, cut, hash, &hit)
                              : GLUED_NO;
            hash = id_hash_more(hash, name->squeezed + cut, 1);
            if (glued == GLUED_NO) {
                continue;
            }
            guint32 num_before = MIN(found.num_skus, MAX_NAMED_SKUS);
            for (guint32 k = 0; k < num_before; k++) {
                add_sku(&hit, found.skus[k]);
            }
            found = hit; /* the longest comes last */
            best = MAX(best, glued);
        }
    }
    *ret_hit = found;
    *ret_doubtful = best == GLUED_DOUBTFUL;
    return found.num_skus > 0;
}

static void
folder_free(gpointer data)
{
    Folder *folder = data;
    g_free(folder->nearest);
    g_free(folder);
}

static bool
use_folder_hit(Folder *folder, const Hits *hits)
{
    static const MatchHow hows[] = { HOW_NONE, HOW_FOLDER_LOOSE, HOW_FOLDER_SHAPE, HOW_FOLDER };
    const Hit *hit = strongest(hits);
    if (hit == NULL || (!hit->whole && hit->fit == FIT_LOOSE)) {
        return false;
    }
    folder->hit = *hit;
    folder->how = hows[hit->fit];
    return true;
}

/* From the innermost folder outwards to the first that names a SKU, alone ("AB-12", "AB-12 shirt")
 * or with the folder around it ("AB-12/red"). */
static Folder *
read_folders(MatchReader *reader, const char *path, gsize length)
{
    Folder *folder = g_new0(Folder, 1);
    folder->how = HOW_NONE;
    for (guint depth = 0; depth < max_folders && length > 0; depth++) {
        gsize base = name_base(path, length);
        Name *name = &reader->folder;
        name_set(name, path + base, length - base);
        if (depth == 0) {
            folder->nearest = g_strndup(path + base, length - base);
        }
        Hits hits = find_beginnings(reader, name, 0, 0);
        Claim claim;
        bool is_sku = strongest(&hits) != NULL && strongest(&hits)->whole;
        if (!is_sku && claim_read_folder(name, &claim)) {
            if (!folder->has_claim) {
                folder->claim = claim;
                folder->has_claim = true;
            }
        } else if (use_folder_hit(folder, &hits)) {
            claim = claim_read(name, folder->hit.rest, name->folded_length);
            if (!folder->has_claim && claim.kind == CLAIM_SLOT) { /* "AB-12 swatch" */
                folder->claim = claim;
                folder->has_claim = true;
            }
            break;
        } else if (base > 1 && name->num_words > 0) {
            gsize outer = name_base(path, base - 1);
            guint32 inner_words = name->num_words;
            name_set(name, path + outer, length - outer);
            hits = find_beginnings(reader, name, 0, name->num_words - inner_words);
            hits.best[FIT_LOOSE].fit = FIT_NONE;
            if (strongest(&hits) != NULL && strongest(&hits)->whole &&
                use_folder_hit(folder, &hits)) {
                break;
            }
        }
        length = base > 0 ? base - 1 : 0;
    }
    return folder;
}

static const Folder *
folder_of(MatchReader *reader, const char *path, gsize base)
{
    static const Folder none = { .how = HOW_NONE };
    gsize length = base > 0 ? base - 1 : 0;
    if (length == 0) {
        return &none;
    }
    if (reader->last_folder != NULL && reader->last_path->len == length &&
        memcmp(reader->last_path->str, path, length) == 0) {
        return reader->last_folder;
    }
    g_string_truncate(reader->last_path, 0);
    g_string_append_len(reader->last_path, path, (gssize)length);
    Folder *folder = g_hash_table_lookup(reader->folders, reader->last_path->str);
    if (folder == NULL) {
        folder = read_folders(reader, path, length);
        g_hash_table_insert(reader->folders, g_strdup(reader->last_path->str), folder);
    }
    reader->last_folder = folder;
    return folder;
}

static void
settle(MatchReader *reader, MatchReading *reading, const Hit *hit, MatchHow how)
{
    reading->how = (guint8)how;
    reading->kind = (guint8)hit->kind;
    reading->whole = hit->whole;
    reading->sku = hit->skus[0];
    if (hit->num_skus > 1) {
        reading->doubt = DOUBT_TIE;
        reading->first_tied = reader->tied->len;
        reading->num_tied = hit->num_skus;
        g_array_append_vals(reader->tied, hit->skus, MIN(hit->num_skus, MAX_NAMED_SKUS));
    }
}

static void
doubt_between(MatchReader *reader, MatchReading *reading, MatchDoubt doubt, const Hit *a,
              const Hit *b)
{
    Hit both = *a;
    for (guint32 i = 0; i < MIN(b->num_skus, MAX_NAMED_SKUS); i++) {
        add_sku(&both, b->skus[i]);
    }
    reading->doubt = (guint8)doubt;
    reading->first_tied = reader->tied->len;
    reading->num_tied = both.num_skus;
    g_array_append_vals(reader->tied, both.skus, MIN(both.num_skus, MAX_NAMED_SKUS));
}

static bool
are_related(const MatchIndex *index, guint32 a, guint32 b)
{
    return a == b || index->parent_of[a] == b || index->parent_of[b] == a;
}

static bool
says_place(Claim claim)
{
    return claim.kind == CLAIM_SLOT || claim.kind == CLAIM_NUMBER || claim.kind == CLAIM_VIEW;
}

/* HIT was found in the name. Does the folder agree? */
static void
settle_name(MatchReader *reader, MatchReading *reading, const Hit *hit, MatchHow how,
            const Folder *folder)
{
    static const MatchHow none = HOW_NONE;
    const Name *stem = &reader->stem;
    settle(reader, reading, hit, how);
    reading->claim = claim_read(stem, hit->rest, stem->folded_length);
    if (folder->how == none || hit->num_skus > 1) {
        return;
    }
    for (guint32 i = 0; i < MIN(folder->hit.num_skus, MAX_NAMED_SKUS); i++) {
        if (are_related(reader->index, hit->skus[0], folder->hit.skus[i])) {
            return;
        }
    }
    bool name_is_place = says_place(claim_read(stem, 0, stem->folded_length)) && hit->whole;
    if (name_is_place && how != HOW_NAME) {
        settle(reader, reading, &folder->hit, folder->how);
        reading->claim = claim_read(stem, 0, stem->folded_length);
    } else if (name_is_place || how != HOW_NAME || hit->id_length < 4) {
        doubt_between(reader, reading, DOUBT_FOLDER, hit, &folder->hit);
    } else {
        reading->other_sku = folder->hit.skus[0];
    }
}

static bool
join(MatchReader *reader, const Folder *folder, Hit *ret_hit)
{
    if (folder->nearest == NULL || reader->stem.num_words == 0) {
        return false;
    }
    name_set(&reader->joined, folder->nearest, strlen(folder->nearest));
    guint32 folder_words = reader->joined.num_words;
    g_string_assign(reader->text, folder->nearest);
    g_string_append_c(reader->text, '/');
    g_string_append(reader->text, reader->stem.plain);
    name_set(&reader->joined, reader->text->str, reader->text->len);
    Hits hits = find_beginnings(reader, &reader->joined, 0, folder_words);
    const Hit *hit = strongest(&hits);
    if (hit == NULL || hit->fit < FIT_SHAPE) {
        return false;
    }
    *ret_hit = *hit;
    return true;
}

/* The folder's SKU, unless folder and name are one together ("AB-12/red.jpg" for AB-12-RED). */
static bool
read_by_folder(MatchReader *reader, const Folder *folder, MatchReading *reading)
{
    const Name *stem = &reader->stem;
    Claim claim = claim_read(stem, 0, stem->folded_length);
    Hit hit;
    bool joined = join(reader, folder, &hit);
    if (joined) {
        settle(reader, reading, &hit, HOW_FOLDER_AND_NAME);
        reading->claim = claim_read(&reader->joined, hit.rest, reader->joined.folded_length);
        if (folder->how != HOW_NONE && says_place(claim) &&
            !(hit.num_skus == 1 && folder->hit.skus[0] == hit.skus[0])) {
            doubt_between(reader, reading, DOUBT_FOLDER, &hit, &folder->hit);
        }
        return true;
    }
    if (folder->how == HOW_NONE) {
        return false;
    }
    settle(reader, reading, &folder->hit, folder->how);
    reading->whole = false;
    reading->claim = claim;
    return true;
}

static bool
read_inside(MatchReader *reader, MatchReading *reading)
{
    const Name *stem = &reader->stem;
    Hit hit;
    guint32 start;
    if (find_inside(reader, stem, &hit, &start)) {
        settle(reader, reading, &hit, HOW_INSIDE);
        reading->claim = claim_read(stem, hit.rest, stem->folded_length);
        if (reading->claim.kind == CLAIM_BARE) { /* "front_AB-12"; a number there counts files */
            Claim before = claim_read(stem, 0, start);
            if (before.kind == CLAIM_SLOT || before.kind == CLAIM_VIEW) {
                reading->claim = before;
            }
        }
        return true;
    }
    bool doubtful;
    if (find_glued(reader, stem, &hit, &doubtful)) {
        settle(reader, reading, &hit, HOW_GLUED);
        reading->claim = claim_read(stem, hit.rest, stem->folded_length);
        if (doubtful && hit.num_skus == 1) {
            doubt_between(reader, reading, DOUBT_COUNTER, &hit, &hit);
        }
        return true;
    }
    return false;
}

static bool
read_name(MatchReader *reader, const Folder *folder, MatchReading *reading)
{
    static const MatchHow hows[] = { HOW_NONE, HOW_NAME_LOOSE, HOW_NAME_SHAPE, HOW_NAME };
    const Name *stem = &reader->stem;
    Hits hits = find_beginnings(reader, stem, 0, 0);
    const Hit *hit = strongest(&hits);
    Hit other;
    if (hit != NULL) {
        settle_name(reader, reading, hit, hows[hit->fit], folder);
        if (hits.shorter.num_skus == 1 && reading->doubt == DOUBT_NONE &&
            hits.shorter.skus[0] != hit->skus[0] &&
            claim_read(stem, hits.shorter.rest, stem->folded_length).kind == CLAIM_NUMBER) {
            reading->other_sku = hits.shorter.skus[0];
        }
        return true;
    }
    if (find_without_zeros(reader, stem, &other)) {
        settle_name(reader, reading, &other, HOW_NAME_ZEROS, folder);
        return true;
    }
    guint32 copy_words = count_copy_words(stem);
    if (copy_words > 0) {
        hits = find_beginnings(reader, stem, copy_words, copy_words);
        hit = strongest(&hits);
        if (hit != NULL) {
            settle_name(reader, reading, hit, HOW_COPY_OF, folder);
            return true;
        }
    }
    return false;
}

static void
apply_folder_claim(const Folder *folder, MatchReading *reading)
{
    if (!folder->has_claim || reading->claim.kind == CLAIM_SLOT) {
        return;
    }
    guint16 number = reading->claim.kind == CLAIM_NUMBER ? reading->claim.number : 0;
    reading->claim = folder->claim;
    if (folder->claim.kind == CLAIM_VIEW && number > 0) {
        reading->claim.number = number;
    }
}

static bool
read_path(MatchReader *reader, const char *path, MatchReading *reading)
{
    gsize length = strlen(path);
    gsize base = name_base(path, length);
    Hit hit;
    if (find_in_file_column(reader, path + base, length - base, reading, &hit)) {
        settle(reader, reading, &hit, HOW_FILE_COLUMN);
        return true;
    }
    name_set(&reader->stem, path + base, name_stem_length(path + base, length - base));
    const Folder *folder = folder_of(reader, path, base);
    bool found = read_name(reader, folder, reading);
    if (found && reader->index->has_slash && join(reader, folder, &hit) && hit.fit == FIT_EXACT) {
        /* "AB/12.jpg" is the SKU AB/12, though 12 is a SKU, too: the longest wins. */
        guint32 other = reading->sku;
        *reading = (MatchReading){ .other_sku = other == hit.skus[0] ? MATCH_NO_SKU : other };
        settle(reader, reading, &hit, HOW_FOLDER_AND_NAME);
        reading->claim = claim_read(&reader->joined, hit.rest, reader->joined.folded_length);
    }
    if (!found) {
        found = read_by_folder(reader, folder, reading);
    }
    if (!found) {
        found = read_inside(reader, reading);
    }
    if (found) {
        apply_folder_claim(folder, reading);
    }
    return found;
}

MatchReading
match_read(MatchReader *reader, const char *path)
{
    MatchReading reading = { .other_sku = MATCH_NO_SKU, .sku = MATCH_NO_SKU, .how = HOW_NONE };
    if (read_path(reader, path, &reading)) {
        return reading;
    }
    if (strchr(path, '%') != NULL) {
        g_autofree char *decoded = g_uri_unescape_string(path, NULL);
        if (decoded != NULL && read_path(reader, decoded, &reading)) {
            reading.how = HOW_NAME_DECODED;
        }
    }
    return reading;
}

const guint32 *
match_reader_tied(const MatchReader *reader, const MatchReading *reading)
{
    return &g_array_index(reader->tied, guint32, reading->first_tied);
}

MatchReader *
match_reader_new(const MatchIndex *index)
{
    MatchReader *reader = g_new0(MatchReader, 1);
    reader->index = index;
    reader->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, folder_free);
    reader->text = g_string_new(NULL);
    reader->last_path = g_string_new(NULL);
    reader->tied = g_array_new(false, false, sizeof(guint32));
    return reader;
}

void
match_reader_free(MatchReader *reader)
{
    if (reader == NULL) {
        return;
    }
    name_clear(&reader->stem);
    name_clear(&reader->joined);
    name_clear(&reader->folder);
    name_clear(&reader->id);
    g_hash_table_unref(reader->folders);
    g_string_free(reader->text, true);
    g_string_free(reader->last_path, true);
    g_array_unref(reader->tied);
    g_free(reader);
}
