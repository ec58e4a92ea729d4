#include "http/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* strftime and strptime would follow the locale. */
static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

char *
http_date_format(gint64 unix_seconds)
{
    time_t time = (time_t)unix_seconds;
    struct tm tm;
    gmtime_r(&time, &tm);
    return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
                           months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *
http_date_now(void)
{
    static _Thread_local gint64 formatted_seconds;
    static _Thread_local char text[sizeof "Sun, 06 Nov 1994 08:49:37 GMT"];
    gint64 seconds = g_get_real_time() / G_USEC_PER_SEC;
    if (seconds != formatted_seconds) {
        g_autofree char *date = http_date_format(seconds);
        g_assert(strlen(date) < sizeof text);
        strcpy(text, date);
        formatted_seconds = seconds;
    }
    return text;
}

static int
month_of(const char *name)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(months); i++) {
        if (g_str_equal(name, months[i])) {
            return i;
        }
    }
    return -1;
}

/* RFC 850 gives two digits of the year: more than 50 years ahead means the past (RFC 9110). */
static int
full_year(int year)
{
    int now = (int)(1970 + g_get_real_time() / G_USEC_PER_SEC / 31556952);
    int full = now / 100 * 100 + year;
    return full > now + 50 ? full - 100 : full;
}

bool
http_date_parse(const char *text, gint64 *ret_unix_seconds)
{
    char month[4] = "";
    int day, year, hour, minute, second, end = 0;
    if (sscanf(text, "%*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT%n", &day, month, &year, &hour,
               &minute, &second, &end) != 6 ||
        end == 0) {
        if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &day, month, &year,
                   &hour, &minute, &second, &end) == 6 &&
            end != 0) {
            year = full_year(year);
        } else if (sscanf(text, "%*3[A-Za-z] %3s %2d %2d:%2d:%2d %4d%n", month, &day, &hour,
                          &minute, &second, &year, &end) != 6 ||
                   end == 0) {
            return false;
        }
    }
    g_autoptr(GDateTime) date =
        text[end] != '\0' || month_of(month) < 0
            ? NULL
            : g_date_time_new_utc(year, month_of(month) + 1, day, hour, minute, second);
    if (date == NULL) {
        return false;
    }
    *ret_unix_seconds = g_date_time_to_unix(date);
    return true;
}
