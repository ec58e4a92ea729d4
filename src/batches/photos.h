/* The photos of a batch, its SKUs, and people's decisions about them (LST-05). A person's decision
 * stands: the matcher goes around it, until it is reset. */
#pragma once

#include "batches/batches.h"
#include "listing/slot.h"

/* All three are stored as numbers. */
typedef enum {
    PHOTO_WAITING = 1, /* to be cleaned, or being cleaned */
    PHOTO_DONE = 2,    /* it has a picture and a thumbnail */
    PHOTO_FAILED = 3,  /* nothing can be made of it; `failure` says why */
} PhotoState;

typedef enum {
    PHOTO_PENDING = 0, /* not looked at yet */
    PHOTO_MATCHED = 1, /* it has a SKU and a slot, which no other photo has */
    PHOTO_UNMATCHED = 2,
    PHOTO_AMBIGUOUS = 3,
    PHOTO_DUPLICATE = 4, /* the same bytes as another photo, which the notes name */
    PHOTO_REJECTED = 5,  /* no picture, or one that cannot be read */
    PHOTO_LEFT_OUT = 6,  /* by a person */
} PhotoVerdict;

const char *photo_state_to_string(PhotoState state);
const char *photo_verdict_to_string(PhotoVerdict verdict); /* "pending", ..., "left_out" */

typedef struct {
    guint32 width, height;
    gint64 bytes;
    char *url; /* NULL: not published */
} PhotoPicture;

typedef struct {
    Id id, batch;
    char *name;
    gint64 size;
    Timestamp uploaded_at, expires_at;
    PhotoState state;
    char *failure; /* NULL unless PHOTO_FAILED */
    PhotoVerdict verdict;
    guint32 sku_row; /* 0: none. A rejected photo keeps the place that it was meant for */
    char *sku;       /* NULL: none */
    Slot slot;       /* when it has a SKU */
    char *rule;      /* why, in a few words; "" */
    char *notes;     /* for people: nearest SKUs, the rivals; "" */
    DecidedBy decided_by;
    guint turn; /* 0, 90, 180, 270, clockwise */
    bool needs_attention;
    char *format;          /* "JPEG"; "" where it is not known */
    guint32 width, height; /* of the photo, upright; 0: not known */
    PhotoPicture *picture; /* NULL: none (yet) */
    bool has_thumbnail;
    gint64 version; /* changes with the thumbnail and the picture: for their URLs in a page */
    GPtrArray *compliance; /* of ComplianceNote; NULL where it has no picture */
} PhotoInfo;

void photo_info_free(PhotoInfo *photo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PhotoInfo, photo_info_free)

typedef enum {
    PHOTOS_ALL,
    PHOTOS_ATTENTION,
    PHOTOS_MATCHED,
    PHOTOS_UNMATCHED, /* and ambiguous */
    PHOTOS_LEFT_OUT,
    PHOTOS_DUPLICATE,
    PHOTOS_REJECTED,
} PhotoFilter;

bool photo_filter_from_string(const char *text, PhotoFilter *ret_filter);

/* Of PhotoInfo, in the order in which they came. SKU_ROW 0: of any. */
GPtrArray *photos_list(Batches *batches, const Id *account, const Id *batch, PhotoFilter filter,
                       guint32 sku_row, const char *cursor, guint limit, char **ret_cursor,
                       GError **error);
/* Those of PHOTOS (at most 500) that are there. */
GPtrArray *photos_list_some(Batches *batches, const Id *account, const Id *batch, const Id *photos,
                            gsize num_photos, GError **error);
PhotoInfo *photos_get(Batches *batches, const Id *account, const Id *photo, GError **error);

/* The objects behind a photo, for vault_open; NOT_FOUND where it has none, or none any more. */
typedef enum { PHOTO_ORIGINAL, PHOTO_PICTURE, PHOTO_THUMBNAIL } PhotoObject;
bool photos_object(Batches *batches, const Id *account, const Id *photo, PhotoObject which,
                   Id *ret_object, GError **error);

/* What a person decides. Zero bits leave things as they are. */
typedef struct {
    bool has_place; /* SKU_ROW 0: nowhere; else SLOT of that SKU */
    guint32 sku_row;
    Slot slot;
    bool has_turn;
    guint turn;
    bool has_left_out;
    bool left_out;   /* false: it takes part again, decided by the rules */
    bool reset;      /* the rules decide again, unturned; excludes all of the above */
    bool displace;   /* whoever has that slot goes; without it that is CONFLICT */
    bool swap;       /* with displace: and takes the slot that the photo leaves, if it had one */
    gint64 revision; /* 0, or the batch's revision that the person saw: CONFLICT when a decision
                      * about this photo is newer */
} PhotoChange;

typedef struct {
    PhotoInfo *photo;
    PhotoInfo *displaced; /* NULL: nobody had to go */
    PhotoInfo *rival;     /* on CONFLICT: who has the slot; NULL: the revision was stale */
    gint64 revision;      /* of the batch now */
} PhotoChangeResult;

void photo_change_result_clear(PhotoChangeResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PhotoChangeResult, photo_change_result_clear)

/* RET_RESULT is zeroed first and may hold a rival on failure. */
bool photos_change(Batches *batches, const Id *account, const Id *photo, const PhotoChange *change,
                   PhotoChangeResult *ret_result, GError **error);

/* A SKU of the sheet and what it has. */
typedef struct {
    guint32 row; /* in the sheet */
    char *sku;
    char *asin, *parent; /* "" for none */
    bool is_parent;      /* need not have pictures */
    char *problem;       /* NULL, or why it cannot be trusted */
    bool has_sheet_main; /* the sheet holds a URL for its main picture already */
    bool needs_attention;
    GPtrArray *photos; /* of PhotoInfo: matched ones, in slot order */
    char *missing;     /* "MAIN PT02": slots that should have a picture; "" */
} SkuInfo;

void sku_info_free(SkuInfo *sku);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SkuInfo, sku_info_free)

typedef struct {
    bool attention_only;
    bool without_photos; /* leave `photos` empty (never NULL) */
    const char *search;  /* NULL, or what the SKU, ASIN or barcode must contain, case ignored */
    guint32 at_row;      /* 0, or the first row to list; a cursor goes before it */
} SkuFilter;

/* Of SkuInfo, in the order of the sheet. */
GPtrArray *skus_list(Batches *batches, const Id *account, const Id *batch, const SkuFilter *filter,
                     const char *cursor, guint limit, char **ret_cursor, GError **error);
