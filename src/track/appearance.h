/* What somebody wears, as numbers: enough to tell two shoppers apart for the length of a visit.
 *
 * STO-10: clothing, never faces. The pictures handed in here are cut below the head before a single
 * pixel is read, and what is kept is a histogram of colours, from which no picture can be made.
 * Vectors measured elsewhere (a network for clothing) can be used in its place; they are only ever
 * compared with each other. */
#pragma once

#include "track/motion.h"

/* Numbers that appearance_of_clothing gives. */
#define APPEARANCE_CLOTHING_SIZE 32

/* 8-bit RGB, rows STRIDE bytes apart. */
typedef struct {
    const guint8 *pixels;
    gsize stride;
    guint width, height;
} AppearancePicture;

/* Colours of the upper and the lower body within BOX, 16 numbers each, of unit length together.
 * False when the box shows too little of the picture to say. */
bool appearance_of_clothing(const AppearancePicture *picture, const Box *box, float *ret_numbers);

/* Brings SIZE numbers to unit length; false when all are 0. */
bool appearance_normalize(float *numbers, guint size);

/* Similarity of two unit vectors, -1 to 1. */
double appearance_similarity(const float *a, const float *b, guint size);

/* How similar the same and different people are: nobody but the stream itself can tell, because it
 * depends on the light, the camera and where the numbers come from. Zeroed: nothing known yet. */
typedef struct {
    struct {
        double count, mean, squares; /* Welford's running mean and sum of squared deviations */
    } same, different;
} AppearanceScale;

/* A similarity seen between two pictures of one person, or of two. */
void appearance_learn(AppearanceScale *scale, bool same, double similarity);

/* Log-odds that two pictures of this similarity show one person, within -4 to 4; 0 until enough was
 * seen to tell. */
double appearance_log_odds(const AppearanceScale *scale, double similarity);
