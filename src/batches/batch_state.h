/* Inside the room only: where a batch may go. */
#pragma once

#include "batches/batches.h"

typedef enum {
    BATCH_PUBLISH, /* a person asks for URLs */
    BATCH_FINISH,  /* all pictures are there and have them */
    BATCH_GIVE_UP, /* publishing failed for good */
    BATCH_REOPEN,  /* a person wants to change it */
    BATCH_CHANGE,  /* a file came in, or a person decided something */
    BATCH_RUN_OUT, /* its last photo's days are over */
    BATCH_DELETE,  /* a person wants it gone */
} BatchStateEvent;

/* CONFLICT where the state allows no such event; RET_STATE otherwise. */
bool batch_state_after(BatchState state, BatchStateEvent event, BatchState *ret_state,
                       GError **error);
