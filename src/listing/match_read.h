/* Reads one photo's path: which SKU, by which rule, and what the rest says. Other photos have no
 * say in it. */
#pragma once

#include "listing/match_index.h"
#include "listing/match_rest.h"

/* How a photo found its SKU, the strongest first. */
typedef enum {
    HOW_FILE_COLUMN,
    HOW_NAME,            /* the name is the SKU, or begins with it */
    HOW_NAME_SHAPE,      /* with other separators in the same places */
    HOW_NAME_LOOSE,      /* with separators left out or put in */
    HOW_NAME_ZEROS,      /* leading zeros aside */
    HOW_NAME_DECODED,    /* after %2F and the like are decoded */
    HOW_COPY_OF,         /* after "Copy of " and the like are taken off */
    HOW_FOLDER_AND_NAME, /* "AB/12.jpg" */
    HOW_FOLDER,
    HOW_FOLDER_SHAPE,
    HOW_FOLDER_LOOSE,
    HOW_INSIDE, /* "IMG_AB-12_front" */
    HOW_GLUED,  /* "AB-1201.jpg", "AB-12front.jpg" */
    HOW_NONE,
} MatchHow;

/* Why a photo that found SKUs has none of them. */
typedef enum {
    DOUBT_NONE,
    DOUBT_TIE,     /* several SKUs fit equally well */
    DOUBT_FOLDER,  /* the folder names another SKU, and the name is no better evidence */
    DOUBT_COUNTER, /* digits behind a SKU that ends in digits: a longer SKU, or a counter */
} MatchDoubt;

typedef struct {
    guint32 sku;       /* when how is not HOW_NONE and there is no doubt */
    guint32 other_sku; /* another reading: a shorter SKU in the name, or the folder's; else
                          MATCH_NO_SKU */
    Claim claim;
    guint8 how;         /* MatchHow */
    guint8 kind;        /* IdKind */
    guint8 doubt;       /* MatchDoubt */
    bool whole;         /* the name is the SKU and nothing else */
    guint32 first_tied; /* index into the reader's tied, when in doubt */
    guint32 num_tied;   /* all that fit; only the first MAX_NAMED_SKUS are in tied */
} MatchReading;

typedef struct MatchReader MatchReader;

MatchReader *match_reader_new(const MatchIndex *index);
void match_reader_free(MatchReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchReader, match_reader_free)

MatchReading match_read(MatchReader *reader, const char *path);

/* The SKUs that readings in doubt point to. */
const guint32 *match_reader_tied(const MatchReader *reader, const MatchReading *reading);
