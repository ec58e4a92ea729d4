/* The settings: limits and choices that an administrator may change. The table that declares them
 * is settings_table.def, and it is the only list. Values are read once, before work starts, and
 * are constant afterwards. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
#define SETTING(field, name, type, value, minimum, maximum, unit, reason) gint64 field;
#include "config/settings_table.def"
#undef SETTING
} Settings;

typedef struct {
    const char *name;
    gint64 default_value;
    gint64 minimum;
    gint64 maximum;
    const char *unit;
    const char *reason; /* why the default is what it is, one line */
} SettingInfo;

void settings_init(Settings *settings);

/* Applies "name=value". Integers may end in k, M or G (powers of 1024). The error names the setting
 * and the range. */
bool settings_set(Settings *settings, const char *assignment, GError **error);

gsize settings_count(void);
const SettingInfo *settings_info(gsize index);
gint64 settings_value(const Settings *settings, gsize index);
