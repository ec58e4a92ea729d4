#include "base/log.h"

#include <string.h>
#include <unistd.h>

static void
log_something(void)
{
    log_line(LOG_WARNING_LEVEL, "job-failed", LOG_KIND, "photo.clean", LOG_REASON,
             "a \"quoted\"\nline", LOG_CODE, NULL, LOG_END);
    _exit(0);
}

static void
test_a_line_is_one_object(void)
{
    if (g_test_subprocess()) {
        log_something();
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("{\"at\":\"20*Z\",\"level\":\"warning\",\"event\":"
                              "\"job-failed\",\"kind\":\"photo.clean\",\"reason\":"
                              "\"a \\\"quoted\\\"\\nline\"}\n");
}

static void
test_every_field_has_a_name_of_its_own(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (int field = 0; field < LOG_FIELD_COUNT; field++) {
        g_assert_true(g_hash_table_add(seen, (gpointer)log_field_name((LogField)field)));
        g_assert_cmpuint(strlen(log_field_meaning((LogField)field)), >, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/log/a-line-is-one-object", test_a_line_is_one_object);
    g_test_add_func("/log/fields", test_every_field_has_a_name_of_its_own);
    return g_test_run();
}
