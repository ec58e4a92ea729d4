/* What is made of a photo: its picture, by the marketplace's rules and the seller's wishes, and a
 * thumbnail. */
#pragma once

#include "image/image.h"
#include "listing/marketplace.h"

/* LONGEST_SIDE: px; 0: what the marketplace likes best. QUALITY: IMAGE_QUALITY_AUTO or 1..100. */
ImageOutputSpec picture_output(const PictureRules *rules, guint32 longest_side, gint32 quality);

/* Sharp on a dense screen at 120 px, and small enough that a page can hold thousands. */
ImageOutputSpec thumbnail_output(void);
