/* Published pictures are encrypted at rest; those that are asked for most are kept open in bounded
 * memory, in files of which the kernel sends the pages. An entry is believed for PICTURE_FRESH
 * seconds without asking the database, and thrown away when nobody has confirmed it for
 * PICTURE_KEPT seconds or its last day is over, so that a picture that was taken back does not live
 * on here (LST-17): only who is being answered at that moment still gets the rest of it. */
#pragma once

#include "base/clock.h"
#include "base/memory_pages.h"

#include <stdbool.h>

#define PICTURE_FRESH SECONDS(2)
#define PICTURE_KEPT SECONDS(60)

typedef struct {
    MemoryPages *pages; /* NULL: it is small, or there is no descriptor left for it */
    GBytes *bytes;      /* in the pages where there are some */
    char *etag;         /* quoted */
    Timestamp published_at;
    Timestamp expires_at;
} PictureEntry;

PictureEntry *picture_entry_new(GBytes *bytes, const char *etag, Timestamp published_at,
                                Timestamp expires_at); /* copies BYTES, or takes a reference */
PictureEntry *picture_entry_ref(PictureEntry *entry);
void picture_entry_unref(PictureEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PictureEntry, picture_entry_unref)

typedef struct PictureCache PictureCache;

PictureCache *picture_cache_new(const Clock *clock, gsize max_bytes, guint max_pictures);
void picture_cache_free(PictureCache *cache);

/* The entry of HOST and PATH if the database need not be asked, else NULL. From any thread, quick.
 */
PictureEntry *picture_cache_find_fresh(PictureCache *cache, const char *host, const char *path);

/* The database has just said that HOST and PATH serve what ETAG names: the entry, fresh again, or
 * NULL when it is not here. */
PictureEntry *picture_cache_confirm(PictureCache *cache, const char *host, const char *path,
                                    const char *etag);

/* Takes the place of what was there. An entry larger than a quarter of the memory is not kept. */
void picture_cache_put(PictureCache *cache, const char *host, const char *path,
                       PictureEntry *entry);

/* The database has just said that there is nothing. */
void picture_cache_forget(PictureCache *cache, const char *host, const char *path);

/* Throws away what is too old; to be called every few seconds. */
void picture_cache_purge(PictureCache *cache);

gsize picture_cache_size(PictureCache *cache);
