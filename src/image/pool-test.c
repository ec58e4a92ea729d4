/* The pool against workers that behave, and against some that do not. This program is the worker
 * too: started through a link, the link's name says how it behaves. */
#include "image/jpeg_fixture.h"
#include "image/pool.h"
#include "image/wire.h"

#include "base/error.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char *link_dir; /* of links to this program */

static int
memory_file(const void *data, gsize size)
{
    int fd = memfd_create("photo", MFD_CLOEXEC);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
    return fd;
}

static int
photo(void)
{
    const Fixture fixture = { .width = 160, .height = 120, .color = JPEG_COLOR_YCBCR };
    g_autoptr(GBytes) jpeg = fixture_jpeg(&fixture);
    gsize size;
    const void *data = g_bytes_get_data(jpeg, &size);
    return memory_file(data, size);
}

static ImageRequest
request_of(guint32 longest_side)
{
    return (ImageRequest){
        .limits = fixture_limits(),
        .num_outputs = 1,
        .outputs = { { .longest_side = longest_side, .quality = 80 } },
    };
}

static ImagePool *
new_pool(guint num_workers, const char *behaviour, guint max_seconds, GError **error)
{
    g_autofree char *program =
        behaviour == NULL ? NULL : g_build_filename(link_dir, behaviour, NULL);
    const ImagePoolOptions options = {
        .num_workers = num_workers,
        .max_memory_bytes = 512 * 1024 * 1024,
        .max_seconds = max_seconds,
        .program = program,
    };
    return image_pool_new(&options, error);
}

/* Runs the photo and gives back what went wrong, or NULL. */
static GError *
run_photo(ImagePool *pool)
{
    int fd = photo();
    const ImageRequest request = request_of(100);
    g_auto(ImageResult) result = { 0 };
    GError *error = NULL;
    bool ok = image_pool_run(pool, fd, &request, &result, &error);
    g_assert_true(ok == (error == NULL));
    close(fd);
    return error;
}

static void
test_photo_comes_back(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, &error);
    g_assert_no_error(error);
    int fd = photo();
    const ImageRequest request = request_of(100);
    g_auto(ImageResult) result = { 0 };
    g_assert_true(image_pool_run(pool, fd, &request, &result, &error));
    close(fd);
    g_assert_cmpint(result.facts.format, ==, IMAGE_FORMAT_JPEG);
    g_assert_cmpuint(result.facts.width, ==, 160);
    g_assert_cmpuint(result.outputs[0].width, ==, 100);
    g_assert_cmpuint(result.outputs[0].height, ==, 75);
    g_assert_cmpint(result.outputs[0].quality, ==, 80);
    g_auto(JpegInfo) info = fixture_parse(result.outputs[0].jpeg);
    g_assert_cmpuint(info.width, ==, 100);
}

static void
test_bad_photo_costs_only_itself(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, NULL);
    int fd = memory_file("%PDF-1.4", 8);
    const ImageRequest request = request_of(100);
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(image_pool_run(pool, fd, &request, &result, &error));
    close(fd);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNSUPPORTED);
    g_assert_cmpstr(error->message, ==, "is a PDF document, not a photo that can be used");
    g_assert_null(run_photo(pool));
}

static void
test_directory_is_no_photo(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, NULL);
    int fd = open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    const ImageRequest request = request_of(100);
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(image_pool_run(pool, fd, &request, &result, &error));
    close(fd);
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
}

static void
test_large_file_is_refused_unread(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, NULL);
    int fd = photo();
    ImageRequest request = request_of(100);
    request.limits.max_input_bytes = 100;
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(image_pool_run(pool, fd, &request, &result, &error));
    close(fd);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_nonnull(strstr(error->message, "image.max-input-bytes"));
}

static void
test_out_of_memory_names_the_setting(void)
{
#ifdef __SANITIZE_ADDRESS__
    g_test_skip("AddressSanitizer maps terabytes: no limit on memory");
#else
    const ImagePoolOptions options = {
        .num_workers = 1,
        .max_memory_bytes = 40 * 1024 * 1024,
        .max_seconds = 60,
    };
    g_autoptr(ImagePool) pool = image_pool_new(&options, NULL);
    /* A bitmap of 8000x8000 pixels of which nothing but the header is there. */
    static const char bitmap[] =
        "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x18\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    int fd = memory_file(bitmap, sizeof bitmap);
    const ImageRequest request = request_of(0);
    g_auto(ImageResult) result = { 0 };
    g_autoptr(GError) error = NULL;
    g_assert_false(image_pool_run(pool, fd, &request, &result, &error));
    close(fd);
    g_assert_error(error, APP_ERROR, APP_ERROR_TOO_LARGE);
    g_assert_cmpstr(error->message, ==,
                    "the decoder ran out of memory (limit image.max-memory, 40 MiB)");
    g_assert_null(run_photo(pool));
#endif
}

/* The processes that this one has started, and that have not ended. */
static GArray *
children(void)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename("/proc", name, "stat", NULL);
        g_autofree char *text = NULL;
        if (!g_ascii_isdigit(name[0]) || !g_file_get_contents(path, &text, NULL, NULL)) {
            continue;
        }
        const char *rest = strrchr(text, ')');
        if (rest != NULL && rest[2] != 'Z' && strtol(rest + 4, NULL, 10) == getpid()) {
            pid_t pid = (pid_t)strtol(name, NULL, 10);
            g_array_append_val(pids, pid);
        }
    }
    return pids;
}

static void
signal_workers(int signal_number)
{
    g_autoptr(GArray) pids = children();
    g_assert_cmpuint(pids->len, >, 0);
    for (guint i = 0; i < pids->len; i++) {
        kill(g_array_index(pids, pid_t, i), signal_number);
    }
}

static void
test_idle_worker_that_is_killed_costs_nothing(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, NULL);
    g_assert_null(run_photo(pool));
    signal_workers(SIGKILL);
    guint num_left;
    do {
        g_autoptr(GArray) left = children();
        num_left = left->len;
        g_thread_yield();
    } while (num_left > 0);
    g_assert_null(run_photo(pool));
}

static void
test_stopped_worker_is_replaced_in_time(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 1, NULL);
    signal_workers(SIGSTOP);
    g_autoptr(GError) error = run_photo(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_TIMEOUT);
    g_assert_cmpstr(error->message, ==, "decoding took longer than image.max-seconds, 1 s");
    g_autoptr(GError) next_error = run_photo(pool);
    /* One second may be short for the next, on a machine that is busy; it must be a new worker. */
    g_assert_true(next_error == NULL || g_error_matches(next_error, APP_ERROR, APP_ERROR_TIMEOUT));
}

static gpointer
run_some_photos(gpointer pool)
{
    for (guint i = 0; i < 10; i++) {
        g_assert_null(run_photo(pool));
    }
    return NULL;
}

static void
test_more_threads_than_workers(void)
{
    g_autoptr(ImagePool) pool = new_pool(2, NULL, 60, NULL);
    GThread *threads[5];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("photos", run_some_photos, pool);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

static void
test_crash_costs_one_photo_each(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, "crashes", 60, NULL);
    for (guint i = 0; i < 3; i++) {
        g_autoptr(GError) error = run_photo(pool);
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        g_assert_cmpstr(error->message, ==, "the decoder died of this photo (Segmentation fault)");
    }
}

static void
test_worker_without_sandbox_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImagePool) pool = new_pool(2, "has-no-sandbox", 60, &error);
    g_assert_null(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
    g_assert_cmpstr(error->message, ==, "no walls here?");
}

static void
test_program_that_is_not_there(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImagePool) pool = new_pool(1, "absent", 60, &error);
    g_assert_null(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

static void
test_lies_are_not_believed(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, "lies", 60, NULL);
    g_autoptr(GError) error = run_photo(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_assert_cmpstr(error->message, ==, "the decoder's answer makes no sense");
}

static void
test_worker_cannot_stop_the_batch(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, "stops-all", 60, NULL);
    g_autoptr(GError) error = run_photo(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
    g_assert_cmpstr(error->message, ==, "the end");
}

static void
test_worker_gets_a_descriptor_that_only_reads(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, "tells-access", 60, NULL);
    g_autoptr(GError) error = run_photo(pool); /* which opens the photo for writing as well */
    g_assert_cmpstr(error->message, ==, "reads");
}

static void
test_environment_stays_outside(void)
{
    g_setenv("AWS_SECRET_ACCESS_KEY", "hidden", TRUE);
    g_autoptr(ImagePool) pool = new_pool(1, "tells-secret", 60, NULL);
    g_autoptr(GError) error = run_photo(pool);
    g_assert_cmpstr(error->message, ==, "nothing");
    g_unsetenv("AWS_SECRET_ACCESS_KEY");
}

static gpointer
run_and_return_error(gpointer pool)
{
    return run_photo(pool);
}

static void
test_cancel_ends_what_hangs(void)
{
    g_autoptr(ImagePool) pool = new_pool(1, "hangs", 600, NULL);
    GThread *thread = g_thread_new("photo", run_and_return_error, pool);
    image_pool_cancel(pool);
    g_autoptr(GError) error = g_thread_join(thread);
    g_assert_error(error, APP_ERROR, APP_ERROR_CANCELLED);
    g_autoptr(GError) later = run_photo(pool);
    g_assert_error(later, APP_ERROR, APP_ERROR_CANCELLED);
}

static void
say(const WireReply *reply)
{
    g_assert_cmpint(write(WIRE_SOCKET, reply, sizeof *reply), ==, sizeof *reply);
}

static void
fail_with(const char *message)
{
    WireReply reply = { .magic = WIRE_MAGIC, .status = WIRE_FAILED };
    g_strlcpy(reply.message, message, sizeof reply.message);
    say(&reply);
}

static int
receive(void)
{
    union {
        struct cmsghdr header;
        guint8 bytes[CMSG_SPACE(sizeof(int))];
    } control;
    WireRequest request;
    struct iovec vector = { &request, sizeof request };
    struct msghdr message = { .msg_iov = &vector,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control };
    if (recvmsg(WIRE_SOCKET, &message, MSG_WAITALL) != sizeof request) {
        _exit(0);
    }
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* A worker's main: says hello, takes a photo, misbehaves. */
static int
misbehave(const char *how)
{
    if (strcmp(how, "has-no-sandbox") == 0) {
        WireReply reply = { .magic = WIRE_MAGIC,
                            .status = WIRE_FAILED,
                            .error_code = APP_ERROR_UNAVAILABLE,
                            .message = "no walls here\x1b" };
        say(&reply);
        return 1;
    }
    const WireReply hello = { .magic = WIRE_MAGIC, .status = WIRE_OK };
    say(&hello);
    for (;;) {
        int fd = receive();
        if (strcmp(how, "crashes") == 0) {
            signal(SIGSEGV, SIG_DFL);
            raise(SIGSEGV);
        } else if (strcmp(how, "hangs") == 0) {
            pause();
        } else if (strcmp(how, "lies") == 0) {
            WireReply reply = { .magic = WIRE_MAGIC, .status = WIRE_OK, .num_outputs = 1 };
            reply.outputs[0] = (WireOutput){ .width = 1, .height = 1, .num_bytes = G_MAXUINT64 };
            say(&reply);
        } else if (strcmp(how, "stops-all") == 0) {
            const WireReply reply = { .magic = WIRE_MAGIC,
                                      .status = WIRE_FAILED,
                                      .error_code = APP_ERROR_CANCELLED,
                                      .message = "the end" };
            say(&reply);
        } else if (strcmp(how, "tells-access") == 0) {
            fail_with((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY ? "reads" : "writes");
        } else if (strcmp(how, "tells-secret") == 0) {
            const char *secret = g_getenv("AWS_SECRET_ACCESS_KEY");
            fail_with(secret == NULL ? "nothing" : secret);
        }
        close(fd);
    }
}

static void
make_links(void)
{
    static const char *const names[] = { "crashes", "has-no-sandbox", "hangs",       "stops-all",
                                         "lies",    "tells-access",   "tells-secret" };
    link_dir = g_dir_make_tmp("cloudpick-test-XXXXXX", NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(link_dir, names[i], NULL);
        g_assert_cmpint(symlink(self, path), ==, 0);
    }
}

static void
remove_links(void)
{
    g_autoptr(GDir) dir = g_dir_open(link_dir, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(link_dir, name, NULL);
        unlink(path);
    }
    rmdir(link_dir);
    g_free(link_dir);
}

/* Starts a worker that believes PARENT to be its pool, and gives back how many bytes of its hello
 * arrive. */
static gsize
hello_bytes(long parent)
{
    int pair[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_autofree char *parent_text = g_strdup_printf("%ld", parent);
    const char *const argv[] = { "/proc/self/exe", "image-worker", "1000000000", "60",
                                 "sandbox",        parent_text,    NULL };
    const int wire_socket = WIRE_SOCKET;
    GPid pid;
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_pipes_and_fds(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1,
                                     -1, -1, &pair[1], &wire_socket, 1, &pid, NULL, NULL, NULL,
                                     &error);
    g_assert_no_error(error);
    close(pair[1]);
    WireReply hello;
    ssize_t num_read = recv(pair[0], &hello, sizeof hello, MSG_WAITALL);
    close(pair[0]);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    return (gsize)MAX(num_read, 0);
}

static void
test_worker_whose_pool_is_gone_ends(void)
{
    g_assert_cmpuint(hello_bytes(getpid()), ==, sizeof(WireReply));
    g_assert_cmpuint(hello_bytes((long)getppid()), ==, 0);
}

static void
test_pool_without_standard_descriptors(void)
{
    int saved = dup(STDIN_FILENO);
    close(STDIN_FILENO); /* the first socket gets its number */
    g_autoptr(GError) error = NULL;
    g_autoptr(ImagePool) pool = new_pool(1, NULL, 60, &error);
    g_assert_no_error(error);
    g_assert_null(run_photo(pool));
    g_clear_pointer(&pool, image_pool_free);
    g_assert_cmpint(dup2(saved, STDIN_FILENO), ==, STDIN_FILENO);
    close(saved);
}

static void
test_worker_cannot_start_workers(void)
{
    ImagePoolOptions options = {
        .num_workers = 1, .max_memory_bytes = 1 << 30, .max_seconds = 60, .program = "/bin/false"
    };
    g_autoptr(GError) error = NULL;
    g_setenv("CLOUDPICK_IMAGE_WORKER", "1", TRUE);
    g_autoptr(ImagePool) pool = image_pool_new(&options, &error);
    g_unsetenv("CLOUDPICK_IMAGE_WORKER");
    g_assert_null(pool);
    g_assert_error(error, APP_ERROR, APP_ERROR_UNAVAILABLE);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "image-worker") == 0) {
        g_autofree char *how = g_path_get_basename(argv[0]);
        return strcmp(how, "exe") == 0 ? image_worker_main(argc - 1, argv + 1) : misbehave(how);
    }
    g_test_init(&argc, &argv, NULL);
    make_links();
    g_test_add_func("/pool/photo-comes-back", test_photo_comes_back);
    g_test_add_func("/pool/bad-photo", test_bad_photo_costs_only_itself);
    g_test_add_func("/pool/directory", test_directory_is_no_photo);
    g_test_add_func("/pool/large-file", test_large_file_is_refused_unread);
    g_test_add_func("/pool/out-of-memory", test_out_of_memory_names_the_setting);
    g_test_add_func("/pool/killed-while-idle", test_idle_worker_that_is_killed_costs_nothing);
    g_test_add_func("/pool/stopped", test_stopped_worker_is_replaced_in_time);
    g_test_add_func("/pool/more-threads-than-workers", test_more_threads_than_workers);
    g_test_add_func("/pool/crash", test_crash_costs_one_photo_each);
    g_test_add_func("/pool/no-sandbox", test_worker_without_sandbox_is_refused);
    g_test_add_func("/pool/no-program", test_program_that_is_not_there);
    g_test_add_func("/pool/lies", test_lies_are_not_believed);
    g_test_add_func("/pool/stops-all", test_worker_cannot_stop_the_batch);
    g_test_add_func("/pool/descriptor-only-reads", test_worker_gets_a_descriptor_that_only_reads);
    g_test_add_func("/pool/environment", test_environment_stays_outside);
    g_test_add_func("/pool/cancel", test_cancel_ends_what_hangs);
    g_test_add_func("/pool/pool-is-gone", test_worker_whose_pool_is_gone_ends);
    g_test_add_func("/pool/no-standard-descriptors", test_pool_without_standard_descriptors);
    g_test_add_func("/pool/no-pool-in-a-worker", test_worker_cannot_start_workers);
    int status = g_test_run();
    remove_links();
    return status;
}
