/* A change of one of the store's shelves, kept after the shelf has told it. */
#pragma once

#include "shelf/shelf_watch.h"
#include "store/store_layout.h"

typedef struct {
    guint shelf;
    double t;           /* the moment of its last part */
    ShelfChange change; /* its plates are PLATES; columns are the shelf's */
    PlateDelta *plates;
} StoreChange;

StoreChange *store_change_new(guint shelf, const ShelfChange *change);
/* Both as one: of a thing that moved in two steps. */
StoreChange *store_change_join(const StoreChange *first, const StoreChange *second);
void store_change_free(StoreChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

/* Moves all its times by SECONDS: the gondola's clock is off by as much. */
void store_change_shift(StoreChange *change, double seconds);

/* Index of the layout's plate in the middle of what changed. */
guint store_change_plate(const StoreChange *change, const StoreLayout *layout);
