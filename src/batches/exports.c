#include "batches/exports.h"

#include "archive/zip.h"
#include "base/error.h"
#include "batches/memory_file.h"
#include "batches/photo_row.h"
#include "batches/sheet_file.h"
#include "listing/naming.h"
#include "listing/report.h"

#include <string.h>
#include <unistd.h>

enum { PAGE = 500 };
static const gsize max_picture_bytes = G_MAXINT32;

void
batch_export_free(BatchExport *export)
{
    if (export != NULL) {
        g_free(export->name);
        g_free(export->content_type);
        if (export->fd >= 0) {
            close(export->fd);
        }
        g_free(export);
    }
}

/* Called for each photo of a batch, in the order in which they came. */
typedef bool (*PhotoFunc)(const PhotoRow *photo, gpointer user_data, GError **error);

/* No transaction is held while FUNC runs: it may wait for a slow client. LST-17: what is overdue
 * goes out no more, a photo or the sheet's text in it, though a sweep that does not trust the clock
 * has left it. */
static bool
each_photo(Batches *batches, const BatchRow *batch, const char *condition, PhotoFunc func,
           gpointer user_data, GError **error)
{
    g_autofree char *sql =
        g_strconcat(PHOTO_SELECT "WHERE photo.batch_id = $1 AND photo.account_id = $2"
                                 " AND photo.id > $3 AND photo.uploaded_at > $5 ",
                    condition, "ORDER BY photo.id LIMIT $4", NULL);
    Timestamp oldest = service_overdue(batches);
    Id after = { "" };
    for (gint64 got = PAGE; got == PAGE;) {
        g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
        g_autoptr(DbRows) rows =
            tx == NULL ? NULL
                       : db_query(tx, error, sql, "tttii", batch->info->id.text,
                                  batch->account.text, after.text, (gint64)PAGE, oldest);
        g_clear_pointer(&tx, db_rollback);
        if (rows == NULL) {
            return false;
        }
        for (got = 0; db_next(rows); got++) {
            g_autoptr(PhotoRow) photo = photo_row_read(rows);
            after = photo->id;
            if (batch->sheet_uploaded_at <= oldest) {
                g_clear_pointer(&photo->sku, g_free);
            }
            if (!func(photo, user_data, error)) {
                return false;
            }
        }
    }
    return true;
}

static BatchRow *
load_batch(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    return tx == NULL ? NULL : batch_row_load(tx, account, batch, error);
}

/* URLs for the sheet, as they are found. */
typedef struct {
    Batches *batches;
    GHashTable *index_of; /* row of the sheet -> index of its SKU + 1 */
    GArray *pictures;     /* of PublishedPicture */
    GPtrArray *urls;      /* owns them */
} Urls;

static bool
take_url(const PhotoRow *photo, gpointer user_data, GError **error)
{
    Urls *urls = user_data;
    gpointer index = g_hash_table_lookup(urls->index_of, GUINT_TO_POINTER(photo->sku_row));
    if (photo->location == NULL || index == NULL) {
        return true;
    }
    char *url = photo_url(urls->batches, photo->location);
    g_ptr_array_add(urls->urls, url);
    PublishedPicture picture = { GPOINTER_TO_UINT(index) - 1, photo->slot, url };
    g_array_append_val(urls->pictures, picture);
    return true;
}

/* By SKU and slot, so that the same batch gives the same bytes. */
static int
compare_pictures(gconstpointer a, gconstpointer b)
{
    const PublishedPicture *picture_a = a, *picture_b = b;
    if (picture_a->sku != picture_b->sku) {
        return picture_a->sku < picture_b->sku ? -1 : 1;
    }
    return slot_compare(picture_a->slot, picture_b->slot);
}

/* What is to be written into a batch's sheet. */
typedef struct {
    SheetFile *file;
    GArray *pictures; /* of PublishedPicture */
    GPtrArray *urls;  /* owns theirs */
    GArray *edits, *inserted, *no_place;
} SheetPlan;

static void
sheet_plan_clear(SheetPlan *plan)
{
    g_clear_pointer(&plan->edits, g_array_unref);
    g_clear_pointer(&plan->inserted, g_array_unref);
    g_clear_pointer(&plan->no_place, g_array_unref);
    g_clear_pointer(&plan->pictures, g_array_unref);
    g_clear_pointer(&plan->urls, g_ptr_array_unref);
    g_clear_pointer(&plan->file, sheet_file_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SheetPlan, sheet_plan_clear)

static bool
plan_sheet(SheetPlan *plan, Batches *batches, const BatchRow *row, GError **error)
{
    plan->file = sheet_file_open(batches, row, error);
    if (plan->file == NULL) {
        return false;
    }
    const GPtrArray *skus = plan->file->skus;
    g_autoptr(GHashTable) index_of = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < skus->len; i++) {
        const ListedSku *sku = skus->pdata[i];
        g_hash_table_insert(index_of, GUINT_TO_POINTER(sku->row), GUINT_TO_POINTER(i + 1));
    }
    plan->pictures = g_array_new(FALSE, TRUE, sizeof(PublishedPicture));
    plan->urls = g_ptr_array_new_with_free_func(g_free);
    Urls urls = { batches, index_of, plan->pictures, plan->urls };
    if (!each_photo(batches, row, "AND photo.verdict = 1 ", take_url, &urls, error)) {
        return false;
    }
    g_array_sort(plan->pictures, compare_pictures);
    return layout_plan_edits(plan->file->sheet, plan->file->layout, skus,
                             (const PublishedPicture *)(void *)plan->pictures->data,
                             plan->pictures->len, &plan->edits, &plan->inserted, &plan->no_place,
                             error);
}

static bool
patch_sheet(const SheetPlan *plan, const char *name, int fd, GError **error)
{
    SheetPatchStats stats;
    return sheet_patch_to_fd(plan->file->sheet, plan->file->layout->worksheet,
                             (const SheetEdit *)(void *)plan->edits->data, plan->edits->len,
                             (const SheetInsertedLine *)(void *)plan->inserted->data,
                             plan->inserted->len, fd, name, &stats, error);
}

static const char *
content_type_of(const Sheet *sheet, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    if (sheet_kind(sheet) == SHEET_TEXT) {
        return g_str_has_suffix(lower, ".csv") ? "text/csv" : "text/tab-separated-values";
    }
    return g_str_has_suffix(lower, ".xlsm")
               ? "application/vnd.ms-excel.sheet.macroEnabled.12"
               : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
}

BatchExport *
exports_sheet(Batches *batches, const Id *account, const Id *batch, GError **error)
{
    g_autoptr(BatchRow) row = load_batch(batches, account, batch, error);
    if (row == NULL) {
        return NULL;
    }
    if (row->info->sheet == NULL || row->info->sheet->problem != NULL) {
        return fail_null(error, APP_ERROR_CONFLICT, "there is no sheet that can be used");
    }
    g_auto(SheetPlan) plan = { 0 };
    if (!plan_sheet(&plan, batches, row, error)) {
        return NULL;
    }
    const char *name = row->info->sheet->name;
    g_autoptr(BatchExport) export = g_new0(BatchExport, 1);
    export->fd = memory_file_new(name, error);
    if (export->fd < 0 || !patch_sheet(&plan, name, export->fd, error)) {
        return NULL;
    }
    export->size = (gint64)lseek(export->fd, 0, SEEK_END);
    (void)lseek(export->fd, 0, SEEK_SET); /* of a file in memory: cannot fail */
    export->name = g_strdup(name);
    export->content_type = g_strdup(content_type_of(plan.file->sheet, name));
    return g_steal_pointer(&export);
}

typedef struct {
    Batches *batches;
    const Marketplace *rules;
    ZipWriter *zip;
    GHashTable *used;  /* names */
    GHashTable *asins; /* row of the sheet -> ASIN */
} Pictures;

static bool
add_picture(const PhotoRow *photo, gpointer user_data, GError **error)
{
    Pictures *pictures = user_data;
    if (!photo->has_picture || photo->sku == NULL) {
        return true;
    }
    const char *asin = g_hash_table_lookup(pictures->asins, GUINT_TO_POINTER(photo->sku_row));
    g_autofree char *plain_name = picture_name(photo->sku, photo->slot);
    g_autofree char *path = picture_url_path(&photo->picture_digest, plain_name);
    g_autofree char *name =
        picture_bulk_name(pictures->rules, asin == NULL ? "" : asin, photo->slot, path);
    /* Amazon's uploader knows ASINs only; two SKUs may share one. */
    if (name == NULL || !g_hash_table_add(pictures->used, g_strdup(name))) {
        return true;
    }
    g_autoptr(GError) read_error = NULL;
    g_autoptr(GBytes) bytes =
        vault_read_whole(pictures->batches->vault, &photo->picture, max_picture_bytes, &read_error);
    if (g_error_matches(read_error, APP_ERROR, APP_ERROR_NOT_FOUND)) {
        return true; /* expired, or made anew, since the list was read */
    }
    if (bytes == NULL) {
        g_propagate_error(error, g_steal_pointer(&read_error));
        return false;
    }
    return zip_writer_add(pictures->zip, name, g_bytes_get_data(bytes, NULL),
                          g_bytes_get_size(bytes), 0, error);
}

static GHashTable *
load_asins(Batches *batches, const Id *batch, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(DbRows) rows =
        tx == NULL
            ? NULL
            : db_query(tx, error, "SELECT row, asin FROM sku WHERE batch_id = $1 AND asin <> ''",
                       "t", batch->text);
    if (rows == NULL) {
        return NULL;
    }
    GHashTable *asins = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    while (db_next(rows)) {
        g_hash_table_insert(asins, GUINT_TO_POINTER((guint)db_int(rows, "row")),
                            g_strdup(db_text(rows, "asin")));
    }
    return asins;
}

bool
exports_pictures_zip(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                     gpointer user_data, GError **error)
{
    g_autoptr(BatchRow) row = load_batch(batches, account, batch, error);
    g_autoptr(GHashTable) asins = row == NULL ? NULL : load_asins(batches, batch, error);
    if (asins == NULL) {
        return false;
    }
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(ZipWriter) zip = zip_writer_new_to_sink(write, user_data);
    Pictures pictures = { batches, row->info->rules, zip, used, asins };
    return each_photo(batches, row, "AND photo.verdict = 1 ", add_picture, &pictures, error) &&
           zip_writer_finish(zip, NULL, error);
}

typedef struct {
    const Batches *batches;
    GString *csv;
    GHashTable *reasons; /* URL -> why the sheet does not have it */
    ExportWriteFunc write;
    gpointer user_data;
} Report;

static char *
join_notes(const char *notes, const char *failure, const char *reason)
{
    GString *joined = g_string_new(notes);
    const char *const more[] = { failure, reason };
    for (guint i = 0; i < G_N_ELEMENTS(more); i++) {
        if (more[i] != NULL) {
            g_string_append_printf(joined, "%s%s", joined->len > 0 ? "; " : "", more[i]);
        }
    }
    return g_string_free(joined, FALSE);
}

static bool
add_line(const PhotoRow *photo, gpointer user_data, GError **error)
{
    Report *report = user_data;
    g_autoptr(PhotoInfo) info = photo_info_new(report->batches, photo);
    g_autofree char *slot = info->sku_row == 0 ? g_strdup("") : slot_to_string(info->slot);
    const PhotoPicture *picture = info->picture;
    const char *url = picture == NULL || picture->url == NULL ? "" : picture->url;
    const char *reason = g_hash_table_lookup(report->reasons, url);
    g_autofree char *notes = join_notes(info->notes, info->failure, reason);
    const ReportLine line = {
        .photo = info->name,
        .verdict = photo_verdict_to_string(info->verdict),
        .sku = info->sku == NULL ? "" : info->sku,
        .slot = slot,
        .rule = info->rule,
        .url = url,
        .notes = notes,
        .width = picture == NULL ? info->width : picture->width,
        .height = picture == NULL ? info->height : picture->height,
        .bytes_in = (guint64)info->size,
        .bytes_out = picture == NULL ? 0 : (guint64)picture->bytes,
    };
    g_string_truncate(report->csv, 0);
    report_append_line(report->csv, &line);
    return report->write(report->csv->str, report->csv->len, report->user_data, error);
}

/* A report is of use without these: a sheet that cannot be filled says so where it is asked for. */
static GHashTable *
find_reasons(Batches *batches, const BatchRow *row)
{
    GHashTable *reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(SheetPlan) plan = { 0 };
    if (row->info->published_at == 0 || row->info->sheet == NULL ||
        row->info->sheet->problem != NULL || !plan_sheet(&plan, batches, row, NULL)) {
        return reasons;
    }
    for (guint i = 0; i < plan.no_place->len; i++) {
        const NoPlace *no_place = &g_array_index(plan.no_place, NoPlace, i);
        const char *url = g_array_index(plan.pictures, PublishedPicture, no_place->picture).url;
        g_hash_table_insert(reasons, g_strdup(url), g_strdup(no_place->reason));
    }
    return reasons;
}

bool
exports_report_csv(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                   gpointer user_data, GError **error)
{
    g_autoptr(BatchRow) row = load_batch(batches, account, batch, error);
    if (row == NULL) {
        return false;
    }
    g_autoptr(GString) csv = g_string_new(NULL);
    report_append_header(csv);
    g_autoptr(GHashTable) reasons = find_reasons(batches, row);
    Report report = { batches, csv, reasons, write, user_data };
    return write(csv->str, csv->len, user_data, error) &&
           each_photo(batches, row, "", add_line, &report, error);
}
