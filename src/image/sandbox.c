#include "image/sandbox.h"

#include "base/error.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifndef HAVE_ASAN
#define HAVE_ASAN 0
#endif

typedef void FilterContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FilterContext, seccomp_release)

/* As linux/landlock.h of ABI 6 has it; Debian 12's own header ends with ABI 2. The kernel takes a
 * shorter structure from an older caller, so the size that is passed depends on the kernel's ABI.
 */
typedef struct {
    guint64 handled_access_fs;
    guint64 handled_access_net; /* ABI 4 */
    guint64 scoped;             /* ABI 6 */
} LandlockRules;

/* Everything that can be restricted is, and no exception is added. */
static LandlockRules
landlock_all(long abi)
{
    static const struct {
        long abi;
        guint num_fs_bits;
    } fs_bits[] = { { 1, 13 }, { 2, 14 }, { 3, 15 }, { 5, 16 } };
    LandlockRules rules = { 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(fs_bits) && abi >= fs_bits[i].abi; i++) {
        rules.handled_access_fs = (G_GUINT64_CONSTANT(1) << fs_bits[i].num_fs_bits) - 1;
    }
    if (abi >= 4) {
        rules.handled_access_net = 3; /* bind and connect TCP */
    }
    if (abi >= 6) {
        rules.scoped = 3; /* abstract sockets and signals */
    }
    return rules;
}

static bool
enter_landlock(GError **error)
{
    long abi =
        syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        return fail(error, APP_ERROR_UNAVAILABLE,
                    "this kernel offers no Landlock (%s), so a decoder cannot be kept from files",
                    g_strerror(errno));
    }
    LandlockRules rules = landlock_all(abi);
    gsize size = abi >= 6   ? sizeof rules
                 : abi >= 4 ? offsetof(LandlockRules, scoped)
                            : offsetof(LandlockRules, handled_access_net);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "Landlock refused the rules of the decoder: %s",
                    g_strerror(errno));
    }
    long status = syscall(SYS_landlock_restrict_self, fd, 0);
    int errnum = errno;
    close(fd);
    if (status != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "Landlock could not be entered: %s",
                    g_strerror(errnum));
    }
    return true;
}

/* What decoding, threads, memory and a socket that is already open need. Reading /proc or a
 * configuration file is not among it: whatever insists gets EACCES, which every library survives.
 */
static const int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(recvmsg),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getcpu),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(membarrier),
    SCMP_SYS(get_mempolicy),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
};

/* Files that a library may look for on its way. newfstatat is here although fstat() of glibc is
 * made of it: with a path it would tell which files exist. */
static const int refused_as_forbidden[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(openat2),  SCMP_SYS(stat),
    SCMP_SYS(lstat),     SCMP_SYS(newfstatat), SCMP_SYS(statx),    SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
};

static int
add_conditional_rules(scmp_filter_ctx filter)
{
    int status = 0;
    /* A new thread, never a new process. glibc asks clone3 first, whose flags a filter cannot see;
     * ENOSYS sends it back to clone. */
    status |= seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));
    status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* Memory, but none that can be executed: no code appears after the start. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Thread names. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                               SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    /* GLib asks for the scheduling of a new thread's parent and gives up at ENOSYS. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(sched_getattr), 0);
    status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(sched_setattr), 0);
    /* abort() raises a signal in its own thread; no other process may get one. */
    status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    for (gsize i = 0; i < G_N_ELEMENTS(refused_as_forbidden); i++) {
        status |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused_as_forbidden[i], 0);
    }
    return status;
}

static bool
enter_seccomp(GError **error)
{
    g_autoptr(FilterContext) filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "the system call filter could not be made");
    }
    /* All threads, should a library have started one already: Landlock binds only this one. */
    int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    status |= add_conditional_rules(filter);
    for (gsize i = 0; i < G_N_ELEMENTS(allowed_calls); i++) {
        status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
    }
    if (status != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "the system call filter could not be made");
    }
    status = seccomp_load(filter);
    if (status != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE,
                    "this kernel offers no seccomp filters (%s), so a decoder cannot be confined",
                    g_strerror(-status));
    }
    return true;
}

/* What is mapped already (libraries, mostly) does not count: their number is our choice. */
static guint64
mapped_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fscanf(file, "%lu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return (guint64)pages * (guint64)sysconf(_SC_PAGESIZE);
}

static bool
limit(int resource, const char *name, guint64 value, GError **error)
{
    const struct rlimit rlimit = { .rlim_cur = value, .rlim_max = value };
    if (setrlimit(resource, &rlimit) != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "the limit on %s could not be set: %s", name,
                    g_strerror(errno));
    }
    return true;
}

static bool
enter_limits(guint64 max_memory_bytes, GError **error)
{
    /* Few descriptors: the socket, a photo, and the standard ones. No file may grow (this binds
     * memfds too); sockets do not count. */
    return limit(RLIMIT_CORE, "core files", 0, error) &&
           limit(RLIMIT_FSIZE, "file sizes", 0, error) &&
           limit(RLIMIT_NOFILE, "descriptors", 16, error) &&
           (HAVE_ASAN || limit(RLIMIT_AS, "memory", mapped_bytes() + max_memory_bytes, error));
}

static bool
enter_no_privileges(GError **error)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return fail(error, APP_ERROR_UNAVAILABLE, "the decoder could not give up privileges: %s",
                    g_strerror(errno));
    }
    return true;
}

bool
sandbox_enter(const SandboxOptions *options, GError **error)
{
    if (!enter_limits(options->max_memory_bytes, error) || !enter_no_privileges(error)) {
        return false;
    }
    if (options->allow_missing) {
        (void)enter_landlock(NULL);
        (void)enter_seccomp(NULL);
        return true;
    }
    return enter_landlock(error) && enter_seccomp(error);
}
