/* MOTChallenge text: one box a line, fields separated by commas (P. Dendorfer et al.,
 * "MOTChallenge: A Benchmark for Single-Camera Multiple Target Tracking", IJCV 129, 2021).
 *
 *     frame, id, left, top, width, height, confidence, x, y, z [, appearance ...]   detections,
 * results frame, id, left, top, width, height, counts, class, visibility                truth since
 * 2016
 *
 * Frames count from 1, lengths are pixels, x and y metres on the floor (-1 where unknown). Six
 * fields are enough. Fields after the tenth describe the look of the clothing, as DeepSORT's
 * detection files do: as many in every line as in the first that has any. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define MOT_MAX_FRAME 1000000000 /* a year of 30 frames a second */
#define MOT_MAX_APPEARANCE 1024  /* fields; networks give 128 to 512 */
#define MOT_MAX_BOXES 2000       /* in one frame; work and memory grow with its square */

typedef enum {
    MOT_DETECTIONS, /* in order of frames, ids are ignored: what a tracker reads as it comes */
    MOT_TRACKS,     /* truth or results: every box has an id, once a frame; in any order of lines */
} MotKind;

typedef struct {
    guint frame;
    gint64 id; /* -1 in detections */
    double left, top, width, height;
    double confidence; /* 1 where the line has none */
    double x, y;       /* metres on the floor; NAN where the line has none */
    int object_class;  /* 1 is a person, -1 none given */
    bool counts;       /* truth only: false for what is marked as not to be scored */
    guint line;        /* where it stands in the file */
} MotRow;

typedef struct {
    char *name;         /* of the file, for messages */
    GArray *rows;       /* of MotRow, sorted by frame; within a frame in the order of lines */
    GArray *appearance; /* of float: appearance_size for each row; only of detections */
    guint appearance_size;
    guint last_frame; /* 0 when there are no rows */
} MotText;

/* Reads a whole file. The first malformed line ends it, named with file and number. */
MotText *mot_text_read(const char *path, MotKind kind, GError **error);

/* The same from SIZE bytes of TEXT; NAME is for messages. */
MotText *mot_text_parse(const char *name, const char *text, gsize size, MotKind kind,
                        GError **error);
void mot_text_free(MotText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MotText, mot_text_free)

static inline const MotRow *
mot_text_row(const MotText *text, guint index)
{
    return &g_array_index(text->rows, MotRow, index);
}

/* The appearance of a row, or NULL where the file has none. */
const float *mot_text_appearance(const MotText *text, guint index);

/* Appends one line of ten fields, the form that this reader and the usual tools accept. */
void mot_text_append_row(GString *out, const MotRow *row);
