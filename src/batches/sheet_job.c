#include "batches/jobs.h"

#include "base/error.h"
#include "batches/job_end.h"
#include "batches/photo_row.h"
#include "batches/quota.h"
#include "batches/remake.h"
#include "batches/sheet_file.h"
#include "listing/decide.h"
#include "listing/outputs.h"

#include <string.h>

/* Slots for which the sheet holds URLs, put there by somebody before: "MAIN PT01". */
static char *
sheet_slots_of(const Layout *layout, const ListedSku *sku)
{
    GString *slots = g_string_new(NULL);
    Slot slot = { SLOT_MAIN, 0 };
    for (guint32 number = 0; number <= 99; number++) {
        slot = number == 0 ? slot : (Slot){ SLOT_EXTRA, number };
        const char *url = listed_sku_picture(layout, sku, slot);
        if (g_str_has_prefix(url, "http://") || g_str_has_prefix(url, "https://")) {
            g_autofree char *text = slot_to_string(slot);
            g_string_append_printf(slots, "%s%s", slots->len > 0 ? " " : "", text);
        }
    }
    return g_string_free(slots, FALSE);
}

static char *
search_text(const ListedSku *sku)
{
    g_autofree char *all = g_strjoin("\n", sku->sku, sku->asin, sku->barcode, NULL);
    return g_utf8_casefold(all, -1);
}

static bool
insert_sku(BatchChange *change, const Layout *layout, const ListedSku *sku, bool has_main,
           GError **error)
{
    g_auto(GStrv) names = listed_sku_file_names(layout, sku);
    g_autofree char *file_names = names == NULL ? g_strdup("") : g_strjoinv("\n", names);
    g_autofree char *slots = sheet_slots_of(layout, sku);
    g_autofree char *search = search_text(sku);
    bool lacks_main = !has_main && !sku->is_parent && !g_str_has_prefix(slots, "MAIN");
    bool needs_attention = lacks_main || sku->problem != NULL;
    change_count(change, COUNTER_SKUS, 1);
    change_count(change, COUNTER_SKUS_WITHOUT_MAIN, lacks_main ? 1 : 0);
    change_count(change, COUNTER_SKUS_ATTENTION, needs_attention ? 1 : 0);
    return db_exec(change->tx, error, NULL,
                   "INSERT INTO sku (batch_id, row, account_id, sku, asin, barcode, parent,"
                   " is_parent, problem, file_names, sheet_slots, search, has_main,"
                   " needs_attention, uploaded_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                   "titttttittttiii", change->batch->info->id.text, (gint64)sku->row,
                   change->batch->account.text, sku->sku, sku->asin, sku->barcode, sku->parent,
                   (gint64)sku->is_parent, sku->problem == NULL ? "" : sku->problem, file_names,
                   slots, search, (gint64)has_main, (gint64)needs_attention,
                   change->batch->sheet_uploaded_at);
}

/* Where a photo lay in the old sheet. */
typedef struct {
    Id photo;
    char *sku;
} OldPlace;

static void
old_place_clear(gpointer data)
{
    g_free(((OldPlace *)data)->sku);
}

/* Takes every photo out of its place: rows of another sheet are other SKUs. */
static GArray *
clear_places(BatchChange *change, GError **error)
{
    g_autoptr(DbRows) rows = db_query(change->tx, error,
                                      PHOTO_SELECT "WHERE photo.batch_id = $1"
                                                   " AND photo.sku_row IS NOT NULL",
                                      "t", change->batch->info->id.text);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(OldPlace));
    g_array_set_clear_func(places, old_place_clear);
    while (db_next(rows)) {
        g_autoptr(PhotoRow) row = photo_row_read(rows);
        OldPlace place = { row->id, g_strdup(row->sku == NULL ? "" : row->sku) };
        g_array_append_val(places, place);
    }
    return db_exec(change->tx, error, NULL,
                   "UPDATE photo SET sku_row = NULL WHERE batch_id = $1 AND sku_row IS NOT NULL",
                   "t", change->batch->info->id.text)
               ? g_steal_pointer(&places)
               : NULL;
}

/* The same SKU in the new sheet, or nowhere: then the rules decide again. */
static bool
restore_place(BatchChange *change, const OldPlace *place, GHashTable *row_of, GError **error)
{
    guint32 sku_row = GPOINTER_TO_UINT(g_hash_table_lookup(row_of, place->sku));
    if (sku_row != 0) {
        return db_exec(change->tx, error, NULL, "UPDATE photo SET sku_row = $2 WHERE id = $1", "ti",
                       place->photo.text, (gint64)sku_row);
    }
    g_autoptr(PhotoRow) row = photo_row_load(change->tx, NULL, &place->photo, error);
    if (row == NULL) {
        return false;
    }
    PhotoShare before = photo_share(row);
    before.main_row = 0; /* of a sheet that is gone */
    row->verdict = row->verdict == PHOTO_MATCHED ? PHOTO_PENDING : row->verdict;
    row->decided_by = DECIDED_BY_RULE;
    return photo_unpublish(change, row, error) && photo_save(change, &before, row, error) &&
           change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_SYSTEM, "lost its place",
                            "its SKU is not in the new sheet", error);
}

/* Which rows have a photo in their main slot, by the SKU as the old sheet had it. */
static GHashTable *
load_mains(BatchChange *change, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(change->tx, error,
                 "SELECT sku.sku FROM photo JOIN sku ON sku.batch_id = photo.batch_id"
                 " AND sku.row = photo.sku_row WHERE photo.batch_id = $1 AND photo.verdict = $2"
                 " AND photo.slot = 'MAIN'",
                 "ti", change->batch->info->id.text, (gint64)PHOTO_MATCHED);
    if (rows == NULL) {
        return NULL;
    }
    GHashTable *mains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    while (db_next(rows)) {
        g_hash_table_add(mains, g_strdup(db_text(rows, "sku")));
    }
    return mains;
}

static bool
replace_skus(BatchChange *change, const SheetFile *file, GError **error)
{
    const gint64 *counters = change->batch->counters;
    g_autoptr(GHashTable) mains = load_mains(change, error);
    g_autoptr(GArray) places = mains == NULL ? NULL : clear_places(change, error);
    if (places == NULL || !db_exec(change->tx, error, NULL, "DELETE FROM sku WHERE batch_id = $1",
                                   "t", change->batch->info->id.text)) {
        return false;
    }
    change_count(change, COUNTER_SKUS, -counters[COUNTER_SKUS]);
    change_count(change, COUNTER_SKUS_WITHOUT_MAIN, -counters[COUNTER_SKUS_WITHOUT_MAIN]);
    change_count(change, COUNTER_SKUS_ATTENTION, -counters[COUNTER_SKUS_ATTENTION]);
    g_autoptr(GHashTable) row_of = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < file->skus->len; i++) {
        const ListedSku *sku = file->skus->pdata[i];
        bool is_new = g_hash_table_insert(row_of, sku->sku, GUINT_TO_POINTER(sku->row));
        if (!insert_sku(change, file->layout, sku, is_new && g_hash_table_contains(mains, sku->sku),
                        error)) {
            return false;
        }
    }
    for (guint i = 0; i < places->len; i++) {
        if (!restore_place(change, &g_array_index(places, OldPlace, i), row_of, error)) {
            return false;
        }
    }
    return true;
}

static bool
write_facts(BatchChange *change, const SheetFile *file, const char *problem, GError **error)
{
    const Layout *layout = file == NULL ? NULL : file->layout;
    const Marketplace *found = layout == NULL ? NULL : marketplace_by_id(layout->marketplace);
    const char *worksheet =
        layout == NULL ? "" : sheet_worksheet_name(file->sheet, layout->worksheet);
    return db_exec(change->tx, error, NULL,
                   "UPDATE batch SET sheet_is_read = 1, sheet_description = $2,"
                   " sheet_marketplace = $3, sheet_worksheet = $4, sheet_notes = $5,"
                   " sheet_problem = $6 WHERE id = $1",
                   "tttttt", change->batch->info->id.text,
                   file == NULL ? "" : sheet_description(file->sheet),
                   found == NULL ? "" : found->name, worksheet,
                   layout == NULL || layout->notes == NULL ? "" : layout->notes, problem);
}

/* Another marketplace than was thought may want other pictures. */
static bool
adapt_pictures(BatchChange *change, const SheetFile *file, GError **error)
{
    const BatchInfo *info = change->batch->info;
    const char *found = marketplace_by_id(file->layout->marketplace)->name;
    const Marketplace *rules = marketplace_of(info->marketplace, found);
    ImageOutputSpec old = picture_output(&info->rules->rules, info->longest_side, info->quality);
    ImageOutputSpec new = picture_output(&rules->rules, info->longest_side, info->quality);
    return picture_outputs_equal(&old, &new) || batch_make_anew(change, error);
}

/* FILE NULL: PROBLEM says why it cannot be used. */
static JobOutcome
finish(Batches *batches, const Job *job, const Id *object, const SheetFile *file,
       const char *problem, GError **error)
{
    Id batch = job_subject(job);
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, batches, NULL, &batch, error)) {
        return job_end_with(batches, job, error);
    }
    const BatchInfo *info = change.batch->info;
    if (info->sheet == NULL || !id_equal(&change.batch->sheet_object, object)) {
        change_clear(&change);
        return job_end(batches, job, error); /* another one came: it has a job of its own */
    }
    g_autofree char *details =
        file == NULL ? g_strdup(problem)
                     : g_strdup_printf("%u SKUs, %s", file->skus->len, file->layout->grammar);
    bool done = write_facts(&change, file, problem, error) &&
                (file == NULL ||
                 (replace_skus(&change, file, error) && adapt_pictures(&change, file, error) &&
                  change_wants_matching(&change, true, error))) &&
                change_resume_publishing(&change, error) &&
                change_add_event(&change, NULL, change.batch->sheet_uploaded_at, DECIDED_BY_RULE,
                                 file == NULL ? "sheet refused" : "sheet read", details, error) &&
                job_finish(job, change.tx, error) && change_commit(&change, error);
    return done ? JOB_DONE : JOB_RETRY;
}

/* The SKUs that were there before make room for the new ones. */
static bool
check_quota(Batches *batches, const BatchRow *batch, const SheetFile *file, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    return tx != NULL &&
           quota_check(batches, tx, &batch->account, QUOTA_SKUS,
                       (gint64)file->skus->len - batch->counters[COUNTER_SKUS], error);
}

static bool
is_sheets_own_fault(const GError *error)
{
    return g_error_matches(error, APP_ERROR, APP_ERROR_INVALID) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_UNSUPPORTED) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_CONFLICT) ||
           g_error_matches(error, APP_ERROR, APP_ERROR_TOO_LARGE);
}

JobOutcome
sheet_read_run(const Job *job, gpointer context, GError **error)
{
    Batches *batches = context;
    Id id = job_subject(job);
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    g_autoptr(BatchRow) batch = tx == NULL ? NULL : batch_row_load(tx, NULL, &id, error);
    g_clear_pointer(&tx, db_rollback);
    if (batch == NULL) {
        return job_end_with(batches, job, error);
    }
    g_autoptr(GError) problem = NULL;
    g_autoptr(SheetFile) file = sheet_file_open(batches, batch, &problem);
    if (file != NULL && (!layout_note_hidden(file->sheet, file->layout, file->skus, &problem) ||
                         !check_quota(batches, batch, file, &problem))) {
        g_clear_pointer(&file, sheet_file_free);
    }
    if (file == NULL && !is_sheets_own_fault(problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return job_end_with(batches, job, error);
    }
    return finish(batches, job, &batch->sheet_object, file, file == NULL ? problem->message : "",
                  error);
}

void
sheet_read_give_up(const Job *job, const char *reason, gpointer context)
{
    Id batch = job_subject(job);
    g_auto(BatchChange) change = { 0 };
    if (change_begin(&change, context, NULL, &batch, NULL) &&
        write_facts(&change, NULL, reason, NULL) && change_resume_publishing(&change, NULL)) {
        (void)change_commit(&change, NULL); /* called again if this did not succeed */
    }
}
