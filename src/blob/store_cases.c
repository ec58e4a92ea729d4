#include "blob/store_cases.h"

#include "base/error.h"

#include <string.h>

typedef BlobStore *(*MakeFunc)(void);

void
put_text(BlobStore *store, const char *key, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobWriter) writer = blob_create(store, key, &error);
    g_assert_no_error(error);
    blob_write(writer, text, strlen(text), &error);
    g_assert_no_error(error);
    blob_commit(writer, &error);
    g_assert_no_error(error);
}

bool
has_text(BlobStore *store, const char *key, const char *text)
{
    gsize size = strlen(text);
    g_autofree char *buffer = g_malloc0(size + 1);
    return blob_read(store, key, 0, buffer, size, NULL) && memcmp(buffer, text, size) == 0;
}

static GPtrArray *
keys_of(const char *first, ...)
{
    GPtrArray *keys = g_ptr_array_new();
    va_list rest;
    va_start(rest, first);
    for (const char *key = first; key != NULL; key = va_arg(rest, const char *)) {
        g_ptr_array_add(keys, (gpointer)key);
    }
    va_end(rest);
    return keys;
}

/* The keys as one string, "a b c". */
static char *
list_all(BlobStore *store, guint page)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autofree char *after = g_strdup("");
    for (;;) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) keys = blob_list(store, after, page, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(keys->len, <=, page);
        for (guint i = 0; i < keys->len; i++) {
            g_string_append_printf(all, "%s%s", all->len > 0 ? " " : "", (char *)keys->pdata[i]);
        }
        if (keys->len < page) {
            return g_string_free(g_steal_pointer(&all), FALSE);
        }
        g_free(after);
        after = g_strdup(keys->pdata[keys->len - 1]);
    }
}

static void
test_ranges(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    put_text(store, "pictures/aa/one", "0123456789");
    char buffer[10] = { 0 };
    g_autoptr(GError) error = NULL;
    blob_read(store, "pictures/aa/one", 3, buffer, 4, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(buffer, 4, "3456", 4);
    blob_read(store, "pictures/aa/one", 9, buffer, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpint(buffer[0], ==, '9');
    g_assert_false(blob_read(store, "pictures/aa/one", 9, buffer, 2, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(blob_read(store, "pictures/aa/one", 10, buffer, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_false(blob_read(store, "pictures/aa/two", 0, buffer, 1, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

static void
test_an_object_is_written_once(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    put_text(store, "pictures/aa/one", "first");
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobWriter) writer = blob_create(store, "pictures/aa/one", &error);
    bool done =
        writer != NULL && blob_write(writer, "other", 5, &error) && blob_commit(writer, &error);
    g_assert_false(done);
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_clear_pointer(&writer, blob_writer_free);
    g_assert_true(has_text(store, "pictures/aa/one", "first"));
}

static void
test_unfinished_is_not_there(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    g_autoptr(GError) error = NULL;
    BlobWriter *writer = blob_create(store, "pictures/aa/one", &error);
    g_assert_no_error(error);
    g_assert_true(blob_write(writer, "text", 4, &error));
    g_assert_false(has_text(store, "pictures/aa/one", "text"));
    blob_writer_free(writer);
    g_assert_false(has_text(store, "pictures/aa/one", "text"));
    g_autofree char *all = list_all(store, 100);
    g_assert_cmpstr(all, ==, "");
}

static void
test_list_in_order_and_in_pages(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    static const char *const keys[] = { "sheets/0z/d", "pictures/zz/c", "pictures/aa/b",
                                        "pictures/aa/a", "pictures/a-/e" };
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        put_text(store, keys[i], "x");
    }
    for (guint page = 1; page < 8; page++) {
        g_autofree char *all = list_all(store, page);
        g_assert_cmpstr(all, ==,
                        "pictures/a-/e pictures/aa/a pictures/aa/b pictures/zz/c sheets/0z/d");
    }
}

static void
test_remove(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    put_text(store, "pictures/aa/one", "1");
    put_text(store, "pictures/bb/two", "2");
    put_text(store, "sheets/cc/three", "3");
    g_autoptr(GPtrArray) keys =
        keys_of("pictures/aa/one", "pictures/dd/none", "sheets/cc/three", NULL);
    g_autoptr(GError) error = NULL;
    for (int i = 0; i < 2; i++) {
        blob_remove(store, keys, &error);
        g_assert_no_error(error);
    }
    g_autofree char *all = list_all(store, 100);
    g_assert_cmpstr(all, ==, "pictures/bb/two");
}

static void
test_many_pieces(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    const gsize size = 20 * 1024 * 1024 + 3;
    g_autofree guint8 *data = g_malloc(size);
    for (gsize i = 0; i < size; i++) {
        data[i] = (guint8)(i * 7 + i / 9973);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(BlobWriter) writer = blob_create(store, "originals/aa/large", &error);
    g_assert_no_error(error);
    for (gsize at = 0; at < size; at += 300007) {
        blob_write(writer, data + at, MIN(300007, size - at), &error);
        g_assert_no_error(error);
    }
    blob_commit(writer, &error);
    g_assert_no_error(error);
    g_autofree guint8 *buffer = g_malloc(size);
    blob_read(store, "originals/aa/large", 0, buffer, size, &error);
    g_assert_no_error(error);
    g_assert_cmpint(memcmp(buffer, data, size), ==, 0);
    blob_read(store, "originals/aa/large", size - 9, buffer, 9, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(buffer, 9, data + size - 9, 9);
}

static void
test_remove_unfinished(gconstpointer make)
{
    g_autoptr(BlobStore) store = ((MakeFunc)make)();
    if (store == NULL) {
        return;
    }
    g_autoptr(GError) error = NULL;
    put_text(store, "pictures/aa/one", "1");
    for (int i = 0; i < 2; i++) {
        blob_remove_unfinished(store, "pictures/aa/one", &error);
        g_assert_no_error(error);
    }
    g_autofree char *all = list_all(store, 100);
    g_assert_cmpstr(all, ==, "");
}

void
add_store_cases(const char *prefix, BlobStore *(*make)(void))
{
    static const struct {
        const char *name;
        GTestDataFunc func;
    } cases[] = {
        { "ranges", test_ranges },
        { "an-object-is-written-once", test_an_object_is_written_once },
        { "unfinished-is-not-there", test_unfinished_is_not_there },
        { "list-in-order-and-in-pages", test_list_in_order_and_in_pages },
        { "remove", test_remove },
        { "many-pieces", test_many_pieces },
        { "remove-unfinished", test_remove_unfinished },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s", prefix, cases[i].name);
        g_test_add_data_func(path, (gconstpointer)make, cases[i].func);
    }
}
