/* A batch: a sheet, photos, and what was decided and made of each (LST-03). build.c fills it in,
 * the reports read it. */
#pragma once

#include "listing/decide.h"
#include "listing/intake.h"
#include "listing/journal.h"
#include "listing/layout.h"
#include "listing/marketplace.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const Photo *photo;
    Verdict verdict;
    bool is_junk;     /* an operating system's own file: rejected, and nobody need look at it */
    gint64 sku;       /* index, or NO_SKU; a rejected photo keeps the one that it was meant for */
    Slot slot;        /* when sku is not NO_SKU */
    const char *rule; /* why, in a few words; "" when there is nothing to say */
    const JournalRecord *record; /* what it was and what was made of it; NULL: not decoded */
    char *path;                  /* pictures/...; NULL unless a picture was published */
    char *url;
    GString *notes; /* "; " between them */
} BatchPhoto;

typedef struct {
    const ListedSku *listed;
    GArray *photos; /* gsize: matched photos with a picture, in slot order */
    bool has_main;  /* a picture now, or a URL that was in the sheet before */
    bool needs_attention;
    GString *missing; /* slots: MAIN, and gaps between extras; " " between them */
    GString *notes;
} BatchSku;

typedef struct {
    char *sheet_name; /* the sheet's own file name */
    char *base_url;
    Sheet *sheet;
    Layout *layout;
    const Marketplace *marketplace;
    GPtrArray *listed_skus; /* of ListedSku */
    GArray *edits;          /* of SheetEdit: the new rows of a blank template */
    Intake *intake;
    GPtrArray *remarks; /* of char *: what is to be said of what was given, a line each */
    Decisions *decisions;
    Journal *journal; /* owns the records */
    char *thumbnail_dir;
    GArray *photos; /* of BatchPhoto, in the order of the intake */
    GArray *skus;   /* of BatchSku, in the order of listed_skus */
    gsize num_by_verdict[NUM_VERDICTS];
    gsize num_junk;
    gsize num_known;             /* photos that an earlier run had done already */
    gsize num_without_main;      /* SKUs that should have a main picture and have none */
    gsize num_urls;              /* written into the sheet */
    gsize num_other_pictures;    /* of earlier runs, still in pictures/ */
    gsize num_published;         /* photos with a picture */
    gsize num_not_in_bulk_zip;   /* of them; 0 where no such ZIP was asked for */
    guint64 bytes_in, bytes_out; /* of published photos */
} Batch;

Batch *batch_new(void);
void batch_free(Batch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)

BatchPhoto *batch_photo(const Batch *batch, gsize index);
BatchSku *batch_sku(const Batch *batch, gsize index);

/* Appends to notes, "; " before it where there are some already. */
void batch_note(GString *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether a person must look at the photo: anything but matched, duplicates and junk. */
bool batch_photo_needs_attention(const BatchPhoto *photo);
