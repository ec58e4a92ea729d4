/* What cannot be done in the sandbox (LST-06: photos are decoded where nothing can be reached).
 * Each attempt is made twice by a child process: outside, where it must succeed or the test would
 * prove nothing, and inside. */
#include "image/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY (256 * 1024 * 1024)

/* Returns true when it got what it wanted. */
typedef bool Attempt(void);

typedef enum { GOT_IT = 10, DID_NOT, NO_SANDBOX } Outcome;

static Outcome
attempt_in_child(Attempt *attempt, bool inside)
{
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        const SandboxOptions options = { .max_memory_bytes = MEMORY };
        if (inside && !sandbox_enter(&options, NULL)) {
            _exit(NO_SANDBOX);
        }
        _exit(attempt() ? GOT_IT : DID_NOT);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    return WIFEXITED(status) ? (Outcome)WEXITSTATUS(status) : DID_NOT;
}

static void
assert_prevented(Attempt *attempt)
{
    g_assert_cmpint(attempt_in_child(attempt, false), ==, GOT_IT);
    g_assert_cmpint(attempt_in_child(attempt, true), ==, DID_NOT);
}

static bool
read_a_file(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool
read_own_maps(void)
{
    return open("/proc/self/maps", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool
find_a_file(void)
{
    struct stat status;
    return stat("/etc/passwd", &status) == 0 || access("/etc/passwd", F_OK) == 0;
}

static bool
make_a_file(void)
{
    char path[] = "/tmp/cloudpick-sandbox-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    return fd >= 0;
}

static bool
write_to_memory_file(void)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    return fd >= 0 && write(fd, "x", 1) == 1;
}

static bool
make_a_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool
make_a_local_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0;
}

static bool
start_a_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool
run_a_program(void)
{
    /* The status of the shell is the outcome: GOT_IT. */
    execl("/bin/sh", "sh", "-c", "exit 10", NULL);
    return false;
}

static bool
signal_the_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static bool
read_parents_memory(void)
{
    static int word;
    struct iovec here = { &word, sizeof word }, there = { &word, sizeof word };
    return process_vm_readv(getppid(), &here, 1, &there, 1, 0) == sizeof word;
}

static bool
be_traced(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool
make_memory_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool
set_a_limit(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool
make_a_pipe(void)
{
    int fds[2];
    return pipe(fds) == 0;
}

typedef struct {
    const char *name;
    Attempt *attempt;
} Prevented;

static const Prevented prevented[] = {
    { "read-a-file", read_a_file },
    { "read-own-maps", read_own_maps },
    { "find-a-file", find_a_file },
    { "make-a-file", make_a_file },
    { "write-to-a-memory-file", write_to_memory_file },
    { "make-a-network-socket", make_a_socket },
    { "make-a-local-socket", make_a_local_socket },
    { "start-a-process", start_a_process },
    { "run-a-program", run_a_program },
    { "signal-the-parent", signal_the_parent },
    { "read-the-parents-memory", read_parents_memory },
    { "be-traced", be_traced },
    { "make-memory-executable", make_memory_executable },
    { "touch-a-limit", set_a_limit },
    { "make-a-pipe", make_a_pipe },
};

static void
test_prevented(gconstpointer data)
{
    assert_prevented(((const Prevented *)data)->attempt);
}

static void *
count(void *number)
{
    (*(int *)number)++;
    /* What a thread does is bound like what its process does. */
    return read_a_file() ? number : NULL;
}

static bool
run_a_thread(void)
{
    int number = 0;
    pthread_t thread;
    void *got_file = NULL;
    return pthread_create(&thread, NULL, count, &number) == 0 &&
           pthread_join(thread, &got_file) == 0 && number == 1 && got_file == NULL;
}

static void
test_thread_is_allowed_and_bound(void)
{
    g_assert_cmpint(attempt_in_child(run_a_thread, true), ==, GOT_IT);
}

static void *
read_a_file_when_told(void *told_fd)
{
    char byte;
    bool told = read(*(int *)told_fd, &byte, 1) == 1;
    return told && !read_a_file() ? told_fd : NULL;
}

/* A library may start a thread before the sandbox stands. */
static void
test_older_thread_is_bound_too(void)
{
    int fds[2];
    g_assert_cmpint(pipe(fds), ==, 0);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        const SandboxOptions options = { .max_memory_bytes = MEMORY };
        pthread_t thread;
        void *was_refused = NULL;
        bool done = pthread_create(&thread, NULL, read_a_file_when_told, &fds[0]) == 0 &&
                    sandbox_enter(&options, NULL) && write(fds[1], "y", 1) == 1 &&
                    pthread_join(thread, &was_refused) == 0;
        _exit(done && was_refused != NULL ? 0 : 1);
    }
    int status;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
    close(fds[0]);
    close(fds[1]);
}

static bool
take_some_memory(void)
{
    char *memory = malloc(MEMORY / 4);
    if (memory == NULL) {
        return false;
    }
    memset(memory, 1, MEMORY / 4);
    free(memory);
    return true;
}

static void
test_memory_below_the_limit_is_given(void)
{
    g_assert_cmpint(attempt_in_child(take_some_memory, true), ==, GOT_IT);
}

#ifndef __SANITIZE_ADDRESS__
static bool
take_too_much_memory(void)
{
    char *volatile memory = malloc(2 * (gsize)MEMORY);
    bool got_it = memory != NULL;
    free(memory);
    return got_it;
}
#endif

static void
test_memory_ends_at_the_limit(void)
{
#ifdef __SANITIZE_ADDRESS__
    g_test_skip("AddressSanitizer maps terabytes: no limit on memory");
#else
    assert_prevented(take_too_much_memory);
#endif
}

static int read_end = -1, write_end = -1;

static bool
use_open_descriptors(void)
{
    char byte = 0;
    return write(write_end, "y", 1) == 1 && read(read_end, &byte, 1) == 1 && byte == 'y';
}

static void
test_open_descriptors_still_work(void)
{
    int fds[2];
    g_assert_cmpint(pipe(fds), ==, 0);
    read_end = fds[0];
    write_end = fds[1];
    g_assert_cmpint(attempt_in_child(use_open_descriptors, true), ==, GOT_IT);
    close(read_end);
    close(write_end);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(prevented); i++) {
        g_autofree char *path = g_strconcat("/sandbox/prevents/", prevented[i].name, NULL);
        g_test_add_data_func(path, &prevented[i], test_prevented);
    }
    g_test_add_func("/sandbox/allows/a-thread-that-is-bound-too", test_thread_is_allowed_and_bound);
    g_test_add_func("/sandbox/prevents/what-an-older-thread-tries", test_older_thread_is_bound_too);
    g_test_add_func("/sandbox/allows/memory-below-the-limit", test_memory_below_the_limit_is_given);
    g_test_add_func("/sandbox/prevents/memory-above-the-limit", test_memory_ends_at_the_limit);
    g_test_add_func("/sandbox/allows/open-descriptors", test_open_descriptors_still_work);
    return g_test_run();
}
