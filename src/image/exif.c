#include "image/exif.h"

#include <string.h>

/* Real files have below 200 entries; a directory that points to itself has as many as we let it. */
#define MAX_ENTRIES 2000

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_EXIF_DIRECTORY = 0x8769,
    TAG_GPS_DIRECTORY = 0x8825,
    TAG_INTEROPERABILITY_DIRECTORY = 0xa005,
    TAG_INTEROPERABILITY_INDEX = 0x0001,
    TAG_GPS_VERSION = 0x0000,
};

enum { TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4 };

typedef struct {
    const guint8 *data;
    gsize size;
    bool is_big_endian;
    guint entries_left;
    ExifFacts facts;
} Tiff;

typedef enum {
    DIRECTORY_MAIN,
    DIRECTORY_EXIF,
    DIRECTORY_GPS,
    DIRECTORY_INTEROPERABILITY,
} DirectoryKind;

static guint32
read_16(const Tiff *tiff, gsize at)
{
    const guint8 *p = tiff->data + at;
    return tiff->is_big_endian ? (guint32)p[0] << 8 | p[1] : (guint32)p[1] << 8 | p[0];
}

static guint32
read_32(const Tiff *tiff, gsize at)
{
    return tiff->is_big_endian ? read_16(tiff, at) << 16 | read_16(tiff, at + 2)
                               : read_16(tiff, at + 2) << 16 | read_16(tiff, at);
}

/* The kind of directory that a tag of another one points to, or -1. */
static int
directory_of_tag(DirectoryKind kind, guint32 tag)
{
    if (kind == DIRECTORY_MAIN && tag == TAG_EXIF_DIRECTORY) {
        return DIRECTORY_EXIF;
    }
    if (kind == DIRECTORY_MAIN && tag == TAG_GPS_DIRECTORY) {
        return DIRECTORY_GPS;
    }
    if (kind == DIRECTORY_EXIF && tag == TAG_INTEROPERABILITY_DIRECTORY) {
        return DIRECTORY_INTEROPERABILITY;
    }
    return -1;
}

static void
read_value(Tiff *tiff, DirectoryKind kind, gsize entry)
{
    guint32 tag = read_16(tiff, entry);
    guint32 type = read_16(tiff, entry + 2);
    if (kind == DIRECTORY_MAIN && tag == TAG_ORIENTATION) {
        guint32 value = type == TYPE_SHORT  ? read_16(tiff, entry + 8)
                        : type == TYPE_LONG ? read_32(tiff, entry + 8)
                                            : 0;
        if (value >= 1 && value <= 8) {
            tiff->facts.orientation = (guint8)value;
        }
    } else if (kind == DIRECTORY_GPS && tag != TAG_GPS_VERSION) {
        tiff->facts.has_location = true;
    } else if (kind == DIRECTORY_INTEROPERABILITY && tag == TAG_INTEROPERABILITY_INDEX &&
               type == TYPE_ASCII && memcmp(tiff->data + entry + 8, "R03", 3) == 0) {
        tiff->facts.is_adobe_rgb = true;
    }
}

/* Reads a directory and those it points to. Pointers lead from a kind to another, never back, so
 * the depth is that of the kinds. */
static void
read_directory(Tiff *tiff, DirectoryKind kind, gsize at) /* NOLINT(misc-no-recursion) */
{
    if (at > tiff->size || tiff->size - at < 2) {
        return;
    }
    guint32 num_entries = read_16(tiff, at);
    for (guint32 i = 0; i < num_entries && tiff->entries_left > 0; i++) {
        tiff->entries_left--; /* before the directories inside, which may use up the rest */
        gsize entry = at + 2 + (gsize)12 * i;
        if (tiff->size - MIN(entry, tiff->size) < 12) {
            return;
        }
        int next_kind = directory_of_tag(kind, read_16(tiff, entry));
        if (next_kind >= 0) {
            read_directory(tiff, (DirectoryKind)next_kind, read_32(tiff, entry + 8));
        } else {
            read_value(tiff, kind, entry);
        }
    }
}

ExifFacts
exif_facts(const guint8 *data, gsize size)
{
    Tiff tiff = {
        .data = data,
        .size = size,
        .entries_left = MAX_ENTRIES,
        .facts = { .orientation = 1 },
    };
    if (size >= 8 && (memcmp(data, "II*\0", 4) == 0 || memcmp(data, "MM\0*", 4) == 0)) {
        tiff.is_big_endian = data[0] == 'M';
        read_directory(&tiff, DIRECTORY_MAIN, read_32(&tiff, 4));
    }
    return tiff.facts;
}
