/* Profiles for pictures that tell their colour in numbers. */
#include "image/colour.h"

#include <lcms2.h>
#include <math.h>
#include <string.h>

typedef void Profile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, cmsCloseProfile)

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
