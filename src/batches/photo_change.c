/* What people decide. Their word stands, and the matcher goes around it. */
#include "batches/photos.h"

#include "base/error.h"
#include "batches/photo_row.h"
#include "batches/quota.h"

void
photo_change_result_clear(PhotoChangeResult *result)
{
    g_clear_pointer(&result->photo, photo_info_free);
    g_clear_pointer(&result->displaced, photo_info_free);
    g_clear_pointer(&result->rival, photo_info_free);
}

static bool
check_change(const PhotoChange *change, GError **error)
{
    bool has_other = change->has_place || change->has_turn || change->has_left_out;
    if (change->reset && has_other) {
        return fail(error, APP_ERROR_INVALID, "reset: excludes every other change");
    }
    if (!change->reset && !has_other) {
        return fail(error, APP_ERROR_INVALID, "nothing to change");
    }
    if (change->swap && !change->displace) {
        return fail(error, APP_ERROR_INVALID, "swap: goes with displace");
    }
    if (change->has_turn && (change->turn % 90 != 0 || change->turn >= 360)) {
        return fail(error, APP_ERROR_INVALID, "turn: 0, 90, 180 or 270");
    }
    if (change->has_place && change->sku_row != 0 && change->has_left_out && change->left_out) {
        return fail(error, APP_ERROR_INVALID, "a photo that is left out has no place");
    }
    return true;
}

static void
set_reasons(PhotoRow *row, const char *rule, const char *notes)
{
    g_free(row->rule);
    row->rule = g_strdup(rule);
    g_free(row->notes);
    row->notes = g_strdup(notes);
}

/* Who has that slot; NULL without an error: nobody. */
static PhotoRow *
find_holder(BatchChange *change, guint32 sku_row, Slot slot, GError **error)
{
    g_autofree char *code = slot_to_string(slot);
    g_autoptr(DbRows) rows =
        db_query(change->tx, error,
                 PHOTO_SELECT "WHERE photo.batch_id = $1 AND photo.sku_row = $2"
                              " AND photo.slot = $3 AND photo.verdict = 1",
                 "tit", change->batch->info->id.text, (gint64)sku_row, code);
    return rows != NULL && db_next(rows) ? photo_row_read(rows) : NULL;
}

static bool
has_sku(BatchChange *change, guint32 sku_row, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(change->tx, error, "SELECT row FROM sku WHERE batch_id = $1 AND row = $2", "ti",
                 change->batch->info->id.text, (gint64)sku_row);
    if (rows == NULL) {
        return false;
    }
    return db_next(rows) ||
           fail(error, APP_ERROR_INVALID, "sku_row: the sheet has no SKU in row %u", sku_row);
}

/* Out of its place, by a person's word; the rules do not put it back. */
static bool
displace(BatchChange *change, PhotoRow *row, const PhotoRow *by, GError **error)
{
    PhotoShare before = photo_share(row);
    g_autofree char *notes = g_strdup_printf("%s has its place now", by->name);
    row->verdict = PHOTO_UNMATCHED;
    row->sku_row = 0;
    row->decided_by = DECIDED_BY_PERSON;
    row->decided_revision = change->revision;
    set_reasons(row, "displaced by hand", notes);
    return photo_unpublish(change, row, error) && photo_save(change, &before, row, error) &&
           change_add_event(change, &row->id, MIN(row->uploaded_at, by->uploaded_at),
                            DECIDED_BY_PERSON, "displaced", notes, error);
}

static bool
move(BatchChange *change, PhotoRow *row, const PhotoChange *wish, PhotoChangeResult *result,
     GError **error)
{
    row->decided_by = DECIDED_BY_PERSON;
    if (wish->sku_row == 0) {
        row->verdict = PHOTO_UNMATCHED;
        row->sku_row = 0;
        set_reasons(row, "taken out by hand", "");
        return change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_PERSON, "taken out",
                                "", error);
    }
    if (!has_sku(change, wish->sku_row, error)) {
        return false;
    }
    GError *find_error = NULL;
    g_autoptr(PhotoRow) holder = find_holder(change, wish->sku_row, wish->slot, &find_error);
    if (find_error != NULL) {
        g_propagate_error(error, find_error);
        return false;
    }
    if (holder != NULL && !id_equal(&holder->id, &row->id)) {
        if (!wish->displace) {
            result->rival = photo_info_new(change->batches, holder);
            return fail(error, APP_ERROR_CONFLICT, "%s has this place", holder->name);
        }
        if (!displace(change, holder, row, error)) {
            return false;
        }
        result->displaced = photo_info_new(change->batches, holder);
    }
    row->verdict = row->state == PHOTO_FAILED ? PHOTO_REJECTED : PHOTO_MATCHED;
    row->sku_row = wish->sku_row;
    row->slot = wish->slot;
    set_reasons(row, "put there by hand", "");
    g_autofree char *slot = slot_to_string(wish->slot);
    g_autofree char *details = g_strdup_printf("row %u %s", wish->sku_row, slot);
    return change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_PERSON, "moved", details,
                            error);
}

/* The photo that was displaced takes the place that the other one left: after that one was saved,
 * no slot has two. */
static bool
give_place(BatchChange *change, const PhotoRow *left, PhotoChangeResult *result, GError **error)
{
    g_autoptr(PhotoRow) row =
        photo_row_load(change->tx, &left->account, &result->displaced->id, error);
    if (row == NULL) {
        return false;
    }
    PhotoShare before = photo_share(row);
    row->verdict = row->state == PHOTO_FAILED ? PHOTO_REJECTED : PHOTO_MATCHED;
    row->sku_row = left->sku_row;
    row->slot = left->slot;
    row->decided_by = DECIDED_BY_PERSON;
    row->decided_revision = change->revision;
    set_reasons(row, "put there by hand", "");
    g_autofree char *slot = slot_to_string(left->slot);
    g_autofree char *details = g_strdup_printf("row %u %s", left->sku_row, slot);
    if (!photo_save(change, &before, row, error) ||
        !change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_PERSON, "moved", details,
                          error)) {
        return false;
    }
    g_autoptr(PhotoRow) after = photo_row_load(change->tx, &left->account, &row->id, error);
    if (after == NULL) {
        return false;
    }
    photo_info_free(result->displaced);
    result->displaced = photo_info_new(change->batches, after);
    return true;
}

static bool
turn(BatchChange *change, PhotoRow *row, guint degrees, GError **error)
{
    if (degrees == row->turn) {
        return true;
    }
    row->turn = degrees;
    g_autofree char *details = g_strdup_printf("by %u degrees", degrees);
    return photo_want_cleaning(change, row, error) &&
           change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_PERSON, "turned",
                            details, error);
}

/* Back to the rules: pending until they have run. */
static void
give_to_rules(PhotoRow *row)
{
    row->decided_by = DECIDED_BY_RULE;
    row->verdict = PHOTO_PENDING;
    row->sku_row = 0;
    set_reasons(row, "", "");
}

static bool
leave_out(BatchChange *change, PhotoRow *row, bool left_out, GError **error)
{
    if (left_out) {
        row->decided_by = DECIDED_BY_PERSON;
        row->verdict = PHOTO_LEFT_OUT;
        row->sku_row = 0;
        set_reasons(row, "left out by hand", "");
    } else if (row->verdict == PHOTO_LEFT_OUT) {
        give_to_rules(row);
    }
    return change_add_event(change, &row->id, row->uploaded_at, DECIDED_BY_PERSON,
                            left_out ? "left out" : "taken in again", "", error);
}

static bool
reset(BatchChange *change, PhotoRow *row, GError **error)
{
    give_to_rules(row);
    return turn(change, row, 0, error) && change_add_event(change, &row->id, row->uploaded_at,
                                                           DECIDED_BY_PERSON, "reset", "", error);
}

static bool
apply(BatchChange *change, PhotoRow *row, const PhotoChange *wish, PhotoChangeResult *result,
      GError **error)
{
    if (wish->reset) {
        return reset(change, row, error);
    }
    return (!wish->has_left_out || leave_out(change, row, wish->left_out, error)) &&
           (!wish->has_place || move(change, row, wish, result, error)) &&
           (!wish->has_turn || turn(change, row, wish->turn, error));
}

static bool
change_photo(BatchChange *change, PhotoRow *row, const PhotoChange *wish, PhotoChangeResult *result,
             GError **error)
{
    if (wish->revision != 0 && row->decided_revision > wish->revision) {
        return fail(error, APP_ERROR_CONFLICT, "%s was changed meanwhile: look again", row->name);
    }
    PhotoShare before = photo_share(row);
    PhotoRow left = { .account = row->account, .sku_row = row->sku_row, .slot = row->slot };
    bool had_place = row->verdict == PHOTO_MATCHED;
    if (!apply(change, row, wish, result, error)) {
        return false;
    }
    row->decided_revision = change->revision;
    if (!photo_unpublish(change, row, error) || !photo_save(change, &before, row, error)) {
        return false;
    }
    bool swaps = wish->swap && had_place && result->displaced != NULL;
    return (!swaps || give_place(change, &left, result, error)) &&
           change_state(change, BATCH_CHANGE, error) && change_wants_matching(change, true, error);
}

bool
photos_change(Batches *batches, const Id *account, const Id *photo, const PhotoChange *wish,
              PhotoChangeResult *ret_result, GError **error)
{
    *ret_result = (PhotoChangeResult){ 0 };
    Id batch;
    g_auto(BatchChange) change = { 0 };
    if (!check_change(wish, error) || !photo_find_batch(batches, account, photo, &batch, error) ||
        !change_begin(&change, batches, account, &batch, error) ||
        !quota_check(batches, change.tx, account, QUOTA_EVENTS, 1, error)) {
        return false;
    }
    g_autoptr(PhotoRow) row = photo_row_load(change.tx, account, photo, error);
    if (row == NULL || !change_photo(&change, row, wish, ret_result, error)) {
        return false;
    }
    g_autoptr(PhotoRow) after = photo_row_load(change.tx, account, photo, error);
    gint64 revision = change.revision;
    if (after == NULL || !change_commit(&change, error)) {
        g_clear_pointer(&ret_result->displaced, photo_info_free);
        return false;
    }
    ret_result->photo = photo_info_new(batches, after);
    ret_result->revision = revision;
    return true;
}
