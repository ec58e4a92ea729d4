/* Runs a fuzz target without libFuzzer: every seed of a folder, then rounds of mutated seeds from a
 * fixed start, so that a failure repeats. Prints TAP.
 *
 *     fuzz-NAME SEEDS [ROUNDS [START]]     or     fuzz-NAME FILE (one input, to look into a crash) */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const gsize max_input = 64 * 1024;

static GBytes *
mutate(GRand *random, GPtrArray *seeds)
{
    GBytes *seed = seeds->pdata[g_rand_int_range(random, 0, (gint32)seeds->len)];
    GByteArray *input = g_byte_array_new();
    g_byte_array_append(input, g_bytes_get_data(seed, NULL),
                        (guint)MIN(g_bytes_get_size(seed), max_input));
    int num_changes = g_rand_int_range(random, 1, 9);
    for (int i = 0; i < num_changes && input->len > 0; i++) {
        static const guint8 interesting[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '<', '>', '&', '/' };
        guint at = (guint)g_rand_int_range(random, 0, (gint32)input->len);
        guint wanted = (guint)g_rand_int_range(random, 1, 33); /* MIN would draw twice */
        guint length = MIN(wanted, input->len - at);
        switch (g_rand_int_range(random, 0, 6)) {
        case 0:
            input->data[at] ^= (guint8)(1 << g_rand_int_range(random, 0, 8));
            break;
        case 1:
            input->data[at] =
                interesting[g_rand_int_range(random, 0, G_N_ELEMENTS(interesting))];
            break;
        case 2:
            g_byte_array_remove_range(input, at, length);
            break;
        case 3: /* repeat a piece */
            if (input->len + length <= max_input) {
                g_autofree guint8 *piece = g_memdup2(input->data + at, length);
                g_byte_array_append(input, piece, length);
            }
            break;
        case 4: /* a piece of another seed over this one */
        {
            GBytes *other = seeds->pdata[g_rand_int_range(random, 0, (gint32)seeds->len)];
            gsize other_size = g_bytes_get_size(other);
            if (other_size > 0) {
                gsize from = (gsize)g_rand_int_range(random, 0, (gint32)MIN(other_size, max_input));
                gsize count = MIN(MIN(length, other_size - from), input->len - at);
                memcpy(input->data + at, (const guint8 *)g_bytes_get_data(other, NULL) + from,
                       count);
            }
            break;
        }
        default:
            g_byte_array_set_size(input, at + 1);
        }
    }
    return g_byte_array_free_to_bytes(input);
}

static void
run_input(GBytes *input)
{
    gsize size;
    const void *data = g_bytes_get_data(input, &size);
    /* A copy of exactly this size, so that AddressSanitizer sees a read past the end. */
    g_autofree guint8 *copy = g_memdup2(data, size);
    static const uint8_t nothing;
    LLVMFuzzerTestOneInput(copy == NULL ? &nothing : copy, size);
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s SEEDS [ROUNDS [START]] | FILE\n", argv[0]);
        return 2;
    }
    g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_autoptr(GDir) dir = g_dir_open(argv[1], 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        char *data;
        gsize size;
        if (g_file_get_contents(path, &data, &size, NULL)) {
            g_ptr_array_add(seeds, g_bytes_new_take(data, size));
        }
    }
    if (dir == NULL) {
        char *data;
        gsize size;
        if (!g_file_get_contents(argv[1], &data, &size, NULL)) {
            fprintf(stderr, "%s cannot be read\n", argv[1]);
            return 2;
        }
        g_autoptr(GBytes) input = g_bytes_new_take(data, size);
        run_input(input);
        return 0;
    }
    guint num_rounds = argc > 2 ? (guint)strtoul(argv[2], NULL, 10) : 20000;
    guint32 start = argc > 3 ? (guint32)strtoul(argv[3], NULL, 10) : 1;
    printf("TAP version 13\n1..2\n");
    if (seeds->len == 0) {
        printf("Bail out! no seeds in %s\n", argv[1]);
        return 1;
    }
    for (guint i = 0; i < seeds->len; i++) {
        run_input(seeds->pdata[i]);
    }
    printf("ok 1 %u seeds\n", seeds->len);
    fflush(stdout);
    for (guint round = 0; round < num_rounds; round++) {
        /* A generator a round, so that one round can be repeated alone. */
        g_autoptr(GRand) random = g_rand_new_with_seed(start + round);
        g_autoptr(GBytes) input = mutate(random, seeds);
        const char *save = g_getenv("FUZZ_SAVE");
        if (save != NULL) {
            g_file_set_contents(save, g_bytes_get_data(input, NULL),
                                (gssize)g_bytes_get_size(input), NULL);
        }
        run_input(input);
    }
    printf("ok 2 %u rounds from %u\n", num_rounds, start);
    return 0;
}
