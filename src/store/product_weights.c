#include "store/product_weights.h"

#include <math.h>

/* Measurements that it takes to doubt the master data. */
static const guint min_count = 2;
/* Of the products in a shop. */
static const double p_wrong_weight = 0.006;
static const guint max_count = 50; /* older ones fade: recipes and packs change */

typedef struct {
    guint count;
    double mean_grams;
} Measured;

struct ProductWeights {
    const StoreLayout *layout;
    Measured *measured;
};

ProductWeights *
product_weights_new(const StoreLayout *layout)
{
    ProductWeights *weights = g_new0(ProductWeights, 1);
    weights->layout = layout;
    weights->measured = g_new0(Measured, MAX(1, layout->num_products));
    return weights;
}

void
product_weights_free(ProductWeights *weights)
{
    if (weights != NULL) {
        g_free(weights->measured);
        g_free(weights);
    }
}

bool
product_weights_contradict(const ProductWeights *weights, guint product, guint *ret_count,
                           double *ret_grams)
{
    const LayoutProduct *master = &weights->layout->products[product];
    const Measured *measured = &weights->measured[product];
    if (measured->count < min_count) {
        return false;
    }
    double off = fabs(measured->mean_grams - master->weight_grams);
    double sd = master->weight_sd_grams / sqrt(measured->count);
    if (off <= 3 + 0.03 * master->weight_grams + 4 * sd) {
        return false;
    }
    *ret_count = measured->count;
    *ret_grams = measured->mean_grams;
    return true;
}

double
product_weights_grams(const ProductWeights *weights, guint product, double *ret_sd_grams)
{
    const LayoutProduct *master = &weights->layout->products[product];
    guint count;
    double grams;
    *ret_sd_grams = MAX(master->weight_sd_grams, 0.5);
    if (!product_weights_contradict(weights, product, &count, &grams)) {
        return master->weight_grams;
    }
    *ret_sd_grams = hypot(*ret_sd_grams, 0.02 * grams / sqrt(count));
    return grams;
}

double
product_weights_doubt(const ProductWeights *weights, guint product)
{
    return p_wrong_weight / (1 + 3 * weights->measured[product].count);
}

void
product_weights_learn(ProductWeights *weights, guint product, double grams)
{
    Measured *measured = &weights->measured[product];
    measured->count = MIN(measured->count + 1, max_count);
    measured->mean_grams += (grams - measured->mean_grams) / measured->count;
}
