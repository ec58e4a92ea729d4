#include "listing/intake.h"

#include "base/charset.h"
#include "base/digest.h"
#include "base/error.h"
#include "image/image.h"
#include "listing/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper trees are loops that the visited set did not see (bind mounts) or attacks. */
static const guint max_depth = 64;

/* Enough to tell an encoding by. */
static const guint max_name_sample = 1024 * 1024;

typedef struct {
    Photo photo; /* first, so that a Photo is found in it */
    guint source;
    char *path;     /* of a file; NULL for a ZIP's member */
    char *raw_name; /* in the file system's bytes where they are not UTF-8, else NULL */
    struct timespec modified;
    bool is_folder; /* one that cannot be entered */
    const ZipMember *member;
} Item;

typedef struct {
    char *path;      /* absolute */
    char *label;     /* its last names: as many as it takes to tell it from the other sources */
    guint num_names; /* in the label */
    bool is_file;    /* a single photo */
    ZipReader *zip;  /* NULL for folders and files */
} Source;

struct Intake {
    IntakeLimits limits;
    GPtrArray *items;  /* of Item */
    GArray *sources;   /* of Source */
    GHashTable *seen;  /* "device:inode" of folders that were entered or must not be */
    GHashTable *given; /* paths of sources */
    GPtrArray *remarks;
    bool is_finished;
};

static void
item_free(gpointer data)
{
    Item *item = data;
    g_free(item->photo.name);
    g_free(item->photo.identity);
    g_free(item->path);
    g_free(item->raw_name);
    g_free(item);
}

static void
source_clear(gpointer data)
{
    Source *source = data;
    g_free(source->path);
    g_free(source->label);
    zip_close(source->zip);
}

Intake *
intake_new(const IntakeLimits *limits)
{
    Intake *intake = g_new0(Intake, 1);
    intake->limits = *limits;
    intake->items = g_ptr_array_new_with_free_func(item_free);
    intake->sources = g_array_new(FALSE, FALSE, sizeof(Source));
    g_array_set_clear_func(intake->sources, source_clear);
    intake->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    intake->given = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    intake->remarks = g_ptr_array_new_with_free_func(g_free);
    return intake;
}

void
intake_free(Intake *intake)
{
    if (intake == NULL) {
        return;
    }
    g_ptr_array_unref(intake->items);
    g_array_unref(intake->sources);
    g_hash_table_unref(intake->seen);
    g_hash_table_unref(intake->given);
    g_ptr_array_unref(intake->remarks);
    g_free(intake);
}

static char *
inode_word(const struct stat *info)
{
    return g_strdup_printf("%" G_GINT64_MODIFIER "x:%" G_GINT64_MODIFIER "x", (guint64)info->st_dev,
                           (guint64)info->st_ino);
}

void
intake_leave_out(Intake *intake, const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0) {
        g_hash_table_add(intake->seen, inode_word(&info));
    }
}

static bool
is_below_state_folder(const char *name)
{
    for (const char *slash; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        if ((gsize)(slash - name) == strlen(STATE_FOLDER) && g_str_has_prefix(name, STATE_FOLDER)) {
            return true;
        }
    }
    return false;
}

static bool
add_item(Intake *intake, Item *item, GError **error)
{
    if (is_below_state_folder(item->photo.name)) {
        item_free(item);
        return true;
    }
    if (intake->items->len >= intake->limits.max_photos) {
        item_free(item);
        return fail(error, APP_ERROR_TOO_LARGE,
                    "more than %" G_GUINT64_FORMAT " photos (listing.max-photos)",
                    intake->limits.max_photos);
    }
    item->photo.is_junk = photo_name_is_junk(item->photo.name);
    g_ptr_array_add(intake->items, item);
    return true;
}

/* NAME is in the file system's bytes. */
static bool
add_file(Intake *intake, guint source, const char *path, const char *name, const struct stat *info,
         GError **error)
{
    Item *item = g_new0(Item, 1);
    item->source = source;
    item->path = g_strdup(path);
    item->photo.name = g_utf8_make_valid(name, -1);
    item->raw_name = g_utf8_validate(name, -1, NULL) ? NULL : g_strdup(name);
    item->modified = info->st_mtim;
    item->is_folder = S_ISDIR(info->st_mode);
    item->photo.size = (guint64)info->st_size;
    item->photo.identity =
        g_strdup_printf("f%" G_GINT64_MODIFIER "x.%" G_GINT64_MODIFIER "x.%" G_GINT64_MODIFIER
                        "x.%" G_GINT64_MODIFIER "x.%lx.%" G_GINT64_MODIFIER "x.%lx",
                        (guint64)info->st_dev, (guint64)info->st_ino, (guint64)info->st_size,
                        (guint64)info->st_mtim.tv_sec, info->st_mtim.tv_nsec,
                        (guint64)info->st_ctim.tv_sec, info->st_ctim.tv_nsec);
    return add_item(intake, item, error);
}

static void
remark(Intake *intake, const char *path, const char *text)
{
    g_autofree char *shown = g_filename_display_name(path);
    g_ptr_array_add(intake->remarks, g_strconcat(shown, ": ", text, NULL));
}

static bool
is_output(const char *path)
{
    g_autofree char *state = g_build_filename(path, STATE_FOLDER, NULL);
    return g_file_test(state, G_FILE_TEST_IS_DIR);
}

static bool add_folder(Intake *intake, guint source, const char *path, const char *name,
                       guint depth, GError **error);

/* What lies in a folder. What cannot be read is listed all the same, so that the report tells of
 * it; what has gone since the folder was read has not been given. */
static bool
add_child(Intake *intake, guint source, const char *path, const char *name, guint depth,
          GError **error)
{
    struct stat info = { 0 };
    /* A link that leads nowhere is a file that was given and cannot be read. */
    if (stat(path, &info) != 0 && lstat(path, &info) != 0) {
        return errno == ENOENT || add_file(intake, source, path, name, &info, error);
    }
    g_autofree char *word = inode_word(&info);
    if (S_ISDIR(info.st_mode)) {
        if (!g_hash_table_add(intake->seen, g_steal_pointer(&word))) {
            return true;
        }
        if (is_output(path)) {
            remark(intake, path, "left out, it is the output of another run");
            return true;
        }
        return access(path, R_OK | X_OK) == 0 ? add_folder(intake, source, path, name, depth, error)
                                              : add_file(intake, source, path, name, &info, error);
    }
    bool is_wanted = !g_hash_table_contains(intake->seen, word) &&
                     (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode));
    return !is_wanted || add_file(intake, source, path, name, &info, error);
}

static bool
add_folder(Intake *intake, guint source, const char *path, const char *name, guint depth,
           GError **error)
{
    if (depth > max_depth) {
        return fail(error, APP_ERROR_TOO_LARGE, "%s: folders nest deeper than %u", path, max_depth);
    }
    g_autoptr(GError) open_error = NULL;
    g_autoptr(GDir) dir = g_dir_open(path, 0, &open_error);
    if (dir == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s", open_error->message);
    }
    const char *child;
    while ((child = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child_path = g_build_filename(path, child, NULL);
        g_autofree char *child_name =
            name[0] == '\0' ? g_strdup(child) : g_strconcat(name, "/", child, NULL);
        if (!add_child(intake, source, child_path, child_name, depth + 1, error)) {
            return false;
        }
    }
    return true;
}

static bool
add_zip(Intake *intake, guint source, ZipReader *zip, GError **error)
{
    for (gsize i = 0; i < zip_num_members(zip); i++) {
        const ZipMember *member = zip_member(zip, i);
        if (member->is_directory) {
            continue;
        }
        Item *item = g_new0(Item, 1);
        item->source = source;
        item->member = member;
        item->photo.name = g_strdup(member->name);
        item->photo.size = member->size;
        item->photo.identity = g_strdup_printf(
            "z%08x.%" G_GINT64_MODIFIER "x.%" G_GINT64_MODIFIER "x.%" G_GINT64_MODIFIER "x",
            member->crc32, member->size, member->compressed_size, (guint64)member->local_offset);
        if (!add_item(intake, item, error)) {
            return false;
        }
    }
    return true;
}

static bool
is_zip(const char *path)
{
    guint8 magic[4] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool found = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
                 (memcmp(magic, "PK\3\4", 4) == 0 || memcmp(magic, "PK\5\6", 4) == 0);
    if (fd >= 0) {
        close(fd);
    }
    return found;
}

bool
intake_add(Intake *intake, const char *path, GError **error)
{
    g_assert(!intake->is_finished);
    struct stat info;
    if (stat(path, &info) != 0) {
        return fail_errno(error, errno, path);
    }
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
        return fail(error, APP_ERROR_INVALID, "%s: is neither a folder nor a file", path);
    }
    Source source = { .path = g_canonicalize_filename(path, NULL) };
    guint index = intake->sources->len;
    bool is_new = g_hash_table_add(intake->given, g_strdup(source.path));
    if (S_ISDIR(info.st_mode)) {
        g_array_append_val(intake->sources, source);
        g_autofree char *word = inode_word(&info);
        return !g_hash_table_add(intake->seen, g_steal_pointer(&word)) ||
               add_folder(intake, index, path, "", 0, error);
    }
    if (!is_new) {
        source_clear(&source);
        return true;
    }
    if (is_zip(path)) {
        source.zip = zip_open(path, &intake->limits.zip, error);
        g_array_append_val(intake->sources, source);
        if (source.zip != NULL && zip_num_bytes_behind(source.zip) > 0) {
            g_autofree char *text =
                g_strdup_printf("%" G_GSIZE_FORMAT " bytes behind its end are passed over",
                                zip_num_bytes_behind(source.zip));
            remark(intake, path, text);
        }
        return source.zip != NULL && add_zip(intake, index, source.zip, error);
    }
    source.is_file = true;
    g_array_append_val(intake->sources, source);
    g_autofree char *basename = g_path_get_basename(path);
    return add_file(intake, index, path, basename, &info, error);
}

static gint
compare_items(gconstpointer a, gconstpointer b)
{
    const Item *item_a = *(const Item *const *)a, *item_b = *(const Item *const *)b;
    int order = strcmp(item_a->photo.name, item_b->photo.name);
    if (order == 0) {
        order = (item_a->source > item_b->source) - (item_a->source < item_b->source);
    }
    if (order == 0 && item_a->member != NULL && item_b->member != NULL) {
        order = (item_a->member > item_b->member) - (item_a->member < item_b->member);
    }
    return order;
}

/* The file itself, whichever way leads to it; a hard link is another one. */
static char *
real_path(const Item *item)
{
    return realpath(item->path, NULL);
}

/* A photo that is given by its own path and lies below a folder that is given as well must not
 * become its own twin. What the folder says of it is kept. */
static void
drop_files_that_folders_have(Intake *intake)
{
    g_autoptr(GHashTable) single = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < intake->items->len; i++) {
        Item *item = intake->items->pdata[i];
        if (g_array_index(intake->sources, Source, item->source).is_file) {
            char *path = real_path(item);
            g_hash_table_add(wanted, item->photo.identity);
            if (path != NULL) {
                g_hash_table_insert(single, path, item);
            }
        }
    }
    g_autoptr(GHashTable) dropped = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < intake->items->len && g_hash_table_size(single) > 0; i++) {
        const Item *item = intake->items->pdata[i];
        bool is_below_folder =
            item->path != NULL && !g_array_index(intake->sources, Source, item->source).is_file;
        if (is_below_folder && g_hash_table_contains(wanted, item->photo.identity)) {
            g_autofree char *path = real_path(item);
            gpointer twin = path == NULL ? NULL : g_hash_table_lookup(single, path);
            if (twin != NULL) {
                g_hash_table_add(dropped, twin);
            }
        }
    }
    for (guint i = intake->items->len; i-- > 0 && g_hash_table_size(dropped) > 0;) {
        if (g_hash_table_contains(dropped, intake->items->pdata[i])) {
            g_ptr_array_remove_index(intake->items, i);
        }
    }
}

/* Names that are not UTF-8 come from one old system, mostly: one encoding for all of them, so that
 * SKUs with letters beyond ASCII are found in them. */
static void
decode_raw_names(Intake *intake)
{
    g_autoptr(GByteArray) sample = g_byte_array_new();
    for (guint i = 0; i < intake->items->len && sample->len < max_name_sample; i++) {
        const Item *item = intake->items->pdata[i];
        if (item->raw_name != NULL) {
            g_byte_array_append(sample, (const guint8 *)item->raw_name,
                                (guint)strlen(item->raw_name));
        }
    }
    const char *encoding = charset_guess_legacy(sample->data, sample->len);
    for (guint i = 0; i < intake->items->len; i++) {
        Item *item = intake->items->pdata[i];
        char *name = item->raw_name == NULL ? NULL
                                            : charset_decode((const guint8 *)item->raw_name,
                                                             strlen(item->raw_name), encoding);
        if (name != NULL) {
            g_free(item->photo.name);
            item->photo.name = name;
        }
    }
}

/* The last COUNT names of an absolute path; all of it when it has no more. */
static const char *
last_names(const char *path, guint count)
{
    const char *at = path + strlen(path);
    while (count > 0 && at > path) {
        at--;
        count -= *at == '/' ? 1 : 0;
    }
    return *at == '/' ? at + 1 : at;
}

/* One more name for each source whose label another one has as well. Returns whether that could be
 * done. */
static bool
lengthen_equal_labels(Intake *intake)
{
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) shared = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < intake->sources->len; i++) {
        const Source *source = &g_array_index(intake->sources, Source, i);
        const char *label = last_names(source->path, source->num_names);
        const char *path = g_hash_table_lookup(paths, label);
        if (path != NULL && strcmp(path, source->path) != 0) {
            g_hash_table_add(shared, (gpointer)label);
        }
        g_hash_table_insert(paths, (gpointer)label, source->path);
    }
    bool has_changed = false;
    for (guint i = 0; i < intake->sources->len; i++) {
        Source *source = &g_array_index(intake->sources, Source, i);
        const char *label = last_names(source->path, source->num_names);
        if (g_hash_table_contains(shared, label) && label > source->path + 1) {
            source->num_names++;
            has_changed = true;
        }
    }
    return has_changed;
}

/* Several sources: their names keep equal names in them apart. Single files need no more than their
 * own, unless another one has it too. */
static void
put_labels_before_names(Intake *intake)
{
    for (guint i = 0; i < intake->sources->len; i++) {
        g_array_index(intake->sources, Source, i).num_names = 1;
    }
    while (lengthen_equal_labels(intake)) {
    }
    for (guint i = 0; i < intake->sources->len; i++) {
        Source *source = &g_array_index(intake->sources, Source, i);
        source->label = g_utf8_make_valid(last_names(source->path, source->num_names), -1);
    }
    for (guint i = 0; i < intake->items->len; i++) {
        Item *item = intake->items->pdata[i];
        const Source *source = &g_array_index(intake->sources, Source, item->source);
        if (!source->is_file) {
            char *name = g_strconcat(source->label, "/", item->photo.name, NULL);
            g_free(item->photo.name);
            item->photo.name = name;
        } else if (source->num_names > 1) {
            g_free(item->photo.name);
            item->photo.name = g_strdup(source->label);
        }
    }
}

void
intake_finish(Intake *intake)
{
    drop_files_that_folders_have(intake);
    decode_raw_names(intake);
    if (intake->sources->len > 1) {
        put_labels_before_names(intake);
    }
    g_ptr_array_sort(intake->items, compare_items);
    intake->is_finished = true;
}

const GPtrArray *
intake_remarks(const Intake *intake)
{
    return intake->remarks;
}

gsize
intake_num_photos(const Intake *intake)
{
    return intake->items->len;
}

const Photo *
intake_photo(const Intake *intake, gsize index)
{
    g_assert(index < intake->items->len);
    return &((const Item *)intake->items->pdata[index])->photo;
}

static bool
append_to_memory_file(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    int fd = *(const int *)user_data;
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR) {
            return fail_errno(error, errno, "memory for a photo");
        }
        if (written > 0) {
            data += written;
            size -= (gsize)written;
        }
    }
    return true;
}

static int
open_member(const Intake *intake, const Item *item, GError **error)
{
    const Source *source = &g_array_index(intake->sources, Source, item->source);
    if (item->member->size > intake->limits.max_photo_bytes) {
        (void)fail(error, APP_ERROR_TOO_LARGE,
                   "%" G_GUINT64_FORMAT " bytes, the limit is %" G_GUINT64_FORMAT
                   " (image.max-input-bytes)",
                   item->member->size, intake->limits.max_photo_bytes);
        return -1;
    }
    int fd = memfd_create("photo", MFD_CLOEXEC);
    if (fd < 0) {
        (void)fail_errno(error, errno, "memory for a photo");
        return -1;
    }
    if (!zip_read_chunks(source->zip, item->member, append_to_memory_file, &fd, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

int
intake_open(const Intake *intake, gsize index, GError **error)
{
    g_assert(index < intake->items->len);
    const Item *item = intake->items->pdata[index];
    if (item->member != NULL) {
        return open_member(intake, item, error);
    }
    /* Without O_NONBLOCK, a pipe that took a photo's place would hold us for ever. */
    int fd = open(item->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        (void)fail_errno(error, errno, item->photo.name);
    }
    return fd;
}

bool
intake_is_unchanged(const Intake *intake, gsize index, int fd)
{
    g_assert(index < intake->items->len);
    const Item *item = intake->items->pdata[index];
    struct stat info;
    return item->member != NULL ||
           (fstat(fd, &info) == 0 && (guint64)info.st_size == item->photo.size &&
            info.st_mtim.tv_sec == item->modified.tv_sec &&
            info.st_mtim.tv_nsec == item->modified.tv_nsec);
}

/* As many bytes as image_format_recognise looks at. */
enum { HEAD_BYTES = 64 };

typedef struct {
    guint8 bytes[HEAD_BYTES];
    gsize size;
} Head;

static bool
keep_head(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    Head *head = user_data;
    gsize count = MIN(size, HEAD_BYTES - head->size);
    memcpy(head->bytes + head->size, data, count);
    head->size += count;
    return head->size < HEAD_BYTES || fail(error, APP_ERROR_CANCELLED, "that is enough");
}

bool
intake_looks_like_picture(const Intake *intake, gsize index)
{
    g_assert(index < intake->items->len);
    const Item *item = intake->items->pdata[index];
    Head head = { .size = 0 };
    if (item->is_folder) {
        return false;
    }
    if (item->member != NULL) {
        const Source *source = &g_array_index(intake->sources, Source, item->source);
        g_autoptr(GError) error = NULL;
        if (!zip_read_chunks(source->zip, item->member, keep_head, &head, &error) &&
            head.size < HEAD_BYTES) {
            return true;
        }
    } else {
        int fd = intake_open(intake, index, NULL);
        ssize_t got = fd < 0 ? -1 : pread(fd, head.bytes, HEAD_BYTES, 0);
        if (fd >= 0) {
            close(fd);
        }
        if (got < 0) {
            return true;
        }
        head.size = (gsize)got;
    }
    return image_format_recognise(head.bytes, head.size) != IMAGE_FORMAT_UNKNOWN;
}

static gint
compare_sizes(gconstpointer a, gconstpointer b, gpointer items)
{
    guint ia = *(const guint *)a, ib = *(const guint *)b;
    const Item *item_a = ((GPtrArray *)items)->pdata[ia];
    const Item *item_b = ((GPtrArray *)items)->pdata[ib];
    if (item_a->photo.size != item_b->photo.size) {
        return item_a->photo.size < item_b->photo.size ? -1 : 1;
    }
    return (ia > ib) - (ia < ib);
}

/* ORDER[0..COUNT) are photos of one size, in the order of their names. */
static bool
find_duplicates_of_one_size(const Intake *intake, const guint *order, gsize count,
                            const gint *cancel, gsize *firsts, GError **error)
{
    g_autoptr(GHashTable) by_digest =
        g_hash_table_new_full(digest_hash, digest_equal_func, g_free, NULL);
    for (gsize i = 0; i < count; i++) {
        if (g_atomic_int_get(cancel)) {
            return fail(error, APP_ERROR_CANCELLED, "interrupted");
        }
        const Photo *photo = intake_photo(intake, order[i]);
        int fd = photo->is_junk ? -1 : intake_open(intake, order[i], NULL);
        if (fd < 0) {
            continue;
        }
        Digest digest;
        bool is_read = digest_of_fd(fd, photo->name, &digest, NULL);
        close(fd);
        gpointer first;
        if (!is_read) {
            continue;
        }
        if (g_hash_table_lookup_extended(by_digest, &digest, NULL, &first)) {
            firsts[order[i]] = GPOINTER_TO_UINT(first);
        } else {
            g_hash_table_insert(by_digest, g_memdup2(&digest, sizeof digest),
                                GUINT_TO_POINTER(order[i]));
        }
    }
    return true;
}

bool
intake_find_duplicates(const Intake *intake, const gint *cancel, gsize **ret_firsts, GError **error)
{
    gsize num_photos = intake->items->len;
    g_autofree gsize *firsts = g_new(gsize, num_photos + 1);
    g_autofree guint *order = g_new(guint, num_photos + 1);
    for (gsize i = 0; i < num_photos; i++) {
        firsts[i] = i;
        order[i] = (guint)i;
    }
    g_qsort_with_data(order, (gint)num_photos, sizeof *order, compare_sizes, intake->items);
    for (gsize from = 0, to; from < num_photos; from = to) {
        guint64 size = intake_photo(intake, order[from])->size;
        for (to = from + 1; to < num_photos && intake_photo(intake, order[to])->size == size;) {
            to++;
        }
        if (to - from > 1 && size > 0 &&
            !find_duplicates_of_one_size(intake, order + from, to - from, cancel, firsts, error)) {
            return false;
        }
    }
    *ret_firsts = g_steal_pointer(&firsts);
    return true;
}
