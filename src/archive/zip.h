/* ZIP files (PKWARE APPNOTE 6.3.x): read the directory, read members, and write an archive in which
 * members of another one are carried over record by record, byte for byte.
 *
 * A directory is believed only as far as it can be checked: sizes, offsets, overlaps, name lengths,
 * the number of entries and the ratio of inflated to compressed bytes have limits; archives in
 * several parts are refused. Encrypted members and other methods than stored and deflate can be
 * copied, and are refused by name when they are read. Zip64 is understood. Bytes behind the end,
 * which some uploaders append, are passed over if all else fits exactly; copies do not have them.
 * Nothing is ever extracted to a path: callers get bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint64 max_entries;
    guint64 max_ratio; /* inflated : compressed of one member */
    guint64 max_name_bytes;
    guint64 max_total_bytes; /* all members inflated */
} ZipLimits;

typedef struct ZipReader ZipReader;

typedef struct {
    const char *name; /* UTF-8; '/' between folders; see zip_open for other encodings */
    guint64 size;     /* inflated */
    guint64 compressed_size;
    guint32 crc32;
    guint16 method; /* 0 stored, 8 deflate */
    bool is_directory;
    gint64 local_offset; /* in the file */
} ZipMember;

/* Opens PATH and reads the directory. Names are UTF-8 if they can be, else what their Info-ZIP
 * Unicode path field says, else all in one encoding: GBK, Windows-31J or IBM437, by what they look
 * like (base/charset.h). Names that are absolute or climb ("..") are refused. */
ZipReader *zip_open(const char *path, const ZipLimits *limits, GError **error);

/* The same for an archive that lies elsewhere than in a file: NAME is for errors, READ fills BUFFER
 * with SIZE bytes from OFFSET, all of them within FILE_SIZE. Safe from several threads if READ is.
 */
typedef bool (*ZipReadFunc)(guint64 offset, void *buffer, gsize size, gpointer user_data,
                            GError **error);
ZipReader *zip_open_source(const char *name, guint64 file_size, ZipReadFunc read,
                           gpointer user_data, const ZipLimits *limits, GError **error);
void zip_close(ZipReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZipReader, zip_close)

/* How many bytes stand behind the end of the archive; 0 mostly. */
gsize zip_num_bytes_behind(const ZipReader *reader);

gsize zip_num_members(const ZipReader *reader);
/* In the order of the directory. Valid while READER is. */
const ZipMember *zip_member(const ZipReader *reader, gsize index);
/* The member called NAME, or NULL. Where a name stands twice, the last one, as unzip has it. */
const ZipMember *zip_find(const ZipReader *reader, const char *name);

/* Inflates a member in pieces of at most 64 KiB, checks size and CRC at the end. FUNC returns
 * false, with ERROR set, to stop. Safe to call from several threads at once. */
typedef bool (*ZipChunkFunc)(const guint8 *data, gsize size, gpointer user_data, GError **error);
bool zip_read_chunks(const ZipReader *reader, const ZipMember *member, ZipChunkFunc func,
                     gpointer user_data, GError **error);

/* A whole member of at most MAX_SIZE bytes. */
GBytes *zip_read_member(const ZipReader *reader, const ZipMember *member, gsize max_size,
                        GError **error);

typedef struct ZipWriter ZipWriter;

/* Writes to PATH, which appears only when zip_writer_finish succeeds (base/file.h). */
ZipWriter *zip_writer_new(const char *path, GError **error);

/* Writes to SINK, from the first byte to the last, so that an archive of any size can go out while
 * it is made. Members can be added and copied, not replaced. */
typedef bool (*ZipSink)(const void *data, gsize size, gpointer user_data, GError **error);
ZipWriter *zip_writer_new_to_sink(ZipSink sink, gpointer user_data);

/* Writes to FD, from its start, which stays open and the caller's; NAME is for errors. */
ZipWriter *zip_writer_new_to_fd(int fd, const char *name, GError **error);

/* Without finish, removes what was written. */
void zip_writer_free(ZipWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZipWriter, zip_writer_free)

/* Carries over a member: local header, compressed bytes, data descriptor and directory entry as
 * they are but for the offset. */
bool zip_writer_copy(ZipWriter *writer, const ZipReader *reader, const ZipMember *member,
                     GError **error);

/* Adds a whole member; DEFLATE_LEVEL 0 stores it (pictures do not shrink).
 * Members that are added carry no time: the same calls give the same bytes. */
bool zip_writer_add(ZipWriter *writer, const char *name, const void *data, gsize size,
                    int deflate_level, GError **error);

/* Replaces a member in a stream: the new one takes the name, time, flags and attributes of MEMBER
 * and is written as it comes, deflated, in memory that does not grow with its size (at most 4 GiB).
 * DEFLATE_LEVEL: 1 to 12, libdeflate's. */
bool zip_writer_begin_replacement(ZipWriter *writer, const ZipReader *reader,
                                  const ZipMember *member, int deflate_level, GError **error);
bool zip_writer_append(ZipWriter *writer, const guint8 *data, gsize size, GError **error);
bool zip_writer_end_replacement(ZipWriter *writer, GError **error);

/* Writes the directory (with READER's archive comment when READER is given) and puts the file in
 * place. */
bool zip_writer_finish(ZipWriter *writer, const ZipReader *reader, GError **error);
