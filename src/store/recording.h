/* A recording, read as a stream: the lines of weights.jsonl, targets.jsonl and gate.jsonl in the
 * order in which an engine running live would have learned of them (docs/store-files.md). Memory
 * does not grow with the length of the recording.
 *
 * A line that is not what the format says ends the reading with "FILE:LINE: what". What a real
 * store does to a recording (holes, time running backwards, a shelf that the layout does not know,
 * a last line cut off by a power cut) does not: the line is left out or taken as told at
 * RecordingWarningKind, and counted. */
#pragma once

#include "store/store_layout.h"

#define RECORDING_MAX_LINE_BYTES (8u << 20)
#define RECORDING_MAX_ROWS 36000u /* of one batch: ten minutes at 60 Hz */
#define RECORDING_MAX_HZ 1000.0
#define RECORDING_MAX_TARGETS 1000u /* of one line */
#define RECORDING_MAX_APPEARANCE 512u
#define RECORDING_MAX_ID_BYTES 64u

typedef struct {
    double t; /* of the first row; the others follow in steps of 1/hz */
    guint
        shelf; /* index into the layout's shelves; LAYOUT_NONE only from recording_parse_weights */
    int gondola_id, shelf_id; /* as in the line */
    double hz;
    guint num_rows, num_columns; /* columns are the shelf's plates, in the layout's order */
    const float *grams;          /* [row * num_columns + column]; NAN where a plate gave nothing */
} WeightBatch;

typedef struct {
    double x, y, z;
    double score; /* 0 to 1 */
} TargetHand;

typedef struct {
    const char *id;
    double x, y;
    bool has_head;
    double head[3];
    guint num_hands; /* 0 to 2, in no order */
    TargetHand hands[2];
    guint num_appearance; /* 0: none */
    const float *appearance;
} Target;

typedef struct {
    double t;
    guint num_targets;
    const Target *targets;
} TargetFrame;

typedef enum { GATE_ENTER, GATE_EXIT, GATE_STAFF } GateKind;

typedef struct {
    double t;
    GateKind kind;
    const char *visit;  /* NULL: not told (never on enter) */
    guint party;        /* 1, or more: a group on one code */
    const char *target; /* NULL: not told */
} GateLine;

typedef enum { RECORDING_WEIGHTS, RECORDING_TARGETS, RECORDING_GATE } RecordingKind;

/* Pointers inside stay valid until the next item is asked for. */
typedef struct {
    RecordingKind kind;
    double known_at; /* when a live engine would have had it; never runs backwards */
    union {
        WeightBatch weights;
        TargetFrame targets;
        GateLine gate;
    };
} RecordingItem;

typedef enum {
    RECORDING_WARN_UNKNOWN_SHELF,     /* not in the layout: the batch is left out */
    RECORDING_WARN_WEIGHTS_BACKWARDS, /* begins before, or over 0.25 s inside, its shelf's last
                                       * batch: left out. A smaller overlap is jitter: taken */
    RECORDING_WARN_WEIGHTS_HOLE, /* a shelf gave nothing for over a second: later rows are taken */
    RECORDING_WARN_HZ_CHANGED,   /* within a shelf: left out */
    RECORDING_WARN_TARGETS_BACKWARDS, /* not after the line before: left out */
    RECORDING_WARN_TARGETS_HOLE,      /* over two seconds without a line: taken */
    RECORDING_WARN_GATE_BACKWARDS,    /* before the line before: taken, at its own t */
    RECORDING_WARN_LAST_LINE_CUT,     /* the last line has no end and is no JSON: left out */
} RecordingWarningKind;

/* One kind of trouble of one file or shelf, however often it occurred. */
typedef struct {
    RecordingWarningKind kind;
    const char *file;         /* "weights.jsonl" */
    int gondola_id, shelf_id; /* -1: not about a shelf */
    guint64 first_line;
    double first_t;
    guint64 count;
    double seconds; /* of all holes together */
    char *text;     /* for people: file, line, what, how often */
} RecordingWarning;

typedef struct RecordingReader RecordingReader;

/* Opens DIR/weights.jsonl, targets.jsonl and gate.jsonl; LAYOUT (mostly DIR/layout.json) must live
 * as long as the reader. */
RecordingReader *recording_open(const char *dir, const StoreLayout *layout, GError **error);
void recording_close(RecordingReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordingReader, recording_close)

/* The next item. False at the end, and with ERROR set when a line is wrong. */
bool recording_next(RecordingReader *reader, RecordingItem *ret_item, GError **error);

/* What was found so far, in the order in which it was found (of RecordingWarning, owned by the
 * reader). At most 256 different ones are told apart; the rest are counted in the last. */
const GPtrArray *recording_warnings(const RecordingReader *reader);
