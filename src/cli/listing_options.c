#include "cli/listing_options.h"

#include "base/error.h"
#include "image/image.h"

#include <string.h>

bool
listing_parse_quality(const char *text, gint32 *ret_quality, GError **error)
{
    guint64 quality;
    if (text == NULL || strcmp(text, "auto") == 0) {
        *ret_quality = IMAGE_QUALITY_AUTO;
        return true;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 1, 100, &quality, NULL)) {
        return fail(error, APP_ERROR_INVALID, "--quality \"%s\" is neither auto nor 1 to 100",
                    text);
    }
    *ret_quality = (gint32)quality;
    return true;
}

bool
listing_check_side(gint side, GError **error)
{
    if (side < 0 || side > 65535) {
        return fail(error, APP_ERROR_INVALID, "--longest-side %d is not 1 to 65535 px", side);
    }
    return true;
}

bool
listing_parse_marketplace(const char *text, const Marketplace **ret_marketplace, GError **error)
{
    *ret_marketplace = NULL;
    if (text == NULL || strcmp(text, "auto") == 0) {
        return true;
    }
    *ret_marketplace = marketplace_by_name(text);
    if (*ret_marketplace != NULL) {
        return true;
    }
    g_autoptr(GString) names = g_string_new("auto");
    for (int id = 0; id < MARKETPLACE_COUNT; id++) {
        g_string_append_printf(names, ", %s", marketplace_by_id((MarketplaceId)id)->name);
    }
    return fail(error, APP_ERROR_INVALID, "--marketplace \"%s\" is none of %s", text, names->str);
}
