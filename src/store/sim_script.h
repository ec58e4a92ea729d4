/* What a simulation is to play: who comes when and does what (docs/simulator.md has the file). */
#pragma once

#include "store/store_layout.h"

typedef enum {
    ACT_PICK,    /* takes QUANTITY items of the product from the plates */
    ACT_PUT,     /* puts back an item of the product, if one is held */
    ACT_TOUCH,   /* takes hold of something and leaves it */
    ACT_REST,    /* a hand rests on a plate for SECONDS */
    ACT_LOOK,    /* stands before the plates for SECONDS */
    ACT_HAND,    /* gives an item of the product to the visitor TO */
    ACT_LEAVE,   /* puts down an object of GRAMS of one's own and walks on */
    ACT_RESTOCK, /* staff: puts QUANTITY new items of the product on the plates */
} ActKind;

typedef struct {
    ActKind kind;
    double t;      /* not before; seconds from the start of the script */
    guint product; /* index; LAYOUT_NONE: none */
    guint quantity;
    double seconds; /* how long the hand stays before it takes or leaves; 0: as usual */
    double grams;
    bool is_together; /* at one moment with the act before it (two hands) */
    char *to;         /* visitor; NULL: none */
    guint num_plates;
    guint plates[4]; /* indices */
} SimAct;

typedef enum {
    ROLE_SHOPPER,
    ROLE_STAFF,
    ROLE_STRANGER, /* came in without the gate noticing */
} SimRole;

typedef struct {
    char *id;
    char *visit; /* several visitors with one visit are a party; NULL for staff and strangers */
    SimRole role;
    guint party;  /* on the first of the visit: how many they are; 0 on the others */
    double t;     /* comes in at the earliest */
    GArray *acts; /* of SimAct */
} SimVisitor;

SimVisitor *sim_visitor_new(const char *id, const char *visit, SimRole role, double t);
void sim_visitor_free(SimVisitor *visitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimVisitor, sim_visitor_free)

typedef struct {
    char *name;
    GPtrArray *visitors; /* of SimVisitor, by t */
} SimScript;

SimScript *sim_script_new(const char *name);
void sim_script_free(SimScript *script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimScript, sim_script_free)

/* Products and plates that LAYOUT does not have are INVALID, with file and line. */
SimScript *sim_script_read(const char *path, const StoreLayout *layout, GError **error);
/* The same from memory; FILE_NAME stands for the file in errors. */
SimScript *sim_script_parse(GBytes *bytes, const char *file_name, const StoreLayout *layout,
                            GError **error);
bool sim_script_write(const SimScript *script, const StoreLayout *layout, const char *path,
                      GError **error);
