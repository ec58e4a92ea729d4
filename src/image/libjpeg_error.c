#include "image/libjpeg_error.h"

#include "base/error.h"

#include <jerror.h>

static void
escape(j_common_ptr cinfo)
{
    LibjpegErrors *errors = (LibjpegErrors *)cinfo->err;
    longjmp(errors->escape, 1);
}

static void
count_message(j_common_ptr cinfo, int level)
{
    LibjpegErrors *errors = (LibjpegErrors *)cinfo->err;
    if (level < 0) {
        errors->num_warnings++;
        errors->ran_out_of_data |= errors->manager.msg_code == JWRN_JPEG_EOF;
    }
}

static void
stay_silent(j_common_ptr cinfo)
{
}

struct jpeg_error_mgr *
libjpeg_errors_init(LibjpegErrors *errors)
{
    jpeg_std_error(&errors->manager);
    errors->manager.error_exit = escape;
    errors->manager.emit_message = count_message;
    errors->manager.output_message = stay_silent;
    errors->num_warnings = 0;
    errors->ran_out_of_data = false;
    return &errors->manager;
}

bool
libjpeg_fail(LibjpegErrors *errors, j_common_ptr cinfo, const char *what, GError **error)
{
    char text[JMSG_LENGTH_MAX];
    errors->manager.format_message(cinfo, text);
    return fail(error,
                errors->manager.msg_code == JERR_OUT_OF_MEMORY ? APP_ERROR_UNAVAILABLE
                                                               : APP_ERROR_INVALID,
                "%s: %s", what, text);
}
