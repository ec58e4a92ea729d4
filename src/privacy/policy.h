/* The privacy policy, written from the inventory: what the code does and what the page says are the
 * same table. Every figure in it is one that the sweep obeys (LST-29: it carries its date and its
 * version). */
#pragma once

#include "privacy/inventory.h"

typedef struct {
    const char *service;   /* "pictures.example.com" */
    const char *operator_; /* who runs it, and how to reach them; NULL: the page says that the
                            * operator has not said so yet */
} PolicyFacts;

/* The contents of <main>, without styles or scripts. */
GString *policy_html(const PolicyFacts *facts);

/* The same for programs. */
char *policy_json(const PolicyFacts *facts);

/* The same for a terminal. */
GString *policy_text(const PolicyFacts *facts);
