#include "base/memory_pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static void
test_bytes_are_there_in_both_ways(void)
{
    static const gsize sizes[] = { 1, 4096, 4097, 1000 * 1000 };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree guint8 *data = g_malloc(sizes[i]);
        g_autofree guint8 *read = g_malloc(sizes[i] + 1);
        for (gsize at = 0; at < sizes[i]; at++) {
            data[at] = (guint8)(at * 7 + at / 251);
        }
        g_autoptr(MemoryPages) pages = memory_pages_new(data, sizes[i], NULL);
        g_assert_nonnull(pages);
        gsize size;
        const void *mapped = g_bytes_get_data(memory_pages_bytes(pages), &size);
        g_assert_cmpmem(mapped, size, data, sizes[i]);
        g_assert_cmpint(pread(memory_pages_fd(pages), read, sizes[i] + 1, 0), ==, sizes[i]);
        g_assert_cmpmem(read, sizes[i], data, sizes[i]);
    }
}

static void
test_nobody_can_change_them(void)
{
    g_autoptr(MemoryPages) pages = memory_pages_new("picture", 7, NULL);
    int fd = memory_pages_fd(pages);
    g_assert_cmpint(pwrite(fd, "x", 1, 0), ==, -1);
    g_assert_cmpint(ftruncate(fd, 3), ==, -1);
    g_assert_cmpint(ftruncate(fd, 30), ==, -1);
    g_assert_true(mmap(NULL, 7, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_cmpmem(g_bytes_get_data(memory_pages_bytes(pages), NULL), 7, "picture", 7);
}

static void
test_last_reference_closes_the_file_but_not_the_bytes(void)
{
    MemoryPages *pages = memory_pages_new("picture", 7, NULL);
    int fd = memory_pages_fd(pages);
    g_autoptr(GBytes) part = g_bytes_new_from_bytes(memory_pages_bytes(pages), 2, 3);
    MemoryPages *second = memory_pages_ref(pages);
    memory_pages_unref(pages);
    g_assert_cmpint(fcntl(fd, F_GETFD), >=, 0);
    memory_pages_unref(second);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
    g_assert_cmpint(errno, ==, EBADF);
    g_assert_cmpmem(g_bytes_get_data(part, NULL), g_bytes_get_size(part), "ctu", 3);
}

static void
test_without_descriptors_it_says_so(void)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    struct rlimit none = { .rlim_cur = 0, .rlim_max = limit.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(MemoryPages) pages = memory_pages_new("picture", 7, &error);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_null(pages);
    g_assert_nonnull(strstr(error->message, "a file in memory"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory-pages/bytes", test_bytes_are_there_in_both_ways);
    g_test_add_func("/memory-pages/sealed", test_nobody_can_change_them);
    g_test_add_func("/memory-pages/references",
                    test_last_reference_closes_the_file_but_not_the_bytes);
    g_test_add_func("/memory-pages/no-descriptors", test_without_descriptors_it_says_so);
    return g_test_run();
}
