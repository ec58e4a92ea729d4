#include "image/output_check.h"

#include "base/error.h"
#include "image/jpeg_markers.h"

/* What image_clean() itself can make. */
static const ImageLimits limits = {
    .max_pixels = G_MAXUINT64,
    .max_side = 65535,
    .max_scans = 1000,
    .max_input_bytes = G_MAXUINT64,
    .max_frames = 1,
};

GBytes *
output_check(GBytes *jpeg, guint32 width, guint32 height, GError **error)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = { 0 };
    g_autoptr(GError) problem = NULL;
    if (!jpeg_parse(data, size, &limits, &info, &problem)) {
        return fail_null(error, APP_ERROR_INTERNAL, "the decoder's picture is none: %s",
                         problem->message);
    }
    const char *obstacle = jpeg_carry_over_obstacle(&info);
    if (obstacle != NULL || info.icc_state != JPEG_ICC_NONE) {
        return fail_null(error, APP_ERROR_INTERNAL, "the decoder's picture is not clean: %s",
                         obstacle != NULL ? obstacle : "it has a colour profile");
    }
    if (info.width != width || info.height != height) {
        return fail_null(error, APP_ERROR_INTERNAL,
                         "the decoder's picture is %u x %u pixels and not the %u x %u it told of",
                         info.width, info.height, width, height);
    }
    GBytes *checked = jpeg_carry_over(data, size, &info, &problem);
    if (checked == NULL) {
        return fail_null(error, APP_ERROR_INTERNAL, "the decoder's picture is damaged: %s",
                         problem->message);
    }
    return checked;
}
