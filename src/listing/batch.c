#include "listing/batch.h"

static void
photo_clear(gpointer data)
{
    BatchPhoto *photo = data;
    g_free(photo->path);
    g_free(photo->url);
    g_string_free(photo->notes, TRUE);
}

static void
sku_clear(gpointer data)
{
    BatchSku *sku = data;
    g_array_unref(sku->photos);
    g_string_free(sku->missing, TRUE);
    g_string_free(sku->notes, TRUE);
}

Batch *
batch_new(void)
{
    Batch *batch = g_new0(Batch, 1);
    batch->photos = g_array_new(FALSE, TRUE, sizeof(BatchPhoto));
    batch->skus = g_array_new(FALSE, TRUE, sizeof(BatchSku));
    batch->remarks = g_ptr_array_new_with_free_func(g_free);
    g_array_set_clear_func(batch->photos, photo_clear);
    g_array_set_clear_func(batch->skus, sku_clear);
    return batch;
}

void
batch_free(Batch *batch)
{
    if (batch == NULL) {
        return;
    }
    g_array_unref(batch->photos);
    g_array_unref(batch->skus);
    decisions_free(batch->decisions);
    intake_free(batch->intake);
    g_ptr_array_unref(batch->remarks);
    journal_close(batch->journal);
    g_clear_pointer(&batch->listed_skus, g_ptr_array_unref);
    g_clear_pointer(&batch->edits, g_array_unref);
    layout_free(batch->layout);
    sheet_close(batch->sheet);
    g_free(batch->thumbnail_dir);
    g_free(batch->base_url);
    g_free(batch->sheet_name);
    g_free(batch);
}

BatchPhoto *
batch_photo(const Batch *batch, gsize index)
{
    g_assert(index < batch->photos->len);
    return &g_array_index(batch->photos, BatchPhoto, index);
}

BatchSku *
batch_sku(const Batch *batch, gsize index)
{
    g_assert(index < batch->skus->len);
    return &g_array_index(batch->skus, BatchSku, index);
}

void
batch_note(GString *notes, const char *format, ...)
{
    if (notes->len > 0) {
        g_string_append(notes, "; ");
    }
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(notes, format, args);
    va_end(args);
}

bool
batch_photo_needs_attention(const BatchPhoto *photo)
{
    switch (photo->verdict) {
    case VERDICT_MATCHED:
    case VERDICT_DUPLICATE:
        return false;
    case VERDICT_UNMATCHED:
    case VERDICT_AMBIGUOUS:
        return true;
    case VERDICT_REJECTED:
        return !photo->is_junk;
    }
    g_assert_not_reached();
}
