/* What finished pictures are called, for people and for marketplaces that look at names. Pure. */
#pragma once

#include "base/digest.h"
#include "listing/marketplace.h"

/* Of a digest in a path or URL, 128 bits: nobody meets a collision by accident, and URLs stay
 * short.
 */
enum { PICTURE_DIGEST_CHARS = 32 };

/* Of a name: well below every limit on file names and URLs (Walmart: 2,000 for a URL). */
enum { PICTURE_NAME_CHARS = 80 };

/* "AB-12_MAIN". */
char *picture_name(const char *sku, Slot slot);

/* "DIGEST/NAME.jpg": PICTURE_DIGEST_CHARS of the digest, hexadecimal; of NAME, what may stand in
 * any URL as it is (letters, digits, '-', '_'), other characters as '-', at most
 * PICTURE_NAME_CHARS; "picture" when nothing is left. */
char *picture_url_path(const Digest *digest, const char *name);

/* What a marketplace's bulk uploader wants. Amazon: ASIN.CODE.jpg (facts: Seller Central,
 * JV4FNMT7563SF5F), NULL without a real ASIN; elsewhere the last part of URL_PATH, SKU_CODE.jpg. */
char *picture_bulk_name(const Marketplace *marketplace, const char *asin, Slot slot,
                        const char *url_path);
