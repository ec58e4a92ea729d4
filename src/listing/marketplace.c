#include "listing/marketplace.h"

#include "listing/marketplace_table.h"

const Marketplace *
marketplace_by_id(MarketplaceId id)
{
    g_assert(id < MARKETPLACE_COUNT && marketplace_table[id].id == id);
    return &marketplace_table[id];
}

const Marketplace *
marketplace_by_name(const char *name)
{
    for (int id = 0; id < MARKETPLACE_COUNT; id++) {
        if (g_ascii_strcasecmp(marketplace_table[id].name, name) == 0) {
            return &marketplace_table[id];
        }
    }
    return NULL;
}
