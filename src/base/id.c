#include "base/id.h"

#include "base/secret.h"

#include <string.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum { time_chars = 10 };

Id
id_new(const Clock *clock)
{
    Id id;
    guint64 milliseconds = (guint64)clock_now(clock) / 1000;
    for (int i = time_chars - 1; i >= 0; i--, milliseconds >>= 5) {
        id.text[i] = alphabet[milliseconds & 31];
    }
    g_assert(milliseconds == 0 && id.text[0] <= '7'); /* 48 bits last until the year 10889 */

    guint8 random[ID_LENGTH - time_chars]; /* five bits of each are used */
    secret_random(random, sizeof random);
    for (guint i = 0; i < sizeof random; i++) {
        id.text[time_chars + i] = alphabet[random[i] & 31];
    }
    id.text[ID_LENGTH] = '\0';
    return id;
}

/* Of Crockford's alphabet: not i, l, o, u. */
static bool
is_id_char(char c)
{
    return g_ascii_isdigit(c) ||
           (g_ascii_islower(c) && c != 'i' && c != 'l' && c != 'o' && c != 'u');
}

bool
id_parse(const char *text, Id *ret_id)
{
    if (text == NULL || text[0] > '7') {
        return false;
    }
    for (guint i = 0; i < ID_LENGTH; i++) {
        if (!is_id_char(text[i])) {
            return false;
        }
    }
    if (text[ID_LENGTH] != '\0') {
        return false;
    }
    memcpy(ret_id->text, text, ID_LENGTH + 1);
    return true;
}

bool
id_equal(const Id *a, const Id *b)
{
    return memcmp(a->text, b->text, ID_LENGTH) == 0;
}
