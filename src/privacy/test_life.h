/* For tests: rows and objects of people who live, made from the inventory, so that a new column or
 * table takes part by itself. */
#pragma once

#include "blob/test_vault.h"
#include "privacy/sweep.h"

typedef struct {
    TestVault *vault;
    Privacy privacy;
    bool clock_is_synchronised;
    Timestamp database_is_ahead; /* of the vault's clock */
    guint num_markers;
} TestLife;

TestLife *test_life_new(TestDatabase *database);
void test_life_free(TestLife *life);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestLife, test_life_free)

/* An account with a row in every table that has one for as long as the account. */
Id test_life_account(TestLife *life, const char *region);

/* A batch of ACCOUNT with one photo, now: a row in every table that hangs on an upload, and an
 * object of each class. Every text in it contains the returned marker. */
char *test_life_batch(TestLife *life, const Id *account);

/* How many rows TABLE has. */
gint64 test_life_count(TestLife *life, const InventoryEntry *entry);
