#include "accounts/browser.h"

#include <glib.h>

static void
test_browsers_in_two_words(void)
{
    static const struct {
        const char *header, *words;
    } cases[] = {
        { "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
          "Firefox on Linux" },
        { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/128.0.0.0 Safari/537.36",
          "Chrome on Windows" },
        { "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0",
          "Edge on Windows" },
        { "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
          "Gecko) Version/17.5 Safari/605.1.15",
          "Safari on macOS" },
        { "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
          "like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
          "Safari on iPhone" },
        { "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/128.0.0.0 Mobile Safari/537.36",
          "Chrome on Android" },
        { "curl/7.88.1", "curl" },
        { "", "an unknown browser" },
        { NULL, "an unknown browser" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = browser_describe(cases[i].header);
        g_assert_cmpstr(words, ==, cases[i].words);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/browser/two-words", test_browsers_in_two_words);
    return g_test_run();
}
