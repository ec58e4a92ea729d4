#include "db/wal_sync.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct WalSync {
    char *path;
    GMutex lock;
    GCond ended;
    guint64 num_asked; /* each caller is a number */
    guint64 num_safe;  /* the callers up to this one are served */
    bool is_syncing;
    int broken_errno;
};

WalSync *
wal_sync_new(const char *database_path)
{
    WalSync *sync = g_new0(WalSync, 1);
    sync->path = g_strconcat(database_path, "-wal", NULL);
    g_mutex_init(&sync->lock);
    g_cond_init(&sync->ended);
    return sync;
}

void
wal_sync_free(WalSync *sync)
{
    if (sync == NULL) {
        return;
    }
    g_mutex_clear(&sync->lock);
    g_cond_clear(&sync->ended);
    g_free(sync->path);
    g_free(sync);
}

/* The errno of a failure, or 0. Opened each time, so that it is the file of now. */
static int
sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        /* The last connection of all processes has written it back, with a sync, and removed it. */
        return errno == ENOENT ? 0 : errno;
    }
    int status;
    do {
        status = fdatasync(fd);
    } while (status < 0 && errno == EINTR);
    int errnum = status < 0 ? errno : 0;
    close(fd);
    return errnum;
}

bool
wal_sync_wait(WalSync *sync, GError **error)
{
    g_mutex_lock(&sync->lock);
    guint64 number = ++sync->num_asked;
    while (sync->num_safe < number && sync->broken_errno == 0) {
        if (sync->is_syncing) {
            /* It may have begun before our bytes were there: wait for its end and for the next. */
            g_cond_wait(&sync->ended, &sync->lock);
            continue;
        }
        guint64 num_covered = sync->num_asked;
        sync->is_syncing = true;
        g_mutex_unlock(&sync->lock);
        int errnum = sync_file(sync->path);
        g_mutex_lock(&sync->lock);
        sync->is_syncing = false;
        sync->broken_errno = errnum;
        if (errnum == 0) {
            sync->num_safe = num_covered;
        }
        g_cond_broadcast(&sync->ended);
    }
    bool is_safe = sync->num_safe >= number;
    int broken_errno = sync->broken_errno;
    g_mutex_unlock(&sync->lock);
    return is_safe || fail(error, APP_ERROR_UNAVAILABLE,
                           "database: its log cannot be written to the disk (%s); restart",
                           g_strerror(broken_errno));
}
