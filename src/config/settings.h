/* The settings: limits, addresses and choices that an administrator may change. The table that
 * declares them is settings_table.def, and it is the only list: the loader, the configuration file
 * that `cloudpick config` prints, `cloudpick settings` and the texts of errors are made from it.
 * Values are read once, before work starts, and are constant afterwards. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Texts are never NULL, "" stands for not given; they stay for the life of the program. */
typedef struct {
#define SETTING(field, name, type, value, minimum, maximum, unit, reason) gint64 field;
#define TEXT_SETTING(field, name, type, value, form, reason) const char *field;
#include "config/settings_table.def"
#undef SETTING
#undef TEXT_SETTING
} Settings;

typedef enum {
    SETTING_INTEGER,
    SETTING_TEXT,
    SETTING_SECRET, /* a text that is shown nowhere */
} SettingType;

typedef struct {
    const char *name;
    SettingType type;
    gint64 default_value; /* of an integer, with its range and unit */
    gint64 minimum;
    gint64 maximum;
    const char *unit;
    const char *default_text; /* of a text, with what it looks like */
    const char *form;
    const char *reason; /* why the default is what it is, or what it is for; one line */
} SettingInfo;

void settings_init(Settings *settings);

/* Applies "name=value". Integers may end in k, M or G (powers of 1024). The error names the setting
 * and the range; it never repeats a secret. */
bool settings_set(Settings *settings, const char *assignment, GError **error);

/* Applies a configuration file: a line each "name = value"; empty lines and lines that start with
 * '#' are passed over; a value goes to the end of its line. "name = @/path" takes the value of a
 * secret from a file (systemd's credentials). Refused, with file and line: an unknown name, a name
 * that comes twice, a value out of its range, and a file that others may read but that holds a
 * secret. */
bool settings_read_file(Settings *settings, const char *path, GError **error);

/* A configuration file with every setting, its reason and range above it. What has its default
 * value is commented out; secrets that are set are written as "(set)", commented out. */
char *settings_to_file(const Settings *settings);

gsize settings_count(void);
const SettingInfo *settings_info(gsize index);
/* The value as people read it: with its unit behind an integer, "(set)" for a secret. */
char *settings_value_to_string(const Settings *settings, gsize index);
