#include "image/colour.h"

#include "base/digest.h"

#include <lcms2.h>
#include <string.h>
#include <vips/vips.h>

/* A profile counts as sRGB when no corner of a grid comes out further away than this. The sRGB
 * profiles in circulation differ from each other by as much. */
static const int max_srgb_distance = 2;

struct ColourTransform {
    gint num_references;
    ColourSpace space;
    guint bits;
    bool is_broken; /* the profile that came with it could not be used */
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

static ColourTransform *
make(GBytes *icc, ColourSpace space, guint bits)
{
    ColourTransform *transform = g_new0(ColourTransform, 1);
    transform->num_references = 1;
    transform->space = space;
    transform->bits = bits;
    transform->is_identity = true;
    if (icc != NULL) {
        g_autoptr(Profile) profile = open_profile(icc, space);
        bool is_srgb = profile != NULL && space != COLOUR_CMYK && means_srgb(profile);
        transform->is_broken = profile == NULL || (!is_srgb && !set_profile(transform, profile));
    }
    if (icc == NULL || transform->is_broken) {
        g_autoptr(Profile) profile = default_profile(space);
        transform->is_identity = profile == NULL || !set_profile(transform, profile);
        transform->is_grey_as_rgb = false;
    }
    return transform;
}

void
colour_transform_free(ColourTransform *transform)
{
    if (transform != NULL && g_atomic_int_dec_and_test(&transform->num_references)) {
        if (transform->transform != NULL) {
            cmsDeleteTransform(transform->transform);
        }
        g_free(transform);
    }
}

static ColourTransform *
ref(ColourTransform *transform)
{
    g_atomic_int_inc(&transform->num_references);
    return transform;
}

/* Photos of one camera carry one profile. To make a transform takes milliseconds for a screen's and
 * fifty for a printer's profile; to find it again, a hash of the profile. */
ColourTransform *
colour_transform_new(GBytes *icc, ColourSpace space, guint bits, bool *ret_is_broken)
{
    g_assert(bits == 8 || bits == 16);
    static GMutex lock;
    static struct {
        Digest profile;
        ColourTransform *transform;
    } known[16];
    static guint num_made;
    gsize size = 0;
    const void *data = icc == NULL ? "" : g_bytes_get_data(icc, &size);
    const Digest profile = digest_of(data, size);
    g_mutex_lock(&lock);
    ColourTransform *found = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(known) && found == NULL; i++) {
        ColourTransform *transform = known[i].transform;
        if (transform != NULL && transform->space == space && transform->bits == bits &&
            digest_equal(&known[i].profile, &profile)) {
            found = ref(transform);
        }
    }
    if (found == NULL) {
        guint slot = num_made++ % G_N_ELEMENTS(known);
        g_clear_pointer(&known[slot].transform, colour_transform_free);
        found = make(icc, space, bits);
        known[slot].profile = profile;
        known[slot].transform = ref(found);
    }
    g_mutex_unlock(&lock);
    if (ret_is_broken != NULL) {
        *ret_is_broken = found->is_broken;
    }
    return found;
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
