#include "listing/match_find.h"

#include "listing/match_rest.h"

#include <string.h>

/* More SKUs than this that differ in nothing but punctuation are not told apart. */
static const guint32 max_group = 256;

/* A name has a few words. Where every word may begin a SKU, more are not looked at. */
static const guint32 max_inside_words = 32;

/* A SKU of more words is not looked for; it keeps hostile names from costing their length squared.
 */
#define MAX_SKU_WORDS 128

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
    const char *plain = name->plain + name->words[first].plain_start - id->lead;
    return (gsize)(name->plain + name->plain_length - plain) >= id->plain_length &&
           memcmp(plain, id->plain, id->plain_length) == 0;
}

void
hit_add_sku(Hit *hit, guint32 sku)
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
choose(MatchFinder *finder, const IdGroup *group, const Name *name, guint32 first, guint32 last)
{
    const Id *ids = finder->index->by_letters.ids + group->first;
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
            name_set(&finder->id, id->folded, id->folded_length);
            fit = compare_shape(&finder->id, name, first, last);
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
        hit_add_sku(&hit, id->sku);
        if (fit == FIT_EXACT && is_same_case(id, name, first)) {
            hit_add_sku(&same_case, id->sku);
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

Hits
find_beginnings(MatchFinder *finder, const Name *name, guint32 first, guint32 min_last)
{
    Hits hits = { 0 };
    const IdTable *table = &finder->index->by_letters;
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
        Hit hit = choose(finder, group, name, first, i);
        if (hit.fit != FIT_NONE && hits.best[hit.fit].fit == FIT_NONE) {
            hits.best[hit.fit] = hit;
        } else if (hit.fit == FIT_EXACT) {
            hits.shorter = hit;
            break;
        }
    }
    return hits;
}

const Hit *
hits_strongest(const Hits *hits)
{
    for (Fit fit = FIT_EXACT; fit > FIT_NONE; fit--) {
        if (hits->best[fit].fit != FIT_NONE) {
            return &hits->best[fit];
        }
    }
    return NULL;
}

bool
find_without_zeros(MatchFinder *finder, const Name *name, Hit *ret_hit)
{
    const IdTable *table = &finder->index->by_number;
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
    for (guint32 i = 0; i < MIN(group->count, max_group); i++) {
        hit_add_sku(&hit, table->ids[group->first + i].sku);
    }
    *ret_hit = hit;
    return true;
}

bool
hit_is_distinctive(const Hit *hit)
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

bool
find_inside(MatchFinder *finder, const Name *name, Hit *ret_hit, guint32 *ret_start)
{
    Hit found = { 0 };
    guint32 covered = 0;
    guint32 num_words = MIN(name->num_words, max_inside_words);
    for (guint32 first = 1; first < num_words; first++) {
        if (name->words[first].start < covered) {
            continue;
        }
        Hits hits = find_beginnings(finder, name, first, first);
        const Hit *hit = hits_strongest(&hits);
        if (hit == NULL || hit->fit < FIT_SHAPE || !hit_is_distinctive(hit) ||
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
            hit_add_sku(&found, hit->skus[i]);
        }
    }
    *ret_hit = found;
    return found.fit != FIT_NONE;
}

/* The longest word about places has about half as many bytes. */
static const gsize max_glued_word = 48;

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
find_cut(MatchFinder *finder, const Name *name, guint32 last, guint32 cut, guint64 hash, Hit *hit)
{
    const NameWord *word = &name->words[last];
    const IdTable *table = &finder->index->by_letters;
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
        hit_add_sku(hit, id->sku);
    }
    return glued;
}

/* Whether judge_glued could say anything but no; most cuts end here, without a look at the index.
 */
static bool
may_be_glued(const char *text, gsize length, char before)
{
    if (g_ascii_isdigit(*text)) {
        return length <= 3;
    }
    return length == 1 ? g_ascii_isdigit(before) : length <= max_glued_word;
}

bool
find_glued(MatchFinder *finder, const Name *name, Hit *ret_hit, bool *ret_doubtful)
{
    guint64 hash = ID_HASH_START;
    Hit found = { 0 };
    Glued best = GLUED_NO;
    for (guint32 i = 0; i < MIN(name->num_words, max_inside_words); i++) {
        const NameWord *word = &name->words[i];
        for (guint32 cut = word->squeezed_start; cut < word->squeezed_end; cut++) {
            const char *rest = name->squeezed + cut;
            bool possible = cut > word->squeezed_start && ((guint8)*rest & 0xC0) != 0x80 &&
                            may_be_glued(rest, word->squeezed_end - cut, rest[-1]);
            Hit hit = { 0 };
            Glued glued = possible ? find_cut(finder, name, i, cut, hash, &hit) : GLUED_NO;
            hash = id_hash_more(hash, name->squeezed + cut, 1);
            if (glued == GLUED_NO) {
                continue;
            }
            guint32 num_before = MIN(found.num_skus, MAX_NAMED_SKUS);
            for (guint32 k = 0; k < num_before; k++) {
                hit_add_sku(&hit, found.skus[k]);
            }
            found = hit; /* the longest comes last */
            best = MAX(best, glued);
        }
    }
    *ret_hit = found;
    *ret_doubtful = best == GLUED_DOUBTFUL;
    return found.num_skus > 0;
}
