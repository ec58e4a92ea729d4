/* Inside the room only: what its parts share. */
#pragma once

#include "batches/batches.h"
#include "image/pool.h"

enum { NUM_JOB_KINDS = 10 };

struct Batches {
    Db *db;
    Vault *vault;
    const Clock *clock;
    const Settings *settings;
    char *picture_scheme;
    char *picture_port; /* ":8080", or "" for the scheme's own */
    bool allow_no_sandbox;
    char *image_program;

    Jobs *jobs; /* atomic; NULL: none in this process */
    JobKind kinds[NUM_JOB_KINDS];

    GMutex mutex; /* of what follows */
    GCond appended;
    ImagePool *pool; /* NULL: no photo came yet */
    bool is_interrupted;
    GHashTable *appends; /* upload id (owned) -> AppendState: appends under way in this process */
    struct Watches *watches; /* watch.h */
};

/* Jobs that were added are in the database: somebody may do them. */
void service_wake(Batches *batches);
/* The batch changed, as all who look at the database can see now. */
void service_notify(Batches *batches, const Id *batch);

/* Starts the decoders if need be. */
ImagePool *service_pool(Batches *batches, GError **error);

/* From when on nothing that was uploaded at this moment is there any more (LST-17). */
Timestamp service_expiry(Timestamp uploaded_at);
/* The last moment of an upload of which nothing is there any more. */
Timestamp service_overdue(const Batches *batches);

/* The id in a column that we wrote; false where it is null. */
bool row_id(DbRows *rows, const char *column, Id *ret_id);

/* NOT_FOUND for what is not the account's, too. */
void *fail_no_such(GError **error, const char *what);
