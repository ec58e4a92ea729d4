#include "image/quality.h"

#include "base/error.h"
#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/plane_resize.h"
#include "image/ssimulacra2.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Over 30 camera photos at 2000 px the target was met between 85 and 93, and one step of quality
 * moved the score by about 0.55 there. */
#define FIRST_QUALITY 90
#define TYPICAL_SLOPE 0.55

/* A multiple of the largest MCU, so that blocks lie in the sample as they do in the picture. */
#define SAMPLE_TILE 512

/* A chroma error of 24 of 255 is where the eye finds the edge of a red letter smeared; a picture
 * needs 4:4:4 when such pixels make 2 % of several tiles, as a word or a logo does. Photos without
 * lettering or neon have no such tile; one alone is mostly noise. */
#define CHROMA_TILE 64
#define CHROMA_ERROR 24
#define CHROMA_TILE_SHARE 0.02
#define CHROMA_MIN_TILES 2

typedef struct {
    const ImagePlanes *reference; /* or a sample of it, at the sampling to encode */
    const Ssimulacra2 *measure;
} Trial;

void
quality_result_clear(QualityResult *result)
{
    g_clear_pointer(&result->jpeg, g_bytes_unref);
    *result = (QualityResult){ 0 };
}

/* The pixels of a 2x2 block whose chroma is far from the block's mean, as 4:2:0 keeps it. */
static guint
count_smeared(const ImagePlanes *planes, guint32 x, guint32 y)
{
    int worst[4] = { 0 };
    for (guint i = 1; i < 3; i++) {
        const guint8 *a = planes->data[i] + planes->stride[i] * y + x;
        const guint8 *b = a + planes->stride[i];
        int mean = (a[0] + a[1] + b[0] + b[1] + 2) / 4;
        const int errors[4] = { abs(a[0] - mean), abs(a[1] - mean), abs(b[0] - mean),
                                abs(b[1] - mean) };
        for (guint k = 0; k < 4; k++) {
            worst[k] = MAX(worst[k], errors[k]);
        }
    }
    guint num_smeared = 0;
    for (guint k = 0; k < 4; k++) {
        num_smeared += worst[k] > CHROMA_ERROR;
    }
    return num_smeared;
}

bool
quality_needs_444(const ImagePlanes *planes)
{
    if (planes->num_planes == 1) {
        return false;
    }
    g_assert(planes->chroma_shift_x == 0 && planes->chroma_shift_y == 0);
    guint num_tiles = 0;
    for (guint32 tile_y = 0; tile_y < planes->height; tile_y += CHROMA_TILE) {
        guint32 end_y = MIN(tile_y + CHROMA_TILE, planes->height & ~1U);
        for (guint32 tile_x = 0; tile_x < planes->width; tile_x += CHROMA_TILE) {
            guint32 end_x = MIN(tile_x + CHROMA_TILE, planes->width & ~1U);
            guint num_smeared = 0;
            for (guint32 y = tile_y; y < end_y; y += 2) {
                for (guint32 x = tile_x; x < end_x; x += 2) {
                    num_smeared += count_smeared(planes, x, y);
                }
            }
            num_tiles += num_smeared > CHROMA_TILE_SHARE * CHROMA_TILE * CHROMA_TILE;
        }
    }
    return num_tiles >= CHROMA_MIN_TILES;
}

static bool
subsample(const ImagePlanes *planes, guint8 shift, ImagePlanes *ret_planes, GError **error)
{
    PlaneTarget target = { .width = planes->width,
                           .height = planes->height,
                           .chroma_shift_x = shift,
                           .chroma_shift_y = shift,
                           .orientation = 1 };
    return image_planes_resize(planes, planes->width, planes->height, &target, ret_planes, error);
}

/* Every STEP-th tile along both axes, put together. */
static bool
sample_tiles(const ImagePlanes *planes, guint32 step, ImagePlanes *ret_sample, GError **error)
{
    guint32 columns = planes->width / SAMPLE_TILE / step;
    guint32 rows = planes->height / SAMPLE_TILE / step;
    if (!image_planes_init(ret_sample, columns * SAMPLE_TILE, rows * SAMPLE_TILE,
                           planes->num_planes, 0, 0, error)) {
        return false;
    }
    for (guint i = 0; i < planes->num_planes; i++) {
        for (guint32 y = 0; y < rows * SAMPLE_TILE; y++) {
            guint32 from_y = y / SAMPLE_TILE * SAMPLE_TILE * step + y % SAMPLE_TILE;
            for (guint32 column = 0; column < columns; column++) {
                memcpy(ret_sample->data[i] + ret_sample->stride[i] * y + column * SAMPLE_TILE,
                       planes->data[i] + planes->stride[i] * from_y +
                           (gsize)column * SAMPLE_TILE * step,
                       SAMPLE_TILE);
            }
        }
    }
    return true;
}

/* 1 for a picture that is measured whole. A long strip with less than one tile a step is, too. */
static guint32
sample_step(const ImagePlanes *planes)
{
    guint32 step = 1;
    guint64 num_pixels = (guint64)planes->width * planes->height;
    while (num_pixels / step / step > QUALITY_MEASURED_PIXELS) {
        step++;
    }
    return MIN(planes->width, planes->height) < step * SAMPLE_TILE ? 1 : step;
}

static bool
score_jpeg(const Ssimulacra2 *measure, GBytes *jpeg, double *ret_score, GError **error)
{
    static const ImageLimits limits = { .max_pixels = G_MAXUINT64,
                                        .max_side = G_MAXUINT32,
                                        .max_scans = G_MAXUINT32 };
    gsize size;
    const guint8 *data = g_bytes_get_data(jpeg, &size);
    g_auto(JpegInfo) info = { 0 };
    g_auto(ImagePlanes) decoded = { 0 };
    JpegDecodeReport report;
    if (!jpeg_parse(data, size, &limits, &info, error) ||
        !jpeg_decode_planes(data, size, &info, 0, JPEG_CHROMA_AS_STORED, &decoded, &report,
                            error)) {
        return false;
    }
    *ret_score = ssimulacra2_score(measure, &decoded);
    return !isnan(*ret_score) || fail(error, APP_ERROR_UNAVAILABLE, "no memory to measure quality");
}

static bool
try_quality(const Trial *trial, gint32 quality, double *ret_score, GError **error)
{
    g_autoptr(GBytes) jpeg =
        jpeg_encode_planes(trial->reference, &(JpegEncodeOptions){ .quality = quality }, error);
    return jpeg != NULL && score_jpeg(trial->measure, jpeg, ret_score, error);
}

/* Between a quality that fails and one that reaches the target, steps to where the line through the
 * last two measurements says, until both are neighbours or the lower one needs no measuring. */
static bool
search_quality(const Trial *trial, gint32 *ret_quality, double *ret_score, GError **error)
{
    gint32 failing = QUALITY_MIN - 1;
    gint32 reaching = QUALITY_MAX + 1;
    double reached_score = NAN;
    gint32 quality = FIRST_QUALITY;
    gint32 last_quality = 0;
    double last_score = 0;
    double slope = TYPICAL_SLOPE;
    while (reaching - failing > 1) {
        double score;
        if (!try_quality(trial, quality, &score, error)) {
            return false;
        }
        if (last_quality != 0 && quality != last_quality) {
            slope = MAX((score - last_score) / (quality - last_quality), TYPICAL_SLOPE / 4);
        }
        last_quality = quality;
        last_score = score;
        if (score >= QUALITY_TARGET_SCORE) {
            reaching = quality;
            reached_score = score;
            if (score - slope < QUALITY_TARGET_SCORE) {
                break;
            }
        } else {
            failing = quality;
            if (quality == QUALITY_MAX) {
                reaching = quality;
                reached_score = score;
                break;
            }
        }
        double step = ceil((QUALITY_TARGET_SCORE - score) / slope);
        quality = (gint32)CLAMP(quality + step, MAX(failing + 1, QUALITY_MIN),
                                MIN(reaching - 1, QUALITY_MAX));
    }
    *ret_quality = reaching;
    *ret_score = reached_score;
    return true;
}

/* JPEG at QUALITY, or the highest below it whose size is at most MAX_BYTES. */
static GBytes *
encode_within(const ImagePlanes *planes, gint32 quality, bool is_progressive, guint64 max_bytes,
              gint32 *ret_quality, GError **error)
{
    gint32 fitting = QUALITY_MIN;
    gint32 too_large = quality + 1;
    g_autoptr(GBytes) best = NULL;
    gint32 trial = quality;
    gint32 best_quality = quality;
    for (;;) {
        g_autoptr(GBytes) jpeg =
            jpeg_encode_planes(planes, &(JpegEncodeOptions){ trial, is_progressive }, error);
        if (jpeg == NULL) {
            return NULL;
        }
        bool fits = max_bytes == 0 || g_bytes_get_size(jpeg) <= max_bytes;
        if (fits || trial <= QUALITY_MIN) {
            g_clear_pointer(&best, g_bytes_unref);
            best = g_bytes_ref(jpeg);
            best_quality = trial;
            fitting = trial;
        } else {
            too_large = trial;
        }
        if (too_large - fitting <= 1 && best != NULL) {
            break;
        }
        trial = too_large - fitting <= 1 ? QUALITY_MIN : (fitting + too_large) / 2;
    }
    *ret_quality = best_quality;
    return g_steal_pointer(&best);
}

static bool
measure_and_encode(const ImagePlanes *planes, const ImagePlanes *measured, guint8 shift,
                   guint64 max_bytes, QualityResult *result, GError **error)
{
    g_autoptr(Ssimulacra2) measure = ssimulacra2_new(measured);
    if (measure == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "no memory to measure quality");
    }
    g_auto(ImagePlanes) trial_planes = { 0 };
    g_auto(ImagePlanes) final_planes = { 0 };
    gint32 quality;
    if (!subsample(measured, shift, &trial_planes, error)) {
        return false;
    }
    Trial trial = { &trial_planes, measure };
    if (!search_quality(&trial, &quality, &result->score, error) ||
        (measured != planes && !subsample(planes, shift, &final_planes, error))) {
        return false;
    }
    const ImagePlanes *encoded = measured == planes ? &trial_planes : &final_planes;
    result->jpeg = encode_within(encoded, quality, true, max_bytes, &result->quality, error);
    if (result->jpeg == NULL) {
        return false;
    }
    return result->quality == quality ||
           try_quality(&trial, result->quality, &result->score, error);
}

bool
quality_encode_auto(const ImagePlanes *planes, guint64 max_bytes, QualityResult *ret_result,
                    GError **error)
{
    g_assert(planes->chroma_shift_x == 0 && planes->chroma_shift_y == 0);
    g_auto(QualityResult) result = { .is_444 = quality_needs_444(planes) };
    guint8 shift = result.is_444 || planes->num_planes == 1 ? 0 : 1;
    guint32 step = sample_step(planes);
    g_auto(ImagePlanes) sample = { 0 };
    if (step > 1 && !sample_tiles(planes, step, &sample, error)) {
        return false;
    }
    if (!measure_and_encode(planes, step > 1 ? &sample : planes, shift, max_bytes, &result,
                            error)) {
        return false;
    }
    *ret_result = result;
    result = (QualityResult){ 0 };
    return true;
}

bool
quality_encode_fixed(const ImagePlanes *planes, gint32 quality, guint64 max_bytes,
                     QualityResult *ret_result, GError **error)
{
    gint32 used_quality;
    GBytes *jpeg = encode_within(planes, quality, false, max_bytes, &used_quality, error);
    if (jpeg == NULL) {
        return false;
    }
    *ret_result = (QualityResult){
        .jpeg = jpeg,
        .quality = used_quality,
        .is_444 =
            planes->num_planes == 3 && planes->chroma_shift_x == 0 && planes->chroma_shift_y == 0,
        .score = NAN,
    };
    return true;
}
