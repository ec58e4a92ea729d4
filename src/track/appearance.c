#include "track/appearance.h"

#include <math.h>
#include <string.h>

/* Parts of a box by height, from the proportions of a standing adult (the head is an eighth of the
 * body; boxes are loose, so a fifth is left out). */
static const double below_head = 0.2;
static const double waist = 0.55;
static const double above_feet = 0.95;
/* The background shows at the sides. */
static const double side_margin = 0.2;
static const guint least_pixels = 32;
/* A body has no more to say than that many samples. */
static const guint most_samples_a_side = 24;

#define NUM_HUES 12
#define NUM_GREYS 4
#define NUM_BINS (NUM_HUES + NUM_GREYS)
G_STATIC_ASSERT(2 * NUM_BINS == APPEARANCE_CLOTHING_SIZE);

/* Cloth of little colour or in the dark has no hue worth the name: it is counted as a grey. */
static const int least_chroma = 40;

/* What evidence clothing can give at most: many people wear dark coats. */
static const double most_log_odds = 4;
static const double least_count = 50;

static guint
bin_of(const guint8 *pixel)
{
    int red = pixel[0], green = pixel[1], blue = pixel[2];
    int most = MAX(red, MAX(green, blue)), least = MIN(red, MIN(green, blue));
    int chroma = most - least;
    if (chroma < least_chroma) {
        return NUM_HUES + (guint)(most * NUM_GREYS / 256);
    }
    double hue; /* 0 to 6, from red over green and blue */
    if (most == red) {
        hue = (double)(green - blue) / chroma + (green < blue ? 6 : 0);
    } else if (most == green) {
        hue = (double)(blue - red) / chroma + 2;
    } else {
        hue = (double)(red - green) / chroma + 4;
    }
    return (guint)(hue * NUM_HUES / 6) % NUM_HUES;
}

/* Counts the colours between two shares of the box's height; returns the number of pixels. */
static guint
count_colours(const AppearancePicture *picture, const Box *box, double from, double to,
              float *numbers)
{
    double left = MAX(0, box->left + side_margin * box->width);
    double right = MIN(picture->width, box->left + (1 - side_margin) * box->width);
    double top = MAX(0, box->top + from * box->height);
    double bottom = MIN(picture->height, box->top + to * box->height);
    double step_x = MAX(1, (right - left) / most_samples_a_side);
    double step_y = MAX(1, (bottom - top) / most_samples_a_side);
    guint count = 0;
    for (double y = ceil(top); y < bottom; y += step_y) {
        const guint8 *row = picture->pixels + (gsize)y * picture->stride;
        for (double x = ceil(left); x < right; x += step_x) {
            numbers[bin_of(row + 3 * (gsize)x)]++;
            count++;
        }
    }
    return count;
}

bool
appearance_normalize(float *numbers, guint size)
{
    double sum = 0;
    for (guint i = 0; i < size; i++) {
        sum += (double)numbers[i] * numbers[i];
    }
    if (!(sum > 0)) {
        return false;
    }
    for (guint i = 0; i < size; i++) {
        numbers[i] = (float)(numbers[i] / sqrt(sum));
    }
    return true;
}

bool
appearance_of_clothing(const AppearancePicture *picture, const Box *box, float *ret_numbers)
{
    float numbers[APPEARANCE_CLOTHING_SIZE] = { 0 };
    /* STO-10: nothing above this line of the box is looked at. */
    guint upper = count_colours(picture, box, below_head, waist, numbers);
    guint lower = count_colours(picture, box, waist, above_feet, numbers + NUM_BINS);
    if (upper < least_pixels || lower < least_pixels) {
        return false;
    }
    /* Square roots, so that the similarity is Bhattacharyya's coefficient of the histograms. */
    for (guint i = 0; i < APPEARANCE_CLOTHING_SIZE; i++) {
        numbers[i] = sqrtf(numbers[i] / (float)(2 * (i < NUM_BINS ? upper : lower)));
    }
    memcpy(ret_numbers, numbers, sizeof numbers);
    return true;
}

double
appearance_similarity(const float *a, const float *b, guint size)
{
    double sum = 0;
    for (guint i = 0; i < size; i++) {
        sum += (double)a[i] * b[i];
    }
    return sum;
}

void
appearance_learn(AppearanceScale *scale, bool same, double similarity)
{
    double *count = same ? &scale->same.count : &scale->different.count;
    double *mean = same ? &scale->same.mean : &scale->different.mean;
    double *squares = same ? &scale->same.squares : &scale->different.squares;
    *count += 1;
    double off = similarity - *mean;
    *mean += off / *count;
    *squares += off * (similarity - *mean);
}

double
appearance_log_odds(const AppearanceScale *scale, double similarity)
{
    if (scale->same.count < least_count || scale->different.count < least_count ||
        scale->same.mean <= scale->different.mean) {
        return 0;
    }
    /* Pictures taken one after the other flatter: the same person seconds later, elsewhere, looks
     * less alike. The spread among different people bounds what may be concluded. */
    double same = sqrt(scale->same.squares / scale->same.count);
    double different = sqrt(scale->different.squares / scale->different.count) + 1e-3;
    same = MAX(same, different / 2);
    double from_same = MIN(0, similarity - scale->same.mean) / same;
    double from_different = MAX(0, similarity - scale->different.mean) / different;
    double odds =
        (from_different * from_different - from_same * from_same) / 2 + log(different / same);
    return CLAMP(odds, -most_log_odds, most_log_odds);
}
