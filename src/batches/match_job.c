/* LST-05: every photo that no person decided gets the place that the rules give it. Only what
 * changes is written, a thousand photos at a time, and only while nothing came between. */
#include "batches/jobs.h"

#include "base/error.h"
#include "batches/job_end.h"
#include "batches/photo_row.h"
#include "listing/decide.h"
#include "listing/name.h"

#include <string.h>

enum { CHUNK = 1000, PAGE = 5000 };

typedef struct {
    Batches *batches;
    const Job *job;
    Id batch;
    gint64 match_run, match_wanted; /* as they were when this run began */
    GArray *skus;                   /* of MatchSku, which borrow from TEXTS */
    GArray *rows;                   /* guint32: the sheet's row of each */
    GStringChunk *texts;
    GPtrArray *photos; /* of PhotoRow, by name */
    GPtrArray *plans;  /* of Plan: what is to be changed */
} Matching;

/* What is to become of one photo. */
typedef struct {
    PhotoRow *photo; /* borrowed */
    PhotoVerdict verdict;
    guint32 sku_row;
    Slot slot;
    char *rule, *notes;
} Plan;

static void
plan_free(gpointer data)
{
    Plan *plan = data;
    g_free(plan->rule);
    g_free(plan->notes);
    g_free(plan);
}

static void
matching_clear(Matching *matching)
{
    g_clear_pointer(&matching->plans, g_ptr_array_unref);
    g_clear_pointer(&matching->photos, g_ptr_array_unref);
    g_clear_pointer(&matching->skus, g_array_unref);
    g_clear_pointer(&matching->rows, g_array_unref);
    g_clear_pointer(&matching->texts, g_string_chunk_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Matching, matching_clear)

static void
take_sku(Matching *matching, DbRows *rows)
{
    const char *file_names = db_text(rows, "file_names");
    MatchSku sku = {
        .sku = g_string_chunk_insert(matching->texts, db_text(rows, "sku")),
        .asin = g_string_chunk_insert(matching->texts, db_text(rows, "asin")),
        .barcode = g_string_chunk_insert(matching->texts, db_text(rows, "barcode")),
        .parent = g_string_chunk_insert(matching->texts, db_text(rows, "parent")),
        .file_names =
            file_names[0] == '\0' ? NULL : (const char *const *)g_strsplit(file_names, "\n", -1),
    };
    guint32 row = (guint32)db_int(rows, "row");
    g_array_append_val(matching->skus, sku);
    g_array_append_val(matching->rows, row);
}

static bool
load_skus(Matching *matching, DbTx *tx, GError **error)
{
    matching->texts = g_string_chunk_new(64 * 1024);
    matching->skus = match_sku_array_new();
    matching->rows = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (gint64 after = 0, got = PAGE; got == PAGE;) {
        g_autoptr(DbRows) rows =
            db_query(tx, error,
                     "SELECT row, sku, asin, barcode, parent, file_names FROM sku"
                     " WHERE batch_id = $1 AND row > $2 ORDER BY row LIMIT $3",
                     "tii", matching->batch.text, after, (gint64)PAGE);
        if (rows == NULL) {
            return false;
        }
        for (got = 0; db_next(rows); got++) {
            take_sku(matching, rows);
            after = db_int(rows, "row");
        }
    }
    return true;
}

/* By name, as the command takes them: of twins the first by name is the original. */
static int
compare_photos(gconstpointer a, gconstpointer b)
{
    const PhotoRow *photo_a = *(PhotoRow *const *)a, *photo_b = *(PhotoRow *const *)b;
    int order = strcmp(photo_a->name, photo_b->name);
    return order != 0 ? order : strcmp(photo_a->id.text, photo_b->id.text);
}

static bool
load_photos(Matching *matching, DbTx *tx, GError **error)
{
    matching->photos = g_ptr_array_new_with_free_func((GDestroyNotify)photo_row_free);
    Id after = { "" };
    for (gint64 got = PAGE; got == PAGE;) {
        g_autoptr(DbRows) rows = db_query(tx, error,
                                          PHOTO_SELECT "WHERE photo.batch_id = $1 AND photo.id > $2"
                                                       " ORDER BY photo.id LIMIT $3",
                                          "tti", matching->batch.text, after.text, (gint64)PAGE);
        if (rows == NULL) {
            return false;
        }
        for (got = 0; db_next(rows); got++) {
            PhotoRow *photo = photo_row_read(rows);
            g_ptr_array_add(matching->photos, photo);
            after = photo->id;
        }
    }
    g_ptr_array_sort(matching->photos, compare_photos);
    return true;
}

/* A run that began later, and every person's decision, make this one out of date. */
static bool
begin(Matching *matching, bool *ret_is_possible, GError **error)
{
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, matching->batches, NULL, &matching->batch, error)) {
        return false;
    }
    const BatchSheet *sheet = change.batch->info->sheet;
    matching->match_run = change.batch->match_run + 1;
    matching->match_wanted = change.batch->match_wanted;
    *ret_is_possible = sheet != NULL && sheet->is_read && sheet->problem == NULL;
    return db_exec(change.tx, error, NULL, "UPDATE batch SET match_run = $2 WHERE id = $1", "ti",
                   matching->batch.text, matching->match_run) &&
           change_commit(&change, error);
}

static bool
load(Matching *matching, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(matching->batches->db, DB_READ, error);
    return tx != NULL && load_skus(matching, tx, error) && load_photos(matching, tx, error);
}

static char *
place_key(guint32 sku_row, Slot slot)
{
    g_autofree char *code = slot_to_string(slot);
    return g_strdup_printf("%u %s", sku_row, code);
}

/* Places that people gave, and to whom. */
static GHashTable *
places_of_people(const Matching *matching)
{
    GHashTable *places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < matching->photos->len; i++) {
        const PhotoRow *photo = matching->photos->pdata[i];
        if (photo->decided_by == DECIDED_BY_PERSON && photo->verdict == PHOTO_MATCHED) {
            g_hash_table_insert(places, place_key(photo->sku_row, photo->slot),
                                (gpointer)photo->name);
        }
    }
    return places;
}

static PhotoVerdict
verdict_of(const PhotoRow *photo, const Decision *decision)
{
    switch (decision->verdict) {
    case VERDICT_MATCHED:
        /* It keeps the place that it was meant for, but does not take it. */
        return photo->state == PHOTO_FAILED ? PHOTO_REJECTED : PHOTO_MATCHED;
    case VERDICT_UNMATCHED:
        return photo->state == PHOTO_FAILED ? PHOTO_REJECTED : PHOTO_UNMATCHED;
    case VERDICT_AMBIGUOUS:
        return photo->state == PHOTO_FAILED ? PHOTO_REJECTED : PHOTO_AMBIGUOUS;
    case VERDICT_DUPLICATE:
        return PHOTO_DUPLICATE;
    case VERDICT_REJECTED:
        return PHOTO_REJECTED;
    }
    g_assert_not_reached();
}

static Plan *
plan_for(const Matching *matching, PhotoRow *photo, const Decision *decision, GHashTable *places)
{
    Plan *plan = g_new0(Plan, 1);
    plan->photo = photo;
    plan->verdict = verdict_of(photo, decision);
    plan->rule = g_strdup(decision->rule);
    plan->notes = g_strdup(decision->notes == NULL ? "" : decision->notes);
    if (decision->sku == NO_SKU) {
        return plan;
    }
    guint32 sku_row = g_array_index(matching->rows, guint32, decision->sku);
    g_autofree char *key = place_key(sku_row, decision->slot);
    const char *holder = g_hash_table_lookup(places, key);
    if (holder != NULL && plan->verdict == PHOTO_MATCHED) {
        g_autofree char *slot = slot_to_string(decision->slot);
        plan->verdict = PHOTO_AMBIGUOUS;
        g_free(plan->notes);
        plan->notes =
            g_strdup_printf("%s of %s was given to %s by hand", slot,
                            g_array_index(matching->skus, MatchSku, decision->sku).sku, holder);
        return plan;
    }
    plan->sku_row = sku_row;
    plan->slot = decision->slot;
    return plan;
}

static bool
changes_anything(const Plan *plan)
{
    const PhotoRow *photo = plan->photo;
    bool same_place = plan->sku_row == photo->sku_row &&
                      (plan->sku_row == 0 || slot_compare(plan->slot, photo->slot) == 0);
    return !same_place || plan->verdict != photo->verdict || strcmp(plan->rule, photo->rule) != 0 ||
           strcmp(plan->notes, photo->notes) != 0;
}

static Decisions *
decide_photos(const Matching *matching, const GPtrArray *photos)
{
    g_autoptr(GHashTable) first_of = g_hash_table_new(digest_hash, digest_equal_func);
    g_autofree NamedPhoto *named = g_new0(NamedPhoto, photos->len + 1);
    for (guint i = 0; i < photos->len; i++) {
        PhotoRow *photo = photos->pdata[i];
        gpointer first;
        if (!g_hash_table_lookup_extended(first_of, &photo->digest, NULL, &first)) {
            first = GUINT_TO_POINTER(i); /* a look-up that finds nothing writes it, too */
            g_hash_table_insert(first_of, &photo->digest, first);
        }
        named[i] = (NamedPhoto){ .name = photo->name,
                                 .first = GPOINTER_TO_UINT(first),
                                 .is_junk = photo_name_is_junk(photo->name),
                                 .is_picture = photo->is_picture };
    }
    return decide(matching->skus, named, photos->len);
}

static void
add_plan(Matching *matching, Plan *plan)
{
    if (changes_anything(plan)) {
        g_ptr_array_add(matching->plans, plan);
    } else {
        plan_free(plan);
    }
}

/* A copy of a photo that a person decided is still the same picture: it must not come up in the
 * place that the person took its twin from. What the rules call a duplicate when they see all
 * photos, the decided ones first, stays one. Takes those out of UNDECIDED. */
static void
plan_copies(Matching *matching, const GPtrArray *decided, GPtrArray *undecided, GHashTable *places)
{
    g_autoptr(GHashTable) digests = g_hash_table_new(digest_hash, digest_equal_func);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < decided->len; i++) {
        g_hash_table_add(digests, &((PhotoRow *)decided->pdata[i])->digest);
        g_ptr_array_add(all, decided->pdata[i]);
    }
    bool has_copies = false;
    for (guint i = 0; i < undecided->len; i++) {
        has_copies |= g_hash_table_contains(digests, &((PhotoRow *)undecided->pdata[i])->digest);
        g_ptr_array_add(all, undecided->pdata[i]);
    }
    if (!has_copies) {
        return;
    }
    g_autoptr(Decisions) decisions = decide_photos(matching, all);
    g_ptr_array_set_size(undecided, 0);
    for (guint i = decided->len; i < all->len; i++) {
        PhotoRow *photo = all->pdata[i];
        const Decision *decision = decisions_get(decisions, i);
        if (decision->verdict == VERDICT_DUPLICATE &&
            g_hash_table_contains(digests, &photo->digest)) {
            add_plan(matching, plan_for(matching, photo, decision, places));
        } else {
            g_ptr_array_add(undecided, photo);
        }
    }
}

static void
make_plans(Matching *matching)
{
    g_autoptr(GHashTable) places = places_of_people(matching);
    g_autoptr(GPtrArray) decided = g_ptr_array_new();
    g_autoptr(GPtrArray) undecided = g_ptr_array_new();
    for (guint i = 0; i < matching->photos->len; i++) {
        PhotoRow *photo = matching->photos->pdata[i];
        bool is_decided = photo->decided_by == DECIDED_BY_PERSON;
        g_ptr_array_add(is_decided ? decided : undecided, photo);
    }
    matching->plans = g_ptr_array_new_with_free_func(plan_free);
    plan_copies(matching, decided, undecided, places);
    g_autoptr(Decisions) decisions = decide_photos(matching, undecided);
    for (guint i = 0; i < undecided->len; i++) {
        add_plan(matching,
                 plan_for(matching, undecided->pdata[i], decisions_get(decisions, i), places));
    }
}

/* False without an error: out of date. */
static bool
begin_chunk(Matching *matching, BatchChange *change, GError **error)
{
    return change_begin(change, matching->batches, NULL, &matching->batch, error) &&
           change->batch->match_run == matching->match_run;
}

/* Leaves its place, so that another photo can have it whichever is written first. */
static bool
leave_place(BatchChange *change, const Plan *plan, GError **error)
{
    g_autoptr(PhotoRow) row = photo_row_load(change->tx, NULL, &plan->photo->id, error);
    if (row == NULL) {
        return false;
    }
    PhotoShare before = photo_share(row);
    row->verdict = PHOTO_PENDING;
    row->sku_row = 0;
    return photo_unpublish(change, row, error) && photo_save(change, &before, row, error);
}

static bool
take_place(BatchChange *change, const Plan *plan, GError **error)
{
    /* Loaded anew: it may have been cleaned meanwhile. */
    g_autoptr(PhotoRow) row = photo_row_load(change->tx, NULL, &plan->photo->id, error);
    if (row == NULL) {
        return false;
    }
    PhotoShare before = photo_share(row);
    bool has_failed = row->state == PHOTO_FAILED && plan->verdict != PHOTO_DUPLICATE;
    row->verdict = has_failed ? PHOTO_REJECTED : plan->verdict;
    row->sku_row = plan->sku_row;
    row->slot = plan->slot;
    row->decided_by = DECIDED_BY_RULE;
    row->decided_revision = change->revision;
    g_free(row->rule);
    row->rule = g_strdup(plan->rule);
    g_free(row->notes);
    row->notes = g_strdup(plan->notes);
    g_autofree char *slot = plan->sku_row == 0 ? NULL : slot_to_string(plan->slot);
    g_autofree char *details =
        slot == NULL
            ? g_strdup_printf("%s%s%s", plan->rule, plan->notes[0] ? "; " : "", plan->notes)
            : g_strdup_printf("row %u %s: %s", plan->sku_row, slot, plan->rule);
    return photo_save(change, &before, row, error) &&
           change_add_event(change, &row->id,
                            plan->notes[0] == '\0' ? row->uploaded_at
                                                   : change_oldest(change, row->uploaded_at),
                            DECIDED_BY_RULE, photo_verdict_to_string(row->verdict), details, error);
}

typedef bool (*PlanFunc)(BatchChange *change, const Plan *plan, GError **error);

/* Writes what FUNC makes of the plans in WHICH. False without an error: out of date. */
static bool
write_plans(Matching *matching, const GPtrArray *which, PlanFunc func, GError **error)
{
    for (guint from = 0; from < which->len; from += CHUNK) {
        g_auto(BatchChange) change = { 0 };
        if (!begin_chunk(matching, &change, error)) {
            return false;
        }
        for (guint i = from; i < MIN(from + CHUNK, which->len); i++) {
            if (!func(&change, which->pdata[i], error)) {
                return false;
            }
        }
        if (!change_commit(&change, error)) {
            return false;
        }
    }
    return true;
}

static bool
write_all(Matching *matching, GError **error)
{
    g_autoptr(GPtrArray) leaving = g_ptr_array_new();
    for (guint i = 0; i < matching->plans->len; i++) {
        Plan *plan = matching->plans->pdata[i];
        if (plan->photo->verdict == PHOTO_MATCHED) {
            g_ptr_array_add(leaving, plan);
        }
    }
    return write_plans(matching, leaving, leave_place, error) &&
           write_plans(matching, matching->plans, take_place, error);
}

static JobOutcome
finish(Matching *matching, GError **error)
{
    g_auto(BatchChange) change = { 0 };
    if (!change_begin(&change, matching->batches, NULL, &matching->batch, error)) {
        return job_end_with(matching->batches, matching->job, error);
    }
    bool done =
        db_exec(change.tx, error, NULL, "UPDATE batch SET match_done = $2 WHERE id = $1", "ti",
                matching->batch.text, matching->match_wanted) &&
        change_resume_publishing(&change, error) &&
        job_finish(matching->job, change.tx, error) && change_commit(&change, error);
    return done ? JOB_DONE : JOB_RETRY;
}

JobOutcome
batch_match_run(const Job *job, gpointer context, GError **error)
{
    g_auto(Matching) matching = { .batches = context, .job = job, .batch = job_subject(job) };
    bool is_possible;
    if (!begin(&matching, &is_possible, error)) {
        return job_end_with(context, job, error);
    }
    if (!is_possible) {
        return job_end(context, job, error);
    }
    if (!load(&matching, error)) {
        return job_end_with(context, job, error);
    }
    make_plans(&matching);
    g_autoptr(GError) write_error = NULL;
    if (!write_all(&matching, &write_error)) {
        if (write_error == NULL) {
            return job_end(context, job, error); /* what made it out of date added a job */
        }
        /* A photo that was deleted meanwhile, too: whoever did it added a job. */
        g_propagate_error(error, g_steal_pointer(&write_error));
        return job_end_with(context, job, error);
    }
    return finish(&matching, error);
}
