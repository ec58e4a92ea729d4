#include "batches/batch_state.h"

#include "base/error.h"

G_STATIC_ASSERT(BATCH_OPEN == 1 && BATCH_PUBLISHING == 2 && BATCH_PUBLISHED == 3 &&
                BATCH_EXPIRED == 4 && BATCH_DELETED == 5);

/* Every transition there is. A change while a batch is being published joins in: the job waits for
 * it. What is published stays published until it is changed. */
static const struct {
    BatchState from;
    BatchStateEvent event;
    BatchState to;
} state_table[] = {
    { BATCH_OPEN, BATCH_PUBLISH, BATCH_PUBLISHING },
    { BATCH_OPEN, BATCH_REOPEN, BATCH_OPEN },
    { BATCH_OPEN, BATCH_CHANGE, BATCH_OPEN },
    { BATCH_OPEN, BATCH_RUN_OUT, BATCH_EXPIRED },
    { BATCH_OPEN, BATCH_DELETE, BATCH_DELETED },
    { BATCH_PUBLISHING, BATCH_PUBLISH, BATCH_PUBLISHING },
    { BATCH_PUBLISHING, BATCH_FINISH, BATCH_PUBLISHED },
    { BATCH_PUBLISHING, BATCH_GIVE_UP, BATCH_OPEN },
    { BATCH_PUBLISHING, BATCH_REOPEN, BATCH_OPEN },
    { BATCH_PUBLISHING, BATCH_CHANGE, BATCH_PUBLISHING },
    { BATCH_PUBLISHING, BATCH_RUN_OUT, BATCH_EXPIRED },
    { BATCH_PUBLISHING, BATCH_DELETE, BATCH_DELETED },
    { BATCH_PUBLISHED, BATCH_PUBLISH, BATCH_PUBLISHING },
    { BATCH_PUBLISHED, BATCH_REOPEN, BATCH_OPEN },
    { BATCH_PUBLISHED, BATCH_CHANGE, BATCH_OPEN },
    { BATCH_PUBLISHED, BATCH_RUN_OUT, BATCH_EXPIRED },
    { BATCH_PUBLISHED, BATCH_DELETE, BATCH_DELETED },
    { BATCH_EXPIRED, BATCH_CHANGE, BATCH_OPEN },
    { BATCH_EXPIRED, BATCH_RUN_OUT, BATCH_EXPIRED },
    { BATCH_EXPIRED, BATCH_DELETE, BATCH_DELETED },
};

const char *
batch_state_to_string(BatchState state)
{
    switch (state) {
    case BATCH_OPEN:
        return "open";
    case BATCH_PUBLISHING:
        return "publishing";
    case BATCH_PUBLISHED:
        return "published";
    case BATCH_EXPIRED:
        return "expired";
    case BATCH_DELETED:
        return "deleted";
    }
    g_assert_not_reached();
}

bool
batch_state_after(BatchState state, BatchStateEvent event, BatchState *ret_state, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(state_table); i++) {
        if (state_table[i].from == state && state_table[i].event == event) {
            *ret_state = state_table[i].to;
            return true;
        }
    }
    return fail(error, APP_ERROR_CONFLICT, "the batch is %s", batch_state_to_string(state));
}
