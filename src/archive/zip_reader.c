#include "archive/zip_format.h"

#include "base/charset.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct ZipReader {
    char *path;
    int fd; /* -1: READ takes its place */
    ZipReadFunc read;
    gpointer read_data;
    guint64 file_size;
    guint64 prefix; /* bytes before the archive proper, which its offsets do not count */
    ZipLimits limits;
    guint8 *directory;
    gsize directory_size;
    guint64 directory_offset;
    guint64 num_entries;
    gsize num_bytes_behind;
    guint8 *comment;
    guint16 comment_size;
    GArray *entries; /* of ZipEntry */
    GStringChunk *names;
    GHashTable *by_name; /* name -> index + 1 */
};

enum { PIECE_SIZE = 64 * 1024 };

int
zip_fd(const ZipReader *reader)
{
    return reader->fd;
}

const char *
zip_path(const ZipReader *reader)
{
    return reader->path;
}

const guint8 *
zip_comment(const ZipReader *reader, guint16 *ret_size)
{
    *ret_size = reader->comment_size;
    return reader->comment;
}

bool
zip_pread(const ZipReader *reader, guint64 offset, void *buffer, gsize size, GError **error)
{
    guint8 *to = buffer;
    if (reader->read != NULL) {
        bool is_inside = offset <= reader->file_size && size <= reader->file_size - offset;
        return is_inside
                   ? reader->read(offset, buffer, size, reader->read_data, error)
                   : fail(error, APP_ERROR_INVALID, "%s: the file is cut short", reader->path);
    }
    while (size > 0) {
        ssize_t got = pread(reader->fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(error, errno, reader->path);
        }
        if (got == 0) {
            return fail(error, APP_ERROR_INVALID, "%s: the file is cut short", reader->path);
        }
        to += got;
        offset += (guint64)got;
        size -= (gsize)got;
    }
    return true;
}

const guint8 *
zip_find_extra(const guint8 *extra, gsize size, guint16 id, gsize *ret_size)
{
    while (size >= 4) {
        gsize field_size = zip_get16(extra + 2);
        if (field_size > size - 4) {
            return NULL;
        }
        if (zip_get16(extra) == id) {
            *ret_size = field_size;
            return extra + 4;
        }
        extra += 4 + field_size;
        size -= 4 + field_size;
    }
    return NULL;
}

/* The zip64 end record replaces those fields of the end record that are all ones. */
static bool
read_end64(ZipReader *reader, guint64 end_offset, guint64 *directory_end, GError **error)
{
    guint8 locator[ZIP_LOCATOR64_SIZE], end64[ZIP_END64_SIZE];
    if (end_offset < ZIP_LOCATOR64_SIZE + ZIP_END64_SIZE) {
        return true;
    }
    guint64 locator_offset = end_offset - ZIP_LOCATOR64_SIZE;
    if (!zip_pread(reader, locator_offset, locator, sizeof locator, error)) {
        return false;
    }
    if (zip_get32(locator) != ZIP_LOCATOR64_SIGNATURE) {
        return true;
    }
    guint64 offset = zip_get64(locator + 8);
    if (zip_get32(locator + 16) > 1) {
        return fail(error, APP_ERROR_UNSUPPORTED, "%s: an archive in several parts", reader->path);
    }
    if (offset > locator_offset - ZIP_END64_SIZE) {
        return fail(error, APP_ERROR_INVALID, "%s: the zip64 directory lies outside the file",
                    reader->path);
    }
    if (!zip_pread(reader, offset, end64, sizeof end64, error)) {
        return false;
    }
    if (zip_get32(end64) != ZIP_END64_SIGNATURE || zip_get32(end64 + 16) != 0 ||
        zip_get32(end64 + 20) != 0 || zip_get64(end64 + 24) != zip_get64(end64 + 32)) {
        return fail(error, APP_ERROR_INVALID, "%s: the zip64 directory is damaged", reader->path);
    }
    reader->num_entries = zip_get64(end64 + 32);
    reader->directory_size = zip_get64(end64 + 40);
    reader->directory_offset = zip_get64(end64 + 48);
    *directory_end = offset;
    return true;
}

/* The end record is the last one whose comment reaches exactly to the end of the file; where there
 * is none, the last one that is whole. */
static const guint8 *
find_end_record(const guint8 *tail, gsize tail_size)
{
    const guint8 *whole = NULL;
    for (gsize at = tail_size < ZIP_END_SIZE ? 0 : tail_size - ZIP_END_SIZE + 1; at-- > 0;) {
        if (zip_get32(tail + at) != ZIP_END_SIGNATURE) {
            continue;
        }
        gsize end = at + ZIP_END_SIZE + zip_get16(tail + at + 20);
        if (end == tail_size) {
            return tail + at;
        }
        if (end < tail_size && whole == NULL) {
            whole = tail + at;
        }
    }
    return whole;
}

static bool
find_end(ZipReader *reader, GError **error)
{
    gsize tail_size = (gsize)MIN(reader->file_size, (guint64)ZIP_END_SIZE + 0xffff);
    guint64 tail_offset = reader->file_size - tail_size;
    g_autofree guint8 *tail = g_malloc(tail_size + 1);
    if (!zip_pread(reader, tail_offset, tail, tail_size, error)) {
        return false;
    }
    const guint8 *end = find_end_record(tail, tail_size);
    if (end == NULL) {
        return fail(error, APP_ERROR_INVALID, "%s: not a ZIP file, or its end is missing",
                    reader->path);
    }
    if (zip_get16(end + 4) != 0 || zip_get16(end + 6) != 0 ||
        zip_get16(end + 8) != zip_get16(end + 10)) {
        return fail(error, APP_ERROR_UNSUPPORTED, "%s: an archive in several parts", reader->path);
    }
    reader->num_entries = zip_get16(end + 10);
    reader->directory_size = zip_get32(end + 12);
    reader->directory_offset = zip_get32(end + 16);
    reader->comment_size = zip_get16(end + 20);
    reader->comment = g_memdup2(end + ZIP_END_SIZE, reader->comment_size);
    guint64 end_offset = tail_offset + (guint64)(end - tail);
    guint64 directory_end = end_offset;
    if (!read_end64(reader, end_offset, &directory_end, error)) {
        return false;
    }
    if (reader->directory_size > directory_end ||
        reader->directory_offset > directory_end - reader->directory_size) {
        return fail(error, APP_ERROR_INVALID, "%s: the ZIP directory lies outside the file",
                    reader->path);
    }
    reader->prefix = directory_end - reader->directory_size - reader->directory_offset;
    reader->directory_offset += reader->prefix;
    reader->num_bytes_behind =
        tail_size - (gsize)(end - tail) - ZIP_END_SIZE - reader->comment_size;
    /* Bytes at both ends: then nothing says where the archive is. */
    if (reader->num_bytes_behind > 0 && reader->prefix > 0) {
        return fail(error, APP_ERROR_INVALID, "%s: not a ZIP file, or its end is missing",
                    reader->path);
    }
    return true;
}

/* Sizes and offset of an entry, from its zip64 field where the short ones are all ones. */
static bool
read_numbers(const ZipReader *reader, const guint8 *central, const guint8 *extra, gsize extra_size,
             ZipMember *member)
{
    guint64 offset = zip_get32(central + 42);
    member->compressed_size = zip_get32(central + 20);
    member->size = zip_get32(central + 24);
    gsize left = 0;
    const guint8 *zip64 = zip_find_extra(extra, extra_size, ZIP_EXTRA_ZIP64, &left);
    guint64 *const fields[] = { &member->size, &member->compressed_size, &offset };
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (*fields[i] != ZIP_SEE_ZIP64_32) {
            continue;
        }
        if (zip64 == NULL || left < 8) {
            return false;
        }
        *fields[i] = zip_get64(zip64);
        zip64 += 8;
        left -= 8;
    }
    if (offset > reader->directory_offset - reader->prefix ||
        member->compressed_size > reader->directory_offset || member->size > (guint64)G_MAXINT64) {
        return false;
    }
    member->local_offset = (gint64)(offset + reader->prefix);
    return true;
}

static bool
check_name(const ZipReader *reader, const char *name, GError **error)
{
    g_autofree char *slashed = g_strdelimit(g_strdup(name), "\\", '/');
    bool is_absolute = slashed[0] == '/' || (g_ascii_isalpha(slashed[0]) && slashed[1] == ':');
    g_auto(GStrv) parts = g_strsplit(slashed, "/", -1);
    if (is_absolute || g_strv_contains((const char *const *)parts, "..")) {
        g_autofree char *shown = g_strescape(name, NULL);
        return fail(error, APP_ERROR_INVALID, "%s: the member's name %s leads outside the archive",
                    reader->path, shown);
    }
    return true;
}

/* The name in UTF-8 if the entry itself says it, else NULL. */
static const char *
own_utf8_name(ZipReader *reader, const guint8 *raw, gsize raw_size, const guint8 *extra,
              gsize extra_size)
{
    if (g_utf8_validate((const char *)raw, (gssize)raw_size, NULL)) {
        return g_string_chunk_insert_len(reader->names, (const char *)raw, (gssize)raw_size);
    }
    gsize size;
    const guint8 *field = zip_find_extra(extra, extra_size, ZIP_EXTRA_UNICODE_PATH, &size);
    if (field != NULL && size > 5 && field[0] == 1 &&
        zip_get32(field + 1) == libdeflate_crc32(0, raw, raw_size) &&
        g_utf8_validate((const char *)field + 5, (gssize)size - 5, NULL)) {
        return g_string_chunk_insert_len(reader->names, (const char *)field + 5, (gssize)size - 5);
    }
    return NULL;
}

/* Names without an encoding of their own: one encoding for all of them. */
static bool
decode_legacy_names(ZipReader *reader, GError **error)
{
    g_autoptr(GByteArray) sample = g_byte_array_new();
    const gsize enough = 1024 * 1024;
    for (guint i = 0; i < reader->entries->len && sample->len < enough; i++) {
        const ZipEntry *entry = &g_array_index(reader->entries, ZipEntry, i);
        if (entry->member.name == NULL) {
            g_byte_array_append(sample, entry->central + ZIP_CENTRAL_SIZE,
                                zip_get16(entry->central + 28));
            g_byte_array_append(sample, (const guint8 *)"/", 1);
        }
    }
    const char *guess = charset_guess_legacy(sample->data, sample->len);
    /* DOS and Windows wrote Western names in the console's code page, not in Windows-1252. */
    const char *const encodings[] = { g_str_equal(guess, "CP1252") ? "IBM437" : guess, "GBK",
                                      "CP932", "IBM437" };
    for (guint e = 0; e < G_N_ELEMENTS(encodings); e++) {
        bool all_fit = true;
        for (guint i = 0; i < reader->entries->len && all_fit; i++) {
            const ZipEntry *entry = &g_array_index(reader->entries, ZipEntry, i);
            if (entry->member.name == NULL) {
                g_autofree char *name =
                    charset_decode(entry->central + ZIP_CENTRAL_SIZE,
                                   zip_get16(entry->central + 28), encodings[e]);
                all_fit = name != NULL;
            }
        }
        for (guint i = 0; i < reader->entries->len && all_fit; i++) {
            ZipEntry *entry = &g_array_index(reader->entries, ZipEntry, i);
            if (entry->member.name == NULL) {
                g_autofree char *name =
                    charset_decode(entry->central + ZIP_CENTRAL_SIZE,
                                   zip_get16(entry->central + 28), encodings[e]);
                entry->member.name = g_string_chunk_insert(reader->names, name);
            }
        }
        if (all_fit) {
            return true;
        }
    }
    return fail(error, APP_ERROR_UNSUPPORTED, "%s: the members' names are in no known encoding",
                reader->path);
}

/* Reads the entry at *AT of the directory and steps over it. */
static bool
read_entry(ZipReader *reader, gsize *at, bool *ret_has_name, GError **error)
{
    gsize left = reader->directory_size - *at;
    const guint8 *central = reader->directory + *at;
    if (left < ZIP_CENTRAL_SIZE || zip_get32(central) != ZIP_CENTRAL_SIGNATURE) {
        return fail(error, APP_ERROR_INVALID, "%s: the ZIP directory is damaged at entry %u",
                    reader->path, reader->entries->len + 1);
    }
    gsize name_size = zip_get16(central + 28), extra_size = zip_get16(central + 30);
    gsize entry_size = ZIP_CENTRAL_SIZE + name_size + extra_size + zip_get16(central + 32);
    const guint8 *name = central + ZIP_CENTRAL_SIZE, *extra = name + name_size;
    if (left < entry_size || name_size == 0 || memchr(name, 0, name_size) != NULL) {
        return fail(error, APP_ERROR_INVALID, "%s: the ZIP directory is damaged at entry %u",
                    reader->path, reader->entries->len + 1);
    }
    if (name_size > reader->limits.max_name_bytes) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%s: the name of entry %u has %" G_GSIZE_FORMAT
                    " bytes, the limit is %" G_GUINT64_FORMAT,
                    reader->path, reader->entries->len + 1, name_size,
                    reader->limits.max_name_bytes);
    }
    ZipEntry entry = {
        .member = { .crc32 = zip_get32(central + 16), .method = zip_get16(central + 10) },
        .flags = zip_get16(central + 8),
        .central = central,
        .central_size = entry_size,
    };
    if (!read_numbers(reader, central, extra, extra_size, &entry.member) ||
        zip_get16(central + 34) != 0) {
        return fail(error, APP_ERROR_INVALID, "%s: the sizes of entry %u cannot be", reader->path,
                    reader->entries->len + 1);
    }
    entry.member.is_directory = name[name_size - 1] == '/';
    entry.member.name = own_utf8_name(reader, name, name_size, extra, extra_size);
    *ret_has_name = entry.member.name != NULL;
    g_array_append_val(reader->entries, entry);
    *at += entry_size;
    return true;
}

static int
compare_offsets(gconstpointer a, gconstpointer b)
{
    gint64 left = (*(const ZipEntry *const *)a)->member.local_offset;
    gint64 right = (*(const ZipEntry *const *)b)->member.local_offset;
    return left < right ? -1 : left > right;
}

/* Members that share bytes are how a small file inflates to petabytes (Fifield, "A better zip
 * bomb", WOOT 2019). */
static bool
check_overlaps(const ZipReader *reader, GError **error)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(reader->entries->len);
    for (guint i = 0; i < reader->entries->len; i++) {
        g_ptr_array_add(sorted, &g_array_index(reader->entries, ZipEntry, i));
    }
    g_ptr_array_sort(sorted, compare_offsets);
    for (guint i = 0; i < sorted->len; i++) {
        const ZipEntry *entry = sorted->pdata[i];
        guint64 end = (guint64)entry->member.local_offset + ZIP_LOCAL_SIZE +
                      zip_get16(entry->central + 28) + entry->member.compressed_size;
        guint64 next = reader->directory_offset;
        if (i + 1 < sorted->len) {
            next = (guint64)((const ZipEntry *)sorted->pdata[i + 1])->member.local_offset;
        }
        if (end > next) {
            return fail(error, APP_ERROR_INVALID, "%s: member %s overlaps what follows it",
                        reader->path, entry->member.name);
        }
    }
    return true;
}

static bool
check_sizes(const ZipReader *reader, GError **error)
{
    guint64 total = 0;
    for (guint i = 0; i < reader->entries->len; i++) {
        const ZipMember *member = &g_array_index(reader->entries, ZipEntry, i).member;
        if (!check_name(reader, member->name, error)) {
            return false;
        }
        if (member->size / reader->limits.max_ratio > member->compressed_size) {
            return fail(error, APP_ERROR_TOO_LARGE,
                        "%s: member %s would inflate more than %" G_GUINT64_FORMAT " times",
                        reader->path, member->name, reader->limits.max_ratio);
        }
        if (member->size > reader->limits.max_total_bytes - total) {
            return fail(error, APP_ERROR_TOO_LARGE,
                        "%s: the members would inflate to more than %" G_GUINT64_FORMAT " bytes",
                        reader->path, reader->limits.max_total_bytes);
        }
        total += member->size;
    }
    return true;
}

static bool
read_directory(ZipReader *reader, GError **error)
{
    if (reader->num_entries > reader->limits.max_entries) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%s: %" G_GUINT64_FORMAT " entries, the limit is %" G_GUINT64_FORMAT,
                    reader->path, reader->num_entries, reader->limits.max_entries);
    }
    /* A name, an extra field and a comment of 64 KiB each are legal; nobody writes them. */
    const guint64 max_entry_bytes = 4096;
    if (reader->directory_size / max_entry_bytes > reader->num_entries) {
        return fail(error, APP_ERROR_TOO_LARGE,
                    "%s: a directory of %" G_GSIZE_FORMAT " bytes for %" G_GUINT64_FORMAT
                    " entries",
                    reader->path, reader->directory_size, reader->num_entries);
    }
    reader->directory = g_malloc(reader->directory_size + 1);
    if (!zip_pread(reader, reader->directory_offset, reader->directory, reader->directory_size,
                   error)) {
        return false;
    }
    bool all_named = true;
    for (gsize at = 0; reader->entries->len < reader->num_entries;) {
        bool has_name = false;
        if (!read_entry(reader, &at, &has_name, error)) {
            return false;
        }
        all_named = all_named && has_name;
    }
    if (!all_named && !decode_legacy_names(reader, error)) {
        return false;
    }
    if (!check_sizes(reader, error) || !check_overlaps(reader, error)) {
        return false;
    }
    for (guint i = 0; i < reader->entries->len; i++) {
        g_hash_table_insert(reader->by_name,
                            (gpointer)g_array_index(reader->entries, ZipEntry, i).member.name,
                            GUINT_TO_POINTER(i + 1));
    }
    return true;
}

static ZipReader *
reader_new(const char *path, const ZipLimits *limits)
{
    ZipReader *reader = g_new0(ZipReader, 1);
    reader->path = g_strdup(path);
    reader->limits = *limits;
    reader->entries = g_array_new(FALSE, FALSE, sizeof(ZipEntry));
    reader->names = g_string_chunk_new(4096);
    reader->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    reader->fd = -1;
    return reader;
}

ZipReader *
zip_open_source(const char *name, guint64 file_size, ZipReadFunc read, gpointer user_data,
                const ZipLimits *limits, GError **error)
{
    g_autoptr(ZipReader) reader = reader_new(name, limits);
    reader->read = read;
    reader->read_data = user_data;
    reader->file_size = file_size;
    return find_end(reader, error) && read_directory(reader, error) ? g_steal_pointer(&reader)
                                                                    : NULL;
}

ZipReader *
zip_open(const char *path, const ZipLimits *limits, GError **error)
{
    g_autoptr(ZipReader) reader = reader_new(path, limits);
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (reader->fd < 0 || fstat(reader->fd, &info) != 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    if (!S_ISREG(info.st_mode)) {
        return fail_null(error, APP_ERROR_INVALID, "%s: not a regular file", path);
    }
    reader->file_size = (guint64)info.st_size;
    if (!find_end(reader, error) || !read_directory(reader, error)) {
        return NULL;
    }
    return g_steal_pointer(&reader);
}

void
zip_close(ZipReader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    g_free(reader->path);
    g_free(reader->directory);
    g_free(reader->comment);
    g_array_free(reader->entries, TRUE);
    g_string_chunk_free(reader->names);
    g_hash_table_destroy(reader->by_name);
    g_free(reader);
}

gsize
zip_num_bytes_behind(const ZipReader *reader)
{
    return reader->num_bytes_behind;
}

gsize
zip_num_members(const ZipReader *reader)
{
    return reader->entries->len;
}

const ZipMember *
zip_member(const ZipReader *reader, gsize index)
{
    g_assert(index < reader->entries->len);
    return &g_array_index(reader->entries, ZipEntry, index).member;
}

const ZipMember *
zip_find(const ZipReader *reader, const char *name)
{
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(reader->by_name, name));
    return found == 0 ? NULL : zip_member(reader, found - 1);
}

/* The size of the data descriptor at OFFSET: with or without signature, with short or long sizes,
 * which only the values tell apart (4.3.9). 0 if none fits. */
static guint
descriptor_size_at(const ZipReader *reader, const ZipMember *member, guint64 offset)
{
    guint8 bytes[24] = { 0 };
    guint64 available = reader->directory_offset - offset;
    gsize size = (gsize)MIN(available, sizeof bytes);
    if (!zip_pread(reader, offset, bytes, size, NULL)) {
        return 0;
    }
    for (guint signature = 0; signature <= 4; signature += 4) {
        const guint8 *p = bytes + 4 - signature;
        bool has_signature = signature == 0;
        if ((has_signature && zip_get32(bytes) != ZIP_DESCRIPTOR_SIGNATURE) ||
            zip_get32(p) != member->crc32) {
            continue;
        }
        if (zip_get64(p + 4) == member->compressed_size && zip_get64(p + 12) == member->size &&
            size >= 24 - signature) {
            return 24 - signature;
        }
        if (zip_get32(p + 4) == (guint32)member->compressed_size &&
            zip_get32(p + 8) == (guint32)member->size && size >= 16 - signature) {
            return 16 - signature;
        }
    }
    return 0;
}

bool
zip_find_span(const ZipReader *reader, const ZipMember *member, ZipSpan *ret_span, GError **error)
{
    const ZipEntry *entry = zip_entry(member);
    guint64 start = (guint64)member->local_offset;
    guint16 name_size = zip_get16(entry->central + 28);
    g_autofree guint8 *local = g_malloc(ZIP_LOCAL_SIZE + name_size);
    if (start + ZIP_LOCAL_SIZE + name_size > reader->directory_offset) {
        return fail(error, APP_ERROR_INVALID, "%s: member %s lies outside the file", reader->path,
                    member->name);
    }
    if (!zip_pread(reader, start, local, ZIP_LOCAL_SIZE + name_size, error)) {
        return false;
    }
    guint16 flags = zip_get16(local + 6);
    if (zip_get32(local) != ZIP_LOCAL_SIGNATURE || zip_get16(local + 8) != member->method ||
        zip_get16(local + 26) != name_size ||
        (flags ^ entry->flags) & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR) ||
        memcmp(local + ZIP_LOCAL_SIZE, entry->central + ZIP_CENTRAL_SIZE, name_size) != 0) {
        return fail(error, APP_ERROR_INVALID,
                    "%s: the local header of member %s contradicts the directory", reader->path,
                    member->name);
    }
    ZipSpan span = { .start = start };
    span.data = start + ZIP_LOCAL_SIZE + name_size + zip_get16(local + 28);
    span.end = span.data + member->compressed_size;
    if (span.end > reader->directory_offset) {
        return fail(error, APP_ERROR_INVALID, "%s: member %s lies outside the file", reader->path,
                    member->name);
    }
    if (flags & ZIP_FLAG_DESCRIPTOR) {
        span.descriptor_size = descriptor_size_at(reader, member, span.end);
        if (span.descriptor_size == 0) {
            return fail(error, APP_ERROR_INVALID,
                        "%s: the data descriptor of member %s contradicts the directory",
                        reader->path, member->name);
        }
        span.end += span.descriptor_size;
    }
    *ret_span = span;
    return true;
}

static bool
check_readable(const ZipReader *reader, const ZipMember *member, GError **error)
{
    if (zip_entry(member)->flags &
        (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG_ENCRYPTION | ZIP_FLAG_MASKED)) {
        return fail(error, APP_ERROR_UNSUPPORTED, "%s: member %s is encrypted", reader->path,
                    member->name);
    }
    if (member->method != ZIP_STORED && member->method != ZIP_DEFLATE) {
        return fail(error, APP_ERROR_UNSUPPORTED,
                    "%s: member %s is compressed by method %u, which is not handled", reader->path,
                    member->name, member->method);
    }
    if (member->method == ZIP_STORED && member->size != member->compressed_size) {
        return fail(error, APP_ERROR_INVALID, "%s: the sizes of member %s cannot be", reader->path,
                    member->name);
    }
    return true;
}

/* One member on its way out: counts, sums, and hands on. */
typedef struct {
    const ZipReader *reader;
    const ZipMember *member;
    ZipChunkFunc func;
    gpointer user_data;
    guint64 size;
    guint32 crc32;
} Delivery;

static bool
deliver(Delivery *delivery, const guint8 *data, gsize size, GError **error)
{
    if (size == 0) {
        return true;
    }
    /* What the directory says was checked against the limits; more than that never comes out. */
    if (size > delivery->member->size - delivery->size) {
        return fail(error, APP_ERROR_INVALID, "%s: member %s is longer than the directory says",
                    delivery->reader->path, delivery->member->name);
    }
    delivery->size += size;
    delivery->crc32 = libdeflate_crc32(delivery->crc32, data, size);
    return delivery->func(data, size, delivery->user_data, error);
}

static bool
deliver_stored(Delivery *delivery, guint64 offset, guint8 *buffer, GError **error)
{
    for (guint64 left = delivery->member->compressed_size; left > 0;) {
        gsize size = (gsize)MIN(left, PIECE_SIZE);
        if (!zip_pread(delivery->reader, offset, buffer, size, error) ||
            !deliver(delivery, buffer, size, error)) {
            return false;
        }
        offset += size;
        left -= size;
    }
    return true;
}

static bool
deliver_inflated(Delivery *delivery, guint64 offset, guint8 *buffer, z_stream *stream,
                 GError **error)
{
    guint8 *out = buffer + PIECE_SIZE;
    guint64 left = delivery->member->compressed_size;
    int status = Z_OK;
    stream->next_out = out;
    stream->avail_out = PIECE_SIZE;
    while (status == Z_OK) {
        if (stream->avail_in == 0 && left > 0) {
            gsize size = (gsize)MIN(left, PIECE_SIZE);
            if (!zip_pread(delivery->reader, offset, buffer, size, error)) {
                return false;
            }
            offset += size;
            left -= size;
            stream->next_in = buffer;
            stream->avail_in = (uInt)size;
        }
        status = inflate(stream, Z_NO_FLUSH);
        if (stream->avail_out == 0 || status == Z_STREAM_END) {
            if (!deliver(delivery, out, PIECE_SIZE - stream->avail_out, error)) {
                return false;
            }
            stream->next_out = out;
            stream->avail_out = PIECE_SIZE;
        }
    }
    if (status != Z_STREAM_END || left > 0 || stream->avail_in > 0) {
        return fail(error, APP_ERROR_INVALID, "%s: the compressed bytes of member %s are damaged",
                    delivery->reader->path, delivery->member->name);
    }
    return true;
}

bool
zip_read_chunks(const ZipReader *reader, const ZipMember *member, ZipChunkFunc func,
                gpointer user_data, GError **error)
{
    ZipSpan span;
    if (!check_readable(reader, member, error) || !zip_find_span(reader, member, &span, error)) {
        return false;
    }
    Delivery delivery = {
        .reader = reader, .member = member, .func = func, .user_data = user_data
    };
    g_autofree guint8 *buffer = g_malloc(2 * PIECE_SIZE);
    bool done;
    if (member->method == ZIP_STORED) {
        done = deliver_stored(&delivery, span.data, buffer, error);
    } else {
        z_stream stream = { 0 };
        if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
            return fail(error, APP_ERROR_UNAVAILABLE, "%s: no memory to inflate", reader->path);
        }
        done = deliver_inflated(&delivery, span.data, buffer, &stream, error);
        inflateEnd(&stream);
    }
    if (done && (delivery.size != member->size || delivery.crc32 != member->crc32)) {
        return fail(error, APP_ERROR_INVALID, "%s: member %s is not what its checksum says",
                    reader->path, member->name);
    }
    return done;
}

static bool
append_piece(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    g_byte_array_append(user_data, data, (guint)size);
    return true;
}

GBytes *
zip_read_member(const ZipReader *reader, const ZipMember *member, gsize max_size, GError **error)
{
    if (member->size > MIN(max_size, (gsize)G_MAXINT32)) {
        return fail_null(error, APP_ERROR_TOO_LARGE,
                         "%s: member %s has %" G_GUINT64_FORMAT
                         " bytes, the limit is %" G_GSIZE_FORMAT,
                         reader->path, member->name, member->size, max_size);
    }
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)member->size);
    if (!zip_read_chunks(reader, member, append_piece, bytes, error)) {
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}
