#include "listing/match_read.h"

#include "listing/match_find.h"

#include <string.h>

static const guint max_folders = 8;

static const guint32 max_file_group = 256;

typedef struct {
    Hit hit;
    MatchHow how;
    bool has_claim; /* a folder below that of the SKU means a place: "AB-12/main" */
    Claim claim;
    char *nearest; /* the name of the innermost folder */
    guint32 nearest_words;
} Folder;

struct MatchReader {
    const MatchIndex *index;
    MatchFinder finder;
    Name stem, joined, folder;
    GHashTable *folders; /* path -> Folder */
    GString *text;
    const Folder *last_folder; /* photos come folder by folder, mostly */
    GString *last_path;
    GArray *tied; /* guint32 */
};

/* Of SKU only, unless that is MATCH_NO_SKU. A name that very many SKUs give says nothing ("1.jpg").
 */
static bool
find_in_file_column(MatchReader *reader, const char *base, gsize length, guint32 sku, Hit *ret_hit,
                    Claim *ret_claim)
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
    if (group == NULL || group->count > max_file_group) {
        return false;
    }
    Hit hit = { .fit = FIT_NONE };
    for (guint32 i = 0; i < group->count; i++) {
        const Id *id = &table->ids[group->first + i];
        Fit fit = id->folded_length == name->folded_length &&
                          memcmp(id->folded, name->folded, id->folded_length) == 0
                      ? FIT_EXACT
                      : FIT_LOOSE;
        if (fit < hit.fit || (sku != MATCH_NO_SKU && sku != id->sku)) {
            continue;
        }
        if (fit > hit.fit) {
            hit = (Hit){ .fit = fit, .kind = ID_SKU, .whole = true };
            *ret_claim = (Claim){
                .kind = CLAIM_SLOT,
                .slot = { id->kind == 0 ? SLOT_MAIN : SLOT_EXTRA, id->kind },
            };
        }
        hit_add_sku(&hit, id->sku);
    }
    *ret_hit = hit;
    return hit.fit != FIT_NONE;
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
    const Hit *hit = hits_strongest(hits);
    if (hit == NULL || (!hit->whole && (hit->fit == FIT_LOOSE || !hit_is_distinctive(hit)))) {
        return false; /* "12 shirts" is no folder of the SKU 12 */
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
            folder->nearest_words = name->num_words;
        }
        Hits hits = find_beginnings(&reader->finder, name, 0, 0);
        Claim claim;
        bool is_sku = hits_strongest(&hits) != NULL && hits_strongest(&hits)->whole;
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
            hits = find_beginnings(&reader->finder, name, 0, name->num_words - inner_words);
            hits.best[FIT_LOOSE].fit = FIT_NONE;
            if (hits_strongest(&hits) != NULL && hits_strongest(&hits)->whole &&
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
        hit_add_sku(&both, b->skus[i]);
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
    g_string_assign(reader->text, folder->nearest);
    g_string_append_c(reader->text, '/');
    g_string_append(reader->text, reader->stem.plain);
    name_set(&reader->joined, reader->text->str, reader->text->len);
    Hits hits = find_beginnings(&reader->finder, &reader->joined, 0, folder->nearest_words);
    const Hit *hit = hits_strongest(&hits);
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
    if (find_inside(&reader->finder, stem, &hit, &start)) {
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
    if (find_glued(&reader->finder, stem, &hit, &doubtful)) {
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
    Hits hits = find_beginnings(&reader->finder, stem, 0, 0);
    const Hit *hit = hits_strongest(&hits);
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
    if (find_without_zeros(&reader->finder, stem, &other)) {
        settle_name(reader, reading, &other, HOW_NAME_ZEROS, folder);
        return true;
    }
    guint32 copy_words = count_copy_words(stem);
    if (copy_words > 0) {
        hits = find_beginnings(&reader->finder, stem, copy_words, copy_words);
        hit = hits_strongest(&hits);
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
read_by_names(MatchReader *reader, const char *path, gsize length, gsize base,
              MatchReading *reading)
{
    Hit hit;
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

static bool
read_path(MatchReader *reader, const char *path, MatchReading *reading)
{
    gsize length = strlen(path);
    gsize base = name_base(path, length);
    Hit hit;
    Claim claim;
    if (!find_in_file_column(reader, path + base, length - base, MATCH_NO_SKU, &hit, &claim)) {
        return read_by_names(reader, path, length, base, reading);
    }
    if (hit.num_skus > 1) { /* the folder may tell which of them */
        MatchReading named = *reading;
        Hit narrowed;
        if (read_by_names(reader, path, length, base, &named) && named.doubt == DOUBT_NONE &&
            find_in_file_column(reader, path + base, length - base, named.sku, &narrowed, &claim)) {
            hit = narrowed;
        }
    }
    settle(reader, reading, &hit, HOW_FILE_COLUMN);
    reading->claim = claim;
    return true;
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
    reader->finder.index = index;
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
    name_clear(&reader->finder.id);
    g_hash_table_unref(reader->folders);
    g_string_free(reader->text, true);
    g_string_free(reader->last_path, true);
    g_array_unref(reader->tied);
    g_free(reader);
}
