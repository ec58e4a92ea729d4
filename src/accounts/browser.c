#include "accounts/browser.h"

#include <glib.h>
#include <string.h>

typedef struct {
    const char *mark; /* in the User-Agent header */
    const char *name;
} Mark;

/* In this order: every browser names the ones before it for old servers' sake, so the most
 * particular mark comes first. */
static const Mark browsers[] = {
    { "Edg/", "Edge" },
    { "EdgA/", "Edge" },
    { "EdgiOS/", "Edge" },
    { "OPR/", "Opera" },
    { "SamsungBrowser/", "Samsung Internet" },
    { "Firefox/", "Firefox" },
    { "FxiOS/", "Firefox" },
    { "CriOS/", "Chrome" },
    { "Chrome/", "Chrome" },
    { "Safari/", "Safari" },
    { "curl/", "curl" },
    { "python-requests/", "a Python program" },
};
static const Mark systems[] = {
    { "iPhone", "iPhone" },   { "iPad", "iPad" },     { "Android", "Android" },
    { "Windows", "Windows" }, { "CrOS", "ChromeOS" }, { "Macintosh", "macOS" },
    { "Linux", "Linux" },
};

static const char *
find_mark(const Mark *marks, gsize num_marks, const char *user_agent)
{
    for (gsize i = 0; i < num_marks; i++) {
        if (strstr(user_agent, marks[i].mark) != NULL) {
            return marks[i].name;
        }
    }
    return NULL;
}

char *
browser_describe(const char *user_agent)
{
    const char *header = user_agent == NULL ? "" : user_agent;
    const char *browser = find_mark(browsers, G_N_ELEMENTS(browsers), header);
    const char *system = find_mark(systems, G_N_ELEMENTS(systems), header);
    if (browser == NULL) {
        browser = "an unknown browser";
    }
    return system == NULL ? g_strdup(browser) : g_strdup_printf("%s on %s", browser, system);
}
