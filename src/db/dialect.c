#include "db/backend.h"

#include <string.h>

static const struct {
    const char *name;
    const char *spelling[2]; /* by DbKind */
} tokens[] = {
    { "i64", { "INTEGER", "BIGINT" } },
    /* So that both sort alike, whatever the locale of the database. */
    { "text", { "TEXT", "TEXT COLLATE \"C\"" } },
    { "bool", { "INTEGER", "SMALLINT" } },
    { "blob", { "BLOB", "BYTEA" } },
    { "real", { "REAL", "DOUBLE PRECISION" } },
    { "strict", { "STRICT", "" } },
    { "for_update", { "", "FOR NO KEY UPDATE" } },
    { "skip_locked", { "", "FOR UPDATE SKIP LOCKED" } },
};

static const char *
spell(DbKind kind, const char *name, gsize length, const char *sql)
{
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        if (strlen(tokens[i].name) == length && memcmp(tokens[i].name, name, length) == 0) {
            return tokens[i].spelling[kind];
        }
    }
    g_error("no such token: {%.*s} in: %s", (int)length, name, sql);
}

/* Where the piece that starts at TEXT and is to be copied as it is ends. */
static const char *
end_of_verbatim(const char *text)
{
    if (text[0] == '\'' || text[0] == '"') {
        const char *end = strchr(text + 1, text[0]);
        return end == NULL ? text + strlen(text) : end + 1;
    }
    if (text[0] == '-' && text[1] == '-') {
        return text + strcspn(text, "\n");
    }
    return text + 1;
}

char *
dialect_translate(DbKind kind, const char *sql)
{
    GString *out = g_string_sized_new(strlen(sql) + 64);
    for (const char *at = sql; *at != '\0';) {
        if (*at == '{') {
            const char *name = at + 1;
            gsize length = strcspn(name, "}");
            g_string_append(out, spell(kind, name, length, sql));
            at = name + length + (name[length] == '}');
        } else {
            const char *end = end_of_verbatim(at);
            g_string_append_len(out, at, end - at);
            at = end;
        }
    }
    return g_string_free(out, FALSE);
}
