/* One complete story of who took what (store/cart_book.h keeps many). */
#pragma once

#include "store/cart_book.h"

/* Which reading of a decision the story follows, and whose the tracks were in it. Compared byte by
 * byte: cleared before it is filled. */
typedef struct {
    guint8 alternative;
    bool is_finished_later;
    Owner actors[EXPLAIN_MAX_PARTS];
    Owner carts[EXPLAIN_MAX_PARTS];
} Choice;

typedef struct {
    double log_weight;
    GArray *units;   /* of CartUnit, by key */
    GArray *owners;  /* of Owner, by slot */
    GArray *choices; /* of Choice, one for each open decision */
} Story;

void story_free(gpointer story);
Story *story_copy(const Story *story);
/* Whether nothing but the weight differs. */
bool story_equals(const Story *a, const Story *b);

Owner story_owner(const Story *story, guint slot);
void story_set_owner(Story *story, guint slot, Owner owner);

/* A number of its own for the person of SLOT, if nobody knows whose it is. */
Owner story_know_stranger(Story *story, guint slot, Owner stranger);
/* Whatever FROM is and has, TO is and has. */
void story_rename_owner(Story *story, Owner from, Owner to);
/* A and B are exchanged in what was taken since T. */
void story_exchange_units(Story *story, Owner a, Owner b, double since_t);
/* The same, and in all tracks. */
void story_exchange_owners(Story *story, Owner a, Owner b, double since_t);
/* The persons of two tracks. */
void story_exchange_tracks(Story *story, guint a, guint b);
bool owner_is_stranger(Owner owner);

/* What the story adds to the score of a deed; -INFINITY: impossible in it. */
double story_log_deed(const Story *story, const Deed *deed);
/* Does it, as part PART of the decision SERIAL at T, and notes in CHOICE whose it was. */
void story_apply_deed(Story *story, guint64 serial, double t, guint part, const Deed *deed,
                      Choice *choice);

/* The cart of OWNER (of CartLine, by product, without confidence); free with g_array_unref. */
GArray *story_cart(const Story *story, Owner owner);
bool carts_are_equal(const GArray *a, const GArray *b);

/* How the decision at INDEX of the open ones comes out. */
Verdict story_verdict(const Story *story, const Decision *decision, guint index);
bool verdicts_are_equal(const Verdict *a, const Verdict *b);
