#include "listing/naming.h"

#include <string.h>

/* Of a SKU in a picture's name: picture_url_path cuts a longer name, and the slot must stay in it.
 */
static const glong max_sku_chars = 60;

char *
picture_name(const char *sku, Slot slot)
{
    g_autofree char *code = slot_to_string(slot);
    bool is_long = g_utf8_strlen(sku, -1) > max_sku_chars;
    g_autofree char *start = is_long ? g_utf8_substring(sku, 0, max_sku_chars) : g_strdup(sku);
    return g_strdup_printf("%s_%s", start, code);
}

char *
picture_url_path(const Digest *digest, const char *name)
{
    g_autofree char *hex = digest_to_hex(digest, PICTURE_DIGEST_CHARS);
    g_autoptr(GString) safe = g_string_new(NULL);
    for (const char *p = name; *p != '\0' && safe->len < PICTURE_NAME_CHARS;
         p = g_utf8_next_char(p)) {
        /* A name that begins with '-' is an option to half the programs that get it. */
        bool is_safe = g_ascii_isalnum(*p) || *p == '_' || (*p == '-' && safe->len > 0);
        if (is_safe) {
            g_string_append_c(safe, *p);
        } else if (safe->len > 0 && safe->str[safe->len - 1] != '-') {
            g_string_append_c(safe, '-');
        }
    }
    bool has_text = strpbrk(safe->str, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789") != NULL;
    return g_strdup_printf("%s/%s.jpg", hex, has_text ? safe->str : "picture");
}

/* Ten letters and digits. */
static bool
is_asin(const char *text)
{
    gsize length = strlen(text);
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(text[i])) {
            return false;
        }
    }
    return length == 10;
}

char *
picture_bulk_name(const Marketplace *marketplace, const char *asin, Slot slot, const char *url_path)
{
    if (marketplace->id != MARKETPLACE_AMAZON) {
        return g_path_get_basename(url_path);
    }
    g_autofree char *code = slot_to_string(slot);
    return is_asin(asin) ? g_strdup_printf("%s.%s.jpg", asin, code) : NULL;
}
