/* Times match_photos on made-up batches, and beside it the obvious way to do the same: compare
 * every name with every SKU. See README.md.
 *
 *     bench-match [PHOTOS [SKUS [KIND]]] */
#include "listing/match.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
    GPtrArray *skus; /* char * */
    GStringChunk *text;
} Batch;

typedef const char *(*MakePath)(Batch *batch, gsize i, GString *line);

static const char *
sku_of(const Batch *batch, gsize i)
{
    return batch->skus->pdata[(i / 10) % batch->skus->len];
}

static void
add_skus(Batch *batch, gsize num_skus)
{
    static const char *const colors[] = { "BLK", "WHT", "RED", "NAVY", "OLIVE" };
    static const char *const sizes[] = { "XS", "S", "M", "L", "XL" };
    for (gsize i = 0; i < num_skus; i++) {
        char *sku;
        switch (i % 4) {
        case 0:
            sku = g_strdup_printf("TS-%05zu-%s-%s", i / 20, colors[i / 4 % 5], sizes[i % 5]);
            break;
        case 1:
            sku = g_strdup_printf("%08zu", i * 7);
            break;
        case 2:
            sku = g_strdup_printf("Shoe_%zu.%zu/%s", i, 36 + i % 10, colors[i % 5]);
            break;
        default:
            sku = g_strdup_printf("KX%zuQ", i * 13);
        }
        g_ptr_array_add(batch->skus, g_strdelimit(sku, "/", i % 8 == 2 ? '/' : '-'));
    }
}

static void
append_file_safe(GString *line, const char *sku)
{
    for (; *sku != '\0'; sku++) {
        g_string_append_c(line, *sku == '/' ? '-' : *sku);
    }
}

static const char *
path_with_prefix(Batch *batch, gsize i, GString *line)
{
    g_string_assign(line, "Shoot 2024/export/");
    append_file_safe(line, sku_of(batch, i));
    g_string_append_printf(line, "_%zu.jpg", i % 10 + 1);
    return line->str;
}

static const char *
path_in_folder(Batch *batch, gsize i, GString *line)
{
    g_string_assign(line, "Shoot 2024/");
    append_file_safe(line, sku_of(batch, i));
    g_string_append_printf(line, "/IMG_%04zu.JPG", i % 10000);
    return line->str;
}

static const char *
path_unmatched(Batch *batch, gsize i, GString *line)
{
    (void)batch;
    g_string_printf(line, "Camera/2024-05-%02zu/DSC_%zu final web.jpg", i % 28 + 1, i + 100000);
    return line->str;
}

/* Nearly a SKU: one letter is wrong. */
static const char *
path_misspelt(Batch *batch, gsize i, GString *line)
{
    g_string_assign(line, "Shoot 2024/");
    append_file_safe(line, sku_of(batch, i));
    line->str[11 + i % (line->len - 11)] = 'J';
    g_string_append_printf(line, "_%zu.jpg", i % 10 + 1);
    return line->str;
}

static const char *
path_chinese(Batch *batch, gsize i, GString *line)
{
    g_string_assign(line, "拍摄 2024/");
    append_file_safe(line, sku_of(batch, i));
    g_string_append_printf(line, " 产品图（%zu）.jpg", i % 10 + 1);
    return line->str;
}

static const char *
path_mixed(Batch *batch, gsize i, GString *line)
{
    gsize kind = i / 10 % 10;
    return kind < 6   ? path_with_prefix(batch, i, line)
           : kind < 8 ? path_in_folder(batch, i, line)
           : kind < 9 ? path_chinese(batch, i, line)
                      : path_unmatched(batch, i, line);
}

/* The way people write it first: lower-case everything, take the longest SKU that is a prefix. */
static double
time_naive(const Batch *batch, const MatchPhoto *photos, gsize num_photos)
{
    g_autoptr(GPtrArray) folded = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < batch->skus->len; i++) {
        g_ptr_array_add(folded, g_ascii_strdown(batch->skus->pdata[i], -1));
    }
    clock_t start = clock();
    gsize num_found = 0;
    for (gsize i = 0; i < num_photos; i++) {
        g_autofree char *base = g_path_get_basename(photos[i].path);
        g_autofree char *name = g_ascii_strdown(base, -1);
        gsize longest = 0;
        for (guint j = 0; j < folded->len; j++) {
            gsize length = strlen(folded->pdata[j]);
            if (length > longest && strncmp(name, folded->pdata[j], length) == 0) {
                longest = length;
            }
        }
        num_found += longest > 0;
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    return num_found > num_photos ? 0 : seconds / (double)num_photos;
}

static void
run(const char *name, Batch *batch, MakePath make_path, const MatchSku *skus, gsize num_photos)
{
    g_autofree MatchPhoto *photos = g_new0(MatchPhoto, num_photos);
    g_autoptr(GString) line = g_string_new(NULL);
    for (gsize i = 0; i < num_photos; i++) {
        photos[i].path = g_string_chunk_insert(batch->text, make_path(batch, i, line));
    }
    clock_t start = clock();
    g_autoptr(MatchResult) result = match_photos(skus, batch->skus->len, photos, num_photos);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    gsize counts[3] = { 0 };
    for (gsize i = 0; i < num_photos; i++) {
        counts[match_decision(result, i)->verdict]++;
    }
    double naive = time_naive(batch, photos, MIN(num_photos, 500));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-10s %8.2f s %10.0f names/s %8zu matched %8zu unmatched %8zu ambiguous %6ld MiB "
           "%8.0fx naive\n",
           name, seconds, (double)num_photos / seconds, counts[MATCH_MATCHED],
           counts[MATCH_UNMATCHED], counts[MATCH_AMBIGUOUS], usage.ru_maxrss / 1024,
           naive * (double)num_photos / seconds);
    fflush(stdout);
    g_string_chunk_clear(batch->text);
}

int
main(int argc, char **argv)
{
    gsize num_photos = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    gsize num_skus = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    if (num_photos == 0 || num_skus == 0) {
        fprintf(stderr, "usage: %s [PHOTOS [SKUS [KIND]]]\n", argv[0]);
        return 2;
    }
    Batch batch = { g_ptr_array_new_with_free_func(g_free), g_string_chunk_new(1 << 20) };
    add_skus(&batch, num_skus);
    g_autofree MatchSku *skus = g_new0(MatchSku, num_skus);
    for (gsize i = 0; i < num_skus; i++) {
        skus[i].sku = batch.skus->pdata[i];
    }
    printf("%zu photos, %zu SKUs, one core; memory is the peak so far, with the names\n",
           num_photos, num_skus);
    static const struct {
        const char *name;
        MakePath make_path;
    } kinds[] = {
        { "prefix", path_with_prefix },  { "folder", path_in_folder },
        { "mixed", path_mixed },         { "chinese", path_chinese },
        { "unmatched", path_unmatched }, { "misspelt", path_misspelt },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (argc > 3 && strcmp(argv[3], kinds[i].name) != 0) {
            continue;
        }
        run(kinds[i].name, &batch, kinds[i].make_path, skus, num_photos);
    }
    g_ptr_array_unref(batch.skus);
    g_string_chunk_free(batch.text);
    return 0;
}
