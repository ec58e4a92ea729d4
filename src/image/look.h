/* How a picture looks, as far as marketplaces have rules about it. */
#pragma once

#include "image/image.h"
#include "image/planes.h"

/* Sets border_white_share and frame_fill of FACTS (image.h says what they are). */
void look_measure(const ImagePlanes *planes, ImageFacts *facts);
