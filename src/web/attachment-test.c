#include "web/attachment.h"

#include <glib.h>

static void
test_names_are_quoted_for_old_and_new_browsers(void)
{
    static const struct {
        const char *name, *disposition;
    } cases[] = {
        { "sheet.xlsm", "attachment; filename=\"sheet.xlsm\"; filename*=UTF-8''sheet.xlsm" },
        { "Été 1.csv",
          "attachment; filename=\"__t__ 1.csv\"; filename*=UTF-8''%C3%89t%C3%A9%201.csv" },
        { "a\"\r\nX: b/c", "attachment; filename=\"a___X: b_c\"; filename*=UTF-8''a___X%3A%20b_c" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *disposition = attachment_disposition(cases[i].name);
        g_assert_cmpstr(disposition, ==, cases[i].disposition);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attachment/names", test_names_are_quoted_for_old_and_new_browsers);
    return g_test_run();
}
