/* What must hold for every batch (LST-05), tried on random ones: few letters, so that SKUs and
 * names collide in every way. */
#include "listing/match.h"

#include <string.h>

static const guint num_batches = 3000;

typedef struct {
    GPtrArray *sku_texts, *paths;
    MatchSku *skus;
    MatchPhoto *photos;
} Batch;

static char *
random_text(GRand *random, const char *const *pieces, gsize num_pieces, gint32 max_length)
{
    GString *text = g_string_new(NULL);
    for (gint32 i = g_rand_int_range(random, 1, max_length + 1); i > 0; i--) {
        g_string_append(text, pieces[g_rand_int_range(random, 0, (gint32)num_pieces)]);
    }
    return g_string_free(text, false);
}

static Batch
random_batch(GRand *random)
{
    static const char *const sku_pieces[] = { "A", "b", "AB", "1", "0", "12", "-", "_", "." };
    static const char *const name_pieces[] = { "_",     "-",    " ",    "1", "2",   "0",
                                               "front", "main", "PT02", "x", "(1)", "A" };
    static const char *const endings[] = { ".jpg", ".png", "", ".JPG" };
    Batch batch = { g_ptr_array_new_with_free_func(g_free),
                    g_ptr_array_new_with_free_func(g_free) };
    for (gint32 i = g_rand_int_range(random, 1, 8); i > 0; i--) {
        g_ptr_array_add(batch.sku_texts,
                        random_text(random, sku_pieces, G_N_ELEMENTS(sku_pieces), 5));
    }
    for (gint32 i = g_rand_int_range(random, 1, 25); i > 0; i--) {
        const char *sku =
            batch.sku_texts->pdata[g_rand_int_range(random, 0, (gint32)batch.sku_texts->len)];
        g_autofree char *rest = random_text(random, name_pieces, G_N_ELEMENTS(name_pieces), 4);
        const char *ending = endings[g_rand_int_range(random, 0, G_N_ELEMENTS(endings))];
        static const char *const formats[] = { "%s%s%s", "%s/%s%s", "dir/%s%s%s", "x %s%s%s" };
        const char *format = formats[g_rand_int_range(random, 0, G_N_ELEMENTS(formats))];
        g_autoptr(GString) path = g_string_new(format);
        const char *const parts[] = { sku, rest, ending };
        for (gsize k = 0; k < G_N_ELEMENTS(parts); k++) {
            g_string_replace(path, "%s", parts[k], 1);
        }
        g_ptr_array_add(batch.paths, g_strdup(path->str));
    }
    batch.skus = g_new0(MatchSku, batch.sku_texts->len + 1);
    batch.photos = g_new0(MatchPhoto, batch.paths->len);
    for (guint i = 0; i < batch.sku_texts->len; i++) {
        batch.skus[i].sku = batch.sku_texts->pdata[i];
    }
    for (guint i = 0; i < batch.paths->len; i++) {
        batch.photos[i].path = batch.paths->pdata[i];
    }
    return batch;
}

static void
batch_clear(Batch *batch)
{
    g_ptr_array_unref(batch->sku_texts);
    g_ptr_array_unref(batch->paths);
    g_free(batch->skus);
    g_free(batch->photos);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

static void
assert_same(const Batch *batch, guint photo, const MatchDecision *a, const MatchDecision *b)
{
    if (a->verdict != b->verdict || a->sku != b->sku ||
        (a->verdict == MATCH_MATCHED && slot_compare(a->slot, b->slot) != 0)) {
        g_autofree char *skus = g_strjoinv("|", (char **)batch->sku_texts->pdata);
        g_error("%s is decided in two ways (%s; %s) (%s; %s), SKUs %s", batch->photos[photo].path,
                a->rule, a->notes, b->rule, b->notes, skus);
    }
}

typedef void (*CheckBatch)(GRand *random, const Batch *batch, const MatchResult *result);

static void
for_random_batches(CheckBatch check_batch)
{
    for (guint round = 0; round < num_batches; round++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(round);
        g_auto(Batch) batch = random_batch(random);
        guint num_skus = batch.sku_texts->len;
        g_ptr_array_add(batch.sku_texts, NULL);
        g_autoptr(MatchResult) result =
            match_photos(batch.skus, num_skus, batch.photos, batch.paths->len);
        check_batch(random, &batch, result);
    }
}

static void
check_order(GRand *random, const Batch *batch, const MatchResult *result)
{
    guint num_photos = batch->paths->len;
    g_autofree guint *order = g_new(guint, num_photos);
    g_autofree MatchPhoto *shuffled = g_new0(MatchPhoto, num_photos);
    for (guint i = 0; i < num_photos; i++) {
        guint other = (guint)g_rand_int_range(random, 0, (gint32)i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (guint i = 0; i < num_photos; i++) {
        shuffled[i] = batch->photos[order[i]];
    }
    g_autoptr(MatchResult) again =
        match_photos(batch->skus, batch->sku_texts->len - 1, shuffled, num_photos);
    for (guint i = 0; i < num_photos; i++) {
        const MatchDecision *a = match_decision(result, order[i]);
        const MatchDecision *b = match_decision(again, i);
        assert_same(batch, order[i], a, b);
        g_assert_cmpstr(a->rule, ==, b->rule);
        g_assert_cmpstr(a->notes, ==, b->notes);
    }
}

static void
test_order_of_photos_does_not_matter(void)
{
    for_random_batches(check_order);
}

static void
check_slots(GRand *random, const Batch *batch, const MatchResult *result)
{
    for (guint i = 0; i < batch->paths->len; i++) {
        const MatchDecision *a = match_decision(result, i);
        for (guint k = 0; k < i && a->verdict == MATCH_MATCHED; k++) {
            const MatchDecision *b = match_decision(result, k);
            g_assert_false(b->verdict == MATCH_MATCHED && a->sku == b->sku &&
                           slot_compare(a->slot, b->slot) == 0);
        }
    }
}

static void
test_no_slot_is_given_twice(void)
{
    for_random_batches(check_slots);
}

static char *
letters_and_digits(const char *text)
{
    GString *kept = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        if (g_ascii_isalnum(*text)) {
            g_string_append_c(kept, g_ascii_tolower(*text));
        }
    }
    return g_string_free(kept, false);
}

static void
check_contains(GRand *random, const Batch *batch, const MatchResult *result)
{
    for (guint i = 0; i < batch->paths->len; i++) {
        const MatchDecision *decision = match_decision(result, i);
        if (decision->verdict != MATCH_MATCHED) {
            continue;
        }
        const char *sku_text = batch->skus[decision->sku].sku;
        g_autofree char *path = letters_and_digits(batch->photos[i].path);
        g_autofree char *sku = letters_and_digits(sku_text);
        if (strstr(decision->rule, "leading zeros aside") != NULL) {
            g_assert_nonnull(strstr(path, sku + strspn(sku, "0")));
        } else {
            g_assert_nonnull(strstr(path, sku));
        }
        if (strstr(decision->rule, "name is the SKU; ") != NULL ||
            strstr(decision->rule, "begins with the SKU; ") != NULL) {
            const char *slash = strrchr(batch->photos[i].path, '/');
            const char *base = slash != NULL ? slash + 1 : batch->photos[i].path;
            g_autofree char *folded_base = g_ascii_strdown(base, -1);
            g_autofree char *folded_sku = g_ascii_strdown(sku_text, -1);
            g_assert_nonnull(strstr(folded_base, folded_sku));
        }
    }
}

static void
test_matched_names_have_their_sku(void)
{
    for_random_batches(check_contains);
}

static void
check_unrelated(GRand *random, const Batch *batch, const MatchResult *result)
{
    guint num_skus = batch->sku_texts->len - 1;
    batch->skus[num_skus].sku = "QQQ-777";
    g_autoptr(MatchResult) more =
        match_photos(batch->skus, num_skus + 1, batch->photos, batch->paths->len);
    for (guint i = 0; i < batch->paths->len; i++) {
        assert_same(batch, i, match_decision(result, i), match_decision(more, i));
    }
}

static void
test_unrelated_skus_change_nothing(void)
{
    for_random_batches(check_unrelated);
}

static void
check_exact(GRand *random, const Batch *batch, const MatchResult *result)
{
    guint num_skus = batch->sku_texts->len - 1;
    for (guint i = 0; i < num_skus; i++) {
        bool unique = true;
        for (guint k = 0; k < num_skus; k++) {
            unique &= i == k || g_ascii_strcasecmp(batch->skus[i].sku, batch->skus[k].sku) != 0;
        }
        g_autofree char *path = g_strconcat(batch->skus[i].sku, ".jpg", NULL);
        const MatchPhoto photo = { path };
        g_autoptr(MatchResult) alone = match_photos(batch->skus, num_skus, &photo, 1);
        const MatchDecision *decision = match_decision(alone, 0);
        if (unique) {
            g_assert_cmpint(decision->verdict, ==, MATCH_MATCHED);
            g_assert_cmpuint(decision->sku, ==, i);
            g_assert_cmpint(decision->slot.kind, ==, SLOT_MAIN);
        }
    }
}

static void
test_photo_named_by_a_sku_alone_is_its_main_picture(void)
{
    for_random_batches(check_exact);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/match/property/order", test_order_of_photos_does_not_matter);
    g_test_add_func("/match/property/slots", test_no_slot_is_given_twice);
    g_test_add_func("/match/property/contains", test_matched_names_have_their_sku);
    g_test_add_func("/match/property/unrelated", test_unrelated_skus_change_nothing);
    g_test_add_func("/match/property/exact", test_photo_named_by_a_sku_alone_is_its_main_picture);
    return g_test_run();
}
