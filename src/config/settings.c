#include "config/settings.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static const struct {
    SettingInfo info;
    gsize offset;
} table[] = {
#define SETTING(field, name, type, value, minimum, maximum, unit, reason)                          \
    { { name, value, minimum, maximum, unit, reason }, offsetof(Settings, field) },
#include "config/settings_table.def"
#undef SETTING
};

static gint64 *
value_of(Settings *settings, gsize index)
{
    return (gint64 *)(void *)((char *)settings + table[index].offset);
}

void
settings_init(Settings *settings)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        *value_of(settings, i) = table[i].info.default_value;
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

bool
settings_set(Settings *settings, const char *assignment, GError **error)
{
    const char *equals = strchr(assignment, '=');
    if (equals == NULL) {
        return fail(error, APP_ERROR_INVALID, "setting \"%s\" is not of the form NAME=VALUE",
                    assignment);
    }
    g_autofree char *name = g_strndup(assignment, (gsize)(equals - assignment));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const SettingInfo *info = &table[i].info;
        if (strcmp(info->name, name) != 0) {
            continue;
        }
        gint64 value;
        if (!parse_integer(equals + 1, &value) || value < info->minimum || value > info->maximum) {
            return fail(error, APP_ERROR_INVALID,
                        "setting %s: \"%s\" is not a number from %" G_GINT64_FORMAT
                        " to %" G_GINT64_FORMAT " %s",
                        info->name, equals + 1, info->minimum, info->maximum, info->unit);
        }
        *value_of(settings, i) = value;
        return true;
    }
    return fail(error, APP_ERROR_NOT_FOUND,
                "there is no setting \"%s\" (cloudpick settings lists them)", name);
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

gint64
settings_value(const Settings *settings, gsize index)
{
    g_assert(index < G_N_ELEMENTS(table));
    return *value_of((Settings *)settings, index);
}
