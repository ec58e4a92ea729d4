/* The rows behind marketplace.h, in the order of MarketplaceId. */
#pragma once

#include "listing/marketplace.h"

extern const Marketplace marketplace_table[MARKETPLACE_COUNT];
