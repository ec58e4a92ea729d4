#include "image/plane_orient.h"

#include <string.h>

/* A tile of 16 rows of 16 bytes: both sides of the transposition stay in the first-level cache. */
#define TILE 16

/* Where an upright sample comes from: transposed or not, then counted from the far end or not. */
typedef struct {
    bool swaps;
    bool mirrors_x, mirrors_y; /* the source's axes */
} Turn;

static const Turn turns[9] = {
    [1] = { false, false, false }, [2] = { false, true, false }, [3] = { false, true, true },
    [4] = { false, false, true },  [5] = { true, false, false }, [6] = { true, false, true },
    [7] = { true, true, true },    [8] = { true, true, false },
};

guint8
image_orientation_turned(guint8 orientation, guint32 turn)
{
    g_assert(orientation >= 1 && orientation <= 8 && turn % 90 == 0 && turn < 360);
    /* A quarter turn leads from each to the next: those as taken, those in a mirror. */
    static const guint8 next[9] = {
        [1] = 6, [6] = 3, [3] = 8, [8] = 1, [2] = 7, [7] = 4, [4] = 5, [5] = 2
    };
    for (; turn > 0; turn -= 90) {
        orientation = next[orientation];
    }
    return orientation;
}

bool
image_orientation_swaps(guint8 orientation)
{
    g_assert(orientation >= 1 && orientation <= 8);
    return turns[orientation].swaps;
}

void
image_orientation_mirrors(guint8 orientation, bool *ret_mirrors_x, bool *ret_mirrors_y)
{
    g_assert(orientation >= 1 && orientation <= 8);
    *ret_mirrors_x = turns[orientation].mirrors_x;
    *ret_mirrors_y = turns[orientation].mirrors_y;
}

typedef struct {
    const guint8 *data;
    gsize stride;
    guint32 width, height;
} PlaneView;

static void
copy_rows(PlaneView from, Turn turn, guint8 *to, gsize to_stride)
{
    for (guint32 y = 0; y < from.height; y++) {
        const guint8 *source = from.data + from.stride * (turn.mirrors_y ? from.height - 1 - y : y);
        guint8 *target = to + to_stride * y;
        if (!turn.mirrors_x) {
            memcpy(target, source, from.width);
            continue;
        }
        for (guint32 x = 0; x < from.width; x++) {
            target[x] = source[from.width - 1 - x];
        }
    }
}

/* One tile of the source at X, Y; its sample (x, y) becomes row x, column y. */
static inline void
transpose_tile(PlaneView from, Turn turn, guint32 tile_x, guint32 tile_y, guint32 tile_width,
               guint32 tile_height, guint8 *to, gsize to_stride)
{
    for (guint32 x = 0; x < tile_width; x++) {
        guint32 row = turn.mirrors_x ? from.width - 1 - tile_x - x : tile_x + x;
        const guint8 *source = from.data + from.stride * tile_y + tile_x + x;
        guint8 *target = to + to_stride * row;
        if (turn.mirrors_y) {
            target += from.height - 1 - tile_y;
            for (guint32 y = 0; y < tile_height; y++) {
                *(target - y) = source[from.stride * y];
            }
        } else {
            target += tile_y;
            for (guint32 y = 0; y < tile_height; y++) {
                target[y] = source[from.stride * y];
            }
        }
    }
}

static void
transpose(PlaneView from, Turn turn, guint8 *to, gsize to_stride)
{
    for (guint32 y = 0; y < from.height; y += TILE) {
        guint32 tile_height = MIN(TILE, from.height - y);
        for (guint32 x = 0; x < from.width; x += TILE) {
            guint32 tile_width = MIN(TILE, from.width - x);
            if (tile_width == TILE && tile_height == TILE) {
                transpose_tile(from, turn, x, y, TILE, TILE, to, to_stride);
            } else {
                transpose_tile(from, turn, x, y, tile_width, tile_height, to, to_stride);
            }
        }
    }
}

bool
image_planes_orient(ImagePlanes *planes, guint8 orientation, GError **error)
{
    g_assert(orientation >= 1 && orientation <= 8);
    if (orientation == 1) {
        return true;
    }
    Turn turn = turns[orientation];
    ImagePlanes turned;
    if (!image_planes_init(&turned, turn.swaps ? planes->height : planes->width,
                           turn.swaps ? planes->width : planes->height, planes->num_planes,
                           turn.swaps ? planes->chroma_shift_y : planes->chroma_shift_x,
                           turn.swaps ? planes->chroma_shift_x : planes->chroma_shift_y, error)) {
        return false;
    }
    for (guint i = 0; i < planes->num_planes; i++) {
        PlaneView from = { planes->data[i], planes->stride[i], image_planes_width(planes, i),
                           image_planes_height(planes, i) };
        (turn.swaps ? transpose : copy_rows)(from, turn, turned.data[i], turned.stride[i]);
    }
    image_planes_clear(planes);
    *planes = turned;
    return true;
}
