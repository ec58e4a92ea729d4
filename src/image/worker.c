/* The child of the pool: takes a photo, cleans it, gives the pictures back, until its socket ends.
 */
#include "base/error.h"
#include "image/pool.h"
#include "image/sandbox.h"
#include "image/wire.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool
write_all(const void *data, gsize size)
{
    const guint8 *at = data;
    while (size > 0) {
        ssize_t num_written = write(WIRE_SOCKET, at, size);
        if (num_written < 0 && errno == EINTR) {
            continue;
        }
        if (num_written <= 0) {
            return false;
        }
        at += num_written;
        size -= (gsize)num_written;
    }
    return true;
}

/* GLib ends the process when memory is refused; tell the pool first, which cannot know. Everything
 * else that libraries say about a photo is dropped: standard error belongs to the user. */
static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize num_fields, gpointer user_data)
{
    for (gsize i = 0; (level & G_LOG_LEVEL_ERROR) != 0 && i < num_fields; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0 &&
            strstr(fields[i].value, "failed to allocate") != NULL) {
            const WireReply reply = { .magic = WIRE_MAGIC, .status = WIRE_OUT_OF_MEMORY };
            (void)write_all(&reply, sizeof reply);
            _exit(1);
        }
    }
    return G_LOG_WRITER_HANDLED;
}

static void
set_error(WireReply *reply, const GError *error)
{
    /* In a process that opens nothing, memory is all that can be unavailable. */
    bool no_memory = g_error_matches(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    reply->status = no_memory ? WIRE_OUT_OF_MEMORY : WIRE_FAILED;
    reply->error_code =
        error->domain == APP_ERROR ? (guint32)error->code : (guint32)APP_ERROR_INTERNAL;
    g_strlcpy(reply->message, error->message, sizeof reply->message);
}

static void
set_result(WireReply *reply, const ImageResult *result)
{
    const ImageFacts *facts = &result->facts;
    reply->format = facts->format;
    reply->width = facts->width;
    reply->height = facts->height;
    reply->num_frames = facts->num_frames;
    reply->was_truncated = facts->was_truncated;
    reply->had_location = facts->had_location;
    reply->border_white_share = facts->border_white_share;
    reply->frame_fill = facts->frame_fill;
    reply->num_outputs = result->num_outputs;
    for (guint i = 0; i < result->num_outputs; i++) {
        const ImageOutput *output = &result->outputs[i];
        reply->outputs[i] = (WireOutput){
            .width = output->width,
            .height = output->height,
            .method = output->method,
            .quality = output->quality,
            .is_444 = output->is_444,
            .score = output->score,
            .num_bytes = g_bytes_get_size(output->jpeg),
        };
    }
}

static bool
send_result(const ImageResult *result)
{
    WireReply reply = { .magic = WIRE_MAGIC, .status = WIRE_OK };
    set_result(&reply, result);
    if (!write_all(&reply, sizeof reply)) {
        return false;
    }
    for (guint i = 0; i < result->num_outputs; i++) {
        gsize size;
        const void *data = g_bytes_get_data(result->outputs[i].jpeg, &size);
        if (!write_all(data, size)) {
            return false;
        }
    }
    return true;
}

static bool
send_error(const GError *error)
{
    WireReply reply = { .magic = WIRE_MAGIC };
    set_error(&reply, error);
    return write_all(&reply, sizeof reply);
}

/* Returns the photo's descriptor; -1 when the pool has gone. */
static int
receive_request(WireRequest *ret_request)
{
    union {
        struct cmsghdr header;
        guint8 bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec vector = { ret_request, sizeof *ret_request };
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t num_read;
    do {
        num_read = recvmsg(WIRE_SOCKET, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    } while (num_read < 0 && errno == EINTR);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (num_read != sizeof *ret_request || header == NULL || header->cmsg_type != SCM_RIGHTS) {
        return -1;
    }
    g_assert(ret_request->magic == WIRE_MAGIC);
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* Read, not mapped: a file that shrinks meanwhile would end a process that has it mapped, and one
 * that changes would be another photo in every pass. */
static GBytes *
read_photo(int fd, guint64 size, GError **error)
{
    g_autofree guint8 *data = g_try_malloc(size);
    if (data == NULL && size > 0) {
        return fail_null(error, APP_ERROR_UNAVAILABLE, "no memory for the photo");
    }
    guint64 num_done = 0;
    while (num_done < size) {
        ssize_t num_read = pread(fd, data + num_done, size - num_done, (off_t)num_done);
        if (num_read < 0 && errno == EINTR) {
            continue;
        }
        if (num_read < 0) {
            return fail_null(error, APP_ERROR_INVALID, "the photo cannot be read: %s",
                             g_strerror(errno));
        }
        if (num_read == 0) {
            break;
        }
        num_done += (guint64)num_read;
    }
    return g_bytes_new_take(g_steal_pointer(&data), num_done);
}

static bool
clean_one(int fd, const WireRequest *request, ImageResult *ret_result, GError **error)
{
    g_autoptr(GBytes) photo = read_photo(fd, request->photo_bytes, error);
    return photo != NULL && image_clean(photo, &request->request, ret_result, error);
}

static void
serve(guint max_seconds)
{
    for (;;) {
        WireRequest request;
        int fd = receive_request(&request);
        if (fd < 0) {
            return;
        }
        /* The pool keeps the time; this is for the case that it has died. */
        alarm(WIRE_WALL_FACTOR * max_seconds + 5);
        g_auto(ImageResult) result = { 0 };
        g_autoptr(GError) error = NULL;
        bool ok = clean_one(fd, &request, &result, &error);
        close(fd);
        if (!(ok ? send_result(&result) : send_error(error))) {
            return;
        }
        alarm(0);
        image_result_clear(&result);
        /* Between photos nothing is held: a worker lives for thousands of them. */
        malloc_trim(0);
    }
}

static void
leave_the_terminal(void)
{
    /* An interrupt from the terminal reaches the whole group; the pool decides what it means. */
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    close_range(WIRE_SOCKET + 1, ~0u, 0);
    g_log_set_writer_func(write_log, NULL, NULL);
}

int
image_worker_main(int argc, char **argv)
{
    if (argc != 5) {
        return 2;
    }
    guint64 max_memory_bytes = g_ascii_strtoull(argv[1], NULL, 10);
    guint max_seconds = (guint)g_ascii_strtoull(argv[2], NULL, 10);
    const SandboxOptions sandbox = {
        .max_memory_bytes = max_memory_bytes,
        .allow_missing = strcmp(argv[3], "allow-no-sandbox") == 0,
    };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A pool that died before this line sends no signal any more. */
    if (getppid() != (pid_t)g_ascii_strtoll(argv[4], NULL, 10)) {
        return 1;
    }
    leave_the_terminal();
    /* One arena: a second one would be mapped, and counted, for every thread of a decoder. */
    mallopt(M_ARENA_MAX, 1);

    g_autoptr(GError) error = NULL;
    if (!image_init(&error) || !sandbox_enter(&sandbox, &error)) {
        WireReply reply = { .magic = WIRE_MAGIC };
        set_error(&reply, error);
        reply.status = WIRE_FAILED;
        (void)write_all(&reply, sizeof reply);
        _exit(1);
    }
    const WireReply hello = { .magic = WIRE_MAGIC, .status = WIRE_OK };
    if (write_all(&hello, sizeof hello)) {
        serve(max_seconds);
    }
    /* Without the destructors of a hundred libraries. */
    _exit(0);
}
