/* cloudpick listing inspect: what a sheet is, before anything is done with it. */
#include "base/error.h"
#include "base/json_writer.h"
#include "cli/command.h"
#include "cli/listing_options.h"
#include "listing/job_limits.h"
#include "listing/layout.h"

#include <stdio.h>

typedef struct {
    char *sheet, *encoding, *worksheet, *marketplace;
    gboolean json;
    Settings settings;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->sheet);
    g_free(arguments->encoding);
    g_free(arguments->worksheet);
    g_free(arguments->marketplace);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

/* What the SKUs have and lack. */
typedef struct {
    guint num_parents, num_repeated, num_with_main, num_without_main, num_problems;
} SkuCounts;

static bool
parse_arguments(Arguments *arguments, int argc, char **argv, GError **error)
{
    settings_init(&arguments->settings);
    const GOptionEntry entries[] = {
        { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &arguments->sheet,
          "The sheet: .xlsx, .xlsm, .csv, .tsv or .txt", "FILE" },
        { "marketplace", 0, 0, G_OPTION_ARG_STRING, &arguments->marketplace,
          "Read it as this marketplace's (default: auto)", "NAME" },
        { "worksheet", 0, 0, G_OPTION_ARG_FILENAME, &arguments->worksheet,
          "The worksheet, where several could be meant", "NAME" },
        { "encoding", 0, 0, G_OPTION_ARG_STRING, &arguments->encoding,
          "The encoding of a text sheet, where the guess is wrong", "NAME" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "Print JSON", NULL },
        { "set", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer)command_option_set,
          "Change a setting (cloudpick settings lists them)", "NAME=VALUE" },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(
            &argc, &argv, "- what kind of sheet it is",
            "Tells what a sheet is: its grammar, worksheet, rows, SKU column, picture columns and\n"
            "SKUs, and what is missing. Nothing is written.",
            "Exit status: 0 every SKU has a main picture; 1 some have none, or cannot be trusted;\n"
            "2 the call was wrong, or it is no sheet that can be filled.",
            entries, &arguments->settings, error)) {
        return false;
    }
    if (arguments->sheet == NULL && argc == 2) {
        arguments->sheet = g_strdup(argv[1]);
    } else if (argc > 1) {
        return fail(error, APP_ERROR_INVALID, "\"%s\" is one argument too many", argv[argc - 1]);
    }
    return arguments->sheet != NULL || fail(error, APP_ERROR_INVALID, "--sheet is missing");
}

/* 1 -> "A", 27 -> "AA", as spreadsheet programs write it. */
static char *
column_letters(guint32 column)
{
    g_autoptr(GString) letters = g_string_new(NULL);
    for (; column > 0; column = (column - 1) / 26) {
        g_string_prepend_c(letters, (char)('A' + (column - 1) % 26));
    }
    return g_strdup(letters->str);
}

static SkuCounts
count_skus(const Layout *layout, const GPtrArray *skus)
{
    SkuCounts counts = { 0 };
    for (guint i = 0; i < skus->len; i++) {
        const ListedSku *sku = skus->pdata[i];
        const Slot main_slot = { SLOT_MAIN, 0 };
        bool has_main = listed_sku_picture(layout, sku, main_slot)[0] != '\0';
        counts.num_parents += sku->is_parent ? 1 : 0;
        counts.num_repeated += sku->other_rows != NULL ? 1 : 0;
        counts.num_problems += sku->problem != NULL ? 1 : 0;
        counts.num_with_main += has_main ? 1 : 0;
        counts.num_without_main += !has_main && !sku->is_parent ? 1 : 0;
    }
    return counts;
}

static void
print_column(const char *label, guint32 column)
{
    if (column > 0) {
        g_autofree char *letters = column_letters(column);
        printf("%s column %s\n", label, letters);
    }
}

static void
print_text(const char *path, const Sheet *sheet, const Layout *layout, const GPtrArray *skus,
           const SkuCounts *counts)
{
    printf("%s: %s\n", path, sheet_description(sheet));
    printf("grammar:     %s (%s)\n", layout->grammar,
           marketplace_by_id(layout->marketplace)->title);
    if (sheet_kind(sheet) == SHEET_WORKBOOK) {
        printf("worksheet:   %s\n", sheet_worksheet_name(sheet, layout->worksheet));
    }
    printf("rows:        names of columns in row %u, data from row %u", layout->key_row,
           layout->data_row);
    if (layout->last_row >= layout->data_row) {
        printf(" to row %u\n", layout->last_row);
    } else {
        printf(", no data yet\n");
    }
    print_column("SKU:        ", layout->sku_column);
    print_column("ASIN:       ", layout->asin_column);
    print_column("barcode:    ", layout->barcode_column);
    print_column("parent:     ", layout->parent_column);
    printf("pictures:    %u columns\n", layout->pictures->len);
    for (guint i = 0; i < layout->pictures->len; i++) {
        const PictureColumn *picture = &g_array_index(layout->pictures, PictureColumn, i);
        g_autofree char *letters = column_letters(picture->column);
        g_autofree char *slot = slot_to_string(picture->slot);
        printf("             %-5s column %-4s %s\n", slot, letters, picture->key);
    }
    if (layout->notes != NULL) {
        printf("note:        %s\n", layout->notes);
    }
    printf("SKUs:        %u", skus->len);
    if (counts->num_parents > 0) {
        printf(", %u of them parents", counts->num_parents);
    }
    if (counts->num_repeated > 0) {
        printf(", %u in more than one row", counts->num_repeated);
    }
    printf("\nmissing:     %u SKUs have no main picture, %u have one\n", counts->num_without_main,
           counts->num_with_main);
    for (guint i = 0; i < skus->len; i++) {
        const ListedSku *sku = skus->pdata[i];
        if (sku->problem != NULL) {
            printf("problem:     row %u, \"%s\": %s\n", sku->row, sku->sku, sku->problem);
        }
    }
}

static void
write_json_sku(JsonWriter *json, const ListedSku *sku)
{
    json_begin_object(json, NULL);
    json_string(json, "sku", sku->sku);
    json_int(json, "row", sku->row);
    json_string(json, "asin", sku->asin[0] == '\0' ? NULL : sku->asin);
    json_string(json, "barcode", sku->barcode[0] == '\0' ? NULL : sku->barcode);
    json_string(json, "parent", sku->parent[0] == '\0' ? NULL : sku->parent);
    json_bool(json, "is_parent", sku->is_parent);
    json_string(json, "problem", sku->problem);
    json_begin_array(json, "pictures");
    for (char **picture = sku->pictures; picture != NULL && *picture != NULL; picture++) {
        json_string(json, NULL, *picture);
    }
    json_end_array(json);
    json_end_object(json);
}

static void
print_json(const char *path, const Sheet *sheet, const Layout *layout, const GPtrArray *skus,
           const SkuCounts *counts)
{
    g_autoptr(JsonWriter) json = json_writer_new(true);
    json_begin_object(json, NULL);
    json_string(json, "sheet", path);
    json_string(json, "kind", sheet_description(sheet));
    json_string(json, "marketplace", marketplace_by_id(layout->marketplace)->name);
    json_string(json, "grammar", layout->grammar);
    json_string(json, "worksheet", sheet_worksheet_name(sheet, layout->worksheet));
    json_int(json, "key_row", layout->key_row);
    json_int(json, "data_row", layout->data_row);
    json_int(json, "last_row", layout->last_row);
    json_int(json, "sku_column", layout->sku_column);
    json_begin_array(json, "picture_columns");
    for (guint i = 0; i < layout->pictures->len; i++) {
        const PictureColumn *picture = &g_array_index(layout->pictures, PictureColumn, i);
        g_autofree char *slot = slot_to_string(picture->slot);
        json_begin_object(json, NULL);
        json_int(json, "column", picture->column);
        json_string(json, "slot", slot);
        json_string(json, "key", picture->key);
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, "without_main", counts->num_without_main);
    json_begin_array(json, "skus");
    for (guint i = 0; i < skus->len; i++) {
        write_json_sku(json, skus->pdata[i]);
    }
    json_end_array(json);
    json_end_object(json);
    puts(json_writer_text(json)->str);
}

ExitStatus
listing_inspect_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { 0 };
    const Marketplace *marketplace = NULL;
    GError *error = NULL;
    if (!parse_arguments(&arguments, argc, argv, &error) ||
        !listing_parse_marketplace(arguments.marketplace, &marketplace, &error)) {
        return command_fail(error);
    }
    SheetLimits limits = limits_for_sheet(&arguments.settings);
    g_autoptr(Sheet) sheet = sheet_open(arguments.sheet, arguments.encoding, &limits, &error);
    if (sheet == NULL) {
        return command_fail(error);
    }
    g_autoptr(Layout) layout = layout_detect(sheet, marketplace, arguments.worksheet, &error);
    if (layout == NULL) {
        return command_fail(error);
    }
    g_autoptr(GPtrArray) skus =
        layout_read_skus(sheet, layout, (guint64)arguments.settings.sheet_max_skus, &error);
    if (skus == NULL) {
        return command_fail(error);
    }
    SkuCounts counts = count_skus(layout, skus);
    if (arguments.json) {
        print_json(arguments.sheet, sheet, layout, skus, &counts);
    } else {
        print_text(arguments.sheet, sheet, layout, skus, &counts);
    }
    return counts.num_without_main > 0 || counts.num_problems > 0 ? EXIT_NEEDS_ATTENTION
                                                                  : EXIT_DONE;
}
