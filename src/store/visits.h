/* Visits, and which track belongs to which: what the gate says, and where tracks begin, end and
 * exchange their ids. Writes what it concludes into the book, with its doubt. */
#pragma once

#include "store/cart_book.h"
#include "store/people.h"

typedef enum {
    VISIT_INSIDE,
    VISIT_LEAVING, /* the gate has seen the exit; changes before it may still be on their way */
    VISIT_CLOSED,
} VisitState;

/* What a reader of the receipt should know. */
typedef struct {
    const char *kind; /* a word; static */
    char *text;
    double t;
} VisitNote;

typedef struct {
    Owner owner;
    char *id;
    VisitState state;
    double entered_t;
    double exited_t; /* NAN while inside */
    double closed_t;
    guint party;
    guint num_joined;
    GArray *notes; /* of VisitNote */
} Visit;

typedef struct Visits Visits;

/* All must live as long. */
Visits *visits_new(const StoreLayout *layout, People *people, CartBook *book);
void visits_free(Visits *visits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Visits, visits_free)

void visits_gate(Visits *visits, const GateLine *line);
/* After people_push: looks at what has changed among the tracks. */
void visits_follow(Visits *visits);

/* NULL for OWNER_NOBODY and OWNER_STAFF, and once forgotten. */
const Visit *visits_get(const Visits *visits, Owner owner);
/* All that are known, in order of entry (of Visit *). */
const GPtrArray *visits_all(const Visits *visits);
void visits_note(Visits *visits, Owner owner, const char *kind, double t, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* The visit's receipt is written: its tracks are free. */
void visits_close(Visits *visits, Owner owner, double t);
/* Forgets visits closed before T. */
void visits_forget(Visits *visits, double t);

/* Whether somebody of OWNER's was within METRES of POINT between FROM and TO. */
bool visits_was_near(const Visits *visits, Owner owner, FloorPoint point, double metres,
                     double from, double to);

/* Tells, from now on, what is concluded about tracks, a line each. */
void visits_set_trace(Visits *visits, void (*func)(const char *text, gpointer data), gpointer data);

/* What went wrong at the gate, for people (of char *). */
const GPtrArray *visits_troubles(const Visits *visits);
