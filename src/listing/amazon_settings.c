#include "listing/amazon_settings.h"

#include <string.h>

/* Real templates have their keys in row 3 or 5 and their data from row 4 to 8. A row far below says
 * that the string is damaged. */
static const guint64 max_header_row = 50;

void
amazon_settings_clear(AmazonSettings *settings)
{
    g_clear_pointer(&settings->template_type, g_free);
    g_clear_pointer(&settings->marketplace_id, g_free);
}

static guint32
read_row(const char *value)
{
    guint64 row;
    return g_ascii_string_to_unsigned(value, 10, 1, max_header_row, &row, NULL) ? (guint32)row : 0;
}

/* "amzn1.mp.o.A1PA6795UKMFR9" -> "A1PA6795UKMFR9" */
static char *
bare_marketplace_id(const char *value)
{
    const char *dot = strrchr(value, '.');
    return g_strdup(dot == NULL ? value : dot + 1);
}

static void
read_pair(const char *name, const char *value, AmazonSettings *settings)
{
    if (strcmp(name, "labelRow") == 0) {
        settings->label_row = read_row(value);
    } else if (strcmp(name, "attributeRow") == 0) {
        settings->attribute_row = read_row(value);
    } else if (strcmp(name, "dataRow") == 0) {
        settings->data_row = read_row(value);
    } else if (strcmp(name, "primaryMarketplaceId") == 0) {
        g_free(settings->marketplace_id);
        settings->marketplace_id = bare_marketplace_id(value);
    } else if (strcmp(name, "TemplateType") == 0) {
        g_free(settings->template_type);
        settings->template_type = g_strdup(value);
    }
}

/* "name=value&name=value...": values are percent-encoded, and base64 ones hold '=' themselves. */
static void
read_pairs(const char *text, AmazonSettings *settings)
{
    g_auto(GStrv) pairs = g_strsplit(text, "&", 1000);
    for (char **pair = pairs; *pair != NULL; pair++) {
        char *equals = strchr(*pair, '=');
        if (equals != NULL) {
            *equals = '\0';
            g_autofree char *value = g_uri_unescape_string(equals + 1, NULL);
            if (value != NULL) {
                read_pair(*pair, g_strstrip(value), settings);
            }
        }
    }
}

/* Is this the cell "settings=" (PART 1) or "settings2=" and so on? Returns what follows it. */
static const char *
settings_part(const char *cell, guint part)
{
    g_autofree char *start =
        part == 1 ? g_strdup("settings=") : g_strdup_printf("settings%u=", part);
    return g_str_has_prefix(cell, start) ? cell + strlen(start) : NULL;
}

/* Some tools write the older first row into one cell, its parts apart by blanks. */
static void
add_words(GPtrArray *words, const char *cell)
{
    g_auto(GStrv) parts = g_strsplit_set(cell, " \t\r\n", 1000);
    for (char **part = parts; *part != NULL; part++) {
        if (**part != '\0') {
            g_ptr_array_add(words, g_strdup(*part));
        }
    }
}

bool
amazon_settings_read(const char *const *cells, gsize num_cells, AmazonSettings *ret_settings)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < num_cells; i++) {
        add_words(words, cells[i]);
    }
    AmazonSettings settings = { .template_type = g_strdup(""), .marketplace_id = g_strdup("") };
    bool is_amazon = false;
    g_autoptr(GString) joined = g_string_new(NULL);
    guint next_part = 1;
    for (guint i = 0; i < words->len; i++) {
        const char *word = words->pdata[i];
        const char *part = settings_part(word, next_part);
        if (part != NULL) {
            g_string_append(joined, part);
            next_part++;
            is_amazon = true;
        } else if (g_str_has_prefix(word, "TemplateType=")) {
            g_free(settings.template_type);
            settings.template_type = g_strdup(word + strlen("TemplateType="));
            is_amazon = true;
        }
    }
    read_pairs(joined->str, &settings);
    if (!is_amazon) {
        amazon_settings_clear(&settings);
        return false;
    }
    *ret_settings = settings;
    return true;
}
