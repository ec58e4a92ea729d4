/* The records of a ZIP file, as APPNOTE 6.3.10 numbers them; shared by zip_reader.c and
 * zip_writer.c. */
#pragma once

#include "archive/zip.h"

#include <string.h>

enum {
    ZIP_LOCAL_SIGNATURE = 0x04034b50,      /* 4.3.7 */
    ZIP_DESCRIPTOR_SIGNATURE = 0x08074b50, /* 4.3.9 */
    ZIP_CENTRAL_SIGNATURE = 0x02014b50,    /* 4.3.12 */
    ZIP_END64_SIGNATURE = 0x06064b50,      /* 4.3.14 */
    ZIP_LOCATOR64_SIGNATURE = 0x07064b50,  /* 4.3.15 */
    ZIP_END_SIGNATURE = 0x06054b50,        /* 4.3.16 */

    ZIP_LOCAL_SIZE = 30, /* without the name and what follows it; the same below */
    ZIP_CENTRAL_SIZE = 46,
    ZIP_END64_SIZE = 56,
    ZIP_LOCATOR64_SIZE = 20,
    ZIP_END_SIZE = 22,

    ZIP_FLAG_ENCRYPTED = 1 << 0,
    ZIP_FLAG_DESCRIPTOR = 1 << 3,
    ZIP_FLAG_STRONG_ENCRYPTION = 1 << 6,
    ZIP_FLAG_UTF8 = 1 << 11,
    ZIP_FLAG_MASKED = 1 << 13,

    ZIP_EXTRA_ZIP64 = 0x0001,
    ZIP_EXTRA_UNICODE_PATH = 0x7075, /* Info-ZIP, 4.6.9 */

    ZIP_STORED = 0,
    ZIP_DEFLATE = 8,
};

/* The values that say "see the zip64 extra field". */
#define ZIP_SEE_ZIP64_16 0xffffu
#define ZIP_SEE_ZIP64_32 0xffffffffu

static inline guint16
zip_get16(const guint8 *p)
{
    return (guint16)(p[0] | p[1] << 8);
}

static inline guint32
zip_get32(const guint8 *p)
{
    return zip_get16(p) | (guint32)zip_get16(p + 2) << 16;
}

static inline guint64
zip_get64(const guint8 *p)
{
    return zip_get32(p) | (guint64)zip_get32(p + 4) << 32;
}

static inline void
zip_put16(guint8 *p, guint16 value)
{
    p[0] = (guint8)value;
    p[1] = (guint8)(value >> 8);
}

static inline void
zip_put32(guint8 *p, guint32 value)
{
    zip_put16(p, (guint16)value);
    zip_put16(p + 2, (guint16)(value >> 16));
}

static inline void
zip_put64(guint8 *p, guint64 value)
{
    zip_put32(p, (guint32)value);
    zip_put32(p + 4, (guint32)(value >> 32));
}

/* A member with what the writer needs of it. MEMBER comes first, so that a ZipMember that the
 * reader handed out can be turned back. */
typedef struct {
    ZipMember member;
    guint16 flags;
    const guint8 *central; /* its directory entry */
    gsize central_size;
} ZipEntry;

static inline const ZipEntry *
zip_entry(const ZipMember *member)
{
    return (const ZipEntry *)member;
}

/* Where a member's record lies in the file. */
typedef struct {
    guint64 start; /* of the local header */
    guint64 data;  /* of the compressed bytes */
    guint64 end;   /* behind the data descriptor, if there is one */
    guint descriptor_size;
} ZipSpan;

/* Reads the local header and checks that it agrees with the directory. */
bool zip_find_span(const ZipReader *reader, const ZipMember *member, ZipSpan *ret_span,
                   GError **error);

/* Finds extra field ID in the SIZE bytes at EXTRA; NULL if it is not there. */
const guint8 *zip_find_extra(const guint8 *extra, gsize size, guint16 id, gsize *ret_size);

/* Reads SIZE bytes at OFFSET; a file that ends earlier is an error. */
bool zip_pread(const ZipReader *reader, guint64 offset, void *buffer, gsize size, GError **error);

int zip_fd(const ZipReader *reader);
const char *zip_path(const ZipReader *reader);
/* The archive comment. */
const guint8 *zip_comment(const ZipReader *reader, guint16 *ret_size);
