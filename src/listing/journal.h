/* The memory of a build: what was made of which bytes with which settings, so that a build that was
 * interrupted, or is repeated, does only what is left. One line a finding, appended when the thing
 * is there; a line that a crash tore in two is not believed. One process at a time. */
#pragma once

#include "base/digest.h"
#include "image/image.h"

#include <glib.h>
#include <stdbool.h>

/* What came out for one photo and one set of settings. */
typedef struct {
    Digest input;
    Digest settings;
    char *rejection; /* NULL, or why nothing can be made of this photo */
    ImageFacts facts;
    guint64 bytes_in;
    bool has_picture; /* the settings asked for more than a thumbnail */
    Digest picture;   /* of its bytes */
    guint64 picture_bytes;
    guint32 width, height;
    ImageMethod method;
    gint32 quality;
    bool is_444;
    double score;
    Digest thumbnail;
    bool is_from_before; /* it was in the journal when that was opened; journal_add sets it */
} JournalRecord;

typedef struct Journal Journal;

/* Opens or begins the journal in the folder STATE_DIR. CONFLICT when another process has it. */
Journal *journal_open(const char *state_dir, GError **error);
void journal_close(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_close)

/* All of the following may be called from several threads. What is returned belongs to the journal
 * and lives as long as it. */
const Digest *journal_digest_of(Journal *journal, const char *identity);
const JournalRecord *journal_find(Journal *journal, const Digest *input, const Digest *settings);
/* Whether PICTURE was ever made here, of whatever input with whatever settings. */
bool journal_has_picture(Journal *journal, const Digest *picture);

bool journal_add_identity(Journal *journal, const char *identity, const Digest *input,
                          GError **error);
/* Copies RECORD. */
const JournalRecord *journal_add(Journal *journal, const JournalRecord *record, GError **error);
