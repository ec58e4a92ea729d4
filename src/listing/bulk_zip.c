#include "listing/bulk_zip.h"

#include "archive/zip.h"
#include "base/file.h"
#include "listing/naming.h"

static const gsize max_picture_bytes = G_MAXINT32;

bool
bulk_zip_write(Batch *batch, const char *out_dir, GError **error)
{
    g_autofree char *zip_path = g_build_filename(out_dir, "bulk-upload.zip", NULL);
    g_autoptr(ZipWriter) writer = zip_writer_new(zip_path, error);
    if (writer == NULL) {
        return false;
    }
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < batch->photos->len; i++) {
        BatchPhoto *photo = batch_photo(batch, i);
        if (photo->path == NULL) {
            continue;
        }
        const ListedSku *listed = batch->listed_skus->pdata[photo->sku];
        g_autofree char *name =
            picture_bulk_name(batch->marketplace, listed->asin, photo->slot, photo->path);
        if (name == NULL) {
            batch->num_not_in_bulk_zip++;
            batch_note(photo->notes, "not in bulk-upload.zip: the sheet has no ASIN for this SKU");
            continue;
        }
        /* Two SKUs that differ only in characters which a file name cannot hold, or one ASIN in two
         * rows. */
        if (!g_hash_table_add(used, g_strdup(name))) {
            batch->num_not_in_bulk_zip++;
            batch_note(photo->notes, "not in bulk-upload.zip: another photo has the name %s there",
                       name);
            continue;
        }
        g_autofree char *path = g_build_filename(out_dir, photo->path, NULL);
        g_autoptr(GBytes) bytes = file_read_whole(path, max_picture_bytes, error);
        if (bytes == NULL || !zip_writer_add(writer, name, g_bytes_get_data(bytes, NULL),
                                             g_bytes_get_size(bytes), 0, error)) {
            return false;
        }
    }
    return zip_writer_finish(writer, NULL, error);
}
