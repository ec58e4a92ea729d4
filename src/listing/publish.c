#include "listing/publish.h"

#include "base/error.h"
#include "listing/compliance.h"
#include "listing/gaps.h"
#include "listing/naming.h"
#include "listing/picture_store.h"

#include <string.h>

char *
publish_picture_name(const Batch *batch, const BatchPhoto *photo)
{
    const ListedSku *listed = batch->listed_skus->pdata[photo->sku];
    return picture_name(listed->sku, photo->slot);
}

static void
note_source(BatchPhoto *photo)
{
    const ImageFacts *facts = &photo->record->facts;
    if (facts->had_location) {
        batch_note(photo->notes, "the place where it was taken (GPS) was removed");
    }
    if (facts->num_frames > 1) {
        batch_note(photo->notes, "the first of %u frames was used", facts->num_frames);
    }
}

static void
note_compliance(const Batch *batch, BatchPhoto *photo)
{
    const JournalRecord *record = photo->record;
    PublishedFacts facts = {
        .width = record->width,
        .height = record->height,
        .num_bytes = record->picture_bytes,
        .border_white_share = record->facts.border_white_share,
        .frame_fill = record->facts.frame_fill,
        .was_truncated = record->facts.was_truncated,
    };
    g_autoptr(GPtrArray) notes = compliance_notes(batch->marketplace, photo->slot, &facts);
    for (guint i = 0; i < notes->len; i++) {
        batch_note(photo->notes, "%s", ((const ComplianceNote *)notes->pdata[i])->text);
    }
}

void
publish_pictures(Batch *batch)
{
    for (gsize i = 0; i < batch->photos->len; i++) {
        BatchPhoto *photo = batch_photo(batch, i);
        if (photo->verdict != VERDICT_MATCHED || photo->record == NULL ||
            !photo->record->has_picture) {
            continue;
        }
        g_autofree char *name = publish_picture_name(batch, photo);
        photo->path = picture_path(&photo->record->picture, name);
        photo->url = picture_url(batch->base_url, photo->path);
        note_source(photo);
        note_compliance(batch, photo);
        batch->num_published++;
        batch->bytes_in += photo->record->bytes_in;
        batch->bytes_out += photo->record->picture_bytes;
    }
}

static gint
compare_slots(gconstpointer a, gconstpointer b, gpointer user_data)
{
    const Batch *batch = user_data;
    return slot_compare(batch_photo(batch, *(const gsize *)a)->slot,
                        batch_photo(batch, *(const gsize *)b)->slot);
}

typedef struct {
    const Layout *layout;
    const ListedSku *listed;
} SheetSlots;

/* Whether the sheet holds a URL for SLOT, put there by somebody before. */
static bool
sheet_has_url(Slot slot, gconstpointer data)
{
    const SheetSlots *slots = data;
    const char *url = listed_sku_picture(slots->layout, slots->listed, slot);
    return g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://");
}

static void
find_missing(const Batch *batch, BatchSku *sku, const SheetSlots *in_sheet)
{
    g_autofree Slot *slots = g_new(Slot, sku->photos->len + 1);
    for (guint i = 0; i < sku->photos->len; i++) {
        slots[i] = batch_photo(batch, g_array_index(sku->photos, gsize, i))->slot;
    }
    g_autofree char *missing = slots_missing(slots, sku->photos->len, sheet_has_url, in_sheet);
    g_string_assign(sku->missing, missing);
}

static void
summarise_sku(Batch *batch, BatchSku *sku)
{
    const Slot main_slot = { SLOT_MAIN, 0 };
    g_array_sort_with_data(sku->photos, compare_slots, batch);
    bool has_new_main =
        sku->photos->len > 0 &&
        batch_photo(batch, g_array_index(sku->photos, gsize, 0))->slot.kind == SLOT_MAIN;
    const SheetSlots in_sheet = { batch->layout, sku->listed };
    sku->has_main = has_new_main || sheet_has_url(main_slot, &in_sheet);
    find_missing(batch, sku, &in_sheet);
    if (!sku->has_main) {
        if (sku->listed->is_parent) {
            batch_note(sku->notes, "a variation's parent: it need not have a picture");
        } else {
            sku->needs_attention = true;
            batch->num_without_main++;
        }
    } else if (!has_new_main) {
        batch_note(sku->notes, "the main picture that the sheet had stays");
    }
    if (sku->listed->problem != NULL) {
        batch_note(sku->notes, "%s", sku->listed->problem);
        sku->needs_attention = true;
    }
    guint32 max_pictures = batch->marketplace->rules.max_pictures;
    if (max_pictures > 0 && sku->photos->len > max_pictures) {
        batch_note(sku->notes, "%u pictures, %s shows %u", sku->photos->len,
                   batch->marketplace->title, max_pictures);
    }
}

void
publish_summarise(Batch *batch)
{
    for (guint i = 0; i < batch->listed_skus->len; i++) {
        BatchSku sku = { .listed = batch->listed_skus->pdata[i],
                         .photos = g_array_new(FALSE, FALSE, sizeof(gsize)),
                         .missing = g_string_new(NULL),
                         .notes = g_string_new(NULL) };
        g_array_append_val(batch->skus, sku);
    }
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        batch->num_by_verdict[photo->verdict]++;
        batch->num_junk += photo->is_junk ? 1 : 0;
        if (photo->verdict == VERDICT_MATCHED) {
            g_array_append_val(batch_sku(batch, (gsize)photo->sku)->photos, i);
        }
    }
    for (gsize i = 0; i < batch->skus->len; i++) {
        summarise_sku(batch, batch_sku(batch, i));
    }
}

bool
publish_sheet(Batch *batch, const char *out_dir, GError **error)
{
    g_autoptr(GArray) published = g_array_new(FALSE, TRUE, sizeof(PublishedPicture));
    g_autoptr(GArray) photo_of = g_array_new(FALSE, FALSE, sizeof(gsize));
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        if (photo->url != NULL) {
            PublishedPicture picture = { (guint32)photo->sku, photo->slot, photo->url };
            g_array_append_val(published, picture);
            g_array_append_val(photo_of, i);
        }
    }
    g_autoptr(GArray) edits = NULL;
    g_autoptr(GArray) inserted = NULL;
    g_autoptr(GArray) no_place = NULL;
    if (!layout_plan_edits(batch->sheet, batch->layout, batch->listed_skus,
                           (const PublishedPicture *)(void *)published->data, published->len,
                           &edits, &inserted, &no_place, error)) {
        return false;
    }
    for (guint i = 0; i < edits->len; i++) {
        SheetEdit edit = g_array_index(edits, SheetEdit, i);
        edit.text = g_strdup(edit.text);
        g_array_append_val(batch->edits, edit);
    }
    for (guint i = 0; i < no_place->len; i++) {
        const NoPlace *found = &g_array_index(no_place, NoPlace, i);
        BatchPhoto *photo = batch_photo(batch, g_array_index(photo_of, gsize, found->picture));
        batch_note(photo->notes, "%s", found->reason);
    }
    batch->num_urls = published->len - no_place->len;
    g_autofree char *path = g_build_filename(out_dir, batch->sheet_name, NULL);
    SheetPatchStats stats;
    return sheet_patch(batch->sheet, batch->layout->worksheet,
                       (const SheetEdit *)(void *)batch->edits->data, batch->edits->len,
                       (const SheetInsertedLine *)(void *)inserted->data, inserted->len, path,
                       &stats, error);
}
