/* Inside the room only: pictures that must be made again. */
#pragma once

#include "batches/change.h"
#include "image/image.h"

bool picture_outputs_equal(const ImageOutputSpec *a, const ImageOutputSpec *b);

/* All pictures are made anew, by jobs; what is published goes at once, because it is not what was
 * asked for any more. */
bool batch_make_anew(BatchChange *change, GError **error);
