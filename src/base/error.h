/* The one error domain. Codes are chosen by what the caller can do next; the text is for people:
 * lower case, it names the thing and the reason, and no function. Who detects an error words it;
 * who passes it on adds nothing unless it adds knowledge (g_prefix_error). Only the edge prints. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    APP_ERROR_INVALID,         /* the input is wrong: correct it and call again */
    APP_ERROR_NOT_FOUND,       /* the thing named does not exist */
    APP_ERROR_CONFLICT,        /* it exists, in a state that forbids this */
    APP_ERROR_TOO_LARGE,       /* above a limit, which the text names with its setting */
    APP_ERROR_UNSUPPORTED,     /* well formed, but of a kind that is not handled */
    APP_ERROR_UNAVAILABLE,     /* the environment refuses (no sandbox, no such device) */
    APP_ERROR_TIMEOUT,         /* took longer than allowed */
    APP_ERROR_CANCELLED,       /* the user asked to stop */
    APP_ERROR_INTERNAL,        /* a part of the program died or contradicted itself */
    APP_ERROR_UNAUTHENTICATED, /* nobody, or nobody who can be believed, is asking: sign in */
    APP_ERROR_FORBIDDEN,       /* it is known who asks, and it is not for them */
    APP_ERROR_NO_SPACE,        /* the disk is full, and will be in a moment */
} AppErrorCode;

#define APP_ERROR (app_error_quark())
GQuark app_error_quark(void);

/* Sets ERROR and returns false, so that a failure is one line: `return fail(error, ...)`. */
bool fail(GError **error, AppErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same for functions that return a pointer. */
void *fail_null(GError **error, AppErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The error that errno value ERRNUM stands for, about the thing called NAME (a path, mostly). */
bool fail_errno(GError **error, int errnum, const char *name);

/* "invalid", "not-found", ...: for logs and tests, not for people. */
const char *app_error_code_to_string(AppErrorCode code);
