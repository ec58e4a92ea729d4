/* Options that the listing commands share. */
#pragma once

#include "config/settings.h"
#include "listing/marketplace.h"

#include <glib.h>
#include <stdbool.h>

/* "auto" or NULL, or 1 to 100. */
bool listing_parse_quality(const char *text, gint32 *ret_quality, GError **error);

/* 0 stands for "not given"; 1 to 65535 px otherwise. */
bool listing_check_side(gint side, GError **error);

/* "auto" or NULL gives NULL; the error lists the names there are. */
bool listing_parse_marketplace(const char *text, const Marketplace **ret_marketplace,
                               GError **error);
