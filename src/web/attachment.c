#include "web/attachment.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

char *
attachment_disposition(const char *name)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    g_autoptr(GString) encoded = g_string_new(NULL);
    for (const char *c = name; *c != '\0'; c++) {
        bool is_bad = g_ascii_iscntrl(*c) || strchr("/\\\"", *c) != NULL;
        char safe = is_bad ? '_' : *c;
        g_string_append_c(plain, (guchar)safe < 0x80 && safe != '%' ? safe : '_');
        /* attr-char of RFC 8187 */
        if (g_ascii_isalnum(safe) || strchr("!#$&+-.^_`|~", safe) != NULL) {
            g_string_append_c(encoded, safe);
        } else {
            g_string_append_printf(encoded, "%%%02X", (guchar)safe);
        }
    }
    return g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s", plain->str,
                           encoded->str);
}
