/* Checks the house rules that can be read from the source: who includes whom (ARCHITECTURE.md's
 * table of floors), and that every promise that docs/PROMISES.md calls kept is cited where it is
 * kept and where it is tested. */
#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char *const source_root = SOURCE_ROOT;

typedef struct {
    int floor;
    char *also; /* the last column, verbatim */
} Room;

static void
room_free(gpointer room)
{
    g_free(((Room *)room)->also);
    g_free(room);
}

static char *
read_text(const char *relative_path)
{
    g_autofree char *path = g_build_filename(source_root, relative_path, NULL);
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        g_error("cannot read %s", path);
    }
    return text;
}

static GHashTable *
read_floors(void)
{
    g_autofree char *text = read_text("ARCHITECTURE.md");
    GHashTable *rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, room_free);
    g_autoptr(GRegex) row =
        g_regex_new("^\\| (\\d) \\| `(\\w+)` \\|[^|]*\\|([^|]*)\\|$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(row, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *floor = g_match_info_fetch(match, 1);
        Room *room = g_new0(Room, 1);
        room->floor = floor[0] - '0';
        room->also = g_match_info_fetch(match, 3);
        g_hash_table_insert(rooms, g_match_info_fetch(match, 2), room);
    }
    return rooms;
}

typedef void (*FileFunc)(const char *relative_path, const char *text, gpointer user_data);

static bool
is_source(const char *name)
{
    static const char *const suffixes[] = { ".c", ".h", ".def", ".ts", ".tsx", ".mjs" };
    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (g_str_has_suffix(name, suffixes[i])) {
            return true;
        }
    }
    return false;
}

static void
for_each_source(const char *relative_dir, FileFunc func, gpointer user_data)
{
    g_autofree char *path = g_build_filename(source_root, relative_dir, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(relative_dir, name, NULL);
        g_autofree char *full = g_build_filename(source_root, child, NULL);
        if (g_file_test(full, G_FILE_TEST_IS_DIR)) {
            if (strcmp(name, "node_modules") != 0) {
                for_each_source(child, func, user_data);
            }
        } else if (is_source(name)) {
            g_autofree char *text = read_text(child);
            func(child, text, user_data);
        }
    }
}

static bool
may_include(GHashTable *rooms, const char *from, const char *to)
{
    const Room *from_room = g_hash_table_lookup(rooms, from);
    const Room *to_room = g_hash_table_lookup(rooms, to);
    if (from_room == NULL || to_room == NULL) {
        g_test_message("no row in ARCHITECTURE.md for %s", from_room == NULL ? from : to);
        return false;
    }
    if (strcmp(from, to) == 0 || to_room->floor < from_room->floor) {
        return true;
    }
    g_autofree char *quoted = g_strdup_printf("`%s`", to);
    return to_room->floor == from_room->floor && strstr(from_room->also, quoted) != NULL;
}

static void
check_includes(const char *path, const char *text, gpointer rooms)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 3); /* src, room, file */
    g_autoptr(GRegex) include =
        g_regex_new("^#include \"(?:(\\w+)/)?[^\"]*\"", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(include, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *line = g_match_info_fetch(match, 0);
        g_autofree char *to = g_match_info_fetch(match, 1);
        if (to[0] == '\0' || !may_include(rooms, parts[1], to)) {
            g_test_message("%s: %s: not allowed by the table of floors", path, line);
            g_test_fail();
        }
    }
}

static void
test_includes_go_down(void)
{
    g_autoptr(GHashTable) rooms = read_floors();
    g_assert_cmpuint(g_hash_table_size(rooms), >, 4);
    for_each_source("src", check_includes, rooms);
}

typedef struct {
    GHashTable *cited; /* promise id -> itself */
    bool want_tests;   /* look into tests, or into everything but tests */
} Citations;

static void
collect_ids(const char *path, const char *text, gpointer user_data)
{
    Citations *citations = user_data;
    bool is_test = g_str_has_prefix(path, "tests/") || strstr(path, "-test.c") != NULL ||
                   g_str_has_suffix(path, ".test.ts");
    if (is_test != citations->want_tests) {
        return;
    }
    g_autoptr(GRegex) id = g_regex_new("\\b(?:LST|STO)-\\d\\d\\b", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(id, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_hash_table_add(citations->cited, g_match_info_fetch(match, 0));
    }
}

static void
test_promises_have_keepers(void)
{
    Citations in_code = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), false };
    Citations in_tests = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), true };
    for_each_source("src", collect_ids, &in_code);
    for_each_source("ui/src", collect_ids, &in_code);
    for_each_source("src", collect_ids, &in_tests);
    for_each_source("tests", collect_ids, &in_tests);

    g_autofree char *text = read_text("docs/PROMISES.md");
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GRegex) row = g_regex_new(
        "^\\| ((?:LST|STO)-\\d\\d) \\|[^|]*\\| (kept|partly|not yet)", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    for (g_regex_match(row, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *id = g_match_info_fetch(match, 1);
        g_autofree char *state = g_match_info_fetch(match, 2);
        bool kept = strcmp(state, "not yet") != 0;
        bool cited = g_hash_table_contains(in_code.cited, id);
        bool tested = g_hash_table_contains(in_tests.cited, id);
        if (kept && !(cited && tested)) {
            g_test_message("%s is called %s, but is not cited in %s", id, state,
                           cited ? "a test" : "the code");
            g_test_fail();
        }
        g_hash_table_add(known, g_steal_pointer(&id));
    }
    g_assert_cmpuint(g_hash_table_size(known), >, 60);

    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, in_code.cited);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        if (!g_hash_table_contains(known, id)) {
            g_test_message("the code cites %s, which docs/PROMISES.md does not list", (char *)id);
            g_test_fail();
        }
    }
    g_hash_table_unref(in_code.cited);
    g_hash_table_unref(in_tests.cited);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/architecture/includes-go-down", test_includes_go_down);
    g_test_add_func("/architecture/promises-have-keepers", test_promises_have_keepers);
    return g_test_run();
}
