/* Inside the room only: which uploads are being appended to in this process. Between processes the
 * database decides: an upload's offset is moved by one of two only. */
#pragma once

#include "batches/service.h"

typedef struct {
    gint must_stop; /* atomic */
} AppendState;

/* Asks an append of this upload to stop and waits a moment for it; false when it goes on. */
bool appends_stop(Batches *batches, const Id *upload);

/* False: another one is under way and has not stopped when it was asked to. */
bool appends_enter(Batches *batches, const Id *upload, AppendState *state);
void appends_leave(Batches *batches, const Id *upload);
