/* What happened, in words: for the operator who reviews a receipt and for the trace. */
#pragma once

#include "store/readings.h"
#include "store/visits.h"

typedef struct {
    const StoreLayout *layout;
    const Visits *visits;
} TextContext;

/* "10:31:07" in UTC; free it. */
char *text_of_time(double t);
/* "v12", "staff", "nobody"; valid as long as the visit is known. */
const char *text_of_owner(const TextContext *context, Owner owner);
/* "v12 took 2 x water (632565000012)"; free it. */
char *text_of_verdict(const TextContext *context, const Verdict *verdict);
/* The smallest question that tells LIKELY from OTHER: "did v12 or v13 take the water at 10:31:07?";
 * free it. */
char *text_of_question(const TextContext *context, double t, const Verdict *likely,
                       const Verdict *other);
/* A change and what every reading of it scored, several lines; free it. */
char *text_of_decision(const TextContext *context, const CartBook *book, const Decision *decision,
                       const StoreChange *change);
