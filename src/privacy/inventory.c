#include "privacy/inventory.h"

#include "base/digest.h"
#include "blob/vault.h"

#include <string.h>

const InventoryEntry *
inventory_find(HeldIn held_in, const char *name)
{
    for (gsize i = 0; i < inventory_size; i++) {
        if (inventory_table[i].held_in == held_in && g_str_equal(inventory_table[i].name, name)) {
            return &inventory_table[i];
        }
    }
    return NULL;
}

const InventoryField *
inventory_find_field(const InventoryEntry *entry, const char *name)
{
    for (gsize i = 0; i < entry->num_fields; i++) {
        if (g_str_equal(entry->fields[i].name, name)) {
            return &entry->fields[i];
        }
    }
    return NULL;
}

const char *
held_in_to_string(HeldIn held_in)
{
    switch (held_in) {
    case HELD_IN_DATABASE:
        return "database";
    case HELD_IN_KEYRING:
        return "keyring";
    case HELD_IN_OBJECTS:
        return "storage";
    case HELD_IN_COOKIE:
        return "cookie";
    case HELD_IN_BROWSER:
        return "browser";
    case HELD_IN_LOG:
        return "log";
    case HELD_BY_OTHERS:
        return "recipient";
    }
    g_assert_not_reached();
}

const char *
legal_basis_to_string(LegalBasis basis)
{
    switch (basis) {
    case BASIS_CONTRACT:
        return "to do what you asked for (contract)";
    case BASIS_LEGITIMATE_INTEREST:
        return "to keep the service safe and working (legitimate interest)";
    case BASIS_LEGAL_OBLIGATION:
        return "because the law demands it";
    case BASIS_CONSENT:
        return "because you agreed";
    case BASIS_NONE:
        return "no personal data";
    }
    g_assert_not_reached();
}

const char *
erase_kind_to_string(EraseKind kind)
{
    switch (kind) {
    case ERASE_DELETE:
    case ERASE_WITH_OBJECT:
        return "deleted";
    case ERASE_SHRED:
        return "the key is destroyed";
    case ERASE_HOLD:
        return "kept, because the law demands it";
    case ERASE_ELSEWHERE:
        return "ends by itself";
    case ERASE_NOTHING:
        return "nothing about you is in it";
    }
    g_assert_not_reached();
}

int
inventory_object_class(const InventoryEntry *entry)
{
    static const struct {
        const char *name;
        ObjectClass object_class;
    } names[] = {
        { "original", OBJECT_ORIGINAL },   { "picture", OBJECT_PICTURE },
        { "thumbnail", OBJECT_THUMBNAIL }, { "sheet", OBJECT_SHEET },
        { "export", OBJECT_EXPORT },
    };
    g_assert(entry->held_in == HELD_IN_OBJECTS);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_str_equal(names[i].name, entry->name)) {
            return (int)names[i].object_class;
        }
    }
    g_assert_not_reached(); /* a test walks the table */
}

Timestamp
inventory_lifetime(const char *table)
{
    const InventoryEntry *entry = inventory_find(HELD_IN_DATABASE, table);
    g_assert(entry != NULL && entry->retention.maximum > 0);
    return entry->retention.maximum;
}

static char *
span_to_string(Timestamp span)
{
    gint64 days = span / DAYS(1), minutes = span / SECONDS(60);
    if (days > 0) {
        return g_strdup_printf("%" G_GINT64_FORMAT " day%s", days, days == 1 ? "" : "s");
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " minutes", minutes);
}

char *
retention_to_string(const Retention *retention)
{
    g_autofree char *span = span_to_string(retention->maximum);
    switch (retention->kind) {
    case RETAIN_FROM:
        return g_strdup_printf("%s from %s", span, retention->moment);
    case RETAIN_UNTIL:
        return g_strdup_printf("until %s, at most %s", retention->moment, span);
    case RETAIN_FOR_ACCOUNT:
        return g_strdup_printf("as long as your account, and at most %s after you close it", span);
    case RETAIN_ELSEWHERE:
        return g_strdup(retention->moment);
    case RETAIN_NOTHING:
        return g_strdup("nothing about you is in it");
    }
    g_assert_not_reached();
}

static void G_GNUC_PRINTF(2, 3) add_problem(GPtrArray *problems, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(problems, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static bool
has_word(const char *words, const char *word)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    return g_strv_contains((const char *const *)list, word);
}

static bool
is_recipient(const char *id)
{
    for (gsize i = 0; i < recipient_count; i++) {
        if (g_str_equal(recipient_table[i].id, id)) {
            return true;
        }
    }
    return false;
}

static void
check_recipients(const InventoryEntry *entry, GPtrArray *problems)
{
    g_auto(GStrv) recipients = g_strsplit(entry->recipients, " ", -1);
    for (char **id = recipients; *id != NULL; id++) {
        if (**id != '\0' && !is_recipient(*id)) {
            add_problem(problems, "%s: the recipient \"%s\" is not registered", entry->name, *id);
        }
    }
}

static bool
is_timestamp(const InventoryEntry *entry, const char *name)
{
    const InventoryField *field = inventory_find_field(entry, name);
    return field != NULL && field->value == VALUE_TIME;
}

static void
check_retention(const InventoryEntry *entry, GPtrArray *problems)
{
    const Retention *retention = &entry->retention;
    bool has_anchor = retention->kind == RETAIN_FROM || retention->kind == RETAIN_UNTIL;
    if (has_anchor && entry->held_in != HELD_IN_OBJECTS &&
        !is_timestamp(entry, retention->anchor)) {
        add_problem(problems, "%s: retention counts from \"%s\", which is no time of it",
                    entry->name, retention->anchor);
    }
    bool is_bounded = has_anchor || retention->kind == RETAIN_FOR_ACCOUNT;
    if (is_bounded && retention->maximum <= 0) {
        add_problem(problems, "%s: nothing says when it ends", entry->name);
    }
    if (is_bounded && retention->minimum > retention->maximum) {
        add_problem(problems, "%s: must be kept longer than is promised", entry->name);
    }
    if (retention->minimum > 0 && retention->citation == NULL) {
        add_problem(problems, "%s: no law is named that wants it kept", entry->name);
    }
    /* LST-17: pictures and all that comes from them; LST-27: the rest of an account. */
    if (has_word(entry->promises, "LST-17") &&
        (retention->kind != RETAIN_FROM || retention->maximum != DAYS(21))) {
        add_problem(problems, "%s: is promised for 21 days from the upload", entry->name);
    }
    if (retention->kind == RETAIN_FOR_ACCOUNT && retention->maximum > DAYS(30)) {
        add_problem(problems, "%s: stays longer than 30 days after an account is closed",
                    entry->name);
    }
}

static void
check_subject(const InventoryEntry *entry, GPtrArray *problems)
{
    bool is_table = entry->held_in == HELD_IN_DATABASE || entry->held_in == HELD_IN_KEYRING;
    bool has_personal = false;
    for (gsize i = 0; i < entry->num_fields; i++) {
        has_personal = has_personal || entry->fields[i].category != NULL;
    }
    if (has_personal && entry->use == NULL) {
        add_problem(problems, "%s: holds personal data and says not what for", entry->name);
    }
    if (has_personal && entry->basis == BASIS_NONE) {
        add_problem(problems, "%s: holds personal data without a legal basis", entry->name);
    }
    if (is_table && entry->key == NULL) {
        add_problem(problems, "%s: has no key", entry->name);
    }
    if (is_table && has_personal && entry->subject == NULL &&
        entry->retention.kind != RETAIN_UNTIL) {
        add_problem(problems, "%s: cannot be reached from an account", entry->name);
    }
    if (is_table && entry->subject != NULL) {
        if (inventory_find_field(entry, entry->subject) == NULL) {
            add_problem(problems, "%s: has no column \"%s\"", entry->name, entry->subject);
        }
        if (entry->on_erase == ERASE_NOTHING || entry->on_erase == ERASE_ELSEWHERE) {
            add_problem(problems, "%s: is left standing when the account is deleted", entry->name);
        }
    }
    if (entry->on_erase == ERASE_HOLD && entry->retention.minimum <= 0) {
        add_problem(problems, "%s: is held, and no law says so", entry->name);
    }
}

GPtrArray *
inventory_contradictions(void)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        if (inventory_find(entry->held_in, entry->name) != entry) {
            add_problem(problems, "%s: is declared twice", entry->name);
        }
        check_recipients(entry, problems);
        check_retention(entry, problems);
        check_subject(entry, problems);
    }
    return problems;
}

static void
find_undeclared(HeldIn held_in, const GPtrArray *columns, GPtrArray *problems)
{
    for (guint i = 0; i < columns->len; i++) {
        const char *column = columns->pdata[i];
        const char *dot = strchr(column, '.');
        g_autofree char *table = g_strndup(column, (gsize)(dot - column));
        const InventoryEntry *entry = inventory_find(held_in, table);
        if (entry == NULL) {
            add_problem(problems, "%s: the table is not in the inventory", column);
        } else if (inventory_find_field(entry, dot + 1) == NULL) {
            add_problem(problems, "%s: is not in the inventory", column);
        }
    }
}

GPtrArray *
inventory_differences(HeldIn held_in, const GPtrArray *columns)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);
    find_undeclared(held_in, columns, problems);
    g_autoptr(GHashTable) live = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < columns->len; i++) {
        g_hash_table_add(live, columns->pdata[i]);
    }
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        for (gsize j = 0; j < entry->num_fields && entry->held_in == held_in; j++) {
            g_autofree char *column = g_strdup_printf("%s.%s", entry->name, entry->fields[j].name);
            if (!g_hash_table_contains(live, column)) {
                add_problem(problems, "%s: is in the inventory and nowhere else", column);
            }
        }
    }
    return problems;
}

char *
inventory_version(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < inventory_size; i++) {
        const InventoryEntry *entry = &inventory_table[i];
        const Retention *retention = &entry->retention;
        g_string_append_printf(
            text, "%d|%s|%s|%s|%s|%d|%s|%s|%d|%s|%lld|%lld|%s|%d|%s\n", (int)entry->held_in,
            entry->name, entry->title, entry->about, entry->use != NULL ? entry->use : "",
            (int)entry->basis, entry->protection, entry->recipients, (int)retention->kind,
            retention->anchor != NULL ? retention->anchor : "", (long long)retention->maximum,
            (long long)retention->minimum, retention->moment != NULL ? retention->moment : "",
            (int)entry->on_erase, entry->promises);
        for (gsize j = 0; j < entry->num_fields; j++) {
            const InventoryField *field = &entry->fields[j];
            g_string_append_printf(text, "  %s|%s|%d|%d\n", field->name,
                                   field->category != NULL ? field->category : "",
                                   (int)field->value, (int)field->export);
        }
    }
    for (gsize i = 0; i < recipient_count; i++) {
        const Recipient *recipient = &recipient_table[i];
        g_string_append_printf(text, "%s|%s|%s|%s\n", recipient->id, recipient->name,
                               recipient->what_for, recipient->where);
    }
    Digest digest = digest_of(text->str, text->len);
    return digest_to_hex(&digest, 64);
}
