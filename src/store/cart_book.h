/* What is in whose cart, with all that is in doubt.
 *
 * Doubt is not settled where it arises. The book keeps up to CART_BOOK_MAX_HYPOTHESES complete
 * stories: who is who, what every change of a shelf was, who did it, and what that leaves in every
 * cart and misplaced on the shelves. Each new piece of evidence continues every story in the ways
 * that are possible in it and weighs them; the unlikeliest are dropped. So a put-back tells who had
 * taken, and the scan at the exit tells who had been confused with whom. In no story does a cart
 * give what it does not hold. */
#pragma once

#include "shelf/explain.h"
#include "store/store_layout.h"

#define CART_BOOK_MAX_HYPOTHESES 128u
#define CART_BOOK_MAX_ALTERNATIVES 64u
#define CART_BOOK_MAX_FINISHES 3u

/* A visit's number, which the caller gives it and never gives again. */
typedef guint Owner;
#define OWNER_NOBODY 0u /* a person without a visit; nobody who was seen */
#define OWNER_STAFF 1u
#define OWNER_FIRST_VISIT 2u
/* From here on: people of whom no visit is known, each with what they took. The book gives these
 * numbers; to its callers they are OWNER_NOBODY until a visit claims them. */
#define OWNER_FIRST_STRANGER 0x80000000u

/* One thing that somebody took and that has not gone back where it belongs. */
typedef struct {
    guint64 key;   /* of the taking; 0: none */
    guint product; /* LAYOUT_NONE: a thing that nobody had taken, put on a shelf */
    Owner owner;   /* whose cart it is in; OWNER_NOBODY too while it lies on a shelf */
    bool is_on_shelf;
    double taken_t;
    guint plate;            /* where, or where from */
    double grams, sd_grams; /* its own, as measured */
} CartUnit;

/* One product moved by one person. */
typedef struct {
    bool is_put;
    guint product; /* LAYOUT_NONE: unknown */
    guint num_units;
    guint64 unit; /* the very unit, if it is one that the book knows */
    guint track;  /* slot of the person (store/people.h), or PEOPLE_NONE */
    guint plate;
    bool is_at_home;        /* the product belongs on PLATE */
    double grams, sd_grams; /* of one unit, as measured now */
} Deed;

/* One way to read a change. */
typedef struct {
    ExplanationKind kind;
    double t; /* when it happened: of what had begun before, when it was finished */
    guint num_deeds;
    Deed deeds[EXPLAIN_MAX_PARTS];
    guint num_finishes;
    guint64 finishes[CART_BOOK_MAX_FINISHES]; /* the unfinished decisions whose rest this is */
    double log_score; /* of weight, place and person; what depends on the story is added here */
    double log_weight, log_place, log_prior, log_person; /* for the trace */
    bool has_wrong_weight;
} Alternative;

/* How a reading comes out in a story: with visits for tracks. */
typedef struct {
    bool is_put;
    guint product;
    guint num_units;
    Owner actor;
    Owner cart; /* whose cart it went into or came from */
    guint plate;
    double grams; /* of all its units */
    bool is_new;  /* the unit was not known before: its weight is the product's */
    bool is_at_home;
} VerdictDeed;

typedef struct {
    ExplanationKind kind;
    double t;
    guint num_deeds;
    VerdictDeed deeds[EXPLAIN_MAX_PARTS];
    bool is_finished_later; /* UNFINISHED, and a later decision tells what it was */
    bool has_wrong_weight;
    double probability;
} Verdict;

typedef struct {
    guint64 serial;
    double t;
    double delta_grams;
    guint num_alternatives;
    Alternative *alternatives;
    gpointer data; /* the caller's, freed with the decision */
    bool is_expired;
} Decision;

/* What it changes that TRACK, who made this change with probability P by what was seen of it, also
 * made another one (of the decision SERIAL) at nearly the same moment: P becomes e^LOG_AGAIN times
 * that, and the others' the likelier for it. */
typedef struct {
    guint64 serial;
    guint track;
    double p;
    double log_again;
} Conflict;

typedef struct CartBook CartBook;

CartBook *cart_book_new(GDestroyNotify free_decision_data);
void cart_book_free(CartBook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CartBook, cart_book_free)

/* The track in SLOT is OWNER's, in all stories. */
void cart_book_set_owner(CartBook *book, guint slot, Owner owner);
/* The same, and it speaks against the stories in which it was another visit's. */
void cart_book_claim(CartBook *book, guint slot, Owner owner);
/* The tracks in SLOTS are of one of the rows of OWNERS, each with its weight. */
void cart_book_branch_owners(CartBook *book, const guint *slots, guint num_slots,
                             const Owner *owners, const double *log_weights, guint num_rows);
/* It is as much likelier (logarithm) that the track is OWNER's than that it is not. */
void cart_book_weigh_owner(CartBook *book, guint slot, Owner owner, double log_odds);
/* The track in NEW_SLOT is the person of one of LOST_SLOTS, or a new person without a visit. */
void cart_book_continue_track(CartBook *book, guint new_slot, const guint *lost_slots,
                              const double *log_weights, guint num_lost, double log_new);
/* The tracks have exchanged their persons at T, with these odds: with it goes what they took since.
 */
void cart_book_swap_tracks(CartBook *book, guint a, guint b, double t, double log_odds);
/* The gate says that the track in SLOT is OWNER's, and is wrong in one of e^LOG_ODDS cases. Stories
 * that say otherwise go on in two ways: the gate is wrong, or OWNER and whoever they held the track
 * for have been taken for each other since one of SINCE_TIMES (e^LOG_EXCHANGED so likely): what was
 * taken since goes to the other. */
void cart_book_correct_owner(CartBook *book, guint slot, Owner owner, double log_odds,
                             double log_exchanged, const double *since_times, guint num_times);
/* The likeliest owner of the track, and how sure that is. */
Owner cart_book_owner(const CartBook *book, guint slot, double *ret_probability);
double cart_book_owner_probability(const CartBook *book, guint slot, Owner owner);

/* Continues the stories by a change of a shelf: takes DATA, copies the alternatives (at most
 * CART_BOOK_MAX_ALTERNATIVES, one of which must be possible in any story: NOTHING or UNKNOWN).
 * Returns the decision's number. */
guint64 cart_book_decide(CartBook *book, double t, double delta_grams,
                         const Alternative *alternatives, guint num_alternatives,
                         const Conflict *conflicts, guint num_conflicts, gpointer data);

/* The decisions about what happened within SECONDS of T (of const Decision *); free with
 * g_ptr_array_unref. Only those that are not retired. */
GPtrArray *cart_book_around(const CartBook *book, double t, double seconds);

/* A unit of any story, and in how much of the weight it is in a cart and on a shelf. */
typedef struct {
    CartUnit unit;
    double in_cart, on_shelf;
} UnitSummary;

/* All units of all stories (of UnitSummary); free with g_array_unref. */
GArray *cart_book_units(const CartBook *book);

/* Decisions that may be unfinished, with at least PROBABILITY (of const Decision *); free with
 * g_ptr_array_unref. */
GPtrArray *cart_book_unfinished(const CartBook *book, double probability);
/* Nothing more comes of the decision's unfinished reading. */
void cart_book_expire(CartBook *book, guint64 serial);

typedef struct {
    guint product;
    guint quantity;
    double confidence;
} CartLine;

/* The likeliest cart of OWNER (of CartLine, by product) and how likely all of it is; free with
 * g_array_unref. */
GArray *cart_book_cart(const CartBook *book, Owner owner, double *ret_probability);

/* The open decision that divides the stories about OWNER's cart most, with its reading in the
 * stories that agree with the likeliest cart and in those that do not. False if there is none. */
bool cart_book_find_doubt(const CartBook *book, Owner owner, const Decision **ret_decision,
                          Verdict *ret_likely, Verdict *ret_other);

/* OWNER has left: the cart is emptied in all stories. With IS_SURE the stories that say otherwise
 * than the likeliest cart are dropped: it has been charged. */
void cart_book_close(CartBook *book, Owner owner, bool is_sure);

typedef bool (*OwnerIsOpenFunc)(Owner owner, gpointer data);
/* RUNNER_UP has kind EXPLAIN_NOTHING and probability 0 where nothing else was possible. */
typedef void (*VerdictFunc)(const Decision *decision, const Verdict *verdict,
                            const Verdict *runner_up, gpointer data);

/* Tells, oldest first, the verdict on every decision from before SETTLED_T that nothing more can
 * change, or that is older than BEFORE_T, and forgets it: what it left in the carts stays. */
void cart_book_retire(CartBook *book, double settled_t, double before_t, OwnerIsOpenFunc is_open,
                      VerdictFunc func, gpointer data);

/* NULL once it is retired. */
const Decision *cart_book_find(const CartBook *book, guint64 serial);
/* For the trace: readings of an open decision as they stand, likeliest first (of Verdict). */
GArray *cart_book_verdicts(const CartBook *book, const Decision *decision);

guint cart_book_num_hypotheses(const CartBook *book);
