/* What the pool and a worker say to each other over a stream socket. Both ends are the same
 * program, so structures travel as they are; but a worker may have been taken over by the photo it
 * decoded, so every field of a reply is checked, and none is of a type (bool, enum) that has
 * invalid values.
 *
 * The worker opens with a WireReply (status WIRE_OK: the sandbox stands). Then each WireRequest,
 * with the photo's descriptor beside it, is answered by one WireReply and the bytes of its outputs.
 */
#pragma once

#include "image/image.h"

#define WIRE_MAGIC 0x43504b32u
/* Where a photo may take N seconds of processor time, a worker that does nothing is given up after so
 * many times N by the clock. */
#define WIRE_WALL_FACTOR 4

#define WIRE_SOCKET 3 /* the descriptor a worker finds its socket on */

typedef struct {
    guint32 magic;
    guint64 photo_bytes; /* a worker cannot ask for the size itself */
    ImageRequest request;
} WireRequest;

typedef enum {
    WIRE_OK,
    WIRE_FAILED,        /* error_code and message say why */
    WIRE_OUT_OF_MEMORY, /* the worker ends */
} WireStatus;

typedef struct {
    guint32 width, height;
    guint32 method;
    gint32 quality;
    guint32 is_444;
    guint32 reserved;
    double score;
    guint64 num_bytes;
} WireOutput;

typedef struct {
    guint32 magic;
    guint32 status; /* WireStatus */
    guint32 error_code;
    char message[512];
    guint32 format;
    guint32 width, height;
    guint32 num_frames;
    guint32 was_truncated;
    guint32 had_location;
    double border_white_share;
    double frame_fill;
    guint32 num_outputs;
    WireOutput outputs[IMAGE_MAX_OUTPUTS];
} WireReply;
