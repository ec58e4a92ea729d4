/* The photos that were given: folders, ZIP files, single files. Lists them once, opens them one at
 * a time. Nothing is extracted to the disk; a ZIP's member is inflated into memory when it is
 * opened. */
#pragma once

#include "archive/zip.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *name;     /* relative to the folder or archive it came with, '/' between folders, UTF-8;
                     * led by the name of that folder or archive where several were given, and by
                     * the folders above it where that name is not enough to tell them apart */
    guint64 size;   /* bytes */
    char *identity; /* one word that changes when the bytes may have changed: what the file system
                     * (device, inode, size, times) or the archive (CRC) knows without reading */
    bool is_junk;   /* put there by an operating system: .DS_Store, Thumbs.db, __MACOSX/ ... */
} Photo;

typedef struct Intake Intake;

/* The folder within that of --out where build and clean keep what they know. Nothing below a folder
 * of this name is a photo, and none of it is listed. */
#define STATE_FOLDER ".cloudpick"

typedef struct {
    ZipLimits zip;
    guint64 max_photos;
    guint64 max_photo_bytes; /* of a ZIP's member: what intake_open may hold in memory */
} IntakeLimits;

Intake *intake_new(const IntakeLimits *limits);
void intake_free(Intake *intake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

/* A file or folder that intake_add passes over where it meets it: the output, the sheet. */
void intake_leave_out(Intake *intake, const char *path);

/* Adds a folder with all below it, a ZIP file, or a photo. Symbolic links are followed, a folder is
 * entered once. A folder below PATH that holds STATE_FOLDER is the output of another run, its
 * pictures come from photos: it is left out, with a remark. NOT_FOUND when PATH does not exist; a
 * file or a folder below it that cannot be read is listed all the same and fails when it is opened.
 * A path that was added before adds nothing; a photo that is given itself and lies below a folder
 * that is given too is listed with the folder. */
bool intake_add(Intake *intake, const char *path, GError **error);

/* Sorts by name, and puts the name of the source before it where there are several. After this,
 * nothing may be added. */
void intake_finish(Intake *intake);

/* What a person should know of what was given, a line each (of char *). */
const GPtrArray *intake_remarks(const Intake *intake);

gsize intake_num_photos(const Intake *intake);
const Photo *intake_photo(const Intake *intake, gsize index);

/* A descriptor to read photo INDEX from, at its start; the caller closes it. Safe from several
 * threads. TOO_LARGE when a ZIP's member is above max_photo_bytes. */
int intake_open(const Intake *intake, gsize index, GError **error);

/* Whether FD, from intake_open, still is the file that was listed, by size and time: digests and
 * pictures of a file that is being written belong to no bytes that anybody has. */
bool intake_is_unchanged(const Intake *intake, gsize index, int fd);

/* Whether photo INDEX begins as a picture of a kind that image/image.h knows does. A file that
 * cannot be read counts as one: opening it will tell. */
bool intake_looks_like_picture(const Intake *intake, gsize index);

/* For each photo the index of the first one with the same bytes: its own, mostly. Reads only photos
 * that share their size with another one. CANCELLED when *CANCEL becomes non-zero. A photo that
 * cannot be read is nobody's duplicate. */
bool intake_find_duplicates(const Intake *intake, const gint *cancel, gsize **ret_firsts,
                            GError **error);
