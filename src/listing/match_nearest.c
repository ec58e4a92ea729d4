#include "listing/match_nearest.h"

#include <stdlib.h>
#include <string.h>

/* Bounds of the work, all far above what real names need: longer identifiers and beginnings are not
 * compared, of many SKUs that differ in one letter not all are looked at. */
#define MAX_KEY 48
static const guint32 max_beginnings = 8;
static const guint32 max_same_hash = 64;
static const gsize num_neighbours = 3; /* on either side */

static const guint64 hash_base = G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);

/* A key without one of its letters (or with all): two keys that differ by one edit, or by two
 * letters exchanged, have such a variant in common. */
typedef struct {
    guint32 hash;
    guint32 group;
} Variant;

struct MatchNearest {
    const IdTable *table;
    Variant *variants; /* by the upper bits of the hash */
    guint32 *starts;
    guint shift;
    guint32 *sorted; /* groups by key */
    Name name;
};

typedef struct {
    guint32 group;
    guint distance;
    gsize length_difference;
} Candidate;

typedef struct {
    Candidate best[MAX_NEAREST];
    guint num_best;
} Found;

static const Id *
id_of(const MatchNearest *nearest, guint32 group)
{
    return &nearest->table->ids[nearest->table->groups[group].first];
}

/* The hashes of TEXT's variants; LENGTH + 1 of them, the one of the whole TEXT last. */
static gsize
hash_variants(const char *text, gsize length, guint32 hashes[MAX_KEY + 1])
{
    guint64 suffixes[MAX_KEY + 1];
    guint64 powers[MAX_KEY + 1];
    suffixes[length] = 0;
    powers[0] = 1;
    for (gsize i = length; i-- > 0;) { /* of text[i..]: text[i] * base^(length-1-i) + ... */
        powers[length - i] = powers[length - i - 1] * hash_base;
        suffixes[i] = (guint8)text[i] * powers[length - i - 1] + suffixes[i + 1];
    }
    guint64 prefix = 0;
    for (gsize i = 0; i <= length; i++) {
        gsize rest = i < length ? i + 1 : length;
        guint64 hash = prefix * powers[length - rest] + suffixes[rest];
        hash *= G_GUINT64_CONSTANT(0xd6e8feb86659fd93);
        hashes[i] = (guint32)(hash >> 32);
        prefix = i < length ? prefix * hash_base + (guint8)text[i] : prefix;
    }
    return length + 1;
}

static void
add_variants(MatchNearest *nearest, bool only_count)
{
    for (guint32 group = 0; group < nearest->table->num_groups; group++) {
        const Id *id = id_of(nearest, group);
        if (id->key_length > MAX_KEY) {
            continue;
        }
        guint32 hashes[MAX_KEY + 1];
        gsize num_hashes = hash_variants(id->key, id->key_length, hashes);
        for (gsize i = 0; i < num_hashes; i++) {
            guint32 bucket = hashes[i] >> nearest->shift;
            if (only_count) {
                nearest->starts[bucket + 2]++;
            } else {
                nearest->variants[nearest->starts[bucket + 1]++] = (Variant){ hashes[i], group };
            }
        }
    }
}

static int
compare_groups(const void *a, const void *b, void *user_data)
{
    const MatchNearest *nearest = user_data;
    return strcmp(id_of(nearest, *(const guint32 *)a)->key,
                  id_of(nearest, *(const guint32 *)b)->key);
}

MatchNearest *
match_nearest_new(const MatchIndex *index)
{
    MatchNearest *nearest = g_new0(MatchNearest, 1);
    nearest->table = &index->by_letters;
    gsize num_groups = nearest->table->num_groups;
    guint bits = 8;
    while (bits < 22 && (G_GUINT64_CONSTANT(1) << bits) < num_groups * 8) {
        bits++;
    }
    nearest->shift = 32 - bits;
    gsize num_buckets = (gsize)1 << bits;
    nearest->starts = g_new0(guint32, num_buckets + 3);
    add_variants(nearest, true);
    for (gsize i = 2; i < num_buckets + 3; i++) {
        nearest->starts[i] += nearest->starts[i - 1];
    }
    nearest->variants = g_new(Variant, nearest->starts[num_buckets + 1] + 1);
    add_variants(nearest, false);
    nearest->sorted = g_new(guint32, num_groups + 1);
    for (guint32 i = 0; i < num_groups; i++) {
        nearest->sorted[i] = i;
    }
    qsort_r(nearest->sorted, num_groups, sizeof *nearest->sorted, compare_groups, nearest);
    return nearest;
}

void
match_nearest_free(MatchNearest *nearest)
{
    if (nearest == NULL) {
        return;
    }
    g_free(nearest->variants);
    g_free(nearest->starts);
    g_free(nearest->sorted);
    name_clear(&nearest->name);
    g_free(nearest);
}

/* Insertions, deletions, substitutions and exchanges of neighbours; at most MAX_KEY bytes each. */
static guint
edit_distance(const char *a, gsize length_a, const char *b, gsize length_b)
{
    guint8 rows[3][MAX_KEY + 1];
    for (gsize j = 0; j <= length_b; j++) {
        rows[0][j] = (guint8)j;
    }
    for (gsize i = 1; i <= length_a; i++) {
        guint8 *row = rows[i % 3];
        const guint8 *above = rows[(i + 2) % 3];
        const guint8 *two_above = rows[(i + 1) % 3];
        row[0] = (guint8)i;
        for (gsize j = 1; j <= length_b; j++) {
            guint8 best = (guint8)(above[j - 1] + (a[i - 1] != b[j - 1]));
            best = MIN(best, (guint8)(MIN(above[j], row[j - 1]) + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = MIN(best, (guint8)(two_above[j - 2] + 1));
            }
            row[j] = best;
        }
    }
    return rows[length_a % 3][length_b];
}

static int
compare_candidates(const MatchNearest *nearest, const Candidate *a, const Candidate *b)
{
    if (a->distance != b->distance) {
        return a->distance < b->distance ? -1 : 1;
    }
    if (a->length_difference != b->length_difference) {
        return a->length_difference < b->length_difference ? -1 : 1;
    }
    return strcmp(id_of(nearest, a->group)->key, id_of(nearest, b->group)->key);
}

static void
consider(MatchNearest *nearest, Found *found, guint32 group, const char *text, gsize length)
{
    const Id *id = id_of(nearest, group);
    if (id->key_length > MAX_KEY) {
        return;
    }
    Candidate candidate = {
        .group = group,
        .distance = edit_distance(text, length, id->key, id->key_length),
        .length_difference = MAX(length, id->key_length) - MIN(length, id->key_length),
    };
    if (candidate.distance > MAX(1, MIN(length, id->key_length) / 4)) {
        return;
    }
    guint at = 0;
    while (at < found->num_best && compare_candidates(nearest, &found->best[at], &candidate) <= 0) {
        if (found->best[at++].group == group) {
            return;
        }
    }
    guint end = at;
    while (end < found->num_best && found->best[end].group != group) {
        end++;
    }
    if (end == found->num_best && found->num_best < MAX_NEAREST) {
        found->num_best++;
    } else if (end == found->num_best) {
        end--;
    }
    if (at < found->num_best) {
        memmove(&found->best[at + 1], &found->best[at], (end - at) * sizeof candidate);
        found->best[at] = candidate;
    }
}

static void
look_near(MatchNearest *nearest, Found *found, const char *text, gsize length)
{
    if (length < 2 || length > MAX_KEY) {
        return;
    }
    guint32 hashes[MAX_KEY + 1];
    gsize num_hashes = hash_variants(text, length, hashes);
    for (gsize i = 0; i < num_hashes; i++) {
        guint32 bucket = hashes[i] >> nearest->shift;
        guint32 num_seen = 0;
        for (guint32 k = nearest->starts[bucket]; k < nearest->starts[bucket + 1]; k++) {
            if (nearest->variants[k].hash == hashes[i] && num_seen++ < max_same_hash) {
                consider(nearest, found, nearest->variants[k].group, text, length);
            }
        }
    }
    gsize low = 0;
    gsize high = nearest->table->num_groups;
    while (low < high) {
        gsize middle = (low + high) / 2;
        const Id *id = id_of(nearest, nearest->sorted[middle]);
        int order = strncmp(id->key, text, length);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    gsize end = MIN(low + num_neighbours, nearest->table->num_groups);
    for (gsize i = low - MIN(low, num_neighbours); i < end; i++) {
        consider(nearest, found, nearest->sorted[i], text, length);
    }
}

static void
look_near_beginnings(MatchNearest *nearest, Found *found, const char *text, gsize length)
{
    Name *name = &nearest->name;
    name_set(name, text, length);
    for (guint32 i = 0; i < MIN(name->num_words, max_beginnings); i++) {
        look_near(nearest, found, name->squeezed, name->words[i].squeezed_end);
    }
}

guint
match_nearest_find(MatchNearest *nearest, const char *path, guint32 ret_skus[MAX_NEAREST])
{
    Found found = { 0 };
    gsize length = strlen(path);
    gsize base = name_base(path, length);
    look_near_beginnings(nearest, &found, path + base,
                         name_stem_length(path + base, length - base));
    if (base > 1) {
        gsize folder = name_base(path, base - 1);
        look_near_beginnings(nearest, &found, path + folder, base - 1 - folder);
    }
    for (guint i = 0; i < found.num_best; i++) {
        ret_skus[i] = id_of(nearest, found.best[i].group)->sku;
    }
    return found.num_best;
}
