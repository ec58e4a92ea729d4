#include "listing/outputs.h"

/* The side that a marketplace likes best is no limit: a JPEG a quarter above it may stay as it is
 * where shrinking would make a larger file of it. */
ImageOutputSpec
picture_output(const PictureRules *rules, guint32 longest_side, gint32 quality)
{
    ImageOutputSpec spec = { .longest_side = longest_side,
                             .quality = quality,
                             .max_bytes = rules->max_bytes,
                             .allow_carry_over = true };
    if (longest_side == 0) {
        spec.longest_side = rules->target_side;
        spec.carry_over_side = rules->target_side / 4 * 5;
    }
    if (rules->max_side > 0) {
        spec.carry_over_side = MIN(spec.carry_over_side, rules->max_side);
    }
    return spec;
}

ImageOutputSpec
thumbnail_output(void)
{
    return (ImageOutputSpec){ .longest_side = 200, .quality = 72 };
}
