/* The listing job as a seller runs it, on the sample that is in the repository and on files made
 * here. ExifTool says what is left in the pictures. */
#include "tests/support.h"

#include "base/digest.h"

#include <glib/gstdio.h>
#include <string.h>

static const char base_url[] = "https://pictures.example.com";

static char *
sample(const char *name)
{
    return g_build_filename(SOURCE_ROOT, "samples", "listing", name, NULL);
}

static CommandResult
build_sample(const char *out, const char *extra)
{
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    /* A fixed quality unless EXTRA says otherwise: the search for the best one takes long in a
     * build with sanitizers. */
    return run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                         "--base-url", base_url, "--quality=85", extra, NULL);
}

/* The fields of the line of PHOTO in report.csv, by the header's order. Quoted fields are rare
 * enough that none of the first ten has a comma in it here. */
static GStrv
report_line(const char *out, const char *photo)
{
    g_autofree char *report = read_file(out, "report.csv");
    g_auto(GStrv) lines = g_strsplit(report, "\n", -1);
    g_assert_cmpstr(lines[0], ==,
                    "photo,verdict,sku,slot,rule,url,width,height,bytes_in,bytes_out,notes");
    for (char **line = lines + 1; *line != NULL; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ",", 11);
        if (fields[0] != NULL && strcmp(fields[0], photo) == 0) {
            return g_steal_pointer(&fields);
        }
    }
    g_error("report.csv has no line for %s:\n%s", photo, report);
}

static void
assert_matched(const char *out, const char *photo, const char *sku, const char *slot)
{
    g_auto(GStrv) fields = report_line(out, photo);
    g_assert_cmpstr(fields[1], ==, "matched");
    g_assert_cmpstr(fields[2], ==, sku);
    g_assert_cmpstr(fields[3], ==, slot);
    g_assert_true(g_str_has_prefix(fields[5], "https://pictures.example.com/pictures/"));
}

/* LST-03, LST-05: every file of the sample has a line, the right SKU and slot, and a reason. */
static void
test_every_photo_has_a_line_with_its_decision(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(CommandResult) result = build_sample(out, NULL);
    assert_status(&result, 1);
    assert_matched(out, "MUG-BLUE/front.jpg", "MUG-BLUE", "MAIN");
    assert_matched(out, "BOTTLE-500.MAIN.jpg", "BOTTLE-500", "MAIN");
    assert_matched(out, "BOTTLE-500.PT01.jpg", "BOTTLE-500", "PT01");
    assert_matched(out, "lamp-10 (1).png", "LAMP-10", "MAIN");
    assert_matched(out, "CH-7_1.webp", "CH-7", "MAIN");
    assert_matched(out, "CH-7_2.jpg", "CH-7", "PT01");
    g_auto(GStrv) stray = report_line(out, "phone/IMG_2041.jpg");
    g_assert_cmpstr(stray[1], ==, "unmatched");
    g_auto(GStrv) twin = report_line(out, "phone/CH-7_2 (copy).jpg");
    g_assert_cmpstr(twin[1], ==, "duplicate");
    g_assert_nonnull(strstr(twin[10], "CH-7_2.jpg"));
    g_assert_nonnull(strstr(result.out, "needs attention: 1 unmatched"));
}

/* LST-07: the sheet's bytes but for the URLs are the seller's own, and each URL's picture is there,
 * under a path that holds the digest of its bytes. */
static void
test_sheet_comes_back_with_urls_and_nothing_else_changed(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(CommandResult) result = build_sample(out, NULL);
    assert_status(&result, 1);
    g_autofree char *sheet = read_file(out, "sheet.csv");
    g_autofree char *original_path = sample("");
    g_autofree char *original = read_file(original_path, "sheet.csv");
    g_autoptr(GRegex) url = g_regex_new("https://pictures\\.example\\.com/"
                                        "(pictures/[0-9a-f]{32}/[A-Za-z0-9_-]+\\.jpg)",
                                        0, 0, NULL);
    g_autofree char *without_urls = g_regex_replace_literal(url, sheet, -1, 0, "", 0, NULL);
    g_assert_cmpstr(without_urls, ==, original);

    g_autoptr(GMatchInfo) match = NULL;
    guint num_urls = 0;
    for (g_regex_match(url, sheet, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *path = g_match_info_fetch(match, 1);
        g_autofree char *full = g_build_filename(out, path, NULL);
        g_autoptr(GBytes) bytes = read_bytes(full);
        Digest digest = digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        g_autofree char *hex = digest_to_hex(&digest, 32);
        g_assert_nonnull(strstr(path, hex));
        num_urls++;
    }
    g_assert_cmpuint(num_urls, ==, 8);
}

/* LST-18: an independent reader finds no place, camera, time, comment or profile in any picture. */
static void
test_exiftool_finds_nothing_private(void)
{
    static const char *const qualities[] = { "--quality=85", "--quality=auto" };
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    for (gsize i = 0; i < G_N_ELEMENTS(qualities); i++) {
        g_auto(TempDir) out = temp_dir_new();
        g_auto(CommandResult) result =
            run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                          "--base-url", base_url, "--longest-side=400", qualities[i], NULL);
        assert_status(&result, 1);
        assert_nothing_private(out);
    }
}

static void
test_second_run_does_nothing_again(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(CommandResult) first = build_sample(out, NULL);
    assert_status(&first, 1);
    g_autofree char *report = read_file(out, "report.json");
    g_auto(CommandResult) second = build_sample(out, NULL);
    assert_status(&second, 1);
    g_assert_nonnull(strstr(second.out, "(9 were done before)"));
    g_autofree char *again = read_file(out, "report.json");
    g_assert_nonnull(strstr(report, "\"already_done\": 0"));
    char *count = strstr(again, "\"already_done\": 9");
    g_assert_nonnull(count);
    count[strlen("\"already_done\": ")] = '0';
    g_assert_cmpstr(again, ==, report);
}

static void
test_lost_picture_is_made_again(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(CommandResult) first = build_sample(out, NULL);
    assert_status(&first, 1);
    g_auto(GStrv) line = report_line(out, "CH-7_2.jpg");
    const char *path = line[5] + strlen(base_url) + 1;
    g_autofree char *full = g_build_filename(out, path, NULL);
    g_autoptr(GBytes) before = read_bytes(full);
    g_assert_cmpint(g_unlink(full), ==, 0);
    g_auto(CommandResult) second = build_sample(out, NULL);
    assert_status(&second, 1);
    g_assert_nonnull(strstr(second.out, "(8 were done before)"));
    g_autoptr(GBytes) after = read_bytes(full);
    g_assert_true(g_bytes_equal(before, after));
}

/* LST-04: what a kill leaves behind is used, and the end is the same. */
static void
test_killed_build_goes_on_where_it_was(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(TempDir) whole = temp_dir_new();
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    const char *argv[] = { g_getenv("CLOUDPICK"),
                           "listing",
                           "build",
                           "--sheet",
                           sheet,
                           "--photos",
                           photos,
                           "--out",
                           out,
                           "--base-url",
                           base_url,
                           "--quality=85",
                           "--jobs",
                           "1",
                           NULL };
    g_autofree char *journal = g_build_filename(out, ".cloudpick", "journal", NULL);
    GPid pid;
    g_assert_true(g_spawn_async(NULL, (char **)argv, NULL,
                                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                    G_SPAWN_STDERR_TO_DEV_NULL,
                                NULL, NULL, &pid, NULL));
    /* As soon as the journal tells of a finished photo. */
    for (;;) {
        g_autofree char *text = NULL;
        if (g_file_get_contents(journal, &text, NULL, NULL) &&
            (text[0] == 'R' || strstr(text, "\nR\t") != NULL)) {
            kill_and_wait(pid);
            break;
        }
        g_assert_false(has_ended(pid));
        g_usleep(1000);
    }
    g_auto(CommandResult) result = build_sample(out, NULL);
    assert_status(&result, 1);
    g_assert_nonnull(strstr(result.out, "were done before)"));
    g_auto(CommandResult) reference = build_sample(whole, NULL);
    assert_status(&reference, 1);
    g_autofree char *sheet_out = read_file(out, "sheet.csv");
    g_autofree char *sheet_whole = read_file(whole, "sheet.csv");
    g_assert_cmpstr(sheet_out, ==, sheet_whole);
    g_autoptr(GPtrArray) files = list_files(out);
    for (guint i = 0; i < files->len; i++) {
        g_assert_false(g_str_has_suffix(files->pdata[i], ".partial"));
    }
}

static void
test_zip_of_photos_gives_the_same_pictures(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_auto(TempDir) out_zip = temp_dir_new();
    g_autofree char *photos = sample("photos");
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *zip = g_build_filename(dir, "photos.zip", NULL);
    /* Python's zipfile is an independent writer. */
    const char *const argv[] = { "/usr/bin/python3", "-m", "zipfile", "-c", zip, photos, NULL };
    g_auto(CommandResult) zipped = run_command(NULL, argv);
    assert_status(&zipped, 0);
    g_auto(CommandResult) from_folder = build_sample(out, NULL);
    assert_status(&from_folder, 1);
    g_auto(CommandResult) from_zip =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", zip, "--out", out_zip,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&from_zip, 1);
    g_autofree char *sheet_folder = read_file(out, "sheet.csv");
    g_autofree char *sheet_zip = read_file(out_zip, "sheet.csv");
    g_assert_cmpstr(sheet_zip, ==, sheet_folder);
}

static void
test_dry_run_writes_nothing(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    g_auto(CommandResult) result = build_sample(out, "--dry-run");
    assert_status(&result, 1);
    g_assert_nonnull(strstr(result.out, "CH-7_1.webp\tmatched\tCH-7\tMAIN"));
    g_assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
}

static void
test_report_page_needs_nothing_from_elsewhere(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_auto(CommandResult) result = build_sample(out, NULL);
    assert_status(&result, 1);
    g_autofree char *html = read_file(out, "report.html");
    g_assert_null(strstr(html, "<script"));
    g_assert_null(g_regex_match_simple("(?:src|href)=\"(?!data:)", html, 0, 0) ? html : NULL);
    const char *attention = strstr(html, "phone/IMG_2041.jpg");
    const char *skus = strstr(html, ">SKUs</h2>");
    g_assert_true(attention != NULL && skus != NULL && attention < skus);
}

static void
test_bad_photos_cost_only_themselves(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *sheet = g_build_filename(dir, "s.csv", NULL);
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *good_path = sample("photos/CH-7_2.jpg");
    g_autoptr(GBytes) good = read_bytes(good_path);
    static const char csv[] = "sku,main_image_url\nA-1,\nB-2,\nC-3,\nD-4,\n";
    write_file(dir, "s.csv", csv, strlen(csv));
    write_file(photos, "A-1.jpg", g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    write_file(photos, "B-2.jpg", "", 0);
    write_file(photos, "C-3.jpg", "hello, I am text", 16);
    write_file(photos, "D-4.jpg", "\xff\xd8\xff\xdb\x00\x43", 6);
    write_file(photos, ".DS_Store", "x", 1);
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 1);
    assert_matched(out, "A-1.jpg", "A-1", "MAIN");
    static const char *const bad[] = { "B-2.jpg", "C-3.jpg", "D-4.jpg", ".DS_Store" };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(GStrv) fields = report_line(out, bad[i]);
        g_assert_cmpstr(fields[1], ==, "rejected");
        g_assert_cmpstr(fields[5], ==, "");
    }
    g_auto(GStrv) text = report_line(out, "C-3.jpg");
    g_assert_cmpstr(text[4], ==, "not a picture");
    g_assert_nonnull(strstr(result.out, "3 rejected"));
}

static void
test_sheet_without_picture_columns_needs_attention(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *sheet = g_build_filename(dir, "s.csv", NULL);
    g_autofree char *photo = sample("photos/CH-7_1.webp");
    static const char csv[] = "sku,title\nCH-7,Chair\n";
    write_file(dir, "s.csv", csv, strlen(csv));
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photo, "--out", out,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 1);
    g_assert_nonnull(strstr(result.out, "the sheet has no column for pictures"));
}

static void
test_wrong_calls_say_what_is_wrong(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    g_autofree char *folder = sample("");
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *old_workbook = g_build_filename(dir, "old.xls", NULL);
    write_file(dir, "old.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", 12);
    const struct {
        const char *sheet, *photos, *out, *url, *extra, *message;
    } cases[] = {
        { "/nonexistent.xlsx", photos, out, base_url, NULL, "/nonexistent.xlsx: No such file" },
        { sheet, "/nonexistent", out, base_url, NULL, "/nonexistent: No such file" },
        { sheet, photos, out, "pictures", NULL, "base URL \"pictures\"" },
        { sheet, photos, out, base_url, "--quality=101", "--quality \"101\"" },
        { sheet, photos, out, base_url, "--longest-side=-3", "--longest-side -3" },
        { sheet, photos, out, base_url, "--marketplace=etzy", "none of auto, plain, amazon" },
        { sheet, photos, out, base_url, "--fly", "--fly" },
        { sheet, photos, folder, base_url, NULL, "would replace your own" },
        { photos, photos, out, base_url, NULL, "photos: " },
        { old_workbook, photos, out, base_url, NULL, "an old .xls workbook" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CommandResult) result = run_cloudpick(
            "listing", "build", "--sheet", cases[i].sheet, "--photos", cases[i].photos, "--out",
            cases[i].out, "--base-url", cases[i].url, cases[i].extra, NULL);
        assert_status(&result, 2);
        if (strstr(result.err, cases[i].message) == NULL) {
            g_test_message("case %" G_GSIZE_FORMAT ": %s", i, result.err);
        }
        g_assert_nonnull(strstr(result.err, cases[i].message));
    }
}

/* A photo that can be used, put under NAME. */
static void
put_photo(const char *dir, const char *name)
{
    g_autofree char *path = sample("photos/CH-7_2.jpg");
    g_autoptr(GBytes) photo = read_bytes(path);
    write_file(dir, name, g_bytes_get_data(photo, NULL), g_bytes_get_size(photo));
}

/* Builds DIR/p with a sheet DIR/SHEET_NAME of these SKUs, one a line, into DIR/out. */
static CommandResult
build_folder(const char *dir, const char *sheet_name, const char *skus, const char *extra)
{
    g_autofree char *csv = g_strconcat("sku,main_image_url\n", skus, NULL);
    write_file(dir, sheet_name, csv, strlen(csv));
    g_autofree char *sheet = g_build_filename(dir, sheet_name, NULL);
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    return run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                         "--base-url", base_url, "--quality=85", extra, NULL);
}

/* The report has the name skus.csv; the seller's sheet must not lose to it in silence. */
static void
test_sheet_with_a_reports_name_is_refused(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    g_auto(CommandResult) result = build_folder(dir, "SKUs.csv", "A-1,\n", NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "another file with the name skus.csv"));
}

static void
test_output_into_the_folder_of_photos_is_refused(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *sheet = sample("sheet.csv");
    put_photo(dir, "p/A-1.jpg");
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", photos,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "holds the photos"));
}

/* The next run would take this one's pictures for photos. */
static void
test_photos_where_the_pictures_go_are_refused(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = g_build_filename(dir, "pictures", NULL);
    put_photo(photos, "CH-7.jpg");
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", dir,
                      "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 2);
    g_assert_nonnull(strstr(result.err, "holds the photos"));
}

/* A folder with things of the seller's own: last season's sheet, another program's report. */
static void
test_files_of_somebody_else_are_not_replaced(void)
{
    static const char *const names[] = { "s.csv", "report.csv" };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(TempDir) dir = temp_dir_new();
        g_autofree char *out = g_build_filename(dir, "out", NULL);
        put_photo(dir, "p/A-1.jpg");
        write_file(out, names[i], "mine", 4);
        g_auto(CommandResult) refused = build_folder(dir, "s.csv", "A-1,\n", NULL);
        assert_status(&refused, 2);
        g_assert_nonnull(strstr(refused.err, names[i]));
        g_autofree char *kept = read_file(out, names[i]);
        g_assert_cmpstr(kept, ==, "mine");
        g_auto(CommandResult) dry = build_folder(dir, "s.csv", "A-1,\n", "--dry-run");
        assert_status(&dry, 0);
    }
}

static void
test_summary_tells_what_the_bulk_zip_lacks(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    g_auto(CommandResult) plain = build_folder(dir, "s.csv", "A-1,\n", "--zip");
    assert_status(&plain, 0);
    g_autofree char *sheet = g_build_filename(dir, "amazon.txt", NULL);
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *out = g_build_filename(dir, "amazon-out", NULL);
    static const char flat_file[] = "TemplateType=fptcustom\tVersion=2025.0401\n"
                                    "SKU\tMain picture\nitem_sku\tmain_image_url\nA-1\t\n";
    write_file(dir, "amazon.txt", flat_file, strlen(flat_file));
    g_auto(CommandResult) amazon =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                      "--base-url", base_url, "--quality=85", "--zip", NULL);
    assert_status(&amazon, 1);
    g_assert_nonnull(strstr(amazon.out, "needs attention: bulk-upload.zip lacks 1 of 1 pictures"));
}

static void
test_duplicate_names_the_photo_that_was_used(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    put_photo(dir, "p/0 stray.jpg");
    put_photo(dir, "p/A-1.jpg");
    put_photo(dir, "p/stray.jpg");
    g_auto(CommandResult) result = build_folder(dir, "s.csv", "A-1,\n", NULL);
    assert_status(&result, 0);
    static const char *const twins[] = { "0 stray.jpg", "stray.jpg" };
    for (gsize i = 0; i < G_N_ELEMENTS(twins); i++) {
        g_auto(GStrv) fields = report_line(out, twins[i]);
        g_assert_cmpstr(fields[1], ==, "duplicate");
        g_assert_cmpstr(fields[10], ==, "same as A-1.jpg");
    }
}

static void
test_summary_tells_of_pictures_without_a_place(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    g_auto(CommandResult) main_only = build_folder(dir, "s.csv", "A-1,\n", NULL);
    assert_status(&main_only, 0);
    g_assert_null(strstr(main_only.out, "no place"));
    g_autofree char *further = sample("photos/BOTTLE-500.PT01.jpg");
    g_autoptr(GBytes) bytes = read_bytes(further);
    write_file(dir, "p/A-1_2.jpg", g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_auto(CommandResult) both = build_folder(dir, "s.csv", "A-1,\n", NULL);
    assert_status(&both, 0);
    g_assert_nonnull(strstr(both.out, "1 picture has no place in the sheet"));
}

/* Hours of work on photos come before the first URL is written. */
static void
test_base_url_that_the_marketplace_refuses_is_refused_first(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *sheet = g_build_filename(dir, "ebay.csv", NULL);
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    static const char csv[] = "Action(SiteID=US|Country=US|Currency=USD|Version=1193),"
                              "Custom label (SKU),Title,Item photo URL\nAdd,A-1,Mug,\n";
    write_file(dir, "ebay.csv", csv, strlen(csv));
    put_photo(dir, "p/A-1.jpg");
    const char *const refused[] = { "http://pictures.example.com", "HTTPS://pictures.example.com",
                                    "https://[::1]/x" };
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_auto(CommandResult) result =
            run_cloudpick("listing", "build", "--sheet", sheet, "--photos", photos, "--out", out,
                          "--base-url", refused[i], "--quality=85", NULL);
        assert_status(&result, 2);
        g_assert_false(g_file_test(out, G_FILE_TEST_EXISTS));
    }
}

/* A disk of an old Windows or a camera: the file system hands out bytes of Windows-1252. */
static void
test_names_that_are_not_utf8_are_understood(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    put_photo(dir, "p/CAF\xc9-1.jpg");
    g_auto(CommandResult) result = build_folder(dir, "s.csv", "CAF\u00c9-1,\n", NULL);
    assert_status(&result, 0);
    assert_matched(out, "CAF\u00c9-1.jpg", "CAF\u00c9-1", "MAIN");
}

static void
test_equal_names_of_two_folders_are_told_apart(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *sheet = g_build_filename(dir, "s.csv", NULL);
    g_autofree char *may = g_build_filename(dir, "may", "photos", NULL);
    g_autofree char *june = g_build_filename(dir, "june", "photos", NULL);
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    static const char csv[] = "sku,main_image_url\nA-1,\nB-2,\n";
    write_file(dir, "s.csv", csv, strlen(csv));
    put_photo(may, "A-1.jpg");
    put_photo(june, "B-2.jpg");
    g_auto(CommandResult) result =
        run_cloudpick("listing", "build", "--sheet", sheet, "--photos", may, "--photos", june,
                      "--out", out, "--base-url", base_url, "--quality=85", NULL);
    assert_status(&result, 0);
    assert_matched(out, "may/photos/A-1.jpg", "A-1", "MAIN");
    assert_matched(out, "june/photos/B-2.jpg", "B-2", "MAIN");
}

static void
test_photo_above_a_limit_is_taken_when_the_limit_is_raised(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    g_auto(CommandResult) small = build_folder(dir, "s.csv", "A-1,\n", "--set=image.max-side=100");
    assert_status(&small, 1);
    g_assert_nonnull(strstr(small.out, "1 rejected"));
    g_auto(CommandResult) large = build_folder(dir, "s.csv", "A-1,\n", NULL);
    assert_status(&large, 0);
}

static void
test_one_photo_of_several_skus_is_not_called_done_before(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    put_photo(dir, "p/B-2.jpg");
    g_auto(CommandResult) first = build_folder(dir, "s.csv", "A-1,\nB-2,\n", "--jobs=1");
    assert_status(&first, 0);
    g_assert_null(strstr(first.out, "done before"));
    g_auto(CommandResult) second = build_folder(dir, "s.csv", "A-1,\nB-2,\n", "--jobs=1");
    assert_status(&second, 0);
    g_assert_nonnull(strstr(second.out, "(2 were done before)"));
}

static void
test_long_sku_keeps_the_slot_in_its_pictures_names(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    g_autofree char *sku = g_strnfill(100, 'L');
    g_autofree char *row = g_strconcat(sku, ",\n", NULL);
    g_autofree char *name = g_strconcat("p/", sku, ".jpg", NULL);
    put_photo(dir, name);
    g_auto(CommandResult) result = build_folder(dir, "s.csv", row, NULL);
    assert_status(&result, 0);
    g_autofree char *photo = g_strconcat(sku, ".jpg", NULL);
    g_auto(GStrv) fields = report_line(out, photo);
    g_assert_true(g_str_has_suffix(fields[5], "LLL_MAIN.jpg"));
}

/* What a signal does is the caller's choice: nohup, a shell's background job. */
static void
test_ignored_signals_do_not_interrupt(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *sheet = sample("sheet.csv");
    g_autofree char *photos = sample("photos");
    /* The shell sends the signals as soon as the journal exists, which is after they are blocked.
     */
    static const char script[] =
        "trap '' HUP INT; \"$CLOUDPICK\" listing build --sheet \"$1\" --photos \"$2\" --out \"$3\" "
        "--base-url https://pictures.example.com & "
        "until test -e \"$3/.cloudpick/journal\"; do kill -0 $! || exit 9; done; "
        "kill -HUP $! && kill -INT $!; wait $!";
    const char *const argv[] = { "/bin/sh", "-c", script, "sh", sheet, photos, out, NULL };
    g_auto(CommandResult) result = run_command(NULL, argv);
    assert_status(&result, 1);
    g_assert_nonnull(strstr(result.out, "needs attention: 1 unmatched"));
}

static void
test_clean_keeps_the_tree(void)
{
    g_auto(TempDir) out = temp_dir_new();
    g_autofree char *photos = sample("photos");
    g_auto(CommandResult) result = run_cloudpick("listing", "clean", photos, "--out", out,
                                                 "--longest-side", "800", "--quality=85", NULL);
    assert_status(&result, 0);
    static const char *const pictures[] = { "MUG-BLUE/front.jpg", "CH-7_1.jpg", "lamp-10 (1).jpg",
                                            "phone/CH-7_2 (copy).jpg" };
    for (gsize i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_autofree char *path = g_build_filename(out, pictures[i], NULL);
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    }
    assert_nothing_private(out);
}

static CommandResult
clean(const char *photos, const char *out, const char *side_px)
{
    return run_cloudpick("listing", "clean", photos, "--out", out, "--quality=85", "--longest-side",
                         side_px, NULL);
}

static void
test_clean_replaces_nothing_but_its_own_pictures(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    put_photo(dir, "p/below/B-2.jpg");
    put_photo(dir, "p/B-2.jpg");
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *photo = g_build_filename(dir, "p", "A-1.jpg", NULL);
    g_autofree char *below = g_build_filename(dir, "p", "below", NULL);
    g_autofree char *other = g_build_filename(dir, "p", "B-2.jpg", NULL);
    g_autoptr(GBytes) original = read_bytes(photo);
    const char *const sources[] = { photo, below };
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_auto(CommandResult) result = clean(sources[i], photos, "400");
        assert_status(&result, 1);
        g_assert_nonnull(strstr(result.err, "is another file"));
    }
    g_autoptr(GBytes) photo_bytes = read_bytes(photo);
    g_autoptr(GBytes) other_bytes = read_bytes(other);
    g_assert_true(g_bytes_equal(photo_bytes, original));
    g_assert_true(g_bytes_equal(other_bytes, original));
    g_auto(CommandResult) whole = clean(photos, photos, "400");
    assert_status(&whole, 2);
    g_assert_nonnull(strstr(whole.err, "holds the photos"));
}

static void
test_clean_replaces_its_own_pictures(void)
{
    g_auto(TempDir) dir = temp_dir_new();
    put_photo(dir, "p/A-1.jpg");
    g_autofree char *photos = g_build_filename(dir, "p", NULL);
    g_autofree char *out = g_build_filename(dir, "out", NULL);
    g_autofree char *picture = g_build_filename(out, "A-1.jpg", NULL);
    g_autofree char *journal = g_build_filename(out, ".cloudpick", "journal", NULL);
    g_auto(CommandResult) first = clean(photos, out, "800");
    assert_status(&first, 0);
    g_autoptr(GBytes) large = read_bytes(picture);
    g_auto(CommandResult) second = clean(photos, out, "400");
    assert_status(&second, 0);
    g_autoptr(GBytes) small = read_bytes(picture);
    g_assert_cmpuint(g_bytes_get_size(small), <, g_bytes_get_size(large));
    /* Killed after the picture was written and before the journal said so. */
    g_assert_no_errno(g_unlink(journal));
    g_auto(CommandResult) third = clean(photos, out, "400");
    assert_status(&third, 0);
}

static void
test_inspect_tells_what_a_sheet_is(void)
{
    g_autofree char *sheet = sample("sheet.csv");
    g_auto(CommandResult) result = run_cloudpick("listing", "inspect", "--sheet", sheet, NULL);
    assert_status(&result, 1);
    g_assert_nonnull(strstr(result.out, "semicolons"));
    g_assert_nonnull(strstr(result.out, "SKU:         column A"));
    g_assert_nonnull(strstr(result.out, "4 SKUs have no main picture"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/build/LST-05/decisions", test_every_photo_has_a_line_with_its_decision);
    g_test_add_func("/build/LST-07/sheet",
                    test_sheet_comes_back_with_urls_and_nothing_else_changed);
    g_test_add_func("/build/LST-18/nothing-private", test_exiftool_finds_nothing_private);
    g_test_add_func("/build/second-run", test_second_run_does_nothing_again);
    g_test_add_func("/build/lost-picture", test_lost_picture_is_made_again);
    g_test_add_func("/build/LST-04/killed", test_killed_build_goes_on_where_it_was);
    g_test_add_func("/build/zip", test_zip_of_photos_gives_the_same_pictures);
    g_test_add_func("/build/dry-run", test_dry_run_writes_nothing);
    g_test_add_func("/build/report-page", test_report_page_needs_nothing_from_elsewhere);
    g_test_add_func("/build/bad-photos", test_bad_photos_cost_only_themselves);
    g_test_add_func("/build/no-picture-columns",
                    test_sheet_without_picture_columns_needs_attention);
    g_test_add_func("/build/wrong-calls", test_wrong_calls_say_what_is_wrong);
    g_test_add_func("/build/reports-name", test_sheet_with_a_reports_name_is_refused);
    g_test_add_func("/build/out-is-photos", test_output_into_the_folder_of_photos_is_refused);
    g_test_add_func("/build/out-pictures", test_photos_where_the_pictures_go_are_refused);
    g_test_add_func("/build/others-files", test_files_of_somebody_else_are_not_replaced);
    g_test_add_func("/build/bulk-zip", test_summary_tells_what_the_bulk_zip_lacks);
    g_test_add_func("/build/duplicate", test_duplicate_names_the_photo_that_was_used);
    g_test_add_func("/build/no-place", test_summary_tells_of_pictures_without_a_place);
    g_test_add_func("/build/refused-base-url",
                    test_base_url_that_the_marketplace_refuses_is_refused_first);
    g_test_add_func("/build/not-utf8", test_names_that_are_not_utf8_are_understood);
    g_test_add_func("/build/equal-names", test_equal_names_of_two_folders_are_told_apart);
    g_test_add_func("/build/raised-limit",
                    test_photo_above_a_limit_is_taken_when_the_limit_is_raised);
    g_test_add_func("/build/several-skus",
                    test_one_photo_of_several_skus_is_not_called_done_before);
    g_test_add_func("/build/long-sku", test_long_sku_keeps_the_slot_in_its_pictures_names);
    g_test_add_func("/build/ignored-signals", test_ignored_signals_do_not_interrupt);
    g_test_add_func("/clean/tree", test_clean_keeps_the_tree);
    g_test_add_func("/clean/other-files", test_clean_replaces_nothing_but_its_own_pictures);
    g_test_add_func("/clean/own-files", test_clean_replaces_its_own_pictures);
    g_test_add_func("/inspect/sheet", test_inspect_tells_what_a_sheet_is);
    return g_test_run();
}
