#include "web/resource_json.h"

#include "image/image.h"
#include "listing/compliance.h"
#include "web/exchange.h"

static void
write_sheet(JsonWriter *writer, const BatchInfo *batch)
{
    const BatchSheet *sheet = batch->sheet;
    if (sheet == NULL) {
        json_null(writer, "sheet");
        return;
    }
    const Marketplace *marketplace =
        sheet->is_read ? marketplace_by_name(sheet->marketplace) : NULL;
    json_begin_object(writer, "sheet");
    json_string(writer, "name", sheet->name);
    json_bool(writer, "is_read", sheet->is_read);
    json_string(writer, "description", sheet->description);
    json_string(writer, "marketplace", sheet->marketplace);
    json_string(writer, "marketplace_title", marketplace != NULL ? marketplace->title : "");
    json_string(writer, "worksheet", sheet->worksheet);
    json_int(writer, "num_skus", batch->counts.skus);
    json_string(writer, "notes", sheet->notes);
    json_string(writer, "problem", sheet->problem);
    json_end_object(writer);
}

static void
write_counts(JsonWriter *writer, const BatchCounts *counts)
{
    json_begin_object(writer, "counts");
    json_int(writer, "photos", counts->photos);
    json_int(writer, "uploading", counts->uploading);
    json_int(writer, "waiting", counts->waiting);
    json_int(writer, "done", counts->done);
    json_int(writer, "failed", counts->failed);
    json_int(writer, "matched", counts->matched);
    json_int(writer, "unmatched", counts->unmatched);
    json_int(writer, "ambiguous", counts->ambiguous);
    json_int(writer, "duplicate", counts->duplicate);
    json_int(writer, "rejected", counts->rejected);
    json_int(writer, "left_out", counts->left_out);
    json_int(writer, "skus", counts->skus);
    json_int(writer, "skus_complete", counts->skus_complete);
    json_int(writer, "skus_without_main", counts->skus_without_main);
    json_int(writer, "attention", counts->attention);
    json_end_object(writer);
}

void
json_batch(JsonWriter *writer, const char *name, const BatchInfo *batch)
{
    json_begin_object(writer, name);
    json_string(writer, "id", batch->id.text);
    json_string(writer, "name", batch->name);
    json_string(writer, "state", batch_state_to_string(batch->state));
    json_int(writer, "revision", batch->revision);
    json_time(writer, "created_at", batch->created_at);
    json_time(writer, "changed_at", batch->changed_at);
    json_time(writer, "published_at", batch->published_at);
    json_time(writer, "expires_at", batch->first_expires_at);
    json_time(writer, "last_expires_at", batch->last_expires_at);
    json_string(writer, "marketplace", batch->marketplace);
    json_string(writer, "rules", batch->rules->title);
    json_int(writer, "longest_side", batch->longest_side);
    json_int(writer, "quality", batch->quality == IMAGE_QUALITY_AUTO ? 0 : batch->quality);
    write_sheet(writer, batch);
    write_counts(writer, &batch->counts);
    json_int(writer, "bytes_in", batch->bytes_in);
    json_int(writer, "bytes_out", batch->bytes_out);
    json_string(writer, "publish_error", batch->publish_error);
    json_end_object(writer);
}

static void
write_place(JsonWriter *writer, const PhotoInfo *photo)
{
    if (photo->sku == NULL) {
        json_null(writer, "sku");
        json_null(writer, "slot");
        return;
    }
    g_autofree char *slot = slot_to_string(photo->slot);
    json_begin_object(writer, "sku");
    json_int(writer, "row", photo->sku_row);
    json_string(writer, "sku", photo->sku);
    json_end_object(writer);
    json_string(writer, "slot", slot);
}

static void
write_picture(JsonWriter *writer, const PhotoPicture *picture)
{
    if (picture == NULL) {
        json_null(writer, "picture");
        return;
    }
    json_begin_object(writer, "picture");
    json_int(writer, "width", picture->width);
    json_int(writer, "height", picture->height);
    json_int(writer, "bytes", picture->bytes);
    json_string(writer, "url", picture->url);
    json_end_object(writer);
}

static void
write_compliance(JsonWriter *writer, const GPtrArray *notes)
{
    json_begin_array(writer, "compliance");
    for (guint i = 0; notes != NULL && i < notes->len; i++) {
        const ComplianceNote *note = g_ptr_array_index(notes, i);
        json_begin_object(writer, NULL);
        json_bool(writer, "is_refusal", note->is_refusal);
        json_string(writer, "text", note->text);
        json_end_object(writer);
    }
    json_end_array(writer);
}

void
json_photo(JsonWriter *writer, const char *name, const PhotoInfo *photo)
{
    if (photo == NULL) {
        json_null(writer, name);
        return;
    }
    g_autofree char *thumbnail =
        photo->has_thumbnail ? g_strdup_printf("/api/v1/photos/%s/thumbnail?v=%" G_GINT64_FORMAT,
                                               photo->id.text, photo->version)
                             : NULL;
    json_begin_object(writer, name);
    json_string(writer, "id", photo->id.text);
    json_string(writer, "name", photo->name);
    json_int(writer, "size", photo->size);
    json_time(writer, "uploaded_at", photo->uploaded_at);
    json_time(writer, "expires_at", photo->expires_at);
    json_string(writer, "state", photo_state_to_string(photo->state));
    json_string(writer, "verdict", photo_verdict_to_string(photo->verdict));
    write_place(writer, photo);
    json_string(writer, "rule", photo->rule);
    json_string(writer, "notes", photo->notes);
    json_string(writer, "decided_by", decided_by_to_string(photo->decided_by));
    json_bool(writer, "needs_attention", photo->needs_attention);
    json_int(writer, "turn", photo->turn);
    json_bool(writer, "left_out", photo->verdict == PHOTO_LEFT_OUT);
    json_string(writer, "format", photo->format);
    json_int(writer, "width", photo->width);
    json_int(writer, "height", photo->height);
    write_picture(writer, photo->picture);
    json_string(writer, "thumbnail", thumbnail);
    json_string(writer, "failure", photo->failure);
    write_compliance(writer, photo->compliance);
    json_end_object(writer);
}

static void
write_slots(JsonWriter *writer, const GPtrArray *photos)
{
    json_begin_array(writer, "slots");
    for (guint i = 0; i < photos->len; i++) {
        const PhotoInfo *photo = g_ptr_array_index(photos, i);
        g_autofree char *slot = slot_to_string(photo->slot);
        json_begin_object(writer, NULL);
        json_string(writer, "slot", slot);
        json_photo(writer, "photo", photo);
        json_end_object(writer);
    }
    json_end_array(writer);
}

void
json_sku(JsonWriter *writer, const SkuInfo *sku, bool with_slots)
{
    json_begin_object(writer, NULL);
    json_int(writer, "row", sku->row);
    json_string(writer, "sku", sku->sku);
    json_string(writer, "asin", sku->asin);
    json_string(writer, "parent", sku->parent);
    json_bool(writer, "is_parent", sku->is_parent);
    json_string(writer, "problem", sku->problem);
    json_bool(writer, "has_sheet_main", sku->has_sheet_main);
    json_bool(writer, "needs_attention", sku->needs_attention);
    if (with_slots) {
        write_slots(writer, sku->photos);
    }
    g_auto(GStrv) missing = g_strsplit(sku->missing, " ", -1);
    json_begin_array(writer, "missing");
    for (guint i = 0; missing[i] != NULL; i++) {
        if (missing[i][0] != '\0') {
            json_string(writer, NULL, missing[i]);
        }
    }
    json_end_array(writer);
    json_end_object(writer);
}

void
json_upload(JsonWriter *writer, const UploadInfo *upload)
{
    json_begin_object(writer, NULL);
    json_string(writer, "id", upload->id.text);
    json_string(writer, "name", upload->name);
    json_string(writer, "kind", upload_kind_to_string(upload->kind));
    json_int(writer, "size", upload->size);
    json_int(writer, "offset", upload->offset);
    json_string(writer, "state", upload_state_to_string(upload->state));
    json_string(writer, "failure", upload->failure);
    json_time(writer, "created_at", upload->created_at);
    json_time(writer, "expires_at", upload->expires_at);
    json_end_object(writer);
}

void
json_event(JsonWriter *writer, const BatchEvent *event)
{
    json_begin_object(writer, NULL);
    json_string(writer, "id", event->id.text);
    json_time(writer, "at", event->at);
    json_string(writer, "photo", event->has_photo ? event->photo.text : NULL);
    json_string(writer, "name", event->name);
    json_string(writer, "what", event->what);
    json_string(writer, "by", decided_by_to_string(event->by));
    json_string(writer, "details", event->details);
    json_end_object(writer);
}
