/* LST-05: every photo finds its SKU and its slot, or the reason why not. */
#include "listing/match.h"

#include "listing/match_nearest.h"
#include "listing/match_place.h"

#include <string.h>

static const guint32 max_named_rivals = 3;

/* Where this many photos have no SKU, it is the sheet that is wrong, or the folder. */
static const gsize max_nearest_photos = 5000;

struct MatchResult {
    MatchDecision *decisions;
    gsize num_decisions;
    GStringChunk *text;
    const char *rules[HOW_NONE][ID_KIND_COUNT][2][PLACE_RULE_COUNT];
};

typedef struct {
    const MatchSku *skus;
    const MatchPhoto *photos;
    const MatchReading *readings;
    const MatchReader *reader;
    const MatchPlaces *places;
    MatchResult *result;
    GString *line;
} Writer;

/* %s: "SKU", "ASIN" or "barcode". */
static const char *
describe_how(MatchHow how, bool whole)
{
    switch (how) {
    case HOW_FILE_COLUMN:
        return "the sheet names this file";
    case HOW_NAME:
        return whole ? "name is the %s" : "name begins with the %s";
    case HOW_NAME_SHAPE:
        return whole ? "name is the %s, written with other separators"
                     : "name begins with the %s, written with other separators";
    case HOW_NAME_LOOSE:
        return whole ? "name is the %s, separators aside"
                     : "name begins with the %s, separators aside";
    case HOW_NAME_ZEROS:
        return whole ? "name is the %s, leading zeros aside"
                     : "name begins with the %s, leading zeros aside";
    case HOW_NAME_DECODED:
        return "name has the %s, once its %%XX are decoded";
    case HOW_COPY_OF:
        return "name is a copy's, of the %s";
    case HOW_FOLDER_AND_NAME:
        return "folder and name together are the %s";
    case HOW_FOLDER:
        return "folder is named by the %s";
    case HOW_FOLDER_SHAPE:
        return "folder is named by the %s, written with other separators";
    case HOW_FOLDER_LOOSE:
        return "folder is named by the %s, separators aside";
    case HOW_INSIDE:
        return "name has the %s inside";
    case HOW_GLUED:
        return "name begins with the %s, the rest glued to it";
    case HOW_NONE:
        break;
    }
    g_assert_not_reached();
}

static const char *
describe_place(PlaceRule rule)
{
    switch (rule) {
    case PLACE_BY_CODE:
        return "the slot is named";
    case PLACE_BY_COLUMN:
        return "the slot is its column's";
    case PLACE_BY_NUMBER_FROM_0:
        return "number counted from 0";
    case PLACE_BY_NUMBER_FROM_1:
        return "number counted from 1";
    case PLACE_BY_NUMBER_OF_EXTRA:
        return "number counts the further pictures";
    case PLACE_BY_NUMBER_AFTER_MAIN:
        return "number counted from 1, the main picture";
    case PLACE_BARE:
        return "nothing else: main picture";
    case PLACE_BARE_NEXT:
        return "nothing else, main is taken: next free slot";
    case PLACE_FRONT:
        return "front view: main picture";
    case PLACE_VIEW:
        return "a view: next free slot in the order of views";
    case PLACE_FIRST:
        return "no slot named, first in order: main picture";
    case PLACE_NEXT:
        return "no slot named: next free one in order of names";
    case PLACE_RULE_COUNT:
        break;
    }
    g_assert_not_reached();
}

static const char *
name_rule(MatchResult *result, const MatchReading *reading, PlaceRule place)
{
    static const char *const kinds[ID_KIND_COUNT] = { "SKU", "ASIN", "barcode" };
    const char **rule = &result->rules[reading->how][reading->kind][reading->whole][place];
    if (*rule == NULL) {
        g_autoptr(GString) text = g_string_new(describe_how(reading->how, reading->whole));
        g_string_replace(text, "%s", kinds[reading->kind], 0);
        g_string_replace(text, "%%", "%", 0);
        g_string_append_printf(text, "; %s", describe_place(place));
        *rule = g_string_chunk_insert(result->text, text->str);
    }
    return *rule;
}

static const char *
keep_line(Writer *writer)
{
    return g_string_chunk_insert_len(writer->result->text, writer->line->str,
                                     (gssize)writer->line->len);
}

static const char *
list_tied(Writer *writer, const MatchReading *reading)
{
    const guint32 *tied = match_reader_tied(writer->reader, reading);
    guint32 num_named = MIN(reading->num_tied, MAX_NAMED_SKUS);
    g_string_assign(writer->line, "could be ");
    for (guint32 i = 0; i < num_named; i++) {
        g_string_append(writer->line, i == 0 ? "" : i + 1 == reading->num_tied ? " or " : ", ");
        g_string_append(writer->line, writer->skus[tied[i]].sku);
    }
    if (reading->num_tied > num_named) {
        g_string_append_printf(writer->line, " or %u others", reading->num_tied - num_named);
    }
    if (reading->doubt == DOUBT_COUNTER) {
        g_string_append(writer->line, " with a counter, or a longer SKU that is not listed");
    }
    return keep_line(writer);
}

static const char *
list_rivals(Writer *writer, gsize photo, const Place *place)
{
    g_string_truncate(writer->line, 0);
    if (place->has_slot) {
        g_autofree char *slot = slot_to_string(place->slot);
        g_string_append_printf(writer->line, "%s of %s", slot,
                               writer->skus[writer->readings[photo].sku].sku);
    } else {
        g_string_append(writer->line, writer->skus[writer->readings[photo].sku].sku);
    }
    g_string_append(writer->line, " is also claimed by ");
    guint32 num_named = 0;
    for (guint32 i = 0; i < place->num_rivals && num_named < max_named_rivals; i++) {
        guint32 rival = writer->places->rivals[place->first_rival + i];
        if (rival != photo) {
            g_string_append(writer->line, num_named == 0 ? "" : ", ");
            g_string_append(writer->line, writer->photos[rival].path);
            num_named++;
        }
    }
    if (place->num_rivals - 1 > num_named) {
        g_string_append_printf(writer->line, " and %u more", place->num_rivals - 1 - num_named);
    }
    return keep_line(writer);
}

static void
decide_doubt(Writer *writer, const MatchReading *reading, MatchDecision *decision)
{
    decision->verdict = MATCH_AMBIGUOUS;
    switch ((MatchDoubt)reading->doubt) {
    case DOUBT_TIE:
        decision->rule = "more than one SKU fits";
        break;
    case DOUBT_FOLDER:
        decision->rule = "name and folder point to different SKUs";
        break;
    case DOUBT_COUNTER:
        decision->rule = "digits glued to a SKU";
        break;
    case DOUBT_NONE:
        g_assert_not_reached();
    }
    decision->notes = list_tied(writer, reading);
}

static void
decide(Writer *writer, gsize photo)
{
    const MatchReading *reading = &writer->readings[photo];
    const Place *place = &writer->places->places[photo];
    MatchDecision *decision = &writer->result->decisions[photo];
    decision->sku = MATCH_NO_SKU;
    if (reading->how == HOW_NONE) {
        decision->verdict = MATCH_UNMATCHED;
        decision->rule = "no SKU fits the name or its folders";
        return;
    }
    if (reading->doubt != DOUBT_NONE) {
        decide_doubt(writer, reading, decision);
        return;
    }
    decision->sku = reading->sku;
    decision->slot = place->slot;
    if (place->num_rivals > 0) {
        decision->verdict = MATCH_AMBIGUOUS;
        decision->rule = place->has_slot ? "more than one photo for this slot"
                                         : "more than one photo of this name";
        decision->notes = list_rivals(writer, photo, place);
        return;
    }
    decision->verdict = MATCH_MATCHED;
    decision->rule = name_rule(writer->result, reading, place->rule);
    if (reading->other_sku != MATCH_NO_SKU) {
        g_string_printf(writer->line, "could also be read as SKU %s",
                        writer->skus[reading->other_sku].sku);
        decision->notes = keep_line(writer);
    } else if (place->rule == PLACE_BY_NUMBER_FROM_1 && writer->places->mixed_counts) {
        decision->notes = "other SKUs count from 0";
    } else if (place->rule == PLACE_BY_NUMBER_FROM_0 && writer->places->mixed_counts) {
        decision->notes = "other SKUs count from 1";
    }
}

static int
compare_paths(const Writer *writer, guint32 a, guint32 b)
{
    return strcmp(writer->photos[a].path, writer->photos[b].path);
}

/* Reorders PHOTOS so that the first COUNT of them are the first by path; returns the next. */
static guint32
select_first(const Writer *writer, guint32 *photos, gsize num_photos, gsize count)
{
    gsize low = 0;
    gsize high = num_photos - 1;
    while (low < high) {
        guint32 pivot = photos[low + (high - low) / 2];
        gsize i = low;
        gsize j = high;
        for (;;) { /* Hoare's partition: it halves runs of equal paths */
            while (compare_paths(writer, photos[i], pivot) < 0) {
                i++;
            }
            while (compare_paths(writer, photos[j], pivot) > 0) {
                j--;
            }
            if (i >= j) {
                break;
            }
            guint32 other = photos[i];
            photos[i++] = photos[j];
            photos[j--] = other;
        }
        if (count <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return photos[count];
}

static const char *
list_nearest(Writer *writer, MatchNearest *nearest, const char *path)
{
    guint32 skus[MAX_NEAREST];
    guint num_skus = match_nearest_find(nearest, path, skus);
    if (num_skus == 0) {
        return "no SKU is similar";
    }
    g_string_assign(writer->line, num_skus == 1 ? "nearest SKU: " : "nearest SKUs: ");
    for (guint i = 0; i < num_skus; i++) {
        g_string_append(writer->line, i == 0 ? "" : ", ");
        g_string_append(writer->line, writer->skus[skus[i]].sku);
    }
    return keep_line(writer);
}

/* Which photos get a list does not depend on their order, either. */
static void
note_nearest(Writer *writer, const MatchIndex *index)
{
    MatchResult *result = writer->result;
    g_autofree guint32 *unmatched = g_new(guint32, result->num_decisions + 1);
    gsize num_unmatched = 0;
    for (gsize i = 0; i < result->num_decisions; i++) {
        if (result->decisions[i].verdict == MATCH_UNMATCHED) {
            unmatched[num_unmatched++] = (guint32)i;
        }
    }
    if (num_unmatched == 0 || index->by_letters.num_groups == 0) {
        return;
    }
    const char *end = NULL;
    if (num_unmatched > max_nearest_photos) {
        end =
            writer->photos[select_first(writer, unmatched, num_unmatched, max_nearest_photos)].path;
    }
    g_autoptr(MatchNearest) nearest = match_nearest_new(index);
    for (gsize i = 0; i < num_unmatched; i++) {
        const char *path = writer->photos[unmatched[i]].path;
        result->decisions[unmatched[i]].notes =
            end == NULL || strcmp(path, end) < 0
                ? list_nearest(writer, nearest, path)
                : "too many photos have no SKU: similar SKUs were looked up for 5000 of them";
    }
}

MatchResult *
match_photos(const MatchSku *skus, gsize num_skus, const MatchPhoto *photos, gsize num_photos)
{
    g_autoptr(MatchIndex) index = match_index_new(skus, num_skus);
    g_autoptr(MatchReader) reader = match_reader_new(index);
    g_autofree MatchReading *readings = g_new(MatchReading, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        readings[i] = match_read(reader, photos[i].path);
    }
    g_autoptr(MatchPlaces) places = match_places_new(readings, photos, num_photos, num_skus);

    MatchResult *result = g_new0(MatchResult, 1);
    result->text = g_string_chunk_new(4096);
    result->num_decisions = num_photos;
    result->decisions = g_new0(MatchDecision, num_photos + 1);
    g_autoptr(GString) line = g_string_new(NULL);
    Writer writer = { skus, photos, readings, reader, places, result, line };
    for (gsize i = 0; i < num_photos; i++) {
        decide(&writer, i);
    }
    note_nearest(&writer, index);
    return result;
}

void
match_result_free(MatchResult *result)
{
    if (result == NULL) {
        return;
    }
    g_free(result->decisions);
    g_string_chunk_free(result->text);
    g_free(result);
}

const MatchDecision *
match_decision(const MatchResult *result, gsize photo)
{
    g_assert(photo < result->num_decisions);
    return &result->decisions[photo];
}
