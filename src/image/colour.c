#include "image/colour.h"

#include "base/digest.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>
#include <vips/vips.h>

/* A profile counts as sRGB when no corner of a grid comes out further away than this. The sRGB
 * profiles in circulation differ from each other by as much. */
static const int max_srgb_distance = 2;

struct ColourTransform {
    ColourSpace space;
    guint bits;
    bool is_identity;
    bool is_grey_as_rgb;     /* grey samples under an RGB profile */
    guint8 num_channels;     /* what `transform` takes */
    cmsHTRANSFORM transform; /* NULL when is_identity */
};

typedef void Profile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, cmsCloseProfile)

static cmsUInt32Number
pixel_format(cmsColorSpaceSignature signature, guint bits)
{
    guint bytes = bits / 8;
    switch (signature) {
    case cmsSigGrayData:
        return COLORSPACE_SH(PT_GRAY) | CHANNELS_SH(1) | BYTES_SH(bytes);
    case cmsSigCmykData:
        return COLORSPACE_SH(PT_CMYK) | CHANNELS_SH(4) | BYTES_SH(bytes);
    case cmsSigLabData:
        return TYPE_Lab_FLT;
    default:
        return COLORSPACE_SH(PT_RGB) | CHANNELS_SH(3) | BYTES_SH(bytes);
    }
}

static cmsHTRANSFORM
make_transform(cmsHPROFILE profile, guint bits)
{
    g_autoptr(Profile) srgb = cmsCreate_sRGBProfile();
    /* No cache: it makes a transform's result depend on the thread that uses it. */
    return cmsCreateTransform(profile, pixel_format(cmsGetColorSpace(profile), bits), srgb,
                              TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
                              cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE);
}

/* Whether 8-bit samples come out as they went in. */
static bool
keeps_rgb(cmsHTRANSFORM transform)
{
    enum { STEPS = 18 };
    guint8 grid[STEPS * STEPS * STEPS][3], converted[STEPS * STEPS * STEPS][3];
    guint n = 0;
    for (guint r = 0; r < STEPS; r++) {
        for (guint g = 0; g < STEPS; g++) {
            for (guint b = 0; b < STEPS; b++, n++) {
                grid[n][0] = (guint8)(r * 15);
                grid[n][1] = (guint8)(g * 15);
                grid[n][2] = (guint8)(b * 15);
            }
        }
    }
    cmsDoTransform(transform, grid, converted, n);
    for (guint i = 0; i < n; i++) {
        for (guint c = 0; c < 3; c++) {
            if (ABS((int)grid[i][c] - (int)converted[i][c]) > max_srgb_distance) {
                return false;
            }
        }
    }
    return true;
}

static bool
keeps_grey(cmsHTRANSFORM transform)
{
    guint8 grey[256], converted[256][3];
    for (guint i = 0; i < 256; i++) {
        grey[i] = (guint8)i;
    }
    cmsDoTransform(transform, grey, converted, 256);
    for (guint i = 0; i < 256; i++) {
        if (ABS((int)converted[i][1] - (int)i) > max_srgb_distance) {
            return false;
        }
    }
    return true;
}

static bool
means_srgb(cmsHPROFILE profile)
{
    cmsHTRANSFORM transform = make_transform(profile, 8);
    if (transform == NULL) {
        return false;
    }
    bool keeps =
        cmsGetColorSpace(profile) == cmsSigGrayData ? keeps_grey(transform) : keeps_rgb(transform);
    cmsDeleteTransform(transform);
    return keeps;
}

/* Phones put the same profile into every photo; a verdict costs a millisecond, looking it up a
 * hash of some hundred bytes. The table is small, and forgotten when it is full. */
static bool
means_srgb_cached(cmsHPROFILE profile, GBytes *icc)
{
    static GMutex lock;
    static GHashTable *verdicts; /* Digest -> 1 or 2 */
    Digest digest = digest_of(g_bytes_get_data(icc, NULL), g_bytes_get_size(icc));
    g_mutex_lock(&lock);
    if (verdicts == NULL || g_hash_table_size(verdicts) > 256) {
        g_clear_pointer(&verdicts, g_hash_table_unref);
        verdicts = g_hash_table_new_full(digest_hash, digest_equal_func, g_free, NULL);
    }
    int verdict = GPOINTER_TO_INT(g_hash_table_lookup(verdicts, &digest));
    if (verdict == 0) {
        verdict = means_srgb(profile) ? 1 : 2;
        g_hash_table_insert(verdicts, g_memdup2(&digest, sizeof digest), GINT_TO_POINTER(verdict));
    }
    g_mutex_unlock(&lock);
    return verdict == 1;
}

/* The profile when it can serve samples of SPACE. */
static cmsHPROFILE
open_profile(GBytes *icc, ColourSpace space)
{
    gsize size;
    const void *data = g_bytes_get_data(icc, &size);
    if (size == 0 || size > G_MAXUINT32) {
        return NULL;
    }
    g_autoptr(Profile) profile = cmsOpenProfileFromMem(data, (cmsUInt32Number)size);
    if (profile == NULL) {
        return NULL;
    }
    cmsColorSpaceSignature signature = cmsGetColorSpace(profile);
    bool fits = false;
    switch (space) {
    case COLOUR_GREY:
        fits = signature == cmsSigGrayData || signature == cmsSigRgbData;
        break;
    case COLOUR_RGB:
        fits = signature == cmsSigRgbData;
        break;
    case COLOUR_CMYK:
        fits = signature == cmsSigCmykData;
        break;
    case COLOUR_LAB:
        fits = false; /* Lab is what profiles are made of */
        break;
    }
    cmsProfileClassSignature class = cmsGetDeviceClass(profile);
    fits = fits && class != cmsSigLinkClass && class != cmsSigNamedColorClass;
    return fits ? g_steal_pointer(&profile) : NULL;
}

/* What samples mean that come without a profile; NULL: sRGB. */
static cmsHPROFILE
default_profile(ColourSpace space)
{
    if (space == COLOUR_LAB) {
        return cmsCreateLab4Profile(NULL);
    }
    if (space == COLOUR_CMYK) {
        /* libvips carries a small generic profile of a coated offset press. */
        VipsBlob *blob = NULL;
        if (vips_profile_load("cmyk", &blob, NULL) == 0 && blob != NULL) {
            size_t size;
            const void *data = vips_blob_get(blob, &size);
            cmsHPROFILE profile = cmsOpenProfileFromMem(data, (cmsUInt32Number)size);
            vips_area_unref(VIPS_AREA(blob));
            return profile;
        }
        vips_error_clear();
    }
    return NULL;
}

static bool
set_profile(ColourTransform *transform, cmsHPROFILE profile)
{
    transform->transform = make_transform(profile, transform->bits);
    transform->is_identity = false;
    cmsColorSpaceSignature signature = cmsGetColorSpace(profile);
    transform->is_grey_as_rgb = transform->space == COLOUR_GREY && signature == cmsSigRgbData;
    return transform->transform != NULL;
}

ColourTransform *
colour_transform_new(GBytes *icc, ColourSpace space, guint bits, bool *ret_is_broken)
{
    g_assert(bits == 8 || bits == 16);
    ColourTransform *transform = g_new0(ColourTransform, 1);
    transform->space = space;
    transform->bits = bits;
    transform->is_identity = true;
    bool is_broken = false, is_srgb = false;
    if (icc != NULL) {
        g_autoptr(Profile) profile = open_profile(icc, space);
        is_srgb = profile != NULL && space != COLOUR_CMYK && means_srgb_cached(profile, icc);
        is_broken = profile == NULL || (!is_srgb && !set_profile(transform, profile));
    }
    if (icc == NULL || is_broken) {
        g_autoptr(Profile) profile = default_profile(space);
        transform->is_identity = profile == NULL || !set_profile(transform, profile);
        transform->is_grey_as_rgb = false;
    }
    if (ret_is_broken != NULL) {
        *ret_is_broken = is_broken;
    }
    return transform;
}

void
colour_transform_free(ColourTransform *transform)
{
    if (transform != NULL) {
        if (transform->transform != NULL) {
            cmsDeleteTransform(transform->transform);
        }
        g_free(transform);
    }
}

bool
colour_transform_is_identity(const ColourTransform *transform)
{
    return transform->is_identity && transform->space != COLOUR_CMYK &&
           transform->space != COLOUR_LAB;
}

/* To the nearest of 256 levels: 65535 / 255 = 257. */
static guint8
to_8_bits(guint16 sample)
{
    return (guint8)((sample * 255u + 32767) / 65535);
}

static guint8
sample_at(const ColourTransform *transform, const void *source, gsize i)
{
    return transform->bits == 8 ? ((const guint8 *)source)[i]
                                : to_8_bits(((const guint16 *)source)[i]);
}

/* CMYK when not even the fallback profile is there: the complement. */
static void
copy_pixels(const ColourTransform *transform, const void *source, guint8 *rgb, guint32 num_pixels)
{
    for (guint32 i = 0; i < num_pixels; i++) {
        for (guint c = 0; c < 3; c++) {
            guint8 value = 0;
            if (transform->space == COLOUR_GREY) {
                value = sample_at(transform, source, i);
            } else if (transform->space == COLOUR_RGB) {
                value = sample_at(transform, source, 3 * (gsize)i + c);
            } else if (transform->space == COLOUR_CMYK) {
                guint ink = sample_at(transform, source, 4 * (gsize)i + c);
                guint black = sample_at(transform, source, 4 * (gsize)i + 3);
                value = (guint8)(((255 - ink) * (255 - black) + 127) / 255);
            }
            rgb[3 * (gsize)i + c] = value;
        }
    }
}

static void
transform_grey_as_rgb(const ColourTransform *transform, const void *source, guint8 *rgb,
                      guint32 num_pixels)
{
    g_autofree guint16 *triples = g_new(guint16, 3 * (gsize)num_pixels);
    guint8 *bytes = (guint8 *)triples;
    for (gsize i = 0; i < 3 * (gsize)num_pixels; i++) {
        if (transform->bits == 8) {
            bytes[i] = ((const guint8 *)source)[i / 3];
        } else {
            triples[i] = ((const guint16 *)source)[i / 3];
        }
    }
    cmsDoTransform(transform->transform, triples, rgb, num_pixels);
}

void
colour_transform_pixels(const ColourTransform *transform, const void *source, guint8 *rgb,
                        guint32 num_pixels)
{
    if (transform->is_identity) {
        copy_pixels(transform, source, rgb, num_pixels);
    } else if (transform->is_grey_as_rgb) {
        transform_grey_as_rgb(transform, source, rgb, num_pixels);
    } else {
        cmsDoTransform(transform->transform, source, rgb, num_pixels);
    }
}

/* ITU-R BT.601 as JFIF 1.02 writes it, in units of 1/65536. */
void
colour_rgb_to_planes(const guint8 *rgb, ImagePlanes *planes, guint32 y)
{
    guint32 width = planes->width;
    guint8 *luma = planes->data[0] + planes->stride[0] * y;
    if (planes->num_planes == 1) {
        for (guint32 x = 0; x < width; x++) {
            luma[x] = rgb[3 * (gsize)x + 1];
        }
        return;
    }
    guint8 *cb = planes->data[1] + planes->stride[1] * y;
    guint8 *cr = planes->data[2] + planes->stride[2] * y;
    for (guint32 x = 0; x < width; x++) {
        int r = rgb[3 * (gsize)x], g = rgb[3 * (gsize)x + 1], b = rgb[3 * (gsize)x + 2];
        luma[x] = (guint8)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
        cb[x] = (guint8)((-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767) >> 16);
        cr[x] = (guint8)((32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767) >> 16);
    }
}

static guint8
clamp(int value)
{
    return (guint8)CLAMP(value, 0, 255);
}

void
colour_planes_to_rgb(const ImagePlanes *planes, guint32 y, guint8 *rgb)
{
    g_assert(planes->chroma_shift_x == 0 && planes->chroma_shift_y == 0);
    guint32 width = planes->width;
    const guint8 *luma = planes->data[0] + planes->stride[0] * y;
    if (planes->num_planes == 1) {
        for (gsize i = 0; i < 3 * (gsize)width; i++) {
            rgb[i] = luma[i / 3];
        }
        return;
    }
    const guint8 *cb_row = planes->data[1] + planes->stride[1] * y;
    const guint8 *cr_row = planes->data[2] + planes->stride[2] * y;
    for (guint32 x = 0; x < width; x++) {
        int cb = cb_row[x] - 128, cr = cr_row[x] - 128, base = (luma[x] << 16) + 32768;
        rgb[3 * (gsize)x] = clamp((base + 91881 * cr) >> 16);
        rgb[3 * (gsize)x + 1] = clamp((base - 22554 * cb - 46802 * cr) >> 16);
        rgb[3 * (gsize)x + 2] = clamp((base + 116130 * cb) >> 16);
    }
}

void
colour_transform_planes(const ColourTransform *transform, ImagePlanes *planes)
{
    g_assert(transform->bits == 8);
    g_assert(transform->space == (planes->num_planes == 1 ? COLOUR_GREY : COLOUR_RGB));
    if (transform->is_identity) {
        return;
    }
    if (planes->num_planes == 1) {
        guint8 grey[256], rgb[256][3];
        for (guint i = 0; i < 256; i++) {
            grey[i] = (guint8)i;
        }
        colour_transform_pixels(transform, grey, rgb[0], 256);
        for (guint32 y = 0; y < planes->height; y++) {
            guint8 *row = planes->data[0] + planes->stride[0] * y;
            for (guint32 x = 0; x < planes->width; x++) {
                row[x] = rgb[row[x]][1];
            }
        }
        return;
    }
    g_autofree guint8 *rgb = g_malloc(3 * (gsize)planes->width);
    for (guint32 y = 0; y < planes->height; y++) {
        colour_planes_to_rgb(planes, y, rgb);
        cmsDoTransform(transform->transform, rgb, rgb, planes->width);
        colour_rgb_to_planes(rgb, planes, y);
    }
}

static GBytes *
save_profile(cmsHPROFILE profile)
{
    cmsUInt32Number size = 0;
    if (profile == NULL || !cmsSaveProfileToMem(profile, NULL, &size) || size == 0) {
        return NULL;
    }
    g_autofree guint8 *data = g_malloc(size);
    if (!cmsSaveProfileToMem(profile, data, &size)) {
        return NULL;
    }
    /* The time of making would make each one another profile to the cache of verdicts. */
    memset(data + 24, 0, 12);
    return g_bytes_new_take(g_steal_pointer(&data), size);
}

static GBytes *
icc_from_curve(const ColourPrimaries *p, cmsToneCurve *curve)
{
    if (curve == NULL) {
        return NULL;
    }
    const cmsCIExyY white = { p->white_x, p->white_y, 1 };
    const cmsCIExyYTRIPLE triple = {
        { p->red_x, p->red_y, 1 },
        { p->green_x, p->green_y, 1 },
        { p->blue_x, p->blue_y, 1 },
    };
    cmsToneCurve *const curves[3] = { curve, curve, curve };
    g_autoptr(Profile) profile = cmsCreateRGBProfile(&white, &triple, curves);
    return save_profile(profile);
}

static bool
is_chromaticity(double x, double y)
{
    return x >= 0 && x <= 1 && y > 0.0001 && y <= 1;
}

GBytes *
colour_icc_from_primaries(const ColourPrimaries *p, double gamma)
{
    if (!(gamma >= 0.2 && gamma <= 5) || !is_chromaticity(p->white_x, p->white_y) ||
        !is_chromaticity(p->red_x, p->red_y) || !is_chromaticity(p->green_x, p->green_y) ||
        !is_chromaticity(p->blue_x, p->blue_y)) {
        return NULL;
    }
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma);
    GBytes *icc = icc_from_curve(p, curve);
    cmsFreeToneCurve(curve);
    return icc;
}

static const ColourPrimaries adobe_rgb = { 0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06 };

GBytes *
colour_icc_adobe_rgb(void)
{
    /* Adobe RGB (1998) Color Image Encoding: 2 + 51/256. */
    return colour_icc_from_primaries(&adobe_rgb, 2.19921875);
}

/* ITU-T H.273, table 2. */
static const ColourPrimaries *
cicp_primaries(guint code)
{
    static const ColourPrimaries bt709 = {
        0.3127, 0.3290, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060
    };
    static const ColourPrimaries bt601_625 = { 0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06 };
    static const ColourPrimaries bt601_525 = { 0.3127, 0.3290, 0.630, 0.340,
                                               0.310,  0.595,  0.155, 0.070 };
    static const ColourPrimaries bt2020 = {
        0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046
    };
    static const ColourPrimaries dci_p3 = {
        0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060
    };
    static const ColourPrimaries display_p3 = { 0.3127, 0.3290, 0.680, 0.320,
                                                0.265,  0.690,  0.150, 0.060 };
    switch (code) {
    case 5:
        return &bt601_625;
    case 6:
    case 7:
        return &bt601_525;
    case 9:
        return &bt2020;
    case 11:
        return &dci_p3;
    case 12:
        return &display_p3;
    default:
        return &bt709; /* 1, and 2 "unspecified" */
    }
}

/* SMPTE ST 2084: code value 0..1 to cd/m2. */
static double
pq_luminance(double value)
{
    const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096,
                 c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
    double power = pow(value, 1 / m2);
    return 10000 * pow(fmax(power - c1, 0) / (c2 - c3 * power), 1 / m1);
}

/* ARIB STD-B67 on a screen of 1000 cd/m2 (system gamma 1.2), channel by channel. */
static double
hlg_luminance(double value)
{
    const double a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a);
    double scene = value <= 0.5 ? value * value / 3 : (exp((value - c) / a) + b) / 12;
    return 1000 * pow(scene, 1.2);
}

/* ITU-R BT.2408 has diffuse white at 203 cd/m2. Up to three quarters of that, nothing changes; all
 * that is brighter is rolled off into the last quarter. */
static double
tone_map(double luminance)
{
    const double knee = 0.75;
    double level = luminance / 203;
    return level <= knee ? level : 1 - (1 - knee) * exp(-(level - knee) / (1 - knee));
}

static cmsToneCurve *
cicp_curve(guint transfer)
{
    static const double srgb[] = { 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045 };
    switch (transfer) {
    case 4:
        return cmsBuildGamma(NULL, 2.2);
    case 5:
        return cmsBuildGamma(NULL, 2.8);
    case 8:
        return cmsBuildGamma(NULL, 1);
    case 16:
    case 18: {
        enum { STEPS = 4096 };
        float table[STEPS];
        for (guint i = 0; i < STEPS; i++) {
            double value = i / (double)(STEPS - 1);
            table[i] = (float)tone_map(transfer == 16 ? pq_luminance(value) : hlg_luminance(value));
        }
        return cmsBuildTabulatedToneCurveFloat(NULL, STEPS, table);
    }
    default:
        /* BT.709's camera curve (1, 6, 14, 15) is shown on screens as sRGB is. */
        return cmsBuildParametricToneCurve(NULL, 4, srgb);
    }
}

GBytes *
colour_icc_from_cicp(guint primaries, guint transfer)
{
    bool is_srgb_curve =
        transfer != 4 && transfer != 5 && transfer != 8 && transfer != 16 && transfer != 18;
    if (is_srgb_curve && cicp_primaries(primaries) == cicp_primaries(1)) {
        return NULL;
    }
    cmsToneCurve *curve = cicp_curve(transfer);
    GBytes *icc = icc_from_curve(cicp_primaries(primaries), curve);
    if (curve != NULL) {
        cmsFreeToneCurve(curve);
    }
    return icc;
}
