/* The log: a JSON object a line on standard error, {"at":"2026-11-22T07:12:59Z","level":"info",
 * "event":"job-failed","job":"..."}. Fields are those of log_field_table.def and no others, and
 * none holds personal data: the privacy inventory reads the same table. Only the edge logs (the
 * dispatcher of requests, the runner of jobs, main); everybody else returns an error. */
#pragma once

#include <glib.h>

typedef enum {
    LOG_INFO_LEVEL,
    LOG_WARNING_LEVEL,
    LOG_ERROR_LEVEL,
} LogLevel;

typedef enum {
#define LOG_FIELD(id, name, meaning) LOG_##id,
#include "base/log_field_table.def"
#undef LOG_FIELD
    LOG_FIELD_COUNT
} LogField;

#define LOG_END (-1)

/* Pairs of a LogField and its text (NULL leaves it out), ended by LOG_END:
 *     log_line(LOG_INFO_LEVEL, "request", LOG_ROUTE, "GET /api/v1/batches", LOG_STATUS, "200",
 * LOG_END) EVENT is a constant of the program. One write: lines of threads and processes do not
 * mix. */
void log_line(LogLevel level, const char *event, ...);

/* For the inventory. */
const char *log_field_name(LogField field);
const char *log_field_meaning(LogField field);
