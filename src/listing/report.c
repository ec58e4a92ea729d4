#include "listing/report.h"

#include "base/file.h"
#include "base/json_writer.h"

#include <math.h>
#include <string.h>

/* RFC 4180. A spreadsheet program runs a cell that begins like this as a formula; a file's name
 * must not be one (OWASP, CSV injection). */
static void
append_cell(GString *csv, const char *text, char end)
{
    bool is_formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    bool needs_quotes = is_formula || strpbrk(text, ",\"\r\n") != NULL;
    if (needs_quotes) {
        g_string_append_c(csv, '"');
    }
    if (is_formula) {
        g_string_append_c(csv, '\'');
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') {
            g_string_append_c(csv, '"');
        }
        g_string_append_c(csv, *p);
    }
    g_string_append(csv, needs_quotes ? "\"" : "");
    g_string_append_c(csv, end);
}

static void
append_number(GString *csv, guint64 number, char end)
{
    if (number > 0) {
        g_string_append_printf(csv, "%" G_GUINT64_FORMAT, number);
    }
    g_string_append_c(csv, end);
}

static const char *
sku_of(const Batch *batch, const BatchPhoto *photo)
{
    return photo->sku == NO_SKU ? ""
                                : ((const ListedSku *)batch->listed_skus->pdata[photo->sku])->sku;
}

/* The picture's size where there is one, else the photo's where it could be read. */
static void
size_of(const BatchPhoto *photo, guint32 *ret_width, guint32 *ret_height)
{
    const JournalRecord *record = photo->record;
    bool is_published = photo->path != NULL;
    *ret_width = record == NULL ? 0 : is_published ? record->width : record->facts.width;
    *ret_height = record == NULL ? 0 : is_published ? record->height : record->facts.height;
}

void
report_append_header(GString *csv)
{
    g_string_append(csv, "photo,verdict,sku,slot,rule,url,width,height,bytes_in,bytes_out,notes\n");
}

void
report_append_line(GString *csv, const ReportLine *line)
{
    append_cell(csv, line->photo, ',');
    append_cell(csv, line->verdict, ',');
    append_cell(csv, line->sku, ',');
    append_cell(csv, line->slot, ',');
    append_cell(csv, line->rule, ',');
    append_cell(csv, line->url, ',');
    append_number(csv, line->width, ',');
    append_number(csv, line->height, ',');
    append_number(csv, line->bytes_in, ',');
    append_number(csv, line->bytes_out, ',');
    append_cell(csv, line->notes, '\n');
}

GString *
report_photos_csv(const Batch *batch)
{
    GString *csv = g_string_new(NULL);
    report_append_header(csv);
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        g_autofree char *slot = photo->sku == NO_SKU ? g_strdup("") : slot_to_string(photo->slot);
        ReportLine line = {
            .photo = photo->photo->name,
            .verdict = verdict_to_string(photo->verdict),
            .sku = sku_of(batch, photo),
            .slot = slot,
            .rule = photo->rule,
            .url = photo->url == NULL ? "" : photo->url,
            .notes = photo->notes->str,
            .bytes_in = photo->photo->size,
            .bytes_out = photo->path == NULL ? 0 : photo->record->picture_bytes,
        };
        size_of(photo, &line.width, &line.height);
        report_append_line(csv, &line);
    }
    return csv;
}

static const char *
main_url_of(const Batch *batch, const BatchSku *sku)
{
    for (guint i = 0; i < sku->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, g_array_index(sku->photos, gsize, i));
        if (photo->slot.kind == SLOT_MAIN && photo->url != NULL) {
            return photo->url;
        }
    }
    return "";
}

GString *
report_skus_csv(const Batch *batch)
{
    GString *csv = g_string_new("sku,row,pictures,main,missing,notes\n");
    for (gsize i = 0; i < batch->skus->len; i++) {
        const BatchSku *sku = batch_sku(batch, i);
        append_cell(csv, sku->listed->sku, ',');
        g_string_append_printf(csv, "%u,%u,", sku->listed->row, sku->photos->len);
        append_cell(csv, main_url_of(batch, sku), ',');
        append_cell(csv, sku->missing->str, ',');
        append_cell(csv, sku->notes->str, '\n');
    }
    return csv;
}

static void
write_photo(JsonWriter *json, const Batch *batch, const BatchPhoto *photo)
{
    g_autofree char *slot = photo->sku == NO_SKU ? NULL : slot_to_string(photo->slot);
    guint32 width, height;
    size_of(photo, &width, &height);
    json_begin_object(json, NULL);
    json_string(json, "photo", photo->photo->name);
    json_string(json, "verdict", verdict_to_string(photo->verdict));
    json_string(json, "sku", photo->sku == NO_SKU ? NULL : sku_of(batch, photo));
    json_string(json, "slot", slot);
    json_string(json, "rule", photo->rule[0] == '\0' ? NULL : photo->rule);
    json_string(json, "url", photo->url);
    json_int(json, "width", width);
    json_int(json, "height", height);
    json_int(json, "bytes_in", (gint64)photo->photo->size);
    json_int(json, "bytes_out", photo->path == NULL ? 0 : (gint64)photo->record->picture_bytes);
    json_string(json, "notes", photo->notes->str);
    if (photo->path != NULL) {
        bool is_carried_over = photo->record->method == IMAGE_CARRIED_OVER;
        json_string(json, "path", photo->path);
        json_string(json, "method", is_carried_over ? "carried over" : "encoded");
        json_int(json, "quality", photo->record->quality);
        json_double(json, "score", photo->record->score, 2);
    }
    json_end_object(json);
}

static void
write_sku(JsonWriter *json, const Batch *batch, const BatchSku *sku)
{
    const char *main_url = main_url_of(batch, sku);
    json_begin_object(json, NULL);
    json_string(json, "sku", sku->listed->sku);
    json_int(json, "row", sku->listed->row);
    json_int(json, "pictures", sku->photos->len);
    json_string(json, "main", main_url[0] == '\0' ? NULL : main_url);
    json_string(json, "missing", sku->missing->str);
    json_string(json, "notes", sku->notes->str);
    json_end_object(json);
}

char *
report_json(const Batch *batch)
{
    g_autoptr(JsonWriter) json = json_writer_new(true);
    json_begin_object(json, NULL);
    json_string(json, "sheet", batch->sheet_name);
    json_string(json, "marketplace", batch->marketplace->name);
    json_string(json, "grammar", batch->layout->grammar);
    json_begin_object(json, "counts");
    for (int verdict = 0; verdict < NUM_VERDICTS; verdict++) {
        json_int(json, verdict_to_string((Verdict)verdict), (gint64)batch->num_by_verdict[verdict]);
    }
    json_int(json, "system_files", (gint64)batch->num_junk);
    json_int(json, "skus", batch->skus->len);
    json_int(json, "skus_without_main", (gint64)batch->num_without_main);
    json_int(json, "urls", (gint64)batch->num_urls);
    json_int(json, "already_done", (gint64)batch->num_known);
    json_int(json, "bytes_in", (gint64)batch->bytes_in);
    json_int(json, "bytes_out", (gint64)batch->bytes_out);
    json_end_object(json);
    json_begin_array(json, "remarks");
    for (guint i = 0; i < batch->remarks->len; i++) {
        json_string(json, NULL, batch->remarks->pdata[i]);
    }
    json_end_array(json);
    json_begin_array(json, "photos");
    for (gsize i = 0; i < batch->photos->len; i++) {
        write_photo(json, batch, batch_photo(batch, i));
    }
    json_end_array(json);
    json_begin_array(json, "skus");
    for (gsize i = 0; i < batch->skus->len; i++) {
        write_sku(json, batch, batch_sku(batch, i));
    }
    json_end_array(json);
    json_end_object(json);
    return g_strconcat(json_writer_text(json)->str, "\n", NULL);
}

static bool
write_text(const char *out_dir, const char *name, GString *text, GError **error)
{
    g_autofree char *path = g_build_filename(out_dir, name, NULL);
    bool written = file_write_whole(path, text->str, text->len, error);
    g_string_free(text, TRUE);
    return written;
}

bool
report_write(const Batch *batch, const char *out_dir, GError **error)
{
    g_autofree char *json = report_json(batch);
    return write_text(out_dir, "report.csv", report_photos_csv(batch), error) &&
           write_text(out_dir, "skus.csv", report_skus_csv(batch), error) &&
           write_text(out_dir, "report.json", g_string_new(json), error) &&
           write_text(out_dir, "report.html", report_html(batch), error);
}
