#include "store/sim_cart.h"

#include <string.h>

typedef struct {
    guint product;
    int count;
} Entry;

typedef struct {
    char *visit;
    GArray *entries; /* of Entry, in the order of the first taking */
} Cart;

struct SimCarts {
    GPtrArray *carts; /* of Cart */
    GHashTable *by_visit;
};

static void
cart_free(gpointer data)
{
    Cart *cart = data;
    g_free(cart->visit);
    g_array_unref(cart->entries);
    g_free(cart);
}

SimCarts *
sim_carts_new(void)
{
    SimCarts *carts = g_new0(SimCarts, 1);
    carts->carts = g_ptr_array_new_with_free_func(cart_free);
    carts->by_visit = g_hash_table_new(g_str_hash, g_str_equal);
    return carts;
}

void
sim_carts_free(SimCarts *carts)
{
    if (carts == NULL) {
        return;
    }
    g_hash_table_unref(carts->by_visit);
    g_ptr_array_unref(carts->carts);
    g_free(carts);
}

const char *
sim_carts_open(SimCarts *carts, const char *visit)
{
    Cart *cart = g_hash_table_lookup(carts->by_visit, visit);
    if (cart == NULL) {
        cart = g_new0(Cart, 1);
        cart->visit = g_strdup(visit);
        cart->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
        g_ptr_array_add(carts->carts, cart);
        g_hash_table_insert(carts->by_visit, cart->visit, cart);
    }
    return cart->visit;
}

void
sim_carts_add(SimCarts *carts, const char *visit, guint product, int count)
{
    Cart *cart = g_hash_table_lookup(carts->by_visit, visit);
    g_assert(cart != NULL);
    for (guint i = 0; i < cart->entries->len; i++) {
        Entry *entry = &g_array_index(cart->entries, Entry, i);
        if (entry->product == product) {
            entry->count += count;
            g_assert(entry->count >= 0);
            return;
        }
    }
    g_assert(count > 0);
    Entry entry = { product, count };
    g_array_append_val(cart->entries, entry);
}

void
sim_carts_write(const SimCarts *carts, const StoreLayout *layout, Truth *truth)
{
    for (guint i = 0; i < carts->carts->len; i++) {
        const Cart *cart = carts->carts->pdata[i];
        g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(TruthLine));
        for (guint k = 0; k < cart->entries->len; k++) {
            const Entry *entry = &g_array_index(cart->entries, Entry, k);
            if (entry->count > 0) {
                TruthLine line = { layout->products[entry->product].sku, (guint)entry->count };
                g_array_append_val(lines, line);
            }
        }
        truth_add_receipt(truth, cart->visit, (const TruthLine *)(gpointer)lines->data, lines->len);
    }
}
