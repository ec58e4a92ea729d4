#include "image/pool.h"

#include "base/error.h"
#include "image/output_check.h"
#include "image/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a worker may take to start; it loads a hundred libraries, in tens of milliseconds. */
static const gint64 start_timeout_us = 60 * G_USEC_PER_SEC;
/* A worker is replaced after this many photos, so that nothing a library leaks adds up. */
static const guint max_photos_of_one_worker = 2000;

/* Stands in the environment of a worker. A program that is run as a worker and does not know the
 * word image-worker would go its usual way, start a pool, and so on without end. */
static const char worker_mark[] = "CLOUDPICK_IMAGE_WORKER";

typedef struct {
    pid_t pid;  /* 0: none */
    int socket; /* -1: none */
    bool is_busy;
    bool is_ready; /* it has said that its sandbox stands */
    guint num_photos;
} Worker;

struct ImagePool {
    guint64 max_memory_bytes;
    guint max_seconds;
    bool allow_no_sandbox;
    char *program;

    /* The kernel ends a worker when the thread that started it ends (PR_SET_PDEATHSIG), so one
     * thread that lives as long as the pool starts them all. */
    GThread *starter;
    GAsyncQueue *to_start; /* of Start */

    GMutex lock; /* of what follows */
    GCond changed;
    bool is_cancelled;
    guint num_workers;
    Worker *workers;
};

typedef struct {
    Worker *worker; /* NULL: the thread ends */
    bool is_done;
    GError *error;
} Start;

static void
close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) {
            close(pair[i]);
        }
    }
}

/* Nothing of the user's environment (keys, paths) is of use to a decoder. */
static char **
worker_environment(void)
{
    static const char *const kept[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                        "LD_LIBRARY_PATH" };
    char **environment = g_new0(char *, G_N_ELEMENTS(kept) + 2);
    guint num_set = 0;
    environment[num_set++] = g_strconcat(worker_mark, "=1", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
        const char *value = g_getenv(kept[i]);
        if (value != NULL) {
            environment[num_set++] = g_strconcat(kept[i], "=", value, NULL);
        }
    }
    return environment;
}

static int
spawn(const ImagePool *pool, int socket, pid_t *ret_pid)
{
    g_autofree char *memory = g_strdup_printf("%" G_GUINT64_FORMAT, pool->max_memory_bytes);
    g_autofree char *seconds = g_strdup_printf("%u", pool->max_seconds);
    g_autofree char *parent = g_strdup_printf("%ld", (long)getpid());
    const char *const argv[] = {
        pool->program,
        "image-worker",
        memory,
        seconds,
        pool->allow_no_sandbox ? "allow-no-sandbox" : "sandbox",
        parent,
        NULL,
    };
    g_auto(GStrv) environment = worker_environment();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    /* First, as the socket is one of the standard descriptors where the user closed them. */
    posix_spawn_file_actions_adddup2(&actions, socket, WIRE_SOCKET);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#ifndef __SANITIZE_ADDRESS__
    /* What a decoder prints is the photo's choice; a terminal obeys what is printed on it. The
     * sanitizers' reports are the exception. */
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#endif
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int status =
        posix_spawn(ret_pid, pool->program, &actions, &attributes, (char **)argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static bool
start_worker(ImagePool *pool, Worker *worker, GError **error)
{
    int pair[2] = { -1, -1 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail_errno(error, errno, "socket of a decoder");
    }
    pid_t pid;
    int status = spawn(pool, pair[1], &pid);
    if (status != 0) {
        close_pair(pair);
        return fail(error, APP_ERROR_UNAVAILABLE, "the decoder %s cannot be started: %s",
                    pool->program, g_strerror(status));
    }
    close(pair[1]);
    g_mutex_lock(&pool->lock);
    worker->pid = pid;
    worker->socket = pair[0];
    worker->is_ready = false;
    worker->num_photos = 0;
    if (pool->is_cancelled) { /* while it was not yet there to be killed */
        kill(pid, SIGKILL);
    }
    g_mutex_unlock(&pool->lock);
    return true;
}

static gpointer
run_starter(gpointer data)
{
    ImagePool *pool = data;
    for (;;) {
        Start *start = g_async_queue_pop(pool->to_start);
        if (start->worker == NULL) {
            return NULL;
        }
        (void)start_worker(pool, start->worker, &start->error);
        g_mutex_lock(&pool->lock);
        start->is_done = true;
        g_cond_broadcast(&pool->changed);
        g_mutex_unlock(&pool->lock);
    }
}

static bool
start_and_wait(ImagePool *pool, Worker *worker, GError **error)
{
    Start start = { .worker = worker };
    g_async_queue_push(pool->to_start, &start);
    g_mutex_lock(&pool->lock);
    while (!start.is_done) {
        g_cond_wait(&pool->changed, &pool->lock);
    }
    g_mutex_unlock(&pool->lock);
    if (start.error != NULL) {
        g_propagate_error(error, start.error);
        return false;
    }
    return true;
}

/* Ends the process, if there is one, and returns its wait status. */
static int
end_worker(ImagePool *pool, Worker *worker)
{
    g_mutex_lock(&pool->lock);
    pid_t pid = worker->pid;
    int socket = worker->socket;
    worker->socket = -1;
    worker->is_ready = false;
    if (pid > 0) {
        kill(pid, SIGKILL);
    }
    g_mutex_unlock(&pool->lock);
    if (socket >= 0) {
        close(socket);
    }
    int status = 0;
    if (pid > 0) {
        /* Waited for without the lock, but not reaped: until pid is 0 a cancel may still send its
         * signal, and a number that was given back may be another process's by then. */
        siginfo_t ended;
        while (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
        }
        g_mutex_lock(&pool->lock);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        worker->pid = 0;
        g_mutex_unlock(&pool->lock);
    }
    return status;
}

typedef enum { READ_DONE, READ_TIMEOUT, READ_ENDED } ReadStatus;

/* How long to wait for a worker: by the processor time that it takes, so that a photo is not lost
 * because the machine is busy with other things, and by the clock, for one that does nothing. */
typedef struct {
    clockid_t clock; /* of the worker's processor time */
    gint64 processor_end_us;
    gint64 wall_end_us;
} Patience;

static gint64
processor_time_us(clockid_t clock)
{
    struct timespec time = { 0 };
    (void)clock_gettime(clock, &time); /* 0 for a worker that is gone: its socket will tell */
    return (gint64)time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static Patience
patience_new(pid_t pid, gint64 timeout_us)
{
    Patience patience = { .wall_end_us = g_get_monotonic_time() + WIRE_WALL_FACTOR * timeout_us };
    if (clock_getcpuclockid(pid, &patience.clock) == 0) {
        patience.processor_end_us = processor_time_us(patience.clock) + timeout_us;
    } else {
        patience.clock = CLOCK_MONOTONIC;
        patience.processor_end_us = patience.wall_end_us;
    }
    return patience;
}

static gint64
time_left_us(const Patience *patience)
{
    return MIN(patience->processor_end_us - processor_time_us(patience->clock),
               patience->wall_end_us - g_get_monotonic_time());
}

static ReadStatus
read_all(int socket, void *ret_data, gsize size, const Patience *patience)
{
    guint8 *at = ret_data;
    while (size > 0) {
        gint64 left_us = time_left_us(patience);
        if (left_us <= 0) {
            return READ_TIMEOUT;
        }
        struct pollfd pollfd = { .fd = socket, .events = POLLIN };
        int num_ready = poll(&pollfd, 1, (int)MIN(left_us / 1000 + 1, G_MAXINT));
        if (num_ready <= 0) {
            continue; /* the loop looks at the time; EINTR as well */
        }
        ssize_t num_read = recv(socket, at, size, MSG_DONTWAIT);
        if (num_read < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (num_read <= 0) {
            return READ_ENDED;
        }
        at += num_read;
        size -= (gsize)num_read;
    }
    return READ_DONE;
}

static bool
send_request(int socket, const WireRequest *request, int fd)
{
    union {
        struct cmsghdr header;
        guint8 bytes[CMSG_SPACE(sizeof(int))];
    } control = { 0 };
    struct iovec vector = { (void *)request, sizeof *request };
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t num_sent;
    do {
        num_sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (num_sent < 0 && errno == EINTR);
    return num_sent == sizeof *request;
}

/* The text of an error came through a process that may be hostile by now. */
static char *
safe_message(const char message[512])
{
    g_autofree char *text = g_strndup(message, 511);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (char *at = valid; *at != '\0'; at++) {
        if ((guchar)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
    return g_steal_pointer(&valid);
}

static bool
fail_out_of_memory(const ImagePool *pool, GError **error)
{
    return fail(error, APP_ERROR_TOO_LARGE,
                "the decoder ran out of memory (limit image.max-memory, %'" G_GUINT64_FORMAT
                " MiB)",
                pool->max_memory_bytes / (1024 * 1024));
}

static bool
fail_reply(const ImagePool *pool, const WireReply *reply, AppErrorCode code, GError **error)
{
    if (reply->status == WIRE_OUT_OF_MEMORY) {
        return fail_out_of_memory(pool, error);
    }
    g_autofree char *message = safe_message(reply->message);
    return fail(error, code, "%s", message);
}

/* What a photo can be at fault for. A worker that it took over must not be able to say that the
 * whole batch has to end. */
static AppErrorCode
code_of_photo(guint32 code)
{
    bool is_of_photo =
        code == APP_ERROR_INVALID || code == APP_ERROR_UNSUPPORTED || code == APP_ERROR_TOO_LARGE;
    return is_of_photo ? (AppErrorCode)code : APP_ERROR_INTERNAL;
}

static bool
output_is_plausible(const WireOutput *output, guint64 max_bytes)
{
    return output->width >= 1 && output->width <= 65535 && output->height >= 1 &&
           output->height <= 65535 && output->method <= IMAGE_ENCODED && output->quality >= 0 &&
           output->quality <= 100 && output->is_444 <= 1 && output->num_bytes >= 4 &&
           output->num_bytes <= max_bytes;
}

static bool
is_share(double value)
{
    return value >= 0 && value <= 1;
}

static bool
reply_is_plausible(const WireReply *reply, const WireRequest *request)
{
    /* No JPEG of N pixels needs more than some 4 bytes a pixel, and no more than what the largest
     * photo allows; the factor is generous. */
    guint64 max_bytes = request->request.limits.max_input_bytes * 2 + 1024 * 1024;
    bool ok = reply->format <= IMAGE_FORMAT_BMP && reply->was_truncated <= 1 &&
              reply->had_location <= 1 && is_share(reply->border_white_share) &&
              is_share(reply->frame_fill) && reply->num_outputs == request->request.num_outputs;
    for (guint i = 0; ok && i < reply->num_outputs; i++) {
        ok = output_is_plausible(&reply->outputs[i], max_bytes);
    }
    return ok;
}

static void
take_facts(const WireReply *reply, ImageFacts *ret_facts)
{
    *ret_facts = (ImageFacts){
        .format = (ImageFormat)reply->format,
        .width = reply->width,
        .height = reply->height,
        .num_frames = reply->num_frames,
        .was_truncated = reply->was_truncated == 1,
        .had_location = reply->had_location == 1,
        .border_white_share = reply->border_white_share,
        .frame_fill = reply->frame_fill,
    };
}

static ReadStatus
read_outputs(int socket, const WireReply *reply, const Patience *patience, ImageResult *result)
{
    for (guint i = 0; i < reply->num_outputs; i++) {
        const WireOutput *wire = &reply->outputs[i];
        g_autofree guint8 *data = g_try_malloc(wire->num_bytes);
        ReadStatus status =
            data == NULL ? READ_ENDED : read_all(socket, data, wire->num_bytes, patience);
        if (status != READ_DONE) {
            return status;
        }
        result->outputs[i] = (ImageOutput){
            .jpeg = g_bytes_new_take(g_steal_pointer(&data), wire->num_bytes),
            .width = wire->width,
            .height = wire->height,
            .method = (ImageMethod)wire->method,
            .quality = wire->quality,
            .is_444 = wire->is_444 == 1,
            .score = wire->score,
        };
        result->num_outputs = i + 1;
    }
    return READ_DONE;
}

static bool
check_outputs(ImageResult *result, GError **error)
{
    for (guint i = 0; i < result->num_outputs; i++) {
        ImageOutput *output = &result->outputs[i];
        GBytes *checked = output_check(output->jpeg, output->width, output->height, error);
        if (checked == NULL) {
            return false;
        }
        g_bytes_unref(output->jpeg);
        output->jpeg = checked;
    }
    return true;
}

static bool
pool_is_cancelled(ImagePool *pool)
{
    g_mutex_lock(&pool->lock);
    bool is_cancelled = pool->is_cancelled;
    g_mutex_unlock(&pool->lock);
    return is_cancelled;
}

/* The worker is gone or silent: end it for good and say why the photo failed. */
static bool
fail_dead(ImagePool *pool, Worker *worker, ReadStatus read_status, GError **error)
{
    int status = 0;
    if (read_status == READ_ENDED) {
        /* It closed its socket by dying, or will be dead in a moment. */
        status = end_worker(pool, worker);
    } else {
        (void)end_worker(pool, worker);
    }
    if (pool_is_cancelled(pool)) {
        return fail(error, APP_ERROR_CANCELLED, "stopped");
    }
    if (read_status == READ_TIMEOUT) {
        return fail(error, APP_ERROR_TIMEOUT, "decoding took longer than image.max-seconds, %u s",
                    pool->max_seconds);
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
        return fail(error, APP_ERROR_INTERNAL, "the decoder died of this photo (%s)",
                    strsignal(WTERMSIG(status)));
    }
    return fail(error, APP_ERROR_INTERNAL,
                "the decoder died of this photo (it was killed; the machine may be out of memory)");
}

/* A worker that has said that its sandbox stands. */
static bool
make_ready(ImagePool *pool, Worker *worker, GError **error)
{
    if (worker->is_ready) {
        return true;
    }
    if (worker->pid == 0 && !start_and_wait(pool, worker, error)) {
        return false;
    }
    WireReply hello;
    Patience patience = patience_new(worker->pid, start_timeout_us);
    ReadStatus status = read_all(worker->socket, &hello, sizeof hello, &patience);
    if (status != READ_DONE || hello.magic != WIRE_MAGIC) {
        (void)end_worker(pool, worker);
        if (pool_is_cancelled(pool)) {
            return fail(error, APP_ERROR_CANCELLED, "stopped");
        }
        return fail(error, APP_ERROR_UNAVAILABLE, "the decoder %s does not start", pool->program);
    }
    if (hello.status != WIRE_OK) {
        (void)end_worker(pool, worker);
        return fail_reply(pool, &hello, APP_ERROR_UNAVAILABLE, error);
    }
    worker->is_ready = true;
    return true;
}

/* Sends the photo; a worker that died while it had nothing to do is replaced first. */
static bool
hand_over(ImagePool *pool, Worker *worker, const WireRequest *request, int fd, GError **error)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!make_ready(pool, worker, error)) {
            return false;
        }
        struct pollfd pollfd = { .fd = worker->socket, .events = POLLIN };
        bool has_ended = poll(&pollfd, 1, 0) != 0; /* it says nothing unasked */
        if (!has_ended && send_request(worker->socket, request, fd)) {
            return true;
        }
        (void)end_worker(pool, worker);
        if (pool_is_cancelled(pool)) {
            return fail(error, APP_ERROR_CANCELLED, "stopped");
        }
    }
    return fail(error, APP_ERROR_UNAVAILABLE, "decoders die before they get to work");
}

static bool
run_on(ImagePool *pool, Worker *worker, const WireRequest *request, int fd, ImageResult *ret_result,
       GError **error)
{
    if (!hand_over(pool, worker, request, fd, error)) {
        return false;
    }
    Patience patience = patience_new(worker->pid, (gint64)pool->max_seconds * G_USEC_PER_SEC);
    WireReply reply;
    ReadStatus status = read_all(worker->socket, &reply, sizeof reply, &patience);
    if (status != READ_DONE) {
        return fail_dead(pool, worker, status, error);
    }
    bool is_sound = reply.magic == WIRE_MAGIC && reply.status <= WIRE_OUT_OF_MEMORY;
    if (is_sound && reply.status == WIRE_OK) {
        is_sound = reply_is_plausible(&reply, request);
    }
    if (!is_sound || reply.status == WIRE_OUT_OF_MEMORY) {
        (void)end_worker(pool, worker);
    }
    if (!is_sound) {
        return fail(error, APP_ERROR_INTERNAL, "the decoder's answer makes no sense");
    }
    if (reply.status != WIRE_OK) {
        return fail_reply(pool, &reply, code_of_photo(reply.error_code), error);
    }
    g_auto(ImageResult) result = { 0 };
    take_facts(&reply, &result.facts);
    status = read_outputs(worker->socket, &reply, &patience, &result);
    if (status != READ_DONE) {
        return fail_dead(pool, worker, status, error);
    }
    if (!check_outputs(&result, error)) {
        (void)end_worker(pool, worker);
        return false;
    }
    *ret_result = result;
    result = (ImageResult){ 0 };
    if (++worker->num_photos >= max_photos_of_one_worker) {
        (void)end_worker(pool, worker);
    }
    return true;
}

static Worker *
take_worker(ImagePool *pool)
{
    g_mutex_lock(&pool->lock);
    Worker *found = NULL;
    while (found == NULL && !pool->is_cancelled) {
        for (guint i = 0; i < pool->num_workers && found == NULL; i++) {
            if (!pool->workers[i].is_busy) {
                found = &pool->workers[i];
            }
        }
        if (found == NULL) {
            g_cond_wait(&pool->changed, &pool->lock);
        }
    }
    if (found != NULL) {
        found->is_busy = true;
    }
    g_mutex_unlock(&pool->lock);
    return found;
}

static void
give_worker_back(ImagePool *pool, Worker *worker)
{
    g_mutex_lock(&pool->lock);
    worker->is_busy = false;
    g_cond_broadcast(&pool->changed);
    g_mutex_unlock(&pool->lock);
}

/* A descriptor of the same file that can only be read; FD itself when it is one. */
static int
read_only(int fd, int *ret_opened)
{
    *ret_opened = -1;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) {
        g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
        *ret_opened = open(path, O_RDONLY | O_CLOEXEC);
        return *ret_opened;
    }
    return flags < 0 ? -1 : fd;
}

bool
image_pool_run(ImagePool *pool, int fd, const ImageRequest *request, ImageResult *ret_result,
               GError **error)
{
    g_assert(request->num_outputs >= 1 && request->num_outputs <= IMAGE_MAX_OUTPUTS);
    struct stat status;
    int opened;
    int photo_fd = read_only(fd, &opened);
    if (photo_fd < 0 || fstat(photo_fd, &status) != 0) {
        return fail_errno(error, errno, "photo");
    }
    bool ok;
    Worker *worker = NULL;
    if (!S_ISREG(status.st_mode)) {
        ok = fail(error, APP_ERROR_INVALID, "is not a regular file");
    } else if ((guint64)status.st_size > request->limits.max_input_bytes) {
        ok = fail(error, APP_ERROR_TOO_LARGE,
                  "has %" G_GINT64_FORMAT " bytes (limit image.max-input-bytes, %" G_GUINT64_FORMAT
                  ")",
                  (gint64)status.st_size, request->limits.max_input_bytes);
    } else if ((worker = take_worker(pool)) == NULL) {
        ok = fail(error, APP_ERROR_CANCELLED, "stopped");
    } else {
        const WireRequest wire = {
            .magic = WIRE_MAGIC,
            .photo_bytes = (guint64)status.st_size,
            .request = *request,
        };
        ok = run_on(pool, worker, &wire, photo_fd, ret_result, error);
        give_worker_back(pool, worker);
    }
    if (opened >= 0) {
        close(opened);
    }
    return ok;
}

ImagePool *
image_pool_new(const ImagePoolOptions *options, GError **error)
{
    g_assert(options->num_workers >= 1 && options->max_seconds >= 1);
    if (g_getenv(worker_mark) != NULL) {
        return fail_null(error, APP_ERROR_UNAVAILABLE, "a decoder cannot start decoders");
    }
    g_autoptr(ImagePool) pool = g_new0(ImagePool, 1);
    pool->max_memory_bytes = options->max_memory_bytes;
    pool->max_seconds = options->max_seconds;
    pool->allow_no_sandbox = options->allow_no_sandbox;
    pool->program = g_strdup(options->program == NULL ? "/proc/self/exe" : options->program);
    pool->num_workers = options->num_workers;
    pool->workers = g_new0(Worker, pool->num_workers);
    for (guint i = 0; i < pool->num_workers; i++) {
        pool->workers[i].socket = -1;
    }
    g_mutex_init(&pool->lock);
    g_cond_init(&pool->changed);
    pool->to_start = g_async_queue_new();
    pool->starter = g_thread_new("image-pool", run_starter, pool);
    /* All at once, then wait for all. */
    for (guint i = 0; i < pool->num_workers; i++) {
        if (!start_and_wait(pool, &pool->workers[i], error)) {
            return NULL;
        }
    }
    for (guint i = 0; i < pool->num_workers; i++) {
        if (!make_ready(pool, &pool->workers[i], error)) {
            return NULL;
        }
    }
    return g_steal_pointer(&pool);
}

void
image_pool_free(ImagePool *pool)
{
    if (pool == NULL) {
        return;
    }
    for (guint i = 0; i < pool->num_workers; i++) {
        (void)end_worker(pool, &pool->workers[i]);
    }
    Start end = { 0 };
    g_async_queue_push(pool->to_start, &end);
    g_thread_join(pool->starter);
    g_async_queue_unref(pool->to_start);
    g_mutex_clear(&pool->lock);
    g_cond_clear(&pool->changed);
    g_free(pool->workers);
    g_free(pool->program);
    g_free(pool);
}

void
image_pool_cancel(ImagePool *pool)
{
    g_mutex_lock(&pool->lock);
    pool->is_cancelled = true;
    for (guint i = 0; i < pool->num_workers; i++) {
        if (pool->workers[i].pid > 0) {
            kill(pool->workers[i].pid, SIGKILL);
        }
    }
    g_cond_broadcast(&pool->changed);
    g_mutex_unlock(&pool->lock);
}
