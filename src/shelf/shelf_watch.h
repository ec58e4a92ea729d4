/* Watches the plates of one shelf and tells when goods left or came.
 *
 * What counts is a change of plateau: a plate that moved and has come to rest at another weight.
 * Neither the size of a movement nor how much it shakes is a trigger, because a shelf that somebody
 * bumps into shakes by more than many products weigh and then rests where it was. What all plates
 * of the shelf do together is taken out first. Absolute weight means nothing here and may drift.
 *
 * Plates that touch and moved together make one change: an item may lie across several. Work and
 * memory are constant per sample. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint column;        /* as in the rows pushed */
    double delta_grams;  /* after less before */
    double sd_grams;     /* how well that is known */
    double before_grams; /* comparable with those of the plate's other changes of these minutes */
} PlateDelta;

typedef struct {
    double begin_t; /* the first movement */
    double
        edge_t; /* when the weight passed the middle between before and after, for the last time */
    double end_t;           /* at rest again */
    double known_t;         /* of the newest sample when this was told */
    double early_t, late_t; /* the edge lies between these (a hole, or a gateway that tells late) */
    guint num_plates;
    const PlateDelta *plates; /* along the shelf */
    double delta_grams;       /* of all plates together */
    double sd_grams;
    bool is_forced;      /* told before it had come to rest */
    bool is_beside_dead; /* a plate beside it gives nothing: part of the weight may be unseen */
} ShelfChange;

/* CHANGE is valid during the call. */
typedef void (*ShelfChangeFunc)(const ShelfChange *change, gpointer data);

typedef struct ShelfWatch ShelfWatch;

/* ALONG_METRES: where each column's plate is along the shelf, in any order; WIDTH_METRES: of each,
 * in that direction. HZ of 2 and below means a gateway that tells settled weights only. */
ShelfWatch *shelf_watch_new(guint num_plates, const double *along_metres,
                            const double *width_metres, double hz, ShelfChangeFunc func,
                            gpointer data);
void shelf_watch_free(ShelfWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShelfWatch, shelf_watch_free)

/* Rows of grams, one number a column, NAN where missing, from T0 on in steps of 1/hz. Changes are
 * told from inside the call. Rows must not run backwards in time. */
void shelf_watch_push(ShelfWatch *watch, double t0, const float *grams, guint num_rows);

/* The newest sample's time; 0 before the first. */
double shelf_watch_known_t(const ShelfWatch *watch);

/* Whether something has moved at or before T, which is not told yet. */
bool shelf_watch_is_moving(const ShelfWatch *watch, double t);
/* The same of one plate; RET_BEGIN_T: since when. */
bool shelf_watch_plate_is_moving(const ShelfWatch *watch, guint column, double *ret_begin_t);

/* Tells now what moved at or before T on the plate in COLUMN and on those that it touches, with the
 * weights as they are. What is not plain yet, and what came later, goes on undisturbed. */
void shelf_watch_force(ShelfWatch *watch, guint column, double t);
/* The same of all plates, whenever it was. */
void shelf_watch_force_all(ShelfWatch *watch);

typedef enum {
    PLATE_WORKS,
    PLATE_SILENT, /* no sample for two seconds, or none ever */
    PLATE_STUCK,  /* the same number for ten seconds while its neighbours are alive */
} PlateHealth;

PlateHealth shelf_watch_plate_health(const ShelfWatch *watch, guint column);
