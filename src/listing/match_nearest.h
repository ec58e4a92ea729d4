/* Which SKUs an unmatched name nearly has. */
#pragma once

#include "listing/match_index.h"

#define MAX_NEAREST 3

/* INDEX must outlive it. Costs more than matching a thousand names, so it is made when needed. */
typedef struct MatchNearest MatchNearest;

MatchNearest *match_nearest_new(const MatchIndex *index);
void match_nearest_free(MatchNearest *nearest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchNearest, match_nearest_free)

/* The number of SKUs in RET_SKUS, nearest first: those that are few letters away from the beginning
 * of the file's name, or from its folder's name. All of them when one letter is wrong, missing, too
 * much or two are exchanged; beyond that those among the alphabetical neighbours. Bounded work. */
guint match_nearest_find(MatchNearest *nearest, const char *path, guint32 ret_skus[MAX_NEAREST]);
