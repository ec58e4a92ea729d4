/* cloudpick listing build: the whole job. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/listing_options.h"
#include "cli/progress.h"
#include "listing/build.h"
#include "listing/report.h"

#include <stdio.h>

typedef struct {
    char *sheet, *encoding, *worksheet, *skus, *out, *base_url, *marketplace, *quality;
    char **photos;
    gint longest_side, jobs;
    gboolean zip, dry_run, prune, json, allow_no_sandbox;
    Settings settings;
} Arguments;

static void
arguments_clear(Arguments *arguments)
{
    g_free(arguments->sheet);
    g_free(arguments->encoding);
    g_free(arguments->worksheet);
    g_free(arguments->skus);
    g_free(arguments->out);
    g_free(arguments->base_url);
    g_free(arguments->marketplace);
    g_free(arguments->quality);
    g_strfreev(arguments->photos);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arguments, arguments_clear)

static const char summary[] =
    "Fills a marketplace sheet with picture URLs. Each photo finds its SKU and slot by its name "
    "or\n"
    "folder; out come clean, compressed pictures with no metadata, the sheet with the URLs in it "
    "and\n"
    "nothing else changed, and reports that say what was decided and why.";

static const char description[] =
    "What is written into the folder of --out:\n"
    "  pictures/DIGEST/NAME.jpg   upload this folder to where --base-url points\n"
    "  the sheet, under its own name\n"
    "  report.html, report.csv    every photo: its SKU and slot, or why it has none\n"
    "  skus.csv                   every SKU: its pictures, or what it lacks\n"
    "  report.json                both, for programs\n"
    "  bulk-upload.zip            with --zip: named for the marketplace's bulk uploader\n"
    "The same command again does only what is left or has changed.\n"
    "\n"
    "Exit status: 0 every photo matched and every SKU has a main picture; 1 finished, something\n"
    "needs attention; 2 the call was wrong; 3 it could not finish.\n"
    "\n"
    "Example:\n"
    "  cloudpick listing build --sheet template.xlsm --photos photos/ --out out/ \\\n"
    "      --base-url https://pictures.example.com";

static bool
parse_arguments(Arguments *arguments, int argc, char **argv, GError **error)
{
    settings_init(&arguments->settings);
    const GOptionEntry entries[] = {
        { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &arguments->sheet,
          "The sheet: .xlsx, .xlsm, .csv, .tsv or .txt", "FILE" },
        { "photos", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->photos,
          "A folder or a ZIP file of photos; may be given several times", "DIR|ZIP" },
        { "out", 0, 0, G_OPTION_ARG_FILENAME, &arguments->out, "The folder to write into", "DIR" },
        { "base-url", 0, 0, G_OPTION_ARG_STRING, &arguments->base_url,
          "Where the folder will be reachable", "URL" },
        { "marketplace", 0, 0, G_OPTION_ARG_STRING, &arguments->marketplace,
          "amazon, walmart, ebay, shopify, woocommerce, etsy, tiktok, temu, plain; "
          "auto: by the sheet (default)",
          "NAME" },
        { "worksheet", 0, 0, G_OPTION_ARG_FILENAME, &arguments->worksheet,
          "The worksheet, where several could be meant", "NAME" },
        { "encoding", 0, 0, G_OPTION_ARG_STRING, &arguments->encoding,
          "The encoding of a text sheet, where the guess is wrong", "NAME" },
        { "skus", 0, 0, G_OPTION_ARG_FILENAME, &arguments->skus,
          "A text file with a SKU a line: those that the sheet lacks are added as new rows",
          "FILE" },
        { "longest-side", 0, 0, G_OPTION_ARG_INT, &arguments->longest_side,
          "Longest side of a picture; never scaled up (default: what the marketplace likes best)",
          "PX" },
        { "quality", 0, 0, G_OPTION_ARG_STRING, &arguments->quality,
          "1..100, or auto: the smallest file that looks the same (default)", "Q" },
        { "zip", 0, 0, G_OPTION_ARG_NONE, &arguments->zip, "Make bulk-upload.zip as well", NULL },
        { "dry-run", 0, 0, G_OPTION_ARG_NONE, &arguments->dry_run,
          "Only say which photo would go where; nothing is written", NULL },
        { "prune", 0, 0, G_OPTION_ARG_NONE, &arguments->prune,
          "Remove pictures of earlier runs that are no longer used", NULL },
        { "jobs", 0, 0, G_OPTION_ARG_INT, &arguments->jobs,
          "Photos at a time (default: one for each processor)", "N" },
        { "json", 0, 0, G_OPTION_ARG_NONE, &arguments->json, "Print report.json to standard output",
          NULL },
        { "set", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer)command_option_set,
          "Change a setting (cloudpick settings lists them)", "NAME=VALUE" },
        { "allow-no-sandbox", 0, 0, G_OPTION_ARG_NONE, &arguments->allow_no_sandbox,
          "Decode photos even where the system offers no sandbox: only photos you trust", NULL },
        G_OPTION_ENTRY_NULL,
    };
    if (!command_parse_options(&argc, &argv, "- sheet and photos in, pictures and URLs out",
                               summary, description, entries, &arguments->settings, error)) {
        return false;
    }
    if (argc > 1) {
        return fail(error, APP_ERROR_INVALID, "\"%s\" is not an option (photos go behind --photos)",
                    argv[1]);
    }
    const char *missing = arguments->sheet == NULL      ? "--sheet"
                          : arguments->photos == NULL   ? "--photos"
                          : arguments->out == NULL      ? "--out"
                          : arguments->base_url == NULL ? "--base-url"
                                                        : NULL;
    if (missing != NULL) {
        return fail(error, APP_ERROR_INVALID, "%s is missing (listing build --help)", missing);
    }
    if (arguments->jobs < 0 || arguments->jobs > 256) {
        return fail(error, APP_ERROR_INVALID, "--jobs %d is not 1 to 256", arguments->jobs);
    }
    return true;
}

static gsize
count_attention(const Batch *batch)
{
    gsize num_photos = 0;
    for (gsize i = 0; i < batch->photos->len; i++) {
        num_photos += batch_photo_needs_attention(batch_photo(batch, i)) ? 1 : 0;
    }
    return num_photos;
}

static gsize
count_skus_in_doubt(const Batch *batch)
{
    gsize num_skus = 0;
    for (gsize i = 0; i < batch->skus->len; i++) {
        num_skus += batch_sku(batch, i)->needs_attention ? 1 : 0;
    }
    return num_skus;
}

/* Pictures were made and the sheet has no place for a single one of them. */
static bool
sheet_took_no_url(const Batch *batch)
{
    return batch->num_urls == 0 && batch->bytes_out > 0;
}

static bool
batch_needs_attention(const Batch *batch)
{
    return count_attention(batch) > 0 || count_skus_in_doubt(batch) > 0 ||
           sheet_took_no_url(batch) || batch->num_not_in_bulk_zip > 0;
}

static void
print_attention(FILE *file, const Batch *batch)
{
    static const Verdict verdicts[] = { VERDICT_UNMATCHED, VERDICT_AMBIGUOUS, VERDICT_REJECTED };
    const char *separator = "needs attention: ";
    for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        gsize count = batch->num_by_verdict[verdicts[i]] -
                      (verdicts[i] == VERDICT_REJECTED ? batch->num_junk : 0);
        if (count > 0) {
            fprintf(file, "%s%" G_GSIZE_FORMAT " %s", separator, count,
                    verdict_to_string(verdicts[i]));
            separator = ", ";
        }
    }
    if (batch->num_without_main > 0) {
        fprintf(file, "%s%" G_GSIZE_FORMAT " of %u SKUs without a main picture", separator,
                batch->num_without_main, batch->skus->len);
        separator = ", ";
    }
    gsize num_others = count_skus_in_doubt(batch) - batch->num_without_main;
    if (num_others > 0) {
        fprintf(file, "%s%" G_GSIZE_FORMAT " SKUs in doubt", separator, num_others);
        separator = ", ";
    }
    if (batch->num_not_in_bulk_zip > 0) {
        fprintf(file,
                "%sbulk-upload.zip lacks %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
                " pictures (report.csv says why)",
                separator, batch->num_not_in_bulk_zip, batch->num_published);
        separator = ", ";
    }
    if (sheet_took_no_url(batch)) {
        fprintf(file, "%sthe sheet has no column for pictures: no URL was written", separator);
    }
    fputc('\n', file);
}

static void
print_summary(FILE *file, const Batch *batch, const Arguments *arguments)
{
    g_autofree char *bytes_in = g_format_size(batch->bytes_in);
    g_autofree char *bytes_out = g_format_size(batch->bytes_out);
    for (guint i = 0; i < batch->remarks->len; i++) {
        fprintf(file, "%s\n", (const char *)batch->remarks->pdata[i]);
    }
    fprintf(file, "%s: %s, %u SKUs\n", batch->sheet_name, batch->layout->grammar, batch->skus->len);
    fprintf(file, "%" G_GSIZE_FORMAT " of %u photos matched",
            batch->num_by_verdict[VERDICT_MATCHED], batch->photos->len);
    if (batch->num_by_verdict[VERDICT_DUPLICATE] > 0) {
        gsize num_duplicates = batch->num_by_verdict[VERDICT_DUPLICATE];
        fprintf(file, ", %" G_GSIZE_FORMAT " duplicate%s", num_duplicates,
                num_duplicates == 1 ? "" : "s");
    }
    if (!arguments->dry_run) {
        fprintf(file, ", %" G_GSIZE_FORMAT " URLs written, %s became %s", batch->num_urls, bytes_in,
                bytes_out);
    }
    if (batch->num_known > 0) {
        fprintf(file, " (%" G_GSIZE_FORMAT " were done before)", batch->num_known);
    }
    fputc('\n', file);
    gsize num_without_place = batch->num_published - batch->num_urls;
    if (!arguments->dry_run && num_without_place > 0 && !sheet_took_no_url(batch)) {
        fprintf(file, "%" G_GSIZE_FORMAT " %s no place in the sheet (report.csv says why)\n",
                num_without_place, num_without_place == 1 ? "picture has" : "pictures have");
    }
    if (batch->num_other_pictures > 0) {
        fprintf(file,
                "%" G_GSIZE_FORMAT " pictures of earlier runs are still in pictures/ "
                "(--prune removes them)\n",
                batch->num_other_pictures);
    }
    if (batch_needs_attention(batch)) {
        print_attention(file, batch);
    }
    if (!arguments->dry_run) {
        fprintf(file, "look at %s/report.html\n", arguments->out);
    }
}

/* With --dry-run there is no report to look at: one line a photo. */
static void
print_decisions(const Batch *batch)
{
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        printf("%s\t%s", photo->photo->name, verdict_to_string(photo->verdict));
        if (photo->sku != NO_SKU) {
            const ListedSku *listed = batch->listed_skus->pdata[photo->sku];
            g_autofree char *slot = slot_to_string(photo->slot);
            printf("\t%s\t%s", listed->sku, slot);
        }
        printf("\t%s%s%s\n", photo->rule, photo->notes->len > 0 ? ": " : "", photo->notes->str);
    }
}

static void
pool_started(ImagePool *pool, gpointer user_data)
{
    interrupt_watch_pool(pool);
}

ExitStatus
listing_build_command(int argc, char **argv)
{
    g_auto(Arguments) arguments = { 0 };
    GError *error = NULL;
    BuildOptions options = { 0 };
    if (!parse_arguments(&arguments, argc, argv, &error) ||
        !listing_parse_quality(arguments.quality, &options.quality, &error) ||
        !listing_check_side(arguments.longest_side, &error) ||
        !listing_parse_marketplace(arguments.marketplace, &options.marketplace, &error)) {
        return command_fail(error);
    }
    interrupt_start();
    g_autoptr(ProgressBar) bar = progress_bar_new(arguments.json);
    options.sheet_path = arguments.sheet;
    options.encoding = arguments.encoding;
    options.worksheet = arguments.worksheet;
    options.skus_path = arguments.skus;
    options.photo_paths = (const char *const *)arguments.photos;
    options.out_dir = arguments.out;
    options.base_url = arguments.base_url;
    options.longest_side = (guint32)arguments.longest_side;
    options.make_bulk_zip = arguments.zip;
    options.dry_run = arguments.dry_run;
    options.prune = arguments.prune;
    options.num_jobs = (guint)arguments.jobs;
    options.allow_no_sandbox = arguments.allow_no_sandbox;
    options.settings = &arguments.settings;
    options.cancel = interrupt_flag();
    options.progress = progress_bar_update;
    options.progress_data = bar;
    options.pool_started = pool_started;
    g_autoptr(Batch) batch = build_run(&options, &error);
    g_clear_pointer(&bar, progress_bar_free);
    if (batch == NULL) {
        if (g_error_matches(error, APP_ERROR, APP_ERROR_CANCELLED)) {
            fputs("cloudpick: interrupted; the same command goes on from here\n", stderr);
            g_error_free(error);
            return EXIT_NOT_FINISHED;
        }
        return command_fail(error);
    }
    if (arguments.json) {
        g_autofree char *json = report_json(batch);
        fputs(json, stdout);
    } else if (arguments.dry_run) {
        print_decisions(batch);
    }
    print_summary(arguments.json || arguments.dry_run ? stderr : stdout, batch, &arguments);
    return batch_needs_attention(batch) ? EXIT_NEEDS_ATTENTION : EXIT_DONE;
}
