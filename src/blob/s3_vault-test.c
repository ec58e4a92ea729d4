/* The vault on two buckets of a real S3 server. */
#include "base/error.h"
#include "blob/test_ceph.h"
#include "blob/test_vault.h"

#include <string.h>

static Net *net; /* of the whole test */

typedef struct {
    TestVault *test;
    Vault *vault;
    BlobStore *stores[2]; /* us, eu: other doors to the same buckets */
} Buckets;

static const char *const regions[] = { "us", "eu" };

static bool
buckets_open(Buckets *buckets, TestDatabase *database)
{
    S3Settings settings[2];
    if (!test_ceph_bucket(&settings[0]) || !test_ceph_bucket(&settings[1])) {
        return false;
    }
    buckets->test = test_vault_new(database);
    buckets->vault = vault_new(buckets->test->db, buckets->test->keyring, &buckets->test->clock);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        buckets->stores[i] = s3_store_new(net, &system_clock, &settings[i], &error);
        g_assert_no_error(error);
        BlobStore *store = s3_store_new(net, &system_clock, &settings[i], &error);
        g_assert_no_error(error);
        vault_add_store(buckets->vault, regions[i], store);
    }
    return true;
}

static void
buckets_close(Buckets *buckets)
{
    blob_store_free(buckets->stores[0]);
    blob_store_free(buckets->stores[1]);
    vault_free(buckets->vault);
    test_vault_free(buckets->test);
}

static guint
count_keys(BlobStore *store)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) keys = blob_list(store, "", 10000, &error);
    g_assert_no_error(error);
    return keys->len;
}

static GBytes *
make_content(gsize size)
{
    guint8 *data = g_malloc(size);
    for (gsize i = 0; i < size; i++) {
        data[i] = (guint8)(i * 13 + i / 1021);
    }
    return g_bytes_new_take(data, size);
}

/* LST-13: of a European account's life, start to end, nothing is seen in the American bucket. */
static void
test_regions_do_not_mix(TestDatabase *database)
{
    Buckets buckets;
    if (!buckets_open(&buckets, database)) {
        return;
    }
    Id account = test_vault_account(buckets.test, "eu");
    g_autoptr(GBytes) large = make_content(20 * 1024 * 1024), small = make_content(200000);
    g_autoptr(GError) error = NULL;
    Id objects[2];
    vault_put_whole(buckets.vault, &account, OBJECT_ORIGINAL, 0, large, &objects[0], &error);
    g_assert_no_error(error);
    vault_put_whole(buckets.vault, &account, OBJECT_PICTURE, 0, small, &objects[1], &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_keys(buckets.stores[0]), ==, 0);
    g_assert_cmpuint(count_keys(buckets.stores[1]), ==, 2);

    g_autoptr(GBytes) read = vault_read_whole(buckets.vault, &objects[0], 32 << 20, &error);
    g_assert_no_error(error);
    g_assert_true(g_bytes_equal(read, large));
    g_autoptr(VaultReader) reader = vault_open(buckets.vault, &objects[0], &error);
    char part[10];
    vault_read(reader, 9999999, part, sizeof part, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(part, sizeof part, (const char *)g_bytes_get_data(large, NULL) + 9999999,
                    sizeof part);

    test_vault_adopt(buckets.test, &objects[0]);
    for (guint i = 0; i < 2; i++) {
        test_vault_mark(buckets.test, &objects[i]);
    }
    guint num_removed;
    vault_remove_marked(buckets.vault, 100, &num_removed, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(num_removed, ==, 2);
    g_assert_cmpuint(count_keys(buckets.stores[1]), ==, 0);
    g_assert_cmpint(test_vault_num_rows(buckets.test), ==, 0);
    buckets_close(&buckets);
}

/* What a killed process left in parts goes after a day. */
static void
test_abandoned_parts(TestDatabase *database)
{
    Buckets buckets;
    if (!buckets_open(&buckets, database)) {
        return;
    }
    Id account = test_vault_account(buckets.test, "us");
    g_autoptr(GBytes) large = make_content(20 * 1024 * 1024);
    g_autoptr(GError) error = NULL;
    VaultWriter *writer = vault_create(buckets.vault, &account, OBJECT_ORIGINAL, 0, &error);
    g_assert_no_error(error);
    vault_write(writer, g_bytes_get_data(large, NULL), g_bytes_get_size(large), &error);
    g_assert_no_error(error);
    buckets.test->time += DAYS(1) + 1;
    vault_remove_abandoned(buckets.vault, &error);
    g_assert_no_error(error);
    g_assert_cmpint(test_vault_num_rows(buckets.test), ==, 0);
    /* The parts are gone: more cannot be put to them. */
    Id object;
    buckets.test->time -= DAYS(1) + 1;
    g_assert_false(vault_finish(writer, &object, &error));
    vault_writer_free(writer);
    g_assert_cmpuint(count_keys(buckets.stores[0]), ==, 0);
    buckets_close(&buckets);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    net = net_new();
    test_each_database("/s3-vault/regions-do-not-mix-LST-13", test_regions_do_not_mix);
    test_each_database("/s3-vault/abandoned-parts", test_abandoned_parts);
    int status = g_test_run();
    net_free(net);
    return status;
}
