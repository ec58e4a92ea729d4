/* What inflating and deflating a workbook's first worksheet cost by themselves, on one core:
 * nothing that rewrites the worksheet can need less. deflate-limit IN */
#include "archive/zip.h"

#include <libdeflate.h>
#include <stdio.h>
#include <time.h>

static double
processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
ignore(const guint8 *data, gsize size, gpointer user_data, GError **error)
{
    return true;
}

int
main(int argc, char **argv)
{
    static const ZipLimits limits = { 100000, 1100, 1024, G_GINT64_CONSTANT(1) << 40 };
    g_autoptr(GError) error = NULL;
    g_autoptr(ZipReader) reader = argc < 2 ? NULL : zip_open(argv[1], &limits, &error);
    const ZipMember *member = reader == NULL ? NULL : zip_find(reader, "xl/worksheets/sheet1.xml");
    if (member == NULL) {
        fprintf(stderr, "%s\n", error != NULL ? error->message : "usage: deflate-limit IN");
        return 2;
    }
    double start = processor_seconds();
    bool read = zip_read_chunks(reader, member, ignore, NULL, &error);
    double inflate_seconds = processor_seconds() - start;
    g_autoptr(GBytes) bytes = read ? zip_read_member(reader, member, G_MAXINT32, &error) : NULL;
    if (bytes == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    gsize size;
    const guint8 *data = g_bytes_get_data(bytes, &size);
    const gsize chunk_size = 256 * 1024;
    g_autofree guint8 *out = g_malloc(chunk_size * 2);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(5);
    start = processor_seconds();
    for (gsize at = 0; at < size; at += chunk_size) {
        (void)libdeflate_deflate_compress(compressor, data + at, MIN(chunk_size, size - at), out,
                                          chunk_size * 2);
    }
    printf("inflate_seconds %.3f\ndeflate_seconds %.3f\nworksheet_bytes %" G_GSIZE_FORMAT "\n",
           inflate_seconds, processor_seconds() - start, size);
    libdeflate_free_compressor(compressor);
    return 0;
}
