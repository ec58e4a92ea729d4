/* Words about a picture's place, as sellers write them in file names. */
#pragma once

#include <glib.h>

typedef enum {
    WORD_MAIN,
    WORD_SWATCH,
    WORD_ENERGY_LABEL,
    WORD_EXTRA,   /* "alt": a number behind it counts the further pictures */
    WORD_PICTURE, /* "image": a number behind it counts all pictures; says nothing alone */
    WORD_COPY,    /* says nothing, nor does a number behind it */
    WORD_VIEW,
} WordMeaning;

typedef struct {
    const char *text; /* folded, letters only */
    WordMeaning meaning;
    guint16 view; /* WORD_VIEW: where it stands in the usual order of views, from 1 (front) */
} PlaceWord;

/* Sorted by text. */
extern const PlaceWord place_word_table[];
extern const gsize place_word_count;
