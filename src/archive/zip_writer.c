#include "archive/deflate_stream.h"
#include "archive/zip_format.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <libdeflate.h>
#include <unistd.h>

struct ZipWriter {
    char *path;
    char *partial_path; /* NULL once it is in place, and where there is no path */
    int fd;             /* -1: the bytes go to the sink */
    ZipSink sink;
    gpointer sink_data;
    guint64 offset;
    GByteArray *directory;
    guint64 num_entries;
    /* The member that is being replaced; DEFLATE is NULL when there is none. */
    DeflateStream *deflate;
    GByteArray *central;
    guint64 local_offset;
    guint64 size;
    guint64 compressed_size;
    guint32 crc32;
    bool has_descriptor;
};

static bool
write_at(ZipWriter *writer, guint64 offset, const guint8 *data, gsize size, GError **error)
{
    while (size > 0) {
        ssize_t written = pwrite(writer->fd, data, size, (off_t)offset);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fail_errno(error, errno, writer->path);
        }
        data += written;
        offset += (guint64)written;
        size -= (gsize)written;
    }
    return true;
}

static bool
write_next(ZipWriter *writer, const guint8 *data, gsize size, GError **error)
{
    bool done = writer->sink != NULL ? writer->sink(data, size, writer->sink_data, error)
                                     : write_at(writer, writer->offset, data, size, error);
    if (!done) {
        return false;
    }
    writer->offset += size;
    return true;
}

ZipWriter *
zip_writer_new(const char *path, GError **error)
{
    g_autofree char *partial_path = file_partial_path(path);
    int fd = open(partial_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        (void)fail_errno(error, errno, path);
        return NULL;
    }
    ZipWriter *writer = g_new0(ZipWriter, 1);
    writer->path = g_strdup(path);
    writer->partial_path = g_steal_pointer(&partial_path);
    writer->fd = fd;
    writer->directory = g_byte_array_new();
    return writer;
}

ZipWriter *
zip_writer_new_to_fd(int fd, const char *name, GError **error)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own_fd < 0) {
        (void)fail_errno(error, errno, name);
        return NULL;
    }
    ZipWriter *writer = g_new0(ZipWriter, 1);
    writer->path = g_strdup(name);
    writer->fd = own_fd;
    writer->directory = g_byte_array_new();
    return writer;
}

ZipWriter *
zip_writer_new_to_sink(ZipSink sink, gpointer user_data)
{
    ZipWriter *writer = g_new0(ZipWriter, 1);
    writer->path = g_strdup("archive");
    writer->fd = -1;
    writer->sink = sink;
    writer->sink_data = user_data;
    writer->directory = g_byte_array_new();
    return writer;
}

void
zip_writer_free(ZipWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    deflate_stream_free(writer->deflate);
    g_clear_pointer(&writer->central, g_byte_array_unref);
    g_byte_array_unref(writer->directory);
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (writer->partial_path != NULL) {
        (void)g_unlink(writer->partial_path);
    }
    g_free(writer->partial_path);
    g_free(writer->path);
    g_free(writer);
}

/* Sets the offset in directory entry CENTRAL: where it stands now, or, when it is too large for
 * that, in a zip64 field, which is then made. */
static void
set_offset(GByteArray *central, guint64 offset)
{
    guint name_size = zip_get16(central->data + 28), extra_size = zip_get16(central->data + 30);
    guint8 *extra = central->data + ZIP_CENTRAL_SIZE + name_size;
    bool is_in_zip64 = zip_get32(central->data + 42) == ZIP_SEE_ZIP64_32;
    if (!is_in_zip64 && offset < ZIP_SEE_ZIP64_32) {
        zip_put32(central->data + 42, (guint32)offset);
        return;
    }
    /* The field holds those of size, compressed size and offset that are all ones (4.5.3). */
    guint num_before = (zip_get32(central->data + 24) == ZIP_SEE_ZIP64_32) +
                       (zip_get32(central->data + 20) == ZIP_SEE_ZIP64_32);
    gsize field_size = 0;
    const guint8 *found = zip_find_extra(extra, extra_size, ZIP_EXTRA_ZIP64, &field_size);
    if (is_in_zip64) { /* the reader has seen that it is there */
        zip_put64(extra + (found - extra) + 8 * num_before, offset);
        return;
    }
    g_autoptr(GByteArray) rest = g_byte_array_new();
    guint at = ZIP_CENTRAL_SIZE + name_size + extra_size; /* where the eight bytes go */
    guint8 number[8], head[4];
    zip_put64(number, offset);
    if (found != NULL) {
        at = (guint)(found - central->data) + 8 * num_before;
        zip_put16(central->data + (found - central->data) - 2, (guint16)(field_size + 8));
    } else {
        zip_put16(head, ZIP_EXTRA_ZIP64);
        zip_put16(head + 2, 8);
        g_byte_array_append(rest, head, sizeof head);
    }
    g_byte_array_append(rest, number, sizeof number);
    zip_put16(central->data + 30, (guint16)(extra_size + rest->len));
    zip_put32(central->data + 42, ZIP_SEE_ZIP64_32);
    g_byte_array_append(rest, central->data + at, central->len - at);
    g_byte_array_set_size(central, at);
    g_byte_array_append(central, rest->data, rest->len);
}

static void
add_to_directory(ZipWriter *writer, GByteArray *central, guint64 local_offset)
{
    set_offset(central, local_offset);
    g_byte_array_append(writer->directory, central->data, central->len);
    writer->num_entries++;
}

static bool
copy_range(ZipWriter *writer, const ZipReader *reader, guint64 from, guint64 size, GError **error)
{
    /* In the kernel where it can; a file system that cannot says so at the first call. */
    while (size > 0 && writer->sink == NULL) {
        off_t in = (off_t)from, out = (off_t)writer->offset;
        ssize_t copied = copy_file_range(zip_fd(reader), &in, writer->fd, &out,
                                         (size_t)MIN(size, G_MAXINT32), 0);
        if (copied <= 0) {
            break;
        }
        from += (guint64)copied;
        writer->offset += (guint64)copied;
        size -= (guint64)copied;
    }
    enum { BUFFER_SIZE = 256 * 1024 };
    g_autofree guint8 *buffer = size > 0 ? g_malloc(BUFFER_SIZE) : NULL;
    while (size > 0) {
        gsize part = (gsize)MIN(size, BUFFER_SIZE);
        if (!zip_pread(reader, from, buffer, part, error) ||
            !write_next(writer, buffer, part, error)) {
            return false;
        }
        from += part;
        size -= part;
    }
    return true;
}

bool
zip_writer_copy(ZipWriter *writer, const ZipReader *reader, const ZipMember *member, GError **error)
{
    g_assert(writer->deflate == NULL);
    ZipSpan span;
    if (!zip_find_span(reader, member, &span, error)) {
        return false;
    }
    const ZipEntry *entry = zip_entry(member);
    g_autoptr(GByteArray) central = g_byte_array_new();
    g_byte_array_append(central, entry->central, (guint)entry->central_size);
    guint64 local_offset = writer->offset;
    if (!copy_range(writer, reader, span.start, span.end - span.start, error)) {
        return false;
    }
    add_to_directory(writer, central, local_offset);
    return true;
}

/* A local header and a directory entry for a member of our own. */
static void
describe_member(const char *name, guint16 method, guint32 crc32, guint32 compressed_size,
                guint32 size, GByteArray *local, GByteArray *central)
{
    gsize name_size = strlen(name);
    guint8 head[ZIP_CENTRAL_SIZE] = { 0 };
    /* The same bytes give the same archive: no clock, 1 January 1980. */
    zip_put32(head, ZIP_CENTRAL_SIGNATURE);
    zip_put16(head + 4, 20);
    zip_put16(head + 6, 20);
    zip_put16(head + 8, g_str_is_ascii(name) ? 0 : ZIP_FLAG_UTF8);
    zip_put16(head + 10, method);
    zip_put16(head + 14, 1 << 5 | 1);
    zip_put32(head + 16, crc32);
    zip_put32(head + 20, compressed_size);
    zip_put32(head + 24, size);
    zip_put16(head + 28, (guint16)name_size);
    g_byte_array_append(central, head, sizeof head);
    g_byte_array_append(central, (const guint8 *)name, (guint)name_size);
    guint8 signature[4];
    zip_put32(signature, ZIP_LOCAL_SIGNATURE);
    g_byte_array_append(local, signature, sizeof signature);
    g_byte_array_append(local, head + 6, 26); /* version needed up to the extra field's length */
    g_byte_array_append(local, (const guint8 *)name, (guint)name_size);
}

bool
zip_writer_add(ZipWriter *writer, const char *name, const void *data, gsize size, int deflate_level,
               GError **error)
{
    g_assert(writer->deflate == NULL);
    if (size >= ZIP_SEE_ZIP64_32 || strlen(name) > G_MAXUINT16) {
        return fail(error, APP_ERROR_TOO_LARGE, "%s: member %s is larger than 4 GiB", writer->path,
                    name);
    }
    g_autofree guint8 *compressed = NULL;
    gsize compressed_size = 0;
    if (deflate_level > 0 && size > 0) {
        struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(deflate_level);
        g_assert(compressor != NULL);
        compressed = g_malloc(size);
        compressed_size = libdeflate_deflate_compress(compressor, data, size, compressed, size);
        libdeflate_free_compressor(compressor);
    }
    bool is_deflated = compressed_size > 0;
    g_autoptr(GByteArray) local = g_byte_array_new();
    g_autoptr(GByteArray) central = g_byte_array_new();
    describe_member(name, is_deflated ? ZIP_DEFLATE : ZIP_STORED, libdeflate_crc32(0, data, size),
                    (guint32)(is_deflated ? compressed_size : size), (guint32)size, local, central);
    guint64 local_offset = writer->offset;
    if (!write_next(writer, local->data, local->len, error) ||
        !write_next(writer, is_deflated ? compressed : data, is_deflated ? compressed_size : size,
                    error)) {
        return false;
    }
    add_to_directory(writer, central, local_offset);
    return true;
}

/* Takes the zip64 field out of the extra fields of RECORD, which begin at AT and whose length
 * stands at LENGTH_AT: sizes below 4 GiB must not have one. */
static void
drop_zip64(GByteArray *record, guint at, guint length_at)
{
    guint extra_size = zip_get16(record->data + length_at);
    gsize size;
    const guint8 *field = zip_find_extra(record->data + at, extra_size, ZIP_EXTRA_ZIP64, &size);
    if (field != NULL) {
        g_byte_array_remove_range(record, (guint)(field - 4 - record->data), (guint)size + 4);
        zip_put16(record->data + length_at, (guint16)(extra_size - 4 - size));
    }
}

static bool
take_compressed(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    ZipWriter *writer = user_data;
    writer->compressed_size += size;
    return write_next(writer, data, size, error);
}

bool
zip_writer_begin_replacement(ZipWriter *writer, const ZipReader *reader, const ZipMember *member,
                             int deflate_level, GError **error)
{
    g_assert(writer->deflate == NULL && writer->sink == NULL && deflate_level > 0);
    ZipSpan span;
    if (!zip_find_span(reader, member, &span, error)) {
        return false;
    }
    const ZipEntry *entry = zip_entry(member);
    g_autoptr(GByteArray) local = g_byte_array_new();
    g_byte_array_set_size(local, (guint)(span.data - span.start));
    if (!zip_pread(reader, span.start, local->data, local->len, error)) {
        return false;
    }
    drop_zip64(local, ZIP_LOCAL_SIZE + zip_get16(local->data + 26), 28);
    zip_put16(local->data + 8, ZIP_DEFLATE);
    memset(local->data + 14, 0, 12); /* CRC and sizes: in the descriptor, or filled in at the end */
    writer->central = g_byte_array_new();
    g_byte_array_append(writer->central, entry->central, (guint)entry->central_size);
    drop_zip64(writer->central, ZIP_CENTRAL_SIZE + zip_get16(entry->central + 28), 30);
    zip_put16(writer->central->data + 10, ZIP_DEFLATE);
    memset(writer->central->data + 42, 0, 4); /* no longer a reference to the zip64 field */
    writer->has_descriptor = zip_get16(local->data + 6) & ZIP_FLAG_DESCRIPTOR;
    writer->local_offset = writer->offset;
    writer->size = writer->compressed_size = 0;
    writer->crc32 = 0;
    writer->deflate = deflate_stream_new(deflate_level, take_compressed, writer);
    return write_next(writer, local->data, local->len, error);
}

bool
zip_writer_append(ZipWriter *writer, const guint8 *data, gsize size, GError **error)
{
    g_assert(writer->deflate != NULL);
    if (size >= ZIP_SEE_ZIP64_32 - writer->size) {
        return fail(error, APP_ERROR_TOO_LARGE, "%s: a member would be larger than 4 GiB",
                    writer->path);
    }
    writer->size += size;
    writer->crc32 = libdeflate_crc32(writer->crc32, data, size);
    return deflate_stream_append(writer->deflate, data, size, error);
}

bool
zip_writer_end_replacement(ZipWriter *writer, GError **error)
{
    g_assert(writer->deflate != NULL);
    if (!deflate_stream_finish(writer->deflate, error)) {
        return false;
    }
    g_clear_pointer(&writer->deflate, deflate_stream_free);
    guint8 descriptor[16];
    zip_put32(descriptor, ZIP_DESCRIPTOR_SIGNATURE);
    zip_put32(descriptor + 4, writer->crc32);
    zip_put32(descriptor + 8, (guint32)writer->compressed_size);
    zip_put32(descriptor + 12, (guint32)writer->size);
    bool written = writer->has_descriptor
                       ? write_next(writer, descriptor, sizeof descriptor, error)
                       : write_at(writer, writer->local_offset + 14, descriptor + 4, 12, error);
    if (!written) {
        return false;
    }
    memcpy(writer->central->data + 16, descriptor + 4, 12);
    add_to_directory(writer, writer->central, writer->local_offset);
    g_clear_pointer(&writer->central, g_byte_array_unref);
    return true;
}

/* The end records, with the zip64 ones where a number does not fit. */
static void
append_end(ZipWriter *writer, const ZipReader *reader, GByteArray *bytes)
{
    guint64 directory_size = bytes->len;
    if (writer->num_entries >= ZIP_SEE_ZIP64_16 || writer->offset >= ZIP_SEE_ZIP64_32 ||
        directory_size >= ZIP_SEE_ZIP64_32) {
        guint8 end64[ZIP_END64_SIZE + ZIP_LOCATOR64_SIZE] = { 0 };
        zip_put32(end64, ZIP_END64_SIGNATURE);
        zip_put64(end64 + 4, ZIP_END64_SIZE - 12);
        zip_put16(end64 + 12, 45);
        zip_put16(end64 + 14, 45);
        zip_put64(end64 + 24, writer->num_entries);
        zip_put64(end64 + 32, writer->num_entries);
        zip_put64(end64 + 40, directory_size);
        zip_put64(end64 + 48, writer->offset);
        guint8 *locator = end64 + ZIP_END64_SIZE;
        zip_put32(locator, ZIP_LOCATOR64_SIGNATURE);
        zip_put64(locator + 8, writer->offset + directory_size);
        zip_put32(locator + 16, 1);
        g_byte_array_append(bytes, end64, sizeof end64);
    }
    guint16 comment_size = 0;
    const guint8 *comment = reader == NULL ? NULL : zip_comment(reader, &comment_size);
    guint8 end[ZIP_END_SIZE] = { 0 };
    zip_put32(end, ZIP_END_SIGNATURE);
    zip_put16(end + 8, (guint16)MIN(writer->num_entries, ZIP_SEE_ZIP64_16));
    zip_put16(end + 10, (guint16)MIN(writer->num_entries, ZIP_SEE_ZIP64_16));
    zip_put32(end + 12, (guint32)MIN(directory_size, ZIP_SEE_ZIP64_32));
    zip_put32(end + 16, (guint32)MIN(writer->offset, ZIP_SEE_ZIP64_32));
    zip_put16(end + 20, comment_size);
    g_byte_array_append(bytes, end, sizeof end);
    if (comment_size > 0) {
        g_byte_array_append(bytes, comment, comment_size);
    }
}

bool
zip_writer_finish(ZipWriter *writer, const ZipReader *reader, GError **error)
{
    g_assert(writer->deflate == NULL && (writer->sink != NULL || writer->fd >= 0));
    append_end(writer, reader, writer->directory);
    if (!write_next(writer, writer->directory->data, writer->directory->len, error)) {
        return false;
    }
    if (writer->partial_path == NULL) {
        return true;
    }
    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd) != 0) { /* some file systems report a full disk only here */
        return fail_errno(error, errno, writer->path);
    }
    if (!file_put_in_place(writer->partial_path, writer->path, error)) {
        return false;
    }
    g_clear_pointer(&writer->partial_path, g_free);
    return true;
}
