/* The ways to read a change of a shelf: which products, taken or put, by whom. */
#pragma once

#include "store/cart_book.h"
#include "store/people.h"
#include "store/product_weights.h"
#include "store/store_change.h"

typedef struct {
    const StoreLayout *layout;
    const People *people;
    const CartBook *book;
    const ProductWeights *weights;
} ReadingContext;

/* Stores at most CART_BOOK_MAX_ALTERNATIVES readings in RET and returns how many; NOTHING and
 * UNKNOWN are among them. Decisions of the book that are unfinished must have a StoreChange as
 * their data. */
guint readings_of_change(const ReadingContext *context, const StoreChange *change,
                         Alternative *ret);

/* Stores at most READINGS_MAX_CONFLICTS in RET: who of those who may have made the change may have
 * made another one at nearly the same moment. Returns how many. */
#define READINGS_MAX_CONFLICTS 32u
guint readings_conflicts(const ReadingContext *context, const StoreChange *change, Conflict *ret);

/* How likely it is that somebody of OWNER's made the change, whatever it was. It must be of the
 * last seconds (PEOPLE_HISTORY_SECONDS). */
double readings_actor_probability(const ReadingContext *context, const StoreChange *change,
                                  Owner owner);
