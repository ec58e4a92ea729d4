#include "config/settings.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A file with every setting and its reason is below 30 KB. */
#define MAX_FILE_BYTES (1024 * 1024)
#define MAX_TEXT_BYTES 4096

#define INTEGER SETTING_INTEGER
#define TEXT SETTING_TEXT
#define SECRET SETTING_SECRET
static const struct {
    SettingInfo info;
    gsize offset;
} table[] = {
#define SETTING(field, name, type, value, minimum, maximum, unit, reason)                          \
    { { name, type, value, minimum, maximum, unit, NULL, NULL, reason },                           \
      offsetof(Settings, field) },
#define TEXT_SETTING(field, name, type, value, form, reason)                                       \
    { { name, type, 0, 0, 0, NULL, value, form, reason }, offsetof(Settings, field) },
#include "config/settings_table.def"
#undef SETTING
#undef TEXT_SETTING
};
#undef INTEGER
#undef TEXT
#undef SECRET

static gint64 *
integer_of(const Settings *settings, gsize index)
{
    return (gint64 *)(void *)((char *)settings + table[index].offset);
}

static const char **
text_of(const Settings *settings, gsize index)
{
    return (const char **)(void *)((char *)settings + table[index].offset);
}

void
settings_init(Settings *settings)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].info.type == SETTING_INTEGER) {
            *integer_of(settings, i) = table[i].info.default_value;
        } else {
            *text_of(settings, i) = table[i].info.default_text;
        }
    }
}

static bool
parse_integer(const char *text, gint64 *ret_value)
{
    char *end = NULL;
    errno = 0;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    if (errno != 0 || end == text) {
        return false;
    }
    static const char suffixes[] = "kMG";
    if (*end != '\0') {
        const char *suffix = strchr(suffixes, *end);
        if (suffix == NULL || end[1] != '\0') {
            return false;
        }
        for (const char *s = suffixes; s <= suffix; s++) {
            if (__builtin_mul_overflow(value, (gint64)1024, &value)) {
                return false;
            }
        }
    }
    *ret_value = value;
    return true;
}

static bool
set_integer(Settings *settings, gsize index, const char *text, GError **error)
{
    const SettingInfo *info = &table[index].info;
    gint64 value;
    if (!parse_integer(text, &value) || value < info->minimum || value > info->maximum) {
        return fail(error, APP_ERROR_INVALID,
                    "setting %s: \"%s\" is not a number from %" G_GINT64_FORMAT
                    " to %" G_GINT64_FORMAT " %s",
                    info->name, text, info->minimum, info->maximum, info->unit);
    }
    *integer_of(settings, index) = value;
    return true;
}

static bool
read_secret_file(const char *name, const char *path, char **ret_text, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, MAX_TEXT_BYTES, error);
    if (bytes == NULL) {
        g_prefix_error(error, "setting %s: ", name);
        return false;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    *ret_text = g_strchomp(g_strndup(data, size));
    return true;
}

static bool
set_text(Settings *settings, gsize index, const char *text, GError **error)
{
    const SettingInfo *info = &table[index].info;
    g_autofree char *from_file = NULL;
    if (info->type == SETTING_SECRET && text[0] == '@') {
        if (!read_secret_file(info->name, text + 1, &from_file, error)) {
            return false;
        }
        text = from_file;
    }
    if (strlen(text) > MAX_TEXT_BYTES || !g_utf8_validate(text, -1, NULL)) {
        return fail(error, APP_ERROR_INVALID, "setting %s: not a text of at most %d bytes of UTF-8",
                    info->name, MAX_TEXT_BYTES);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c)) {
            return fail(error, APP_ERROR_INVALID, "setting %s: has a control character",
                        info->name);
        }
    }
    /* Interned: settings live as long as the program, and copies of the struct share them. */
    *text_of(settings, index) = g_intern_string(text);
    return true;
}

static bool
find(const char *name, gsize *ret_index, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (strcmp(table[i].info.name, name) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return fail(error, APP_ERROR_NOT_FOUND,
                "there is no setting \"%s\" (cloudpick settings lists them)", name);
}

static bool
set_value(Settings *settings, gsize index, const char *value, GError **error)
{
    return table[index].info.type == SETTING_INTEGER ? set_integer(settings, index, value, error)
                                                     : set_text(settings, index, value, error);
}

bool
settings_set(Settings *settings, const char *assignment, GError **error)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL) {
        return fail(error, APP_ERROR_INVALID, "setting \"%s\" is not of the form NAME=VALUE",
                    assignment);
    }
    g_autofree char *name = g_strndup(assignment, (gsize)(equals - assignment));
    gsize index = 0;
    return find(name, &index, error) && set_value(settings, index, equals + 1, error);
}

/* IS_SEEN has a flag a setting. */
static bool
apply_line(Settings *settings, char *line, bool *is_seen, bool *has_secret, GError **error)
{
    g_strstrip(line);
    if (line[0] == '\0' || line[0] == '#') {
        return true;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return fail(error, APP_ERROR_INVALID, "not of the form name = value");
    }
    *equals = '\0';
    gsize index = 0;
    if (!find(g_strchomp(line), &index, error)) {
        return false;
    }
    if (is_seen[index]) {
        return fail(error, APP_ERROR_INVALID, "setting %s comes twice", line);
    }
    is_seen[index] = true;
    const char *value = g_strchug(equals + 1);
    if (table[index].info.type == SETTING_SECRET && value[0] != '\0' && value[0] != '@') {
        *has_secret = true;
    }
    return set_value(settings, index, value, error);
}

static bool
check_privacy(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail_errno(error, errno, path);
    }
    if ((status.st_mode & S_IRWXO) != 0) {
        return fail(error, APP_ERROR_INVALID,
                    "%s holds a secret and everybody may read it: chmod o= it", path);
    }
    return true;
}

bool
settings_read_file(Settings *settings, const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, MAX_FILE_BYTES, error);
    if (bytes == NULL) {
        return false;
    }
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    if (!g_utf8_validate(data, (gssize)size, NULL)) {
        return fail(error, APP_ERROR_INVALID, "%s: not a text in UTF-8", path);
    }
    g_autofree char *text = g_strndup(data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool is_seen[G_N_ELEMENTS(table)] = { false };
    bool has_secret = false;
    for (guint i = 0; lines[i] != NULL; i++) {
        if (!apply_line(settings, lines[i], is_seen, &has_secret, error)) {
            g_prefix_error(error, "%s:%u: ", path, i + 1);
            return false;
        }
    }
    return !has_secret || check_privacy(path, error);
}

static bool
is_default(const Settings *settings, gsize index)
{
    const SettingInfo *info = &table[index].info;
    return info->type == SETTING_INTEGER
               ? *integer_of(settings, index) == info->default_value
               : strcmp(*text_of(settings, index), info->default_text) == 0;
}

/* What stands behind "name = " in a file. */
static char *
file_value(const Settings *settings, gsize index)
{
    const SettingInfo *info = &table[index].info;
    switch (info->type) {
    case SETTING_INTEGER:
        return g_strdup_printf("%" G_GINT64_FORMAT, *integer_of(settings, index));
    case SETTING_SECRET:
        return g_strdup(is_default(settings, index) ? "" : "(set)");
    case SETTING_TEXT:
        break;
    }
    return g_strdup(*text_of(settings, index));
}

char *
settings_to_file(const Settings *settings)
{
    GString *text = g_string_new(
        "# Configuration of cloudpick. A line that starts with # is a comment; a setting that is\n"
        "# commented out has the value shown. Whole numbers may end in k, M or G (powers of "
        "1024).\n"
        "# A secret can be read from a file: name = @/path/to/file\n");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const SettingInfo *info = &table[i].info;
        g_autofree char *value = file_value(settings, i);
        bool is_comment = info->type == SETTING_SECRET || is_default(settings, i);
        g_string_append_printf(text, "\n# %s\n", info->reason);
        if (info->type == SETTING_INTEGER) {
            g_string_append_printf(text, "# %s, %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "\n",
                                   info->unit, info->minimum, info->maximum);
        } else {
            g_string_append_printf(text, "# %s%s\n", info->form,
                                   info->type == SETTING_SECRET ? " (secret)" : "");
        }
        g_autofree char *line =
            g_strdup_printf("%s%s = %s", is_comment ? "#" : "", info->name, value);
        g_string_append_printf(text, "%s\n", g_strchomp(line));
    }
    return g_string_free(text, FALSE);
}

gsize
settings_count(void)
{
    return G_N_ELEMENTS(table);
}

const SettingInfo *
settings_info(gsize index)
{
    g_assert(index < G_N_ELEMENTS(table));
    return &table[index].info;
}

char *
settings_value_to_string(const Settings *settings, gsize index)
{
    g_assert(index < G_N_ELEMENTS(table));
    g_autofree char *value = file_value(settings, index);
    return table[index].info.unit == NULL ? g_steal_pointer(&value)
                                          : g_strdup_printf("%s %s", value, table[index].info.unit);
}
