/* A finished picture held against a marketplace's rules (marketplace_table.c). Pure.
 *
 * Findings are notes for people. Nothing is refused here that the marketplace would accept. */
#pragma once

#include "listing/marketplace.h"

/* What is known of one picture. */
typedef struct {
    guint32 width, height; /* as published */
    guint64 num_bytes;
    double border_white_share; /* as in ImageFacts */
    double frame_fill;
    bool was_truncated;
} PublishedFacts;

typedef struct {
    bool is_refusal; /* the marketplace will refuse the picture; otherwise it is advice */
    char *text;      /* "is 400 px on its longest side, Amazon refuses less than 500 px" */
} ComplianceNote;

/* Of ComplianceNote, what matters most first; empty when all is well. Free with g_ptr_array_unref.
 */
GPtrArray *compliance_notes(const Marketplace *marketplace, Slot slot, const PublishedFacts *facts);

/* INVALID, with the reason, for a picture URL that the marketplace would refuse: not http(s), or
 * with a query, a fragment, characters that must be escaped, too long. */
bool compliance_check_url(const Marketplace *marketplace, const char *url, GError **error);
