/* For tests: the room on a database and a vault of its own, one account, and jobs that run when
 * they are told to. A program that uses it must be its own image worker: test_batches_main. Fails
 * the test itself. */
#pragma once

#include "batches/exports.h"
#include "batches/photos.h"
#include "batches/publications.h"
#include "batches/uploads.h"
#include "batches/watch.h"
#include "blob/test_vault.h"

typedef struct {
    TestVault *vault; /* its clock is everybody's */
    Settings settings;
    Batches *batches;
    Jobs *jobs;
    Id account;
} TestBatches;

TestBatches *test_batches_new(TestDatabase *database);
void test_batches_free(TestBatches *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestBatches, test_batches_free)

/* The same as another process: on the databases and the directory of one that is there already. */
TestBatches *test_batches_join(const char *database_url, const char *keyring_url,
                               const char *directory, const Clock *clock, const Id *account);

/* Runs jobs until nothing is due, and moves the clock to what is due in the next ten seconds.
 * Returns how many ran. */
guint test_batches_work(TestBatches *test);

/* A new account with a picture host "LABEL.pictures.example". */
Id test_batches_account(TestBatches *test, const char *label);

/* A new batch with default settings. */
Id test_batches_open(TestBatches *test);
BatchInfo *test_batches_info(TestBatches *test, const Id *batch);

/* Uploads DATA in one append. */
UploadInfo *test_batches_upload(TestBatches *test, const Id *batch, const char *name,
                                const void *data, gsize size);
/* In two appends: a job will put it together. */
void test_batches_upload_in_pieces(TestBatches *test, const Id *batch, const char *name,
                                   const void *data, gsize size);
void test_batches_upload_text(TestBatches *test, const Id *batch, const char *name,
                              const char *text);
/* A small JPEG whose bytes depend on SHADE. */
void test_batches_upload_photo(TestBatches *test, const Id *batch, const char *name, guint shade);
GBytes *test_batches_photo(guint shade);

/* The photo called NAME; fails when there is none, or there are several. */
PhotoInfo *test_batches_find(TestBatches *test, const Id *batch, const char *name);
/* "matched 3 MAIN", "unmatched": what became of it. */
char *test_batches_place(TestBatches *test, const Id *batch, const char *name);

void test_batches_assert_place(TestBatches *test, const Id *batch, const char *name,
                               const char *expected);

/* The main function: TESTS registers them. */
int test_batches_main(int argc, char **argv, void (*add_tests)(void));
