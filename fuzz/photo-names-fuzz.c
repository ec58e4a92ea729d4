/* Lines up to an empty one are SKUs (with tabs: SKU, ASIN, barcode, parent, file name), the lines
 * after it are paths of photos. Whatever they are: the same decisions in reverse order, and no slot
 * twice. */
#include "listing/match.h"
#include "listing/name.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const guint max_lines = 200;

static void
check_no_slot_twice(const MatchResult *result, guint num_photos)
{
    for (guint i = 0; i < num_photos; i++) {
        const MatchDecision *a = match_decision(result, i);
        for (guint k = 0; k < i && a->verdict == MATCH_MATCHED; k++) {
            const MatchDecision *b = match_decision(result, k);
            g_assert_false(b->verdict == MATCH_MATCHED && a->sku == b->sku &&
                           slot_compare(a->slot, b->slot) == 0);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", (int)max_lines);
    guint num_lines = g_strv_length(lines);
    guint num_skus = 0;
    while (num_skus < num_lines && lines[num_skus][0] != '\0') {
        num_skus++;
    }
    g_autofree MatchSku *skus = g_new0(MatchSku, num_skus + 1);
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (guint i = 0; i < num_skus; i++) {
        char **field = g_strsplit(lines[i], "\t", 5);
        guint num_fields = g_strv_length(field);
        g_ptr_array_add(fields, field);
        skus[i].sku = field[0];
        skus[i].asin = num_fields > 1 ? field[1] : NULL;
        skus[i].barcode = num_fields > 2 ? field[2] : NULL;
        skus[i].parent = num_fields > 3 ? field[3] : NULL;
        skus[i].file_names = num_fields > 4 ? (const char *const *)field + 4 : NULL;
    }
    guint num_photos = num_lines - num_skus;
    g_autofree MatchPhoto *photos = g_new0(MatchPhoto, num_photos + 1);
    g_autofree MatchPhoto *reversed = g_new0(MatchPhoto, num_photos + 1);
    for (guint i = 0; i < num_photos; i++) {
        photos[i].path = reversed[num_photos - 1 - i].path = lines[num_skus + i];
        photo_name_is_junk(lines[num_skus + i]);
    }
    g_autoptr(MatchResult) result = match_photos(skus, num_skus, photos, num_photos);
    g_autoptr(MatchResult) again = match_photos(skus, num_skus, reversed, num_photos);
    check_no_slot_twice(result, num_photos);
    for (guint i = 0; i < num_photos; i++) {
        const MatchDecision *a = match_decision(result, i);
        const MatchDecision *b = match_decision(again, num_photos - 1 - i);
        g_assert_true(a->verdict == b->verdict && a->sku == b->sku);
        g_assert_true(a->verdict != MATCH_MATCHED || slot_compare(a->slot, b->slot) == 0);
        g_assert_cmpstr(a->rule, ==, b->rule);
        g_assert_cmpstr(a->notes, ==, b->notes);
    }
    return 0;
}
