#include "image/fast_huffman.h"

#include "image/vector_clones.h"

#include <jerror.h>
#include <jpegint.h>
#include <string.h>

#define LOOK_BITS 11
#define MAX_CODE_LENGTH 16
#define MAX_COEFFICIENT_BITS 15

/* Entropy-coded bytes without their stuffing. What an MCU can take at most is there before it is
 * decoded, if need be as zeros, so that nothing has to be checked in between. */
#define CHUNK_SIZE (16 * 1024)
#define MAX_MCU_BYTES                                                                              \
    (D_MAX_BLOCKS_IN_MCU * DCTSIZE2 * (MAX_CODE_LENGTH + MAX_COEFFICIENT_BITS) / 8 + 16)

/* What an end-of-block code adds to the position: more than any index. */
#define END_OF_BLOCK 64

/* What the next LOOK_BITS bits begin with in a run of AC codes: up to two coefficients, or one and
 * the end of the block. One alone, or none, is said twice: it does no harm to write it again. */
typedef struct {
    gint16 values[2];  /* 0 for runs of 16 and the end of the block */
    guint8 offsets[2]; /* of their places from where the block stands */
    guint8 advance;    /* of the block, to behind the last */
    guint8 length;     /* of codes and values in bits; 0: they do not fit. Then there may be the
                        * code's symbol in values[0] and its length in offsets[0], else 0. */
} Entry;

/* The same for a DC code: one difference. */
typedef struct {
    gint16 value;
    guint8 length; /* 0: it does not fit */
} DcEntry;

typedef struct {
    union {
        Entry entries[1 << LOOK_BITS];
        DcEntry dc_entries[1 << LOOK_BITS];
    };
    /* For longer codes (T.81 annex F.2.2.3): per length the largest code and where its symbols are.
     */
    gint32 max_code[MAX_CODE_LENGTH + 1];
    gint32 offset[MAX_CODE_LENGTH + 1];
    const UINT8 *symbols;
} Table;

/* Where reading stands: `count` bits at the top of `next`, then the bytes from `at`. */
typedef struct {
    guint64 next;
    guint count;
    const guint8 *at;
} Bits;

typedef struct {
    struct jpeg_entropy_decoder pub; /* first: libjpeg hands back its address */
    Bits bits;
    guint8 *end;       /* of what is in the chunk; zeros follow */
    bool is_at_end;    /* the source stands at a marker: there is no more */
    bool is_data_gone; /* the source has gone on to a buffer of its own */
    int last_dc[MAX_COMPS_IN_SCAN];
    guint restarts_to_go;
    guint64 mcus_to_go;
    const Table *dc[D_MAX_BLOCKS_IN_MCU];
    const Table *ac[D_MAX_BLOCKS_IN_MCU];
    Table tables[2][NUM_HUFF_TBLS];
    guint8 chunk[CHUNK_SIZE + MAX_MCU_BYTES];
} FastHuffman;

/* The places of a block's coefficients in the order they are coded. Runs that lead out of the block
 * end at its last place, as libjpeg's do. */
static const guint8 natural_order[DCTSIZE2 + 32] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34,
    27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
};

/* The value that NUM_BITS bits stand for (T.81 F.2.2.1). */
static inline int
extend(guint32 bits, int num_bits)
{
    return num_bits == 0                 ? 0
           : bits >> (num_bits - 1) != 0 ? (int)bits
                                         : (int)bits - (int)((1U << num_bits) - 1);
}

/* A code by itself, and the bits of its value. */
typedef struct {
    int value, run, length; /* of codes and bits; 0: not all of it is there */
    bool is_end_of_block;
} Code;

/* What begins at the top of NUM_BITS bits. */
static Code
find_code(const Table *table, guint32 bits, int num_bits, bool is_dc, Entry *ret_unfinished)
{
    for (int length = 1; length <= num_bits && length <= MAX_CODE_LENGTH; length++) {
        gint32 code = (gint32)(bits >> (num_bits - length));
        if (code > table->max_code[length]) {
            continue;
        }
        UINT8 symbol = table->symbols[(table->offset[length] + code) & 255];
        int run = is_dc ? 0 : symbol >> 4;
        int size = is_dc ? symbol : symbol & 15;
        int left = num_bits - length;
        if (size > left) {
            *ret_unfinished = (Entry){ { symbol, 0 }, { (guint8)length, 0 }, 0, 0 };
            return (Code){ 0 };
        }
        guint32 value_bits = (bits >> (left - size)) & ((1U << size) - 1);
        return (Code){ extend(value_bits, size), run, length + size,
                       !is_dc && size == 0 && run != 15 };
    }
    *ret_unfinished = (Entry){ 0 };
    return (Code){ 0 };
}

static Entry
make_entry(const Table *table, guint32 look)
{
    Entry entry;
    Code first = find_code(table, look, LOOK_BITS, false, &entry);
    if (first.length == 0) {
        return entry;
    }
    if (first.is_end_of_block) {
        return (Entry){ { 0, 0 }, { 0, 0 }, END_OF_BLOCK, (guint8)first.length };
    }
    entry = (Entry){ { (gint16)first.value, (gint16)first.value },
                     { (guint8)first.run, (guint8)first.run },
                     (guint8)(first.run + 1),
                     (guint8)first.length };
    Entry unfinished;
    int left = LOOK_BITS - first.length;
    Code second = find_code(table, look & ((1U << left) - 1), left, false, &unfinished);
    if (second.length != 0) {
        entry.length = (guint8)(entry.length + second.length);
        if (second.is_end_of_block) {
            entry.advance = END_OF_BLOCK;
        } else {
            entry.values[1] = (gint16)second.value;
            entry.offsets[1] = (guint8)(entry.advance + second.run);
            entry.advance = (guint8)(entry.offsets[1] + 1);
        }
    }
    return entry;
}

/* libjpeg has looked the table over when it made its own from it. */
static void
make_table(Table *table, const JHUFF_TBL *source, bool is_dc)
{
    memset(table, 0, sizeof *table);
    table->symbols = source->huffval;
    gint32 code = 0;
    int index = 0;
    for (int length = 1; length <= MAX_CODE_LENGTH; length++) {
        table->offset[length] = index - code;
        index += source->bits[length];
        code += source->bits[length];
        table->max_code[length] = source->bits[length] > 0 ? code - 1 : -1;
        code <<= 1;
    }
    for (guint32 look = 0; look < 1 << LOOK_BITS; look++) {
        if (is_dc) {
            Entry unfinished;
            Code code_found = find_code(table, look, LOOK_BITS, true, &unfinished);
            table->dc_entries[look] =
                (DcEntry){ (gint16)code_found.value, (guint8)code_found.length };
        } else {
            table->entries[look] = make_entry(table, look);
        }
    }
}

/* Moves bytes from the source into the chunk, up to the next marker. */
static void
top_up(j_decompress_ptr cinfo, FastHuffman *huffman)
{
    struct jpeg_source_mgr *source = cinfo->src;
    gsize num_left = (gsize)(huffman->end - huffman->bits.at);
    memmove(huffman->chunk, huffman->bits.at, num_left);
    huffman->bits.at = huffman->chunk;
    huffman->end = huffman->chunk + num_left;
    guint8 *limit = huffman->chunk + CHUNK_SIZE;
    while (huffman->end < limit && !huffman->is_at_end) {
        if (source->bytes_in_buffer == 0) {
            (void)source->fill_input_buffer(cinfo); /* an EOI of its own, and a warning */
            huffman->is_data_gone = true;
        }
        const guint8 *from = source->next_input_byte;
        gsize size = MIN(source->bytes_in_buffer, (gsize)(limit - huffman->end));
        const guint8 *found = memchr(from, 0xff, size);
        gsize num_plain = found == NULL ? size : (gsize)(found - from);
        memcpy(huffman->end, from, num_plain);
        huffman->end += num_plain;
        gsize num_taken = num_plain;
        if (found != NULL) {
            gsize next = num_plain;
            while (next < source->bytes_in_buffer && from[next] == 0xff) {
                next++;
            }
            if (next == source->bytes_in_buffer || from[next] != 0) {
                huffman->is_at_end = true;
            } else {
                *huffman->end++ = 0xff;
                num_taken = next + 1;
            }
        }
        source->next_input_byte += num_taken;
        source->bytes_in_buffer -= num_taken;
    }
    memset(huffman->end, 0, MAX_MCU_BYTES);
}

/* Makes it 56 bits at least. The bits of a byte that fits in part come again, the same, next time.
 */
static inline void
refill(Bits *bits)
{
    guint64 next;
    memcpy(&next, bits->at, sizeof next);
    bits->next |= GUINT64_FROM_BE(next) >> bits->count;
    bits->at += (63 - bits->count) >> 3;
    bits->count |= 56;
}

static inline void
drop(Bits *bits, guint num_bits)
{
    bits->next <<= num_bits;
    bits->count -= num_bits;
}

/* The symbol of a code that the look-up does not answer. */
static int
decode_symbol(j_decompress_ptr cinfo, const Table *table, Bits *bits)
{
    for (int length = 1; length <= MAX_CODE_LENGTH; length++) {
        gint32 code = (gint32)(bits->next >> (64 - length));
        if (code <= table->max_code[length]) {
            drop(bits, (guint)length);
            return table->symbols[(table->offset[length] + code) & 255];
        }
    }
    drop(bits, MAX_CODE_LENGTH);
    WARNMS(cinfo, JWRN_HUFF_BAD_CODE);
    return 0;
}

/* A value of SIZE bits, 0..15. */
static inline int
take_value(Bits *bits, int size)
{
    guint32 value_bits = (guint32)(bits->next >> 1 >> (63 - size));
    drop(bits, (guint)size);
    return extend(value_bits, size);
}

typedef struct {
    int value, run;
    bool is_end_of_block;
    Bits bits;
} Decoded;

/* One code and its value, of any length. Takes and returns the bits by value: a local whose address
 * went elsewhere would be written to memory at every coefficient. */
static __attribute__((noinline)) Decoded
decode_slowly(j_decompress_ptr cinfo, const Table *table, bool is_dc, Bits bits)
{
    refill(&bits);
    int symbol = decode_symbol(cinfo, table, &bits);
    int run = is_dc ? 0 : symbol >> 4;
    int size = symbol & 15; /* libjpeg refuses DC tables with more */
    int value = take_value(&bits, size);
    return (Decoded){ value, run, !is_dc && size == 0 && run != 15, bits };
}

ALWAYS_INLINE int
decode_difference(j_decompress_ptr cinfo, const Table *table, Bits *bits)
{
    refill(bits);
    DcEntry entry = table->dc_entries[bits->next >> (64 - LOOK_BITS)];
    if (G_LIKELY(entry.length != 0)) {
        drop(bits, entry.length);
        return entry.value;
    }
    Decoded decoded = decode_slowly(cinfo, table, true, *bits);
    *bits = decoded.bits;
    return decoded.value;
}

ALWAYS_INLINE Bits
decode_block(j_decompress_ptr cinfo, FastHuffman *huffman, int block_number, JCOEFPTR block,
             Bits bits)
{
    int component = cinfo->MCU_membership[block_number];
    int difference = decode_difference(cinfo, huffman->dc[block_number], &bits);
    huffman->last_dc[component] = (int)((guint)huffman->last_dc[component] + (guint)difference);
    block[0] = (JCOEF)huffman->last_dc[component];
    const Table *table = huffman->ac[block_number];
    guint at = 1;
    do {
        refill(&bits);
        Entry entry = table->entries[bits.next >> (64 - LOOK_BITS)];
        /* Where the first coefficient is the block's last, the second belongs to the next block. */
        if (G_LIKELY(entry.length != 0 && at + entry.offsets[0] < DCTSIZE2 - 1)) {
            drop(&bits, entry.length);
            block[natural_order[at + entry.offsets[0]]] = entry.values[0];
            block[natural_order[at + entry.offsets[1]]] = entry.values[1];
            at += entry.advance;
            continue;
        }
        int value, run;
        if (entry.length == 0 && entry.offsets[0] != 0) {
            drop(&bits, entry.offsets[0]);
            run = entry.values[0] >> 4;
            value = take_value(&bits, entry.values[0] & 15);
        } else {
            Decoded decoded = decode_slowly(cinfo, table, false, bits);
            bits = decoded.bits;
            if (decoded.is_end_of_block) {
                return bits;
            }
            value = decoded.value;
            run = decoded.run;
        }
        block[natural_order[at + (guint)run]] = (JCOEF)value;
        at += (guint)run + 1;
    } while (at < DCTSIZE2);
    return bits;
}

/* Gives the source back what was read ahead, so that it stands where the coded data end. */
static void
give_back(j_decompress_ptr cinfo, FastHuffman *huffman)
{
    struct jpeg_source_mgr *source = cinfo->src;
    gssize num_unread = huffman->end - huffman->bits.at + (gssize)(huffman->bits.count / 8);
    for (gssize i = 0; i < num_unread && !huffman->is_data_gone; i++) {
        gsize num_bytes =
            source->next_input_byte[-1] == 0 && source->next_input_byte[-2] == 0xff ? 2 : 1;
        source->next_input_byte -= num_bytes;
        source->bytes_in_buffer += num_bytes;
    }
    huffman->bits = (Bits){ .at = huffman->chunk };
    huffman->end = huffman->chunk;
}

/* Whether bits were used that lie behind the end of the data. */
static bool
has_overrun(const FastHuffman *huffman)
{
    return (huffman->bits.at - huffman->end) * 8 > (gssize)huffman->bits.count;
}

static bool
restart(j_decompress_ptr cinfo, FastHuffman *huffman)
{
    give_back(cinfo, huffman);
    if (!cinfo->marker->read_restart_marker(cinfo)) {
        return false;
    }
    memset(huffman->last_dc, 0, sizeof huffman->last_dc);
    huffman->restarts_to_go = cinfo->restart_interval;
    /* A marker that could not be made sense of stays unread: the data that it ends are missing. */
    huffman->is_at_end = cinfo->unread_marker != 0;
    if (huffman->is_at_end) {
        memset(huffman->chunk, 0, MAX_MCU_BYTES);
    }
    if (cinfo->unread_marker == 0) {
        huffman->pub.insufficient_data = FALSE;
    }
    return true;
}

VECTOR_CLONES static boolean
decode_mcu(j_decompress_ptr cinfo, JBLOCKROW *blocks)
{
    FastHuffman *huffman = (FastHuffman *)cinfo->entropy;
    if (cinfo->restart_interval != 0 && huffman->restarts_to_go == 0 && !restart(cinfo, huffman)) {
        return FALSE;
    }
    /* Once the data have ended, the blocks stay as they came, grey. */
    if (!huffman->pub.insufficient_data) {
        if (huffman->end - huffman->bits.at < MAX_MCU_BYTES && !huffman->is_at_end) {
            top_up(cinfo, huffman);
        }
        Bits bits = huffman->bits;
        for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
            bits = decode_block(cinfo, huffman, i, blocks[i][0], bits);
        }
        huffman->bits = bits;
        if (has_overrun(huffman)) {
            WARNMS(cinfo, JWRN_HIT_MARKER);
            huffman->pub.insufficient_data = TRUE;
        }
    }
    huffman->restarts_to_go--;
    huffman->mcus_to_go--;
    if (huffman->mcus_to_go == 0) {
        give_back(cinfo, huffman);
    }
    return TRUE;
}

void
fast_huffman_install(j_decompress_ptr cinfo)
{
    if (cinfo->progressive_mode || cinfo->arith_code || cinfo->inputctl->has_multiple_scans) {
        return;
    }
    FastHuffman *huffman =
        cinfo->mem->alloc_small((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(FastHuffman));
    memset(huffman, 0, sizeof *huffman);
    huffman->pub.start_pass = cinfo->entropy->start_pass;
    huffman->pub.decode_mcu = decode_mcu;
    huffman->bits.at = huffman->chunk;
    huffman->end = huffman->chunk;
    huffman->restarts_to_go = cinfo->restart_interval;
    huffman->mcus_to_go = (guint64)cinfo->MCUs_per_row * cinfo->MCU_rows_in_scan;
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        const jpeg_component_info *component = cinfo->cur_comp_info[cinfo->MCU_membership[i]];
        huffman->dc[i] = &huffman->tables[0][component->dc_tbl_no];
        huffman->ac[i] = &huffman->tables[1][component->ac_tbl_no];
        make_table(&huffman->tables[0][component->dc_tbl_no],
                   cinfo->dc_huff_tbl_ptrs[component->dc_tbl_no], true);
        make_table(&huffman->tables[1][component->ac_tbl_no],
                   cinfo->ac_huff_tbl_ptrs[component->ac_tbl_no], false);
    }
    cinfo->entropy = &huffman->pub;
}
