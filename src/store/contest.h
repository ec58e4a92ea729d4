/* The labelled cases of the CPS-IoT 2020 contest: who took and put back what, where and when. */
#pragma once

#include "store/sim_script.h"

typedef struct {
    char *sku;
    char *name;
    double grams;
} ContestProduct;

typedef struct {
    double t; /* seconds since the epoch */
    char *person;
    bool is_put;
    bool is_off_planogram; /* the note says that the planogram was wrong there */
    int gondola, shelf;
    guint num_plates;
    int plates[4];
    GArray *products; /* of guint, indices into Contest.products; what is unknown is left out */
} ContestEvent;

typedef struct {
    char *name;
    GPtrArray *events; /* of ContestEvent, in the file's order */
} ContestCase;

typedef struct {
    GPtrArray *products; /* of ContestProduct */
    GPtrArray *cases;    /* of ContestCase */
    guint num_unknown;   /* products without a weight: events of theirs are left out */
} Contest;

Contest *contest_read(const char *path, GError **error);
/* The same from memory; FILE_NAME stands for the file in errors. */
Contest *contest_parse(GBytes *bytes, const char *file_name, GError **error);
void contest_free(Contest *contest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Contest, contest_free)

/* A case as a script for LAYOUT: the moments as labelled, the first one ten seconds after opening.
 */
SimScript *contest_script(const Contest *contest, const ContestCase *one, const StoreLayout *layout,
                          GError **error);
