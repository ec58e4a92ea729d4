/* Where everybody was in the last seconds, by the tracker's ids, and what speaks for two ids being
 * one person. Whose cart a person has is not known here (store/cart_book.h).
 *
 * A track is one id of the tracker, in a slot that is used again some time after it is gone. A
 * track that is missing for half a second is lost; its person may go on under another id. */
#pragma once

#include "store/recording.h"

#define PEOPLE_NONE G_MAXUINT
/* What is remembered of each, in seconds. */
#define PEOPLE_HISTORY_SECONDS 20.0
#define PEOPLE_MAX_TRACKS 2048u

typedef struct {
    double t;
    float x, y;
    float head[3]; /* NAN where there is none */
    guint num_hands;
    float hands[2][4]; /* x, y, z, score */
} PersonSample;

typedef struct People People;

People *people_new(void);
void people_free(People *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(People, people_free)

/* Takes in one line of targets. Targets beyond PEOPLE_MAX_TRACKS are left out. */
void people_push(People *people, const TargetFrame *frame);

double people_time(const People *people);
/* Slots run from 0 to this; not all are used. */
guint people_num_slots(const People *people);
bool people_is_used(const People *people, guint slot);
bool people_is_lost(const People *people, guint slot);
const char *people_id(const People *people, guint slot);
double people_first_t(const People *people, guint slot);
double people_last_t(const People *people, guint slot);
FloorPoint people_first_point(const People *people, guint slot);
FloorPoint people_last_point(const People *people, guint slot);
/* Height of the head in metres while the person stands upright, as far as that was seen. */
double people_upright(const People *people, guint slot);
/* PEOPLE_NONE if the id was not seen lately. */
guint people_find(const People *people, const char *id);

/* The samples between FROM and TO of the person whom SLOT stands for now, oldest first: from before
 * an exchange of ids they are the other slot's. Returns how many were stored in RET (at most MAX).
 */
guint people_samples(const People *people, guint slot, double from, double to,
                     const PersonSample **ret, guint max);

/* Logarithm of how much likelier it is that NEW_SLOT goes on where LOST_SLOT ended than that they
 * are strangers: gap, distance, appearance. -INFINITY: impossible. */
double people_log_continues(const People *people, guint new_slot, guint lost_slot);

/* A pair of slots whose appearance says that the tracker exchanged their ids. */
typedef struct {
    guint a, b;
    double t;           /* when they last were close */
    double log_swapped; /* logarithm of the odds */
} PeopleSwap;

/* The next pair found since the last call, each once. What is believed about a slot's appearance is
 * exchanged with it if the odds favour it. */
bool people_next_swap(People *people, PeopleSwap *ret_swap);

/* When the person of SLOT was last so close to others that their ids may have been exchanged, one
 * time for each of the last ones, newest first, at most PEOPLE_MAX_MEETINGS; returns how many. */
#define PEOPLE_MAX_MEETINGS 4u
guint people_meetings(const People *people, guint slot, double *ret_times);

/* Forgets a slot: its person has left, or goes on under another id and its history is old. */
void people_forget(People *people, guint slot);
