#include "base/log.h"

#include "base/clock.h"
#include "base/json_writer.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
#define LOG_FIELD(id, name, meaning) name,
#include "base/log_field_table.def"
#undef LOG_FIELD
};

static const char *const meanings[] = {
#define LOG_FIELD(id, name, meaning) meaning,
#include "base/log_field_table.def"
#undef LOG_FIELD
};

static const char *
level_to_string(LogLevel level)
{
    switch (level) {
    case LOG_INFO_LEVEL:
        return "info";
    case LOG_WARNING_LEVEL:
        return "warning";
    case LOG_ERROR_LEVEL:
        return "error";
    }
    g_assert_not_reached();
}

void
log_line(LogLevel level, const char *event, ...)
{
    g_autoptr(JsonWriter) writer = json_writer_new(false);
    g_autofree char *at = timestamp_to_string(clock_now(&system_clock));
    json_begin_object(writer, NULL);
    json_string(writer, "at", at);
    json_string(writer, "level", level_to_string(level));
    json_string(writer, "event", event);
    va_list args;
    va_start(args, event);
    for (int field; (field = va_arg(args, int)) != LOG_END;) {
        g_assert(field >= 0 && field < LOG_FIELD_COUNT);
        const char *value = va_arg(args, const char *);
        if (value != NULL) {
            json_string(writer, names[field], value);
        }
    }
    va_end(args);
    json_end_object(writer);
    g_autofree char *line = g_strconcat(json_writer_text(writer)->str, "\n", NULL);
    /* A log that cannot be written must not stop the work. */
    ssize_t written = write(STDERR_FILENO, line, strlen(line));
    (void)written;
}

const char *
log_field_name(LogField field)
{
    return names[field];
}

const char *
log_field_meaning(LogField field)
{
    return meanings[field];
}
