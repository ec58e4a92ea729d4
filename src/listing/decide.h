/* What becomes of each photo, by its name and by its bytes: the matcher's word (match.h), and what
 * it cannot know: twins, files that are no pictures. Pure, the same for the same input. */
#pragma once

#include "listing/layout.h"
#include "listing/match.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    VERDICT_MATCHED,
    VERDICT_UNMATCHED,
    VERDICT_AMBIGUOUS,
    VERDICT_DUPLICATE, /* the same bytes as another photo, which is named */
    VERDICT_REJECTED,  /* nothing can be made of it; the reason is in the notes */
} Verdict;

#define NUM_VERDICTS 5

const char *verdict_to_string(Verdict verdict);

#define NO_SKU (-1)

typedef struct {
    const char *name; /* the path it came with */
    gsize first;      /* index of the first photo with the same bytes: its own, mostly */
    bool is_junk;     /* an operating system's own file */
    bool is_picture;  /* begins as one */
} NamedPhoto;

typedef struct {
    Verdict verdict;
    gint64 sku;        /* index, or NO_SKU */
    Slot slot;         /* when matched */
    const char *rule;  /* why, in a few words; "" when there is nothing to say */
    const char *notes; /* NULL, or text for people */
} Decision;

typedef struct Decisions Decisions;

/* SKUS: of MatchSku. Neither it nor PHOTOS is needed afterwards. */
Decisions *decide(const GArray *skus, const NamedPhoto *photos, gsize num_photos);
void decisions_free(Decisions *decisions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decisions, decisions_free)

/* Valid while DECISIONS is. */
const Decision *decisions_get(const Decisions *decisions, gsize photo);

/* The file names that a sheet gives for a SKU's slots where it holds names instead of URLs: main
 * first, "" for none; NULL when there are none at all. Free with g_strfreev. */
GStrv listed_sku_file_names(const Layout *layout, const ListedSku *listed);

/* LISTED_SKUS (of ListedSku) as the matcher wants them: an array of MatchSku that borrows their
 * texts. */
GArray *match_skus_of_sheet(const Layout *layout, const GPtrArray *listed_skus);
/* An empty one; its elements' file_names are freed with it (g_strfreev). */
GArray *match_sku_array_new(void);
