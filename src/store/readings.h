/* The ways to read a change of a shelf: which products, taken or put, by whom. */
#pragma once

#include "store/cart_book.h"
#include "store/people.h"
#include "store/product_weights.h"

/* A change of a shelf of the layout, kept. */
typedef struct {
    guint shelf;
    ShelfChange change; /* its plates are PLATES; columns are the shelf's */
    PlateDelta *plates;
} StoreChange;

StoreChange *store_change_new(guint shelf, const ShelfChange *change);
/* Both as one: of a thing that moved in two steps. */
StoreChange *store_change_join(const StoreChange *first, const StoreChange *second);
void store_change_free(StoreChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

/* Index of the layout's plate in the middle of what changed. */
guint store_change_plate(const StoreChange *change, const StoreLayout *layout);

typedef struct {
    const StoreLayout *layout;
    const People *people;
    const CartBook *book;
    const ProductWeights *weights;
    /* By what the shelves' clock is ahead of the tracker's, seconds. */
    double shelf_clock_ahead;
} ReadingContext;

/* Stores at most CART_BOOK_MAX_ALTERNATIVES readings in RET and returns how many; NOTHING and
 * UNKNOWN are among them. Decisions of the book that are unfinished must have a StoreChange as
 * their data. */
guint readings_of_change(const ReadingContext *context, const StoreChange *change,
                         Alternative *ret);
