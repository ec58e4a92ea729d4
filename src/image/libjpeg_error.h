/* libjpeg's errors and warnings as data. Its functions leave by longjmp to the caller's setjmp on
 * `escape`: what a function changes between the two lives in memory, not in locals. */
#pragma once

#include <glib.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h needs FILE */

#include <jpeglib.h>

typedef struct {
    struct jpeg_error_mgr manager; /* first: libjpeg hands back its address */
    jmp_buf escape;
    guint32 num_warnings;
    bool ran_out_of_data;
} LibjpegErrors;

/* For cinfo.err. */
struct jpeg_error_mgr *libjpeg_errors_init(LibjpegErrors *errors);

/* After an escape: sets ERROR to what happened to WHAT ("JPEG cannot be decoded"), UNAVAILABLE for
 * want of memory and otherwise INVALID. Returns false. */
bool libjpeg_fail(LibjpegErrors *errors, j_common_ptr cinfo, const char *what, GError **error);
