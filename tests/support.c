#include "tests/support.h"

#include "base/file.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

void
command_result_clear(CommandResult *result)
{
    g_clear_pointer(&result->out, g_free);
    g_clear_pointer(&result->err, g_free);
}

CommandResult
run_command(const char *directory, const char *const *argv)
{
    CommandResult result = { 0 };
    g_autoptr(GError) error = NULL;
    int wait_status = 0;
    if (!g_spawn_sync(directory, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &result.out,
                      &result.err, &wait_status, &error)) {
        g_error("%s: %s", argv[0], error->message);
    }
    result.status =
        WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    return result;
}

CommandResult
run_cloudpick(const char *first_argument, ...)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *program = g_getenv("CLOUDPICK");
    g_assert_nonnull(program);
    g_ptr_array_add(argv, (gpointer)program);
    va_list args;
    va_start(args, first_argument);
    for (const char *arg = first_argument; arg != NULL; arg = va_arg(args, const char *)) {
        g_ptr_array_add(argv, (gpointer)arg);
    }
    va_end(args);
    g_ptr_array_add(argv, NULL);
    return run_command(NULL, (const char *const *)argv->pdata);
}

void
assert_status(const CommandResult *result, int status)
{
    if (result->status != status) {
        g_test_message("exit status %d, expected %d\n--- out\n%s\n--- err\n%s", result->status,
                       status, result->out, result->err);
    }
    g_assert_cmpint(result->status, ==, status);
}

TempDir
temp_dir_new(void)
{
    g_autoptr(GError) error = NULL;
    char *dir = g_dir_make_tmp("cloudpick-test-XXXXXX", &error);
    g_assert_no_error(error);
    return dir;
}

void
temp_dir_clear(TempDir *dir)
{
    if (*dir != NULL) {
        const char *const argv[] = { "rm", "-rf", "--", *dir, NULL };
        g_auto(CommandResult) result = run_command(NULL, argv);
        g_clear_pointer(dir, g_free);
    }
}

GBytes *
read_bytes(const char *path)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = file_read_whole(path, G_MAXINT32, &error);
    g_assert_no_error(error);
    return bytes;
}

char *
read_file(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GBytes) bytes = read_bytes(path);
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

void
write_file(const char *dir, const char *name, const void *data, gsize size)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;
    (void)file_make_directories(parent, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
}

static void
list_below(const char *root, const char *relative, GPtrArray *files)
{
    g_autofree char *path = g_build_filename(root, relative, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *child = relative[0] == '\0' ? g_strdup(name) : g_build_filename(relative, name, NULL);
        g_autofree char *full = g_build_filename(root, child, NULL);
        if (g_file_test(full, G_FILE_TEST_IS_DIR)) {
            list_below(root, child, files);
            g_free(child);
        } else {
            g_ptr_array_add(files, child);
        }
    }
}

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
list_files(const char *dir)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    list_below(dir, "", files);
    g_ptr_array_sort(files, compare_strings);
    return files;
}

void
kill_and_wait(GPid pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

bool
has_ended(GPid pid)
{
    return waitpid(pid, NULL, WNOHANG) == pid;
}

/* What ExifTool reports of a JPEG that holds nothing but what a decoder needs. */
static const char *const bare_tags[] = {
    "[File] FileType",         "[File] FileTypeExtension",
    "[File] MIMEType",         "[File] ImageWidth",
    "[File] ImageHeight",      "[File] EncodingProcess",
    "[File] BitsPerSample",    "[File] ColorComponents",
    "[File] YCbCrSubSampling", "[JFIF] JFIFVersion",
    "[JFIF] ResolutionUnit",   "[JFIF] XResolution",
    "[JFIF] YResolution",      "[Composite] ImageSize",
    "[Composite] Megapixels",  "[ExifTool] ExifToolVersion",
};

/* "[File]          FileType       : JPEG" -> "[File] FileType". */
static char *
tag_of(const char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t:", -1);
    const char *group = words[0], *tag = "";
    for (guint i = 1; group != NULL && words[i] != NULL && tag[0] == '\0'; i++) {
        tag = words[i];
    }
    return g_strconcat(group, " ", tag, NULL);
}

static bool
is_bare(const char *tag)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bare_tags); i++) {
        if (strcmp(bare_tags[i], tag) == 0) {
            return true;
        }
    }
    return g_str_has_prefix(tag, "[System] ");
}

void
assert_nothing_private(const char *dir)
{
    /* Unknown tags, duplicates and embedded documents as well. */
    const char *const argv[] = { "exiftool", "-r", "-a",   "-G1", "-s", "-u", "-U",
                                 "-ee",      "-q", "-ext", "jpg", "--", dir,  NULL };
    g_auto(CommandResult) result = run_command(NULL, argv);
    assert_status(&result, 0);
    g_auto(GStrv) lines = g_strsplit(result.out, "\n", -1);
    const char *file = "";
    guint num_files = 0;
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, "======== ")) {
            file = *line;
        } else if ((*line)[0] != '\0') {
            g_autofree char *tag = tag_of(*line);
            num_files += strcmp(tag, "[File] FileType") == 0 ? 1 : 0;
            if (!is_bare(tag)) {
                g_test_message("%s: %s", file, *line);
                g_test_fail();
            }
        }
    }
    g_assert_cmpuint(num_files, >, 0);
}

const char *
sample_data_dir(void)
{
    static const char *const dir = SOURCE_ROOT "/../shared/data";
    return g_file_test(dir, G_FILE_TEST_IS_DIR) ? dir : NULL;
}
