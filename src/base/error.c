#include "base/error.h"

#include <errno.h>

G_DEFINE_QUARK(app - error - quark, app_error)

static void G_GNUC_PRINTF(3, 0)
    set_error(GError **error, AppErrorCode code, const char *format, va_list args)
{
    if (error != NULL) {
        *error = g_error_new_valist(APP_ERROR, (int)code, format, args);
    }
}

bool
fail(GError **error, AppErrorCode code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_error(error, code, format, args);
    va_end(args);
    return false;
}

void *
fail_null(GError **error, AppErrorCode code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_error(error, code, format, args);
    va_end(args);
    return NULL;
}

bool
fail_errno(GError **error, int errnum, const char *name)
{
    AppErrorCode code = APP_ERROR_UNAVAILABLE;
    if (errnum == ENOSPC || errnum == EDQUOT) {
        code = APP_ERROR_NO_SPACE;
    } else if (errnum == ENOENT || errnum == ENOTDIR) {
        code = APP_ERROR_NOT_FOUND;
    } else if (errnum == EEXIST || errnum == EISDIR || errnum == ENOTEMPTY) {
        code = APP_ERROR_CONFLICT;
    } else if (errnum == ENAMETOOLONG || errnum == EINVAL) {
        code = APP_ERROR_INVALID;
    }
    return fail(error, code, "%s: %s", name, g_strerror(errnum));
}

const char *
app_error_code_to_string(AppErrorCode code)
{
    switch (code) {
    case APP_ERROR_INVALID:
        return "invalid";
    case APP_ERROR_NOT_FOUND:
        return "not-found";
    case APP_ERROR_CONFLICT:
        return "conflict";
    case APP_ERROR_TOO_LARGE:
        return "too-large";
    case APP_ERROR_UNSUPPORTED:
        return "unsupported";
    case APP_ERROR_UNAVAILABLE:
        return "unavailable";
    case APP_ERROR_TIMEOUT:
        return "timeout";
    case APP_ERROR_CANCELLED:
        return "cancelled";
    case APP_ERROR_INTERNAL:
        return "internal";
    case APP_ERROR_UNAUTHENTICATED:
        return "unauthenticated";
    case APP_ERROR_FORBIDDEN:
        return "forbidden";
    case APP_ERROR_NO_SPACE:
        return "no-space";
    }
    g_assert_not_reached();
}
