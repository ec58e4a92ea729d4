/* Deleting an account (LST-24, LST-27): a plan from the inventory, carried out by a job that can be
 * interrupted anywhere and goes on, with a receipt that says what came of each kind of data.
 *
 * The deletion of bytes cannot be proved, only that it was asked for, by which table it was done
 * and what each store answered; the receipt says no more than that. */
#pragma once

#include "jobs/jobs.h"
#include "privacy/sweep.h"

/* In the transaction that closes the account (accounts/account.h), so that from its commit on
 * nobody is signed in to it: adds the job that deletes it. RET_RECEIPT names the receipt, which
 * outlives the account and holds nothing that leads to a person. CONFLICT when it was asked for
 * already. */
bool erasure_request(DbTx *tx, const Clock *clock, const Id *account, Id *ret_receipt,
                     GError **error);

/* The job's kind, and its work. */
#define ERASURE_JOB "privacy.erase"
bool erasure_run(const Privacy *privacy, const Job *job, GError **error);

/* The receipt as JSON: when it was asked for, when it was done (null while it runs), and per kind
 * of data what was done and to how much. NULL with NOT_FOUND for another id. */
char *erasure_receipt(Db *db, const Id *receipt, GError **error);
