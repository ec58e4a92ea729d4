/* What products weigh: the master data, and what the shelves measured where the two disagree. */
#pragma once

#include "store/store_layout.h"

typedef struct ProductWeights ProductWeights;

/* LAYOUT must live as long. */
ProductWeights *product_weights_new(const StoreLayout *layout);
void product_weights_free(ProductWeights *weights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProductWeights, product_weights_free)

/* Grams of one unit of the product (index), and the spread from unit to unit. */
double product_weights_grams(const ProductWeights *weights, guint product, double *ret_sd_grams);

/* How likely it is that a unit weighs something else altogether: the master data may be wrong, the
 * less likely the more often it was right. */
double product_weights_doubt(const ProductWeights *weights, guint product);

/* One unit of it surely weighed GRAMS. */
void product_weights_learn(ProductWeights *weights, guint product, double grams);

/* Whether what was measured contradicts the master weight, by how many measurements, and what was
 * measured on average. */
bool product_weights_contradict(const ProductWeights *weights, guint product, guint *ret_count,
                                double *ret_grams);
