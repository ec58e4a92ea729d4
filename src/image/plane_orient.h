/* Turns planes upright. */
#pragma once

#include "image/planes.h"

/* The EXIF orientation of what has ORIENTATION and is then turned clockwise by TURN, a multiple of
 * 90 degrees below 360. */
guint8 image_orientation_turned(guint8 orientation, guint32 turn);

/* Whether an EXIF orientation swaps width and height. */
bool image_orientation_swaps(guint8 orientation);

/* Which axes of the source run backwards in the upright picture. */
void image_orientation_mirrors(guint8 orientation, bool *ret_mirrors_x, bool *ret_mirrors_y);

/* Replaces PLANES by their upright form, for EXIF ORIENTATION 1..8 (1: nothing to do). Samples are
 * moved, never changed; where a subsampled plane covers one pixel more than the picture (odd
 * sizes), that pixel changes sides, which plane_resize.h can prevent. */
bool image_planes_orient(ImagePlanes *planes, guint8 orientation, GError **error);
