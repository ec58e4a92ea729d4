/* Inside the room only: a row of `photo`. */
#pragma once

#include "base/digest.h"
#include "batches/change.h"
#include "batches/photos.h"
#include "image/image.h"

typedef struct {
    Id id, batch, account;
    char *name;
    gint64 size;
    Digest digest; /* of the bytes as they came */
    bool is_picture;
    Id original;
    Timestamp uploaded_at;
    PhotoState state;
    char *failure; /* "" */
    gint64 version;
    ImageFacts facts;
    bool has_picture;
    Id picture;
    Digest picture_digest;
    guint32 picture_width, picture_height;
    gint64 picture_bytes;
    bool has_thumbnail;
    Id thumbnail;
    PhotoVerdict verdict;
    guint32 sku_row; /* 0: none */
    Slot slot;
    char *rule, *notes; /* "" */
    DecidedBy decided_by;
    guint turn;
    bool needs_attention;
    gint64 revision, decided_revision;
    char *sku;      /* by its row; NULL: none */
    char *location; /* HOST/PATH of what it is published as; NULL: nothing */
    const Marketplace *rules;
} PhotoRow;

void photo_row_free(PhotoRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PhotoRow, photo_row_free)

/* What PhotoInfo shows of a photo. */
#define PHOTO_INFO_COLUMNS                                                                         \
    "photo.id, photo.batch_id, photo.name, photo.size, photo.uploaded_at, photo.state, "           \
    "photo.failure, photo.version, photo.format, photo.width, photo.height, photo.num_frames, "    \
    "photo.was_truncated, photo.had_location, photo.border_white, photo.frame_fill, "              \
    "photo.picture_object, photo.picture_width, photo.picture_height, photo.picture_bytes, "       \
    "photo.thumbnail_object, photo.verdict, photo.sku_row, photo.slot, photo.rule, photo.notes, "  \
    "photo.decided_by, photo.turn, photo.needs_attention, sku.sku, "                               \
    "(SELECT host || '/' || path FROM publication WHERE publication.photo_id = photo.id "          \
    "ORDER BY published_at DESC, host, path LIMIT 1) AS location "
#define PHOTO_TABLES                                                                               \
    "FROM photo LEFT JOIN sku ON sku.batch_id = photo.batch_id AND sku.row = photo.sku_row "

/* What queries of photos begin with that are read by photo_row_read. */
#define PHOTO_SELECT                                                                               \
    "SELECT photo.account_id, photo.digest, photo.is_picture, photo.original_object, "             \
    "photo.picture_digest, photo.revision, photo.decided_revision, batch.marketplace, "            \
    "batch.sheet_marketplace, " PHOTO_INFO_COLUMNS PHOTO_TABLES                                    \
    "JOIN batch ON batch.id = photo.batch_id "
PhotoRow *photo_row_read(DbRows *rows);

/* The same where all that is wanted is the info of photos of a batch whose rules are known: pages
 * ask for hundreds. */
#define PHOTO_INFO_SELECT "SELECT " PHOTO_INFO_COLUMNS PHOTO_TABLES
PhotoInfo *photo_info_read(const Batches *batches, DbRows *rows, const Marketplace *rules);

/* NOT_FOUND. ACCOUNT NULL: whoever's (jobs). */
PhotoRow *photo_row_load(DbTx *tx, const Id *account, const Id *photo, GError **error);

/* Which batch a photo is in: to begin a change with. */
bool photo_find_batch(Batches *batches, const Id *account, const Id *photo, Id *ret_batch,
                      GError **error);

/* What a photo counts for in its batch. */
typedef struct {
    bool exists;
    PhotoState state;
    PhotoVerdict verdict;
    bool needs_attention;
    gint64 size, picture_bytes;
    guint32 main_row; /* whose main slot it has; 0: none's */
} PhotoShare;
PhotoShare photo_share(const PhotoRow *row);

/* A new row; its counters. */
bool photo_insert(BatchChange *change, PhotoRow *row, GError **error);
/* Writes what may change in a row, and its counters: BEFORE is its share before it was changed. */
bool photo_save(BatchChange *change, const PhotoShare *before, PhotoRow *row, GError **error);

/* Of ComplianceNote, for a photo that has a picture; else NULL. */
GPtrArray *photo_compliance(const PhotoRow *row);

/* http(s)://LOCATION, with the port that it has here. */
char *photo_url(const Batches *batches, const char *location);
PhotoInfo *photo_info_new(const Batches *batches, const PhotoRow *row);

/* Its URLs are no more. */
bool photo_unpublish(BatchChange *change, const PhotoRow *row, GError **error);

/* It is to be cleaned (again): waits, and a job is added. */
bool photo_want_cleaning(BatchChange *change, PhotoRow *row, GError **error);
