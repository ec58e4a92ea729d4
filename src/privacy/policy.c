#include "privacy/policy.h"

#include "base/json_writer.h"

/* The sections of the page, by where things are. */
static const struct {
    HeldIn held_in;
    const char *title;
    const char *intro;
} sections[] = {
    { HELD_IN_DATABASE, "What is written down about you",
      "Rows in the service's database. The database lies in the region of your account." },
    { HELD_IN_OBJECTS, "Your files",
      "Files in the storage of your account's region, each encrypted with a key that only your "
      "account's files have." },
    { HELD_IN_KEYRING, "Keys",
      "Kept apart from everything else. When your account is deleted its key is destroyed, and "
      "every copy of your files, backups included, is unreadable from then on." },
    { HELD_IN_COOKIE, "Cookies", "Only what signing in needs. No cookie follows you anywhere." },
    { HELD_IN_BROWSER, "What your browser stores", "Nothing else is stored in your browser." },
    { HELD_IN_LOG, "Technical log of the servers",
      "Lines that the servers write about their own work. They hold no name, no address and no "
      "content." },
    { HELD_BY_OTHERS, "What leaves the service",
      "Data that a company outside gets, and why. Nothing goes to anybody who is not named here." },
};

static bool
is_shown(const InventoryEntry *entry)
{
    return entry->retention.kind != RETAIN_NOTHING;
}

static void
append_escaped(GString *html, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(html, escaped);
}

static void
append_element(GString *html, const char *element, const char *text)
{
    g_string_append_printf(html, "<%s>", element);
    append_escaped(html, text);
    g_string_append_printf(html, "</%s>\n", element);
}

static void
append_fact(GString *html, const char *term, const char *text)
{
    g_string_append(html, "<dt>");
    append_escaped(html, term);
    g_string_append(html, "</dt><dd>");
    append_escaped(html, text);
    g_string_append(html, "</dd>\n");
}

static const Recipient *
find_recipient(const char *id)
{
    for (gsize i = 0; i < recipient_count; i++) {
        if (g_str_equal(recipient_table[i].id, id)) {
            return &recipient_table[i];
        }
    }
    g_assert_not_reached();
}

static char *
recipient_names(const InventoryEntry *entry)
{
    g_auto(GStrv) ids = g_strsplit(entry->recipients, " ", -1);
    g_autoptr(GString) names = g_string_new(NULL);
    for (char **id = ids; *id != NULL; id++) {
        if (**id != '\0') {
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                   find_recipient(*id)->name);
        }
    }
    return g_string_free(g_steal_pointer(&names), FALSE);
}

/* "address, display name": the columns that say something about a person, without repeats. */
static char *
categories(const InventoryEntry *entry)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GString) text = g_string_new(NULL);
    for (gsize i = 0; i < entry->num_fields; i++) {
        const char *category = entry->fields[i].category;
        if (category != NULL && g_hash_table_add(seen, (gpointer)category)) {
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", category);
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
append_entry(GString *html, const InventoryEntry *entry)
{
    g_autofree char *retention = retention_to_string(&entry->retention);
    g_autofree char *recipients = recipient_names(entry);
    g_autofree char *kinds = categories(entry);
    /* The ids of the promises stand in the source, for whoever checks them. */
    g_string_append_printf(html, "<section data-promises=\"%s\" data-name=\"%s\">\n",
                           entry->promises, entry->name);
    append_element(html, "h3", entry->title);
    append_element(html, "p", entry->about);
    g_string_append(html, "<dl>\n");
    append_fact(html, "How long", retention);
    append_fact(html, "When you delete your account", erase_kind_to_string(entry->on_erase));
    append_fact(html, "Why we may", legal_basis_to_string(entry->basis));
    append_fact(html, "Protection", entry->protection);
    if (kinds[0] != '\0') {
        append_fact(html, "Kinds of data", kinds);
    }
    if (recipients[0] != '\0') {
        append_fact(html, "Who else gets it", recipients);
    }
    g_string_append(html, "</dl>\n</section>\n");
}

static void
append_recipients(GString *html)
{
    append_element(html, "h2", "Who else gets something");
    append_element(html, "p",
                   "A request to any other company is impossible: the program has one way out, and "
                   "it knows only these.");
    g_string_append(html, "<ul>\n");
    for (gsize i = 0; i < recipient_count; i++) {
        const Recipient *recipient = &recipient_table[i];
        g_string_append(html, "<li><strong>");
        append_escaped(html, recipient->name);
        g_string_append(html, "</strong>: ");
        append_escaped(html, recipient->what_for);
        g_string_append(html, " (");
        append_escaped(html, recipient->where);
        g_string_append(html, ")</li>\n");
    }
    g_string_append(html, "</ul>\n");
}

static const char rights[] =
    "<h2>Your rights, and where they are</h2>\n<ul>\n"
    "<li><strong>See and take home what is held about you</strong>: Settings, “Export my data”. "
    "One archive with everything, or one with only what you gave; both say what is in them and "
    "whether anything is missing.</li>\n"
    "<li><strong>Delete your account and all that hangs on it</strong>: Settings, “Delete my "
    "account”. It begins at once and you get a receipt.</li>\n"
    "<li><strong>Take pictures and history home before they are deleted</strong>: each batch "
    "shows how long it has, and exports until its last day.</li>\n"
    "<li><strong>Region</strong>: you chose it when you signed up; it is shown in Settings, and "
    "nothing of yours lies elsewhere.</li>\n</ul>\n";

GString *
policy_html(const PolicyFacts *facts)
{
    GString *html = g_string_new("<h1>Privacy policy</h1>\n<p class=\"policy-date\">");
    g_autofree char *version = inventory_version();
    g_string_append_printf(html, "Last updated %s. Version %.12s.</p>\n", inventory_changed_on,
                           version);
    g_string_append(html, "<p>This page is for <strong>");
    append_escaped(html, facts->service);
    g_string_append(html, "</strong>. It is written by the program itself, from the table that "
                          "also drives its deletion: what it says is what happens.</p>\n<p>");
    append_escaped(html, facts->operator_ != NULL
                             ? facts->operator_
                             : "Whoever runs this server has not yet said how to reach them.");
    g_string_append(html, "</p>\n");
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        append_element(html, "h2", sections[i].title);
        append_element(html, "p", sections[i].intro);
        for (gsize j = 0; j < inventory_size; j++) {
            const InventoryEntry *entry = &inventory_table[j];
            if (entry->held_in == sections[i].held_in && is_shown(entry)) {
                append_entry(html, entry);
            }
        }
    }
    append_recipients(html);
    g_string_append(html, rights);
    return html;
}

static void
write_entry(JsonWriter *writer, const InventoryEntry *entry)
{
    g_autofree char *retention = retention_to_string(&entry->retention);
    json_begin_object(writer, NULL);
    json_string(writer, "held_in", held_in_to_string(entry->held_in));
    json_string(writer, "name", entry->name);
    json_string(writer, "title", entry->title);
    json_string(writer, "about", entry->about);
    json_string(writer, "use", entry->use);
    json_string(writer, "legal_basis", legal_basis_to_string(entry->basis));
    json_string(writer, "protection", entry->protection);
    json_string(writer, "retention", retention);
    if (entry->retention.maximum > 0) {
        json_int(writer, "retention_seconds", entry->retention.maximum / SECONDS(1));
    }
    if (entry->retention.minimum > 0) {
        json_int(writer, "legal_minimum_seconds", entry->retention.minimum / SECONDS(1));
        json_string(writer, "legal_source", entry->retention.citation);
    }
    json_string(writer, "on_erasure", erase_kind_to_string(entry->on_erase));
    json_string(writer, "promises", entry->promises);
    json_begin_array(writer, "fields");
    for (gsize i = 0; i < entry->num_fields; i++) {
        const InventoryField *field = &entry->fields[i];
        json_begin_object(writer, NULL);
        json_string(writer, "name", field->name);
        json_string(writer, "category", field->category);
        json_bool(writer, "in_access_export", field->export != EXPORT_NEVER);
        json_bool(writer, "in_portable_export", field->export == EXPORT_PORTABLE);
        json_end_object(writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}

char *
policy_json(const PolicyFacts *facts)
{
    g_autoptr(JsonWriter) writer = json_writer_new(true);
    g_autofree char *version = inventory_version();
    json_begin_object(writer, NULL);
    json_string(writer, "service", facts->service);
    json_string(writer, "operator", facts->operator_);
    json_string(writer, "last_updated", inventory_changed_on);
    json_string(writer, "version", version);
    json_begin_array(writer, "inventory");
    for (gsize i = 0; i < inventory_size; i++) {
        write_entry(writer, &inventory_table[i]);
    }
    json_end_array(writer);
    json_begin_array(writer, "recipients");
    for (gsize i = 0; i < recipient_count; i++) {
        json_begin_object(writer, NULL);
        json_string(writer, "name", recipient_table[i].name);
        json_string(writer, "what_for", recipient_table[i].what_for);
        json_string(writer, "where", recipient_table[i].where);
        json_end_object(writer);
    }
    json_end_array(writer);
    json_end_object(writer);
    return g_strdup(json_writer_text(writer)->str);
}

GString *
policy_text(const PolicyFacts *facts)
{
    GString *text = g_string_new(NULL);
    g_autofree char *version = inventory_version();
    g_string_append_printf(text, "Privacy policy of %s\nlast updated %s, version %.12s\n",
                           facts->service, inventory_changed_on, version);
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        g_string_append_printf(text, "\n%s\n", sections[i].title);
        for (gsize j = 0; j < inventory_size; j++) {
            const InventoryEntry *entry = &inventory_table[j];
            if (entry->held_in == sections[i].held_in && is_shown(entry)) {
                g_autofree char *retention = retention_to_string(&entry->retention);
                g_string_append_printf(text, "  %s\n      %s\n      %s; account deleted: %s\n",
                                       entry->title, entry->about, retention,
                                       erase_kind_to_string(entry->on_erase));
            }
        }
    }
    return text;
}
