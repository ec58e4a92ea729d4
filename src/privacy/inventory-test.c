/* The inventory against the live schema, on both databases, and against itself. */
#include "privacy/inventory.h"

#include "db/schema_table.h"
#include "db/test_database.h"

#include <string.h>

static void
assert_none(GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        g_test_message("%s", (const char *)problems->pdata[i]);
    }
    g_assert_cmpuint(problems->len, ==, 0);
    g_ptr_array_unref(problems);
}

/* What the policy promises is what the code does: no column is without a line in the table, no line
 * is about nothing. */
static void
test_the_database_is_what_the_inventory_says(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) columns = db_list_columns(database->db, &error);
    g_assert_no_error(error);
    assert_none(inventory_differences(HELD_IN_DATABASE, columns));
}

static void
test_a_new_column_is_noticed(TestDatabase *database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = db_begin(database->db, DB_WRITE, &error);
    g_assert_no_error(error);
    db_exec(tx, &error, NULL, "ALTER TABLE photo ADD COLUMN camera_owner TEXT", "");
    g_assert_no_error(error);
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
    g_autoptr(GPtrArray) columns = db_list_columns(database->db, &error);
    g_autoptr(GPtrArray) problems = inventory_differences(HELD_IN_DATABASE, columns);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_cmpstr(problems->pdata[0], ==, "photo.camera_owner: is not in the inventory");
}

static void
test_a_lost_column_is_noticed(void)
{
    g_autoptr(GPtrArray) columns = g_ptr_array_new();
    g_ptr_array_add(columns, (gpointer) "sweep_state.name");
    g_autoptr(GPtrArray) problems = inventory_differences(HELD_IN_DATABASE, columns);
    g_assert_true(g_ptr_array_find_with_equal_func(
        problems, "sweep_state.at: is in the inventory and nowhere else", g_str_equal, NULL));
}

static void
test_the_inventory_agrees_with_itself(void)
{
    assert_none(inventory_contradictions());
}

/* LST-17. */
static void
test_pictures_live_for_21_days(void)
{
    static const char *const tables[] = { "photo", "publication", "sku", "upload", "batch_event" };
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_assert_cmpint(inventory_lifetime(tables[i]), ==, DAYS(21));
    }
    for (gsize i = 0; i < inventory_size; i++) {
        if (inventory_table[i].held_in == HELD_IN_OBJECTS) {
            g_assert_cmpint(inventory_table[i].retention.maximum, ==, DAYS(21));
            g_assert_cmpint(inventory_object_class(&inventory_table[i]), >, 0);
        }
    }
}

/* What refers to a table is deleted before it. */
static void
test_children_stand_before_their_parents(TestDatabase *database)
{
    gsize num_seen = 0;
    for (gsize i = 0; i < num_schema_migrations; i++) {
        g_autoptr(GRegex) tables =
            g_regex_new("CREATE TABLE (\\w+) \\((.*?)\\{strict\\}", G_REGEX_DOTALL, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        g_regex_match(tables, schema_migrations[i].sql, 0, &match);
        for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
            g_autofree char *child = g_match_info_fetch(match, 1);
            g_autofree char *body = g_match_info_fetch(match, 2);
            g_autoptr(GRegex) references = g_regex_new("REFERENCES (\\w+)", 0, 0, NULL);
            g_autoptr(GMatchInfo) reference = NULL;
            g_regex_match(references, body, 0, &reference);
            for (; g_match_info_matches(reference); g_match_info_next(reference, NULL)) {
                g_autofree char *parent = g_match_info_fetch(reference, 1);
                const InventoryEntry *below = inventory_find(HELD_IN_DATABASE, child);
                const InventoryEntry *above = inventory_find(HELD_IN_DATABASE, parent);
                g_assert_true(below != NULL && above != NULL);
                g_assert_true(below < above);
                num_seen++;
            }
        }
    }
    g_assert_cmpuint(num_seen, >, 10);
}

static void
test_the_version_is_of_the_content(void)
{
    g_autofree char *one = inventory_version();
    g_autofree char *two = inventory_version();
    g_assert_cmpstr(one, ==, two);
    g_assert_cmpuint(strlen(one), ==, 64);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_database("/inventory/schema", test_the_database_is_what_the_inventory_says);
    test_each_database("/inventory/new-column", test_a_new_column_is_noticed);
    test_each_database("/inventory/order", test_children_stand_before_their_parents);
    g_test_add_func("/inventory/lost-column", test_a_lost_column_is_noticed);
    g_test_add_func("/inventory/itself", test_the_inventory_agrees_with_itself);
    g_test_add_func("/inventory/lst-17", test_pictures_live_for_21_days);
    g_test_add_func("/inventory/version", test_the_version_is_of_the_content);
    return g_test_run();
}
