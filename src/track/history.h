/* Where one track was seen lately: kept until it is final, so that interruptions can be filled. */
#pragma once

#include "track/motion.h"

typedef struct {
    guint64 frame;
    double seconds;
    Box box;
    double confidence; /* 0 in what was filled in */
    bool bridges_gaps; /* the track was believed enough to be there while unseen */
} Sighting;

typedef struct {
    GArray *sightings; /* of Sighting, by frame */
} History;

void history_init(History *history);
void history_clear(History *history);
void history_add(History *history, const Sighting *sighting);

/* Puts the sightings of OLDER, which all come before, in front. */
void history_prepend(History *history, const History *older);

/* The place in FRAME at SECONDS: seen, or on the straight line between the sightings before and
 * after it. False when neither. */
bool history_place(const History *history, guint64 frame, double seconds, Sighting *ret_place);

/* Frames up to FRAME are final. */
void history_forget(History *history, guint64 frame);
