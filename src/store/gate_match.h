/* Who of those who came through the entry belongs to which visit, where the gate did not say.
 *
 * Every visit that waits for somebody has seats: one for the person who showed the code, one for
 * each of the others of a group. Tracks and seats are matched together: who comes late for one
 * visit may come early for the next. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define GATE_MAX_SEATS 12u
#define GATE_MAX_TRACKS 10u
#define GATE_NO_SEAT G_MAXUINT

typedef struct {
    guint visit;    /* the caller's; seats of one visit have the same */
    bool is_first;  /* of the person who showed the code */
    double shown_t; /* when the code was shown */
    double until_t; /* when the others of the group have come */
} GateSeat;

typedef struct {
    double first_t; /* when it was seen first */
    double metres;  /* how far beyond the entry that was */
    bool is_asked;  /* to be told; the others only compete for the seats */
} GateTrack;

typedef struct {
    guint seats[GATE_MAX_TRACKS]; /* index, or GATE_NO_SEAT; of tracks that are not asked as well */
    double probability;
} GateAnswer;

/* The likeliest answers that differ in the visit of a track that is asked, best first, at most MAX;
 * returns how many. */
guint gate_match(const GateSeat *seats, guint num_seats, const GateTrack *tracks, guint num_tracks,
                 double now, GateAnswer *ret_answers, guint max);
