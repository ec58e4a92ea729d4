#include "web/picture_cache.h"

#include "http/reply.h"

#include <fcntl.h>
#include <sys/resource.h>

static PictureEntry *
picture(const char *etag, gsize size, Timestamp expires_at)
{
    g_autoptr(GBytes) bytes = g_bytes_new_take(g_malloc0(size), size);
    return picture_entry_new(bytes, etag, 0, expires_at);
}

static void
put(PictureCache *cache, const char *path, gsize size, Timestamp expires_at)
{
    g_autoptr(PictureEntry) entry = picture("\"e\"", size, expires_at);
    picture_cache_put(cache, "host", path, entry);
}

static bool
is_fresh(PictureCache *cache, const char *path)
{
    g_autoptr(PictureEntry) entry = picture_cache_find_fresh(cache, "host", path);
    return entry != NULL;
}

static void
test_entry_is_believed_for_a_moment_only(void)
{
    Timestamp now = SECONDS(100);
    Clock clock = clock_showing(&now);
    PictureCache *cache = picture_cache_new(&clock, 1 << 20, 1000);
    put(cache, "a", 1000, DAYS(1));
    g_assert_true(is_fresh(cache, "a"));
    now += PICTURE_FRESH + 1;
    g_assert_false(is_fresh(cache, "a"));
    g_autoptr(PictureEntry) confirmed = picture_cache_confirm(cache, "host", "a", "\"e\"");
    g_assert_nonnull(confirmed);
    g_assert_true(is_fresh(cache, "a"));
    picture_cache_free(cache);
}

static void
test_other_bytes_are_not_confirmed(void)
{
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 20, 1000);
    put(cache, "a", 1000, G_MAXINT64);
    g_assert_null(picture_cache_confirm(cache, "host", "a", "\"other\""));
    picture_cache_free(cache);
}

static void
test_hosts_do_not_share(void)
{
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 20, 1000);
    put(cache, "a", 1000, G_MAXINT64);
    g_assert_null(picture_cache_find_fresh(cache, "other", "a"));
    picture_cache_free(cache);
}

/* LST-17: the last day counts here, too. */
static void
test_expired_picture_is_gone(void)
{
    Timestamp now = SECONDS(100);
    Clock clock = clock_showing(&now);
    PictureCache *cache = picture_cache_new(&clock, 1 << 20, 1000);
    put(cache, "a", 1000, SECONDS(101));
    now = SECONDS(101);
    g_assert_false(is_fresh(cache, "a"));
    picture_cache_purge(cache);
    g_assert_cmpuint(picture_cache_size(cache), ==, 0);
    picture_cache_free(cache);
}

static void
test_unconfirmed_picture_is_thrown_away(void)
{
    Timestamp now = SECONDS(100);
    Clock clock = clock_showing(&now);
    PictureCache *cache = picture_cache_new(&clock, 1 << 20, 1000);
    put(cache, "a", 1000, DAYS(30));
    now += PICTURE_KEPT;
    picture_cache_purge(cache);
    g_assert_cmpuint(picture_cache_size(cache), >, 0);
    now += 1;
    picture_cache_purge(cache);
    g_assert_cmpuint(picture_cache_size(cache), ==, 0);
    picture_cache_free(cache);
}

static void
test_memory_is_bounded_and_the_last_used_stay(void)
{
    PictureCache *cache = picture_cache_new(&system_clock, 100 * 1000, 1000);
    put(cache, "first", 20 * 1000, G_MAXINT64);
    for (guint i = 0; i < 50; i++) {
        g_autofree char *path = g_strdup_printf("%u", i);
        put(cache, path, 20 * 1000, G_MAXINT64);
        g_assert_true(is_fresh(cache, "first"));
        g_assert_cmpuint(picture_cache_size(cache), <=, 100 * 1000);
    }
    g_assert_false(is_fresh(cache, "0"));
    put(cache, "large", 60 * 1000, G_MAXINT64); /* would drive out all others */
    g_assert_false(is_fresh(cache, "large"));
    picture_cache_free(cache);
}

static void
test_picture_that_is_gone_is_forgotten(void)
{
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 20, 1000);
    put(cache, "a", 1000, G_MAXINT64);
    picture_cache_forget(cache, "host", "a");
    g_assert_false(is_fresh(cache, "a"));
    picture_cache_free(cache);
}

static guint
num_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;
    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    return count;
}

/* Each has a descriptor, and connections need some, too. */
static void
test_number_is_bounded(void)
{
    guint before = num_descriptors();
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 30, 10);
    for (guint i = 0; i < 200; i++) {
        g_autofree char *path = g_strdup_printf("%u", i);
        put(cache, path, HTTP_MIN_PAGES, G_MAXINT64);
        g_assert_true(is_fresh(cache, path));
        g_assert_cmpuint(num_descriptors(), <=, before + 10);
    }
    g_assert_false(is_fresh(cache, "189"));
    g_assert_true(is_fresh(cache, "190"));
    put(cache, "190", HTTP_MIN_PAGES, G_MAXINT64); /* takes its own place and nobody else's */
    g_assert_true(is_fresh(cache, "191"));
    picture_cache_free(cache);
    g_assert_cmpuint(num_descriptors(), ==, before);
    cache = picture_cache_new(&system_clock, 1 << 30, 0);
    put(cache, "a", HTTP_MIN_PAGES, G_MAXINT64);
    g_assert_false(is_fresh(cache, "a"));
    picture_cache_free(cache);
}

/* LST-17: out of the cache at once; who is being answered keeps what it has. */
static void
test_answer_under_way_keeps_what_the_cache_drops(void)
{
    guint before = num_descriptors();
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 20, 1);
    put(cache, "a", 50 * 1000, G_MAXINT64);
    PictureEntry *sending = picture_cache_find_fresh(cache, "host", "a");
    picture_cache_forget(cache, "host", "a");
    g_assert_false(is_fresh(cache, "a"));
    g_assert_cmpuint(picture_cache_size(cache), ==, 0);
    g_assert_cmpuint(g_bytes_get_size(sending->bytes), ==, 50 * 1000);
    g_assert_cmpint(fcntl(memory_pages_fd(sending->pages), F_GETFD), >=, 0);
    put(cache, "b", 50 * 1000, G_MAXINT64);
    picture_entry_unref(sending);
    g_assert_cmpuint(num_descriptors(), ==, before + 1); /* b's */
    picture_cache_free(cache);
}

static void
test_without_a_descriptor_it_is_kept_all_the_same(void)
{
    PictureCache *cache = picture_cache_new(&system_clock, 1 << 20, 10);
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    struct rlimit none = { .rlim_cur = 0, .rlim_max = limit.rlim_max };
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    put(cache, "a", 50 * 1000, G_MAXINT64);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_autoptr(PictureEntry) entry = picture_cache_find_fresh(cache, "host", "a");
    g_assert_nonnull(entry);
    g_assert_null(entry->pages);
    g_assert_cmpuint(g_bytes_get_size(entry->bytes), ==, 50 * 1000);
    picture_cache_free(cache);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/picture-cache/fresh", test_entry_is_believed_for_a_moment_only);
    g_test_add_func("/picture-cache/other-bytes", test_other_bytes_are_not_confirmed);
    g_test_add_func("/picture-cache/hosts", test_hosts_do_not_share);
    g_test_add_func("/picture-cache/LST-17/expired", test_expired_picture_is_gone);
    g_test_add_func("/picture-cache/unconfirmed", test_unconfirmed_picture_is_thrown_away);
    g_test_add_func("/picture-cache/bounded", test_memory_is_bounded_and_the_last_used_stay);
    g_test_add_func("/picture-cache/forgotten", test_picture_that_is_gone_is_forgotten);
    g_test_add_func("/picture-cache/number", test_number_is_bounded);
    g_test_add_func("/picture-cache/LST-17/under-way",
                    test_answer_under_way_keeps_what_the_cache_drops);
    g_test_add_func("/picture-cache/no-descriptor",
                    test_without_a_descriptor_it_is_kept_all_the_same);
    return g_test_run();
}
