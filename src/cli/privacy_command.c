#include "base/error.h"
#include "cli/command.h"
#include "cli/service_options.h"
#include "privacy/policy.h"
#include "web/app.h"

#include <stdio.h>

static bool
parse(int *argc, char ***argv, const char *summary, const char *description,
      const GOptionEntry *entries, GError **error)
{
    if (!command_parse_options(argc, argv, NULL, summary, description, entries, NULL, error)) {
        return false;
    }
    return *argc == 1 ||
           fail(error, APP_ERROR_INVALID, "there is one word too many: \"%s\"", (*argv)[1]);
}

static void
print_entry(const InventoryEntry *entry)
{
    g_autofree char *retention = retention_to_string(&entry->retention);
    printf("%s %s: %s\n    %s; account deleted: %s; %s\n", held_in_to_string(entry->held_in),
           entry->name, entry->title, retention, erase_kind_to_string(entry->on_erase),
           entry->promises[0] != '\0' ? entry->promises : "no promise");
    for (gsize i = 0; i < entry->num_fields; i++) {
        const InventoryField *field = &entry->fields[i];
        static const char *const exports[] = { "in no export", "access export", "both exports" };
        printf("    %-22s %-30s %s\n", field->name, field->category != NULL ? field->category : "-",
               exports[field->export]);
    }
}

ExitStatus
privacy_inventory_command(int argc, char **argv)
{
    GError *error = NULL;
    static const GOptionEntry entries[] = { { 0 } };
    if (!parse(
            &argc, &argv, "Lists everything that is held about anybody.",
            "Each table and column, class of stored files, cookie, log field and recipient: what "
            "it is, how\nlong it stays, what the deletion of an account does to it, and in which "
            "export it is.\nCategories are fideslang's.\n\n"
            "Exit status: 0, or 2 for a wrong call.",
            entries, &error)) {
        return command_fail(error);
    }
    for (gsize i = 0; i < inventory_size; i++) {
        print_entry(&inventory_table[i]);
    }
    return EXIT_DONE;
}

ExitStatus
privacy_policy_command(int argc, char **argv)
{
    GError *error = NULL;
    gboolean as_html = FALSE, as_json = FALSE;
    g_autofree char *service = NULL, *operator_ = NULL;
    const GOptionEntry entries[] = {
        { "html", 0, 0, G_OPTION_ARG_NONE, &as_html, "as the contents of a page", NULL },
        { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "for programs", NULL },
        { "service", 0, 0, G_OPTION_ARG_STRING, &service, "what the service is called", "NAME" },
        { "operator", 0, 0, G_OPTION_ARG_STRING, &operator_, "who runs it, and how to reach them",
          "TEXT" },
        { 0 },
    };
    if (!parse(&argc, &argv, "Prints the privacy policy, written from the inventory.",
               "The figures are those that the deletion obeys.\n\n"
               "Exit status: 0, or 2 for a wrong call.",
               entries, &error)) {
        return command_fail(error);
    }
    PolicyFacts facts = { .service = service != NULL ? service : "this server",
                          .operator_ = operator_ };
    if (as_json) {
        g_autofree char *json = policy_json(&facts);
        puts(json);
        return EXIT_DONE;
    }
    GString *text = as_html ? policy_html(&facts) : policy_text(&facts);
    fputs(text->str, stdout);
    g_string_free(text, TRUE);
    return EXIT_DONE;
}

ExitStatus
privacy_check_command(int argc, char **argv)
{
    GError *error = NULL;
    static const GOptionEntry entries[] = { { 0 } };
    if (!parse(&argc, &argv, "Looks for contradictions in the inventory.",
               "A retention longer than promised, a recipient that nobody registered, a legal "
               "minimum above a\npromised maximum, a table that no deletion reaches.\n\n"
               "Exit status: 0 for none, 1 for some, 2 for a wrong call.",
               entries, &error)) {
        return command_fail(error);
    }
    g_autoptr(GPtrArray) problems = inventory_contradictions();
    for (guint i = 0; i < problems->len; i++) {
        printf("%s\n", (const char *)problems->pdata[i]);
    }
    printf("%u contradiction%s in %" G_GSIZE_FORMAT " entries\n", problems->len,
           problems->len == 1 ? "" : "s", inventory_size);
    return problems->len == 0 ? EXIT_DONE : EXIT_NEEDS_ATTENTION;
}

static bool
sweep(const Settings *settings, const char *data_dir, bool clock_is_right, GError **error)
{
    const AppOptions options = {
        .settings = settings,
        .clock = &system_clock,
        .data_dir = data_dir,
    };
    g_autoptr(App) app = app_open(&options, error);
    SweepCounts counts;
    if (app == NULL || (clock_is_right && !privacy_confirm_clock(&app->privacy, error)) ||
        !privacy_sweep(&app->privacy, &counts, error)) {
        return false;
    }
    printf("%" G_GUINT64_FORMAT " rows and %" G_GUINT64_FORMAT " files had had their time and are "
           "gone; %" G_GUINT64_FORMAT " of them were late\n",
           counts.num_rows, counts.num_objects, counts.num_late);
    return true;
}

ExitStatus
privacy_sweep_command(int argc, char **argv)
{
    g_auto(ServiceOptions) options = { 0 };
    gboolean clock_is_right = FALSE;
    const GOptionEntry extra[] = {
        { "clock-is-right", 0, 0, G_OPTION_ARG_NONE, &clock_is_right,
          "I looked at this machine's clock and it is right", NULL },
        G_OPTION_ENTRY_NULL,
    };
    g_autofree GOptionEntry *entries = service_option_entries(&options, extra);
    Settings settings;
    GError *error = NULL;
    if (!command_parse_options(
            &argc, &argv, NULL,
            "Deletes now what has had its time, as the service does every few minutes by itself.",
            "Needed by hand only after the log says \"sweep-refused\": the clock was found to "
            "have\n"
            "jumped by days, and nothing is deleted before it is synchronised or somebody says\n"
            "that it is right.\n"
            "Exit status: 0 when done, 2 when the call or a setting is wrong, 3 when it could not\n"
            "be done.",
            entries, NULL, &error) ||
        !service_options_finish(&options, &settings, &error) ||
        !sweep(&settings, options.data_dir, clock_is_right, &error)) {
        return command_fail(error);
    }
    return EXIT_DONE;
}
