#include "listing/decide.h"

struct Decisions {
    MatchResult *matches; /* owns rules and notes of what was matched */
    GStringChunk *notes;
    GArray *decisions; /* of Decision */
};

const char *
verdict_to_string(Verdict verdict)
{
    switch (verdict) {
    case VERDICT_MATCHED:
        return "matched";
    case VERDICT_UNMATCHED:
        return "unmatched";
    case VERDICT_AMBIGUOUS:
        return "ambiguous";
    case VERDICT_DUPLICATE:
        return "duplicate";
    case VERDICT_REJECTED:
        return "rejected";
    }
    g_assert_not_reached();
}

/* A picture cell may hold a file's name instead of a URL: then it says which photo belongs there.
 */
GStrv
listed_sku_file_names(const Layout *layout, const ListedSku *listed)
{
    const GArray *columns = layout->pictures;
    if (listed->pictures == NULL || layout->style != PICTURES_ONE_PER_CELL) {
        return listed->pictures == NULL ? NULL : g_strdupv(listed->pictures);
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < columns->len && listed->pictures[i] != NULL; i++) {
        Slot slot = g_array_index(columns, PictureColumn, i).slot;
        if ((slot.kind != SLOT_MAIN && slot.kind != SLOT_EXTRA) || slot.number > columns->len) {
            continue;
        }
        guint place = slot.kind == SLOT_MAIN ? 0 : slot.number;
        while (names->len <= place) {
            g_ptr_array_add(names, g_strdup(""));
        }
        if (((char *)names->pdata[place])[0] == '\0') {
            g_free(names->pdata[place]);
            names->pdata[place] = g_strdup(listed->pictures[i]);
        }
    }
    g_ptr_array_add(names, NULL);
    return (GStrv)g_ptr_array_steal(names, NULL);
}

static void
match_sku_clear(gpointer data)
{
    g_strfreev((GStrv)((MatchSku *)data)->file_names);
}

GArray *
match_sku_array_new(void)
{
    GArray *skus = g_array_new(FALSE, TRUE, sizeof(MatchSku));
    g_array_set_clear_func(skus, match_sku_clear);
    return skus;
}

GArray *
match_skus_of_sheet(const Layout *layout, const GPtrArray *listed_skus)
{
    GArray *skus = match_sku_array_new();
    for (guint i = 0; i < listed_skus->len; i++) {
        const ListedSku *listed = listed_skus->pdata[i];
        MatchSku sku = { .sku = listed->sku,
                         .asin = listed->asin,
                         .barcode = listed->barcode,
                         .parent = listed->parent,
                         .file_names = (const char *const *)listed_sku_file_names(layout, listed) };
        g_array_append_val(skus, sku);
    }
    return skus;
}

/* Matches the photos that are neither junk nor left out; RET_INDICES tells which they are. */
static MatchResult *
match(const GArray *skus, const NamedPhoto *photos, gsize num_photos, const bool *is_left_out,
      GArray **ret_indices)
{
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(MatchPhoto));
    GArray *indices = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize i = 0; i < num_photos; i++) {
        if (!photos[i].is_junk && !is_left_out[i]) {
            MatchPhoto match_photo = { .path = photos[i].name };
            g_array_append_val(candidates, match_photo);
            g_array_append_val(indices, i);
        }
    }
    *ret_indices = indices;
    return match_photos((const MatchSku *)(void *)skus->data, skus->len,
                        (const MatchPhoto *)(void *)candidates->data, candidates->len);
}

/* A photo whose bytes came before is a duplicate where it says nothing new: it matches no SKU, or
 * the one that its twin has. The same size chart for ten SKUs is no duplicate. Marks them in
 * IS_DROPPED and returns how many. */
static gsize
drop_duplicates(const MatchResult *result, const GArray *indices, const NamedPhoto *photos,
                gsize num_photos, bool *is_left_out)
{
    gsize num_dropped = 0;
    g_autofree gint64 *sku_of = g_new(gint64, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        sku_of[i] = NO_SKU;
    }
    for (guint i = 0; i < indices->len; i++) {
        const MatchDecision *decision = match_decision(result, i);
        if (decision->sku != MATCH_NO_SKU) {
            sku_of[g_array_index(indices, gsize, i)] = decision->sku;
        }
    }
    /* (first photo with these bytes, SKU) -> taken */
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) matched = g_hash_table_new(NULL, NULL);
    for (gsize i = 0; i < num_photos; i++) {
        if (sku_of[i] != NO_SKU) {
            g_hash_table_add(matched, GSIZE_TO_POINTER(photos[i].first));
        }
    }
    for (gsize i = 0; i < num_photos; i++) {
        if (photos[i].is_junk || is_left_out[i]) {
            continue;
        }
        gsize first = photos[i].first;
        bool has_matched_twin =
            sku_of[i] == NO_SKU && g_hash_table_contains(matched, GSIZE_TO_POINTER(first));
        char *key = g_strdup_printf("%" G_GSIZE_FORMAT " %" G_GINT64_FORMAT, first, sku_of[i]);
        bool is_repeated = !g_hash_table_add(taken, key);
        if (has_matched_twin || is_repeated) {
            is_left_out[i] = true;
            num_dropped++;
        }
    }
    return num_dropped;
}

/* For each photo that is the first with its bytes, the first one of those bytes that is not left
 * out. Of twins that are dropped, one always stays. */
static gsize *
find_kept_twins(const NamedPhoto *photos, gsize num_photos, const bool *is_left_out)
{
    gsize *kept = g_new0(gsize, num_photos + 1);
    for (gsize i = num_photos; i-- > 0;) {
        if (!is_left_out[i] && !photos[i].is_junk) {
            kept[photos[i].first] = i;
        }
    }
    return kept;
}

static void
take_unmatchable(Decisions *decisions, const NamedPhoto *photos, gsize num_photos,
                 const bool *is_left_out)
{
    g_autofree gsize *kept = find_kept_twins(photos, num_photos, is_left_out);
    for (gsize i = 0; i < num_photos; i++) {
        bool is_picture = photos[i].is_junk || photos[i].is_picture;
        Decision decision = { .verdict = VERDICT_REJECTED,
                              .sku = NO_SKU,
                              .rule = photos[i].is_junk ? "a file of the operating system"
                                                        : "not a picture" };
        if (is_picture && is_left_out[i]) {
            decision.verdict = VERDICT_DUPLICATE;
            decision.rule = "the same bytes as another photo";
            g_autofree char *text =
                g_strdup_printf("same as %s", photos[kept[photos[i].first]].name);
            decision.notes = g_string_chunk_insert(decisions->notes, text);
        }
        g_array_append_val(decisions->decisions, decision);
    }
}

static void
take_matches(Decisions *decisions, const GArray *indices)
{
    for (guint i = 0; i < indices->len; i++) {
        const MatchDecision *match = match_decision(decisions->matches, i);
        Decision *decision =
            &g_array_index(decisions->decisions, Decision, g_array_index(indices, gsize, i));
        decision->rule = match->rule;
        decision->notes = match->notes;
        switch (match->verdict) {
        case MATCH_MATCHED:
            decision->verdict = VERDICT_MATCHED;
            decision->sku = match->sku;
            decision->slot = match->slot;
            break;
        case MATCH_UNMATCHED:
            decision->verdict = VERDICT_UNMATCHED;
            break;
        case MATCH_AMBIGUOUS:
            decision->verdict = VERDICT_AMBIGUOUS;
            break;
        }
    }
}

Decisions *
decide(const GArray *skus, const NamedPhoto *photos, gsize num_photos)
{
    /* What is no picture must not take a slot, or tie with the picture that it describes. */
    g_autofree bool *is_left_out = g_new0(bool, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        is_left_out[i] = !photos[i].is_junk && !photos[i].is_picture;
    }
    Decisions *decisions = g_new0(Decisions, 1);
    decisions->notes = g_string_chunk_new(4096);
    decisions->decisions = g_array_sized_new(FALSE, FALSE, sizeof(Decision), (guint)num_photos);
    g_autoptr(GArray) indices = NULL;
    decisions->matches = match(skus, photos, num_photos, is_left_out, &indices);
    if (drop_duplicates(decisions->matches, indices, photos, num_photos, is_left_out) > 0) {
        /* Without the twins, what was a tie between two files of the same bytes is none. */
        g_clear_pointer(&decisions->matches, match_result_free);
        g_clear_pointer(&indices, g_array_unref);
        decisions->matches = match(skus, photos, num_photos, is_left_out, &indices);
    }
    take_unmatchable(decisions, photos, num_photos, is_left_out);
    take_matches(decisions, indices);
    return decisions;
}

void
decisions_free(Decisions *decisions)
{
    if (decisions != NULL) {
        match_result_free(decisions->matches);
        g_string_chunk_free(decisions->notes);
        g_array_unref(decisions->decisions);
        g_free(decisions);
    }
}

const Decision *
decisions_get(const Decisions *decisions, gsize photo)
{
    g_assert(photo < decisions->decisions->len);
    return &g_array_index(decisions->decisions, Decision, photo);
}
