#include "batches/photo_row.h"

#include "base/error.h"
#include "batches/jobs.h"
#include "listing/compliance.h"
#include "listing/name.h"

#include <string.h>

G_STATIC_ASSERT(PHOTO_WAITING == 1 && PHOTO_DONE == 2 && PHOTO_FAILED == 3);
G_STATIC_ASSERT(PHOTO_PENDING == 0 && PHOTO_MATCHED == 1 && PHOTO_UNMATCHED == 2 &&
                PHOTO_AMBIGUOUS == 3 && PHOTO_DUPLICATE == 4 && PHOTO_REJECTED == 5 &&
                PHOTO_LEFT_OUT == 6);
G_STATIC_ASSERT(DECIDED_BY_RULE == 1 && DECIDED_BY_PERSON == 2 && DECIDED_BY_SYSTEM == 3);

const char *
photo_state_to_string(PhotoState state)
{
    switch (state) {
    case PHOTO_WAITING:
        return "waiting";
    case PHOTO_DONE:
        return "done";
    case PHOTO_FAILED:
        return "failed";
    }
    g_assert_not_reached();
}

const char *
photo_verdict_to_string(PhotoVerdict verdict)
{
    switch (verdict) {
    case PHOTO_PENDING:
        return "pending";
    case PHOTO_MATCHED:
        return "matched";
    case PHOTO_UNMATCHED:
        return "unmatched";
    case PHOTO_AMBIGUOUS:
        return "ambiguous";
    case PHOTO_DUPLICATE:
        return "duplicate";
    case PHOTO_REJECTED:
        return "rejected";
    case PHOTO_LEFT_OUT:
        return "left_out";
    }
    g_assert_not_reached();
}

const char *
decided_by_to_string(DecidedBy by)
{
    switch (by) {
    case DECIDED_BY_RULE:
        return "rule";
    case DECIDED_BY_PERSON:
        return "person";
    case DECIDED_BY_SYSTEM:
        return "system";
    }
    g_assert_not_reached();
}

void
photo_row_free(PhotoRow *row)
{
    if (row != NULL) {
        g_free(row->name);
        g_free(row->failure);
        g_free(row->rule);
        g_free(row->notes);
        g_free(row->sku);
        g_free(row->location);
        g_free(row);
    }
}

static void
read_digest(DbRows *rows, const char *column, Digest *digest)
{
    gsize size = 0;
    const void *bytes = db_blob(rows, column, &size);
    if (bytes != NULL && size == DIGEST_SIZE) {
        memcpy(digest->bytes, bytes, DIGEST_SIZE);
    }
}

static ImageFormat
format_by_name(const char *name)
{
    for (int i = IMAGE_FORMAT_JPEG; i <= IMAGE_FORMAT_BMP; i++) {
        if (strcmp(image_format_name((ImageFormat)i), name) == 0) {
            return (ImageFormat)i;
        }
    }
    return IMAGE_FORMAT_UNKNOWN;
}

/* In the order of PHOTO_INFO_COLUMNS, in which a column is found at once. */
static void
read_facts(DbRows *rows, ImageFacts *facts)
{
    facts->format = format_by_name(db_text(rows, "format"));
    facts->width = (guint32)db_int(rows, "width");
    facts->height = (guint32)db_int(rows, "height");
    facts->num_frames = (guint32)db_int(rows, "num_frames");
    facts->was_truncated = db_bool(rows, "was_truncated");
    facts->had_location = db_bool(rows, "had_location");
    facts->border_white_share = db_real(rows, "border_white");
    facts->frame_fill = db_real(rows, "frame_fill");
}

static void
read_picture(DbRows *rows, PhotoRow *row)
{
    row->has_picture = row_id(rows, "picture_object", &row->picture);
    row->picture_width = (guint32)db_int(rows, "picture_width");
    row->picture_height = (guint32)db_int(rows, "picture_height");
    row->picture_bytes = db_int(rows, "picture_bytes");
    row->has_thumbnail = row_id(rows, "thumbnail_object", &row->thumbnail);
}

static void
read_place(DbRows *rows, PhotoRow *row)
{
    row->verdict = (PhotoVerdict)db_int(rows, "verdict");
    row->sku_row = (guint32)db_int(rows, "sku_row");
    const char *slot = db_text(rows, "slot");
    (void)slot_from_code(slot, strlen(slot), &row->slot); /* "": has none */
    row->rule = g_strdup(db_text(rows, "rule"));
    row->notes = g_strdup(db_text(rows, "notes"));
    row->decided_by = (DecidedBy)db_int(rows, "decided_by");
}

static void
read_info_columns(DbRows *rows, PhotoRow *row)
{
    (void)row_id(rows, "id", &row->id);
    (void)row_id(rows, "batch_id", &row->batch);
    row->name = g_strdup(db_text(rows, "name"));
    row->size = db_int(rows, "size");
    row->uploaded_at = db_int(rows, "uploaded_at");
    row->state = (PhotoState)db_int(rows, "state");
    row->failure = g_strdup(db_text(rows, "failure"));
    row->version = db_int(rows, "version");
    read_facts(rows, &row->facts);
    read_picture(rows, row);
    read_place(rows, row);
    row->turn = (guint)db_int(rows, "turn");
    row->needs_attention = db_bool(rows, "needs_attention");
    row->sku = g_strdup(db_text(rows, "sku"));
    row->location = g_strdup(db_text(rows, "location"));
}

PhotoRow *
photo_row_read(DbRows *rows)
{
    PhotoRow *row = g_new0(PhotoRow, 1);
    (void)row_id(rows, "account_id", &row->account);
    read_digest(rows, "digest", &row->digest);
    row->is_picture = db_bool(rows, "is_picture");
    (void)row_id(rows, "original_object", &row->original);
    read_digest(rows, "picture_digest", &row->picture_digest);
    row->revision = db_int(rows, "revision");
    row->decided_revision = db_int(rows, "decided_revision");
    row->rules = marketplace_of(db_text(rows, "marketplace"), db_text(rows, "sheet_marketplace"));
    read_info_columns(rows, row);
    return row;
}

PhotoRow *
photo_row_load(DbTx *tx, const Id *account, const Id *photo, GError **error)
{
    g_autoptr(DbRows) rows =
        db_query(tx, error, PHOTO_SELECT "WHERE photo.id = $1", "t", photo->text);
    if (rows == NULL) {
        return NULL;
    }
    g_autoptr(PhotoRow) row = db_next(rows) ? photo_row_read(rows) : NULL;
    if (row == NULL || (account != NULL && !id_equal(account, &row->account))) {
        return fail_no_such(error, "photo");
    }
    return g_steal_pointer(&row);
}

bool
photo_find_batch(Batches *batches, const Id *account, const Id *photo, Id *ret_batch,
                 GError **error)
{
    g_autoptr(DbTx) tx = db_begin(batches->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(PhotoRow) row = photo_row_load(tx, account, photo, error);
    if (row == NULL) {
        return false;
    }
    *ret_batch = row->batch;
    return true;
}

PhotoShare
photo_share(const PhotoRow *row)
{
    bool has_main = row->verdict == PHOTO_MATCHED && row->slot.kind == SLOT_MAIN;
    return (PhotoShare){
        .exists = true,
        .state = row->state,
        .verdict = row->verdict,
        .needs_attention = row->needs_attention,
        .size = row->size,
        .picture_bytes = row->has_picture ? row->picture_bytes : 0,
        .main_row = has_main ? row->sku_row : 0,
    };
}

static void
count_share(BatchChange *change, const PhotoShare *share, gint64 sign)
{
    static const BatchCounter of_state[] = { [PHOTO_WAITING] = COUNTER_WAITING,
                                             [PHOTO_DONE] = COUNTER_DONE,
                                             [PHOTO_FAILED] = COUNTER_FAILED };
    static const BatchCounter of_verdict[] = {
        [PHOTO_MATCHED] = COUNTER_MATCHED,     [PHOTO_UNMATCHED] = COUNTER_UNMATCHED,
        [PHOTO_AMBIGUOUS] = COUNTER_AMBIGUOUS, [PHOTO_DUPLICATE] = COUNTER_DUPLICATE,
        [PHOTO_REJECTED] = COUNTER_REJECTED,   [PHOTO_LEFT_OUT] = COUNTER_LEFT_OUT,
    };
    change_count(change, COUNTER_PHOTOS, sign);
    change_count(change, of_state[share->state], sign);
    if (share->verdict != PHOTO_PENDING) {
        change_count(change, of_verdict[share->verdict], sign);
    }
    change_count(change, COUNTER_ATTENTION, share->needs_attention ? sign : 0);
    change_count(change, COUNTER_BYTES_IN, sign * share->size);
    change_count(change, COUNTER_BYTES_OUT, sign * share->picture_bytes);
}

static void
note_share(BatchChange *change, const PhotoShare *before, const PhotoRow *row)
{
    PhotoShare after = photo_share(row);
    if (before->exists) {
        count_share(change, before, -1);
    }
    count_share(change, &after, 1);
    if (before->main_row != after.main_row && before->main_row != 0) {
        g_hash_table_insert(change->mains, GUINT_TO_POINTER(before->main_row),
                            GINT_TO_POINTER(false));
    }
    if (after.main_row != 0) {
        g_hash_table_insert(change->mains, GUINT_TO_POINTER(after.main_row), GINT_TO_POINTER(true));
    }
}

GPtrArray *
photo_compliance(const PhotoRow *row)
{
    if (!row->has_picture) {
        return NULL;
    }
    PublishedFacts facts = {
        .width = row->picture_width,
        .height = row->picture_height,
        .num_bytes = (guint64)row->picture_bytes,
        .border_white_share = row->facts.border_white_share,
        .frame_fill = row->facts.frame_fill,
        .was_truncated = row->facts.was_truncated,
    };
    /* Without a place it is held against what holds for every picture. */
    const Slot any = { SLOT_EXTRA, 1 };
    return compliance_notes(row->rules, row->sku_row != 0 ? row->slot : any, &facts);
}

static bool
is_refused(const PhotoRow *row)
{
    g_autoptr(GPtrArray) notes = photo_compliance(row);
    for (guint i = 0; notes != NULL && i < notes->len; i++) {
        if (((const ComplianceNote *)notes->pdata[i])->is_refusal) {
            return true;
        }
    }
    return false;
}

static bool
must_be_looked_at(const PhotoRow *row)
{
    switch (row->verdict) {
    case PHOTO_PENDING:
    case PHOTO_DUPLICATE:
    case PHOTO_LEFT_OUT:
        return false;
    case PHOTO_UNMATCHED:
    case PHOTO_AMBIGUOUS:
        return true;
    case PHOTO_REJECTED:
        return !photo_name_is_junk(row->name);
    case PHOTO_MATCHED:
        return row->state == PHOTO_FAILED || is_refused(row);
    }
    g_assert_not_reached();
}

bool
photo_insert(BatchChange *change, PhotoRow *row, GError **error)
{
    const PhotoShare nothing = { 0 };
    row->needs_attention = must_be_looked_at(row);
    row->revision = row->decided_revision = change->revision;
    note_share(change, &nothing, row);
    return db_exec(change->tx, error, NULL,
                   "INSERT INTO photo (id, batch_id, account_id, name, size, digest, is_picture,"
                   " original_object, uploaded_at, state, failure, version, format, width, height,"
                   " num_frames, was_truncated, had_location, border_white, frame_fill,"
                   " picture_width, picture_height, picture_bytes, verdict, slot, rule, notes,"
                   " decided_by, turn, needs_attention, revision, decided_revision, changed_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, 0, 0, 0, 0,"
                   " 0, 0, 0, 0, 0, $13, '', $14, '', $15, 0, $16, $17, $17, $18)",
                   "ttttibitiittitiiii", row->id.text, row->batch.text, row->account.text,
                   row->name, row->size, row->digest.bytes, (gsize)DIGEST_SIZE,
                   (gint64)row->is_picture, row->original.text, row->uploaded_at,
                   (gint64)row->state, row->failure,
                   row->facts.format == IMAGE_FORMAT_UNKNOWN ? ""
                                                             : image_format_name(row->facts.format),
                   (gint64)row->verdict, row->rule, (gint64)row->decided_by,
                   (gint64)row->needs_attention, row->revision, change->now) &&
           db_exec(
               change->tx, error, NULL,
               "UPDATE batch SET"
               " first_photo_at = CASE WHEN first_photo_at < $2 THEN first_photo_at ELSE $2 END,"
               " last_photo_at = CASE WHEN last_photo_at > $2 THEN last_photo_at ELSE $2 END"
               " WHERE id = $1",
               "ti", row->batch.text, row->uploaded_at);
}

bool
photo_save(BatchChange *change, const PhotoShare *before, PhotoRow *row, GError **error)
{
    row->needs_attention = must_be_looked_at(row);
    row->revision = change->revision;
    note_share(change, before, row);
    const ImageFacts *facts = &row->facts;
    bool is_placed = row->sku_row != 0;
    bool is_known = facts->format != IMAGE_FORMAT_UNKNOWN;
    g_autofree char *slot = is_placed ? slot_to_string(row->slot) : g_strdup("");
    return db_exec(
        change->tx, error, NULL,
        "UPDATE photo SET state = $2, failure = $3, version = $4, format = $5, width = $6,"
        " height = $7, num_frames = $8, was_truncated = $9, had_location = $10,"
        " border_white = $11, frame_fill = $12, picture_object = $13, picture_digest = $14,"
        " picture_width = $15, picture_height = $16, picture_bytes = $17, thumbnail_object = $18,"
        " verdict = $19, slot = $20, rule = $21, notes = $22, decided_by = $23, turn = $24,"
        " needs_attention = $25, revision = $26, decided_revision = $27, changed_at = $28,"
        " sku_row = $29 WHERE id = $1",
        is_placed ? "tititiiiiiddtbiiititttiiiiiii" : "tititiiiiiddtbiiititttiiiiiiN", row->id.text,
        (gint64)row->state, row->failure, row->version,
        is_known ? image_format_name(facts->format) : "", (gint64)facts->width,
        (gint64)facts->height, (gint64)facts->num_frames, (gint64)facts->was_truncated,
        (gint64)facts->had_location, facts->border_white_share, facts->frame_fill,
        row->has_picture ? row->picture.text : NULL,
        row->has_picture ? row->picture_digest.bytes : NULL, (gsize)DIGEST_SIZE,
        (gint64)row->picture_width, (gint64)row->picture_height, row->picture_bytes,
        row->has_thumbnail ? row->thumbnail.text : NULL, (gint64)row->verdict, slot, row->rule,
        row->notes, (gint64)row->decided_by, (gint64)row->turn, (gint64)row->needs_attention,
        row->revision, row->decided_revision, change->now, (gint64)row->sku_row);
}

void
photo_info_free(PhotoInfo *photo)
{
    if (photo != NULL) {
        g_free(photo->name);
        g_free(photo->failure);
        g_free(photo->sku);
        g_free(photo->rule);
        g_free(photo->notes);
        g_free(photo->format);
        g_clear_pointer(&photo->compliance, g_ptr_array_unref);
        if (photo->picture != NULL) {
            g_free(photo->picture->url);
            g_free(photo->picture);
        }
        g_free(photo);
    }
}

char *
photo_url(const Batches *batches, const char *location)
{
    gsize host_length = strcspn(location, "/");
    g_autofree char *host = g_strndup(location, host_length);
    return g_strconcat(batches->picture_scheme, "://", host, batches->picture_port,
                       location + host_length, NULL);
}

static PhotoPicture *
picture_new(const Batches *batches, const PhotoRow *row)
{
    PhotoPicture *picture = g_new0(PhotoPicture, 1);
    picture->width = row->picture_width;
    picture->height = row->picture_height;
    picture->bytes = row->picture_bytes;
    picture->url = row->location == NULL ? NULL : photo_url(batches, row->location);
    return picture;
}

/* What happened to the photo on its way, beside what the matcher noted. */
static char *
all_notes(const PhotoRow *row)
{
    GString *notes = g_string_new(row->notes);
    if (row->facts.had_location) {
        g_string_append_printf(notes, "%sthe place where it was taken (GPS) was removed",
                               notes->len > 0 ? "; " : "");
    }
    if (row->facts.num_frames > 1) {
        g_string_append_printf(notes, "%sthe first of %u frames was used",
                               notes->len > 0 ? "; " : "", row->facts.num_frames);
    }
    return g_string_free(notes, FALSE);
}

PhotoInfo *
photo_info_new(const Batches *batches, const PhotoRow *row)
{
    PhotoInfo *photo = g_new0(PhotoInfo, 1);
    bool is_known = row->facts.format != IMAGE_FORMAT_UNKNOWN;
    *photo = (PhotoInfo){
        .id = row->id,
        .batch = row->batch,
        .name = g_strdup(row->name),
        .size = row->size,
        .uploaded_at = row->uploaded_at,
        .expires_at = service_expiry(row->uploaded_at),
        .state = row->state,
        .failure = row->state == PHOTO_FAILED ? g_strdup(row->failure) : NULL,
        .verdict = row->verdict,
        .sku_row = row->sku_row,
        .sku = g_strdup(row->sku),
        .slot = row->slot,
        .rule = g_strdup(row->rule),
        .notes = all_notes(row),
        .decided_by = row->decided_by,
        .turn = row->turn,
        .needs_attention = row->needs_attention,
        .format = g_strdup(is_known ? image_format_name(row->facts.format) : ""),
        .width = row->facts.width,
        .height = row->facts.height,
        .picture = row->has_picture ? picture_new(batches, row) : NULL,
        .has_thumbnail = row->has_thumbnail,
        .version = row->version,
        .compliance = photo_compliance(row),
    };
    return photo;
}

PhotoInfo *
photo_info_read(const Batches *batches, DbRows *rows, const Marketplace *rules)
{
    g_autoptr(PhotoRow) row = g_new0(PhotoRow, 1);
    row->rules = rules;
    read_info_columns(rows, row);
    return photo_info_new(batches, row);
}

bool
photo_unpublish(BatchChange *change, const PhotoRow *row, GError **error)
{
    return db_exec(change->tx, error, NULL, "DELETE FROM publication WHERE photo_id = $1", "t",
                   row->id.text);
}

bool
photo_want_cleaning(BatchChange *change, PhotoRow *row, GError **error)
{
    row->state = PHOTO_WAITING;
    row->version++;
    return change_add_job(change, PHOTO_CLEAN_JOB, row->id.text, change->now, error);
}
