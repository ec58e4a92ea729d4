#include "base/charset.h"

/* What the pairs of a double-byte encoding look like in DATA. */
typedef struct {
    guint num_followers; /* pairs right after another pair: real text comes in runs of them */
    guint num_common;    /* of those, the ones that everyday text is made of */
    guint num_isolated;  /* runs of one pair: "it\x92s" of Windows-1252 is one to Windows-31J */
    bool is_valid;
} PairStatistics;

typedef bool (*PairFunc)(guint8 lead, guint8 trail);

static bool
is_cp932_lead(guint8 byte)
{
    return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
}

/* Kana, punctuation, and the kanji of the first level (JIS X 0208 rows 16 to 47). */
static bool
is_cp932_common(guint8 lead, guint8 trail)
{
    return (lead >= 0x81 && lead <= 0x83) || (lead >= 0x88 && lead <= 0x97);
}

static bool
is_cp932_trail(guint8 lead, guint8 trail)
{
    return trail >= 0x40 && trail != 0x7f && trail <= 0xfc;
}

static bool
is_gbk_lead(guint8 byte)
{
    return byte >= 0x81 && byte <= 0xfe;
}

/* Punctuation, full-width forms, and the hanzi of GB 2312's first level. */
static bool
is_gbk_common(guint8 lead, guint8 trail)
{
    return trail >= 0xa1 && (lead == 0xa1 || lead == 0xa3 || (lead >= 0xb0 && lead <= 0xd7));
}

static bool
is_gbk_trail(guint8 lead, guint8 trail)
{
    return trail >= 0x40 && trail != 0x7f && trail <= 0xfe;
}

static PairStatistics
count_pairs(const guint8 *data, gsize size, bool (*is_lead)(guint8), PairFunc is_trail,
            PairFunc is_common, guint8 last_single)
{
    PairStatistics statistics = { .is_valid = true };
    guint run = 0;
    for (gsize i = 0; i <= size; i++) {
        bool is_pair = i < size && is_lead(data[i]);
        if (is_pair && i + 1 == size) {
            break; /* a sample may end in the middle of a character */
        }
        if (!is_pair) {
            statistics.num_isolated += run == 1;
            run = 0;
            if (i < size && data[i] >= 0x80 && (data[i] < 0xa1 || data[i] > last_single)) {
                statistics.is_valid = false;
            }
            continue;
        }
        if (!is_trail(data[i], data[i + 1])) {
            statistics.is_valid = false;
        }
        if (run++ > 0) {
            statistics.num_followers++;
            statistics.num_common += is_common(data[i], data[i + 1]);
        }
        i++;
    }
    return statistics;
}

static double
likelihood(const PairStatistics *statistics)
{
    if (!statistics->is_valid || statistics->num_followers == 0 ||
        statistics->num_followers < statistics->num_isolated) {
        return 0;
    }
    return (double)statistics->num_common / statistics->num_followers;
}

const char *
charset_guess_legacy(const guint8 *data, gsize size)
{
    /* Half-width katakana are single bytes 0xA1 to 0xDF; GBK has no single bytes above ASCII. */
    PairStatistics japanese =
        count_pairs(data, size, is_cp932_lead, is_cp932_trail, is_cp932_common, 0xdf);
    PairStatistics chinese = count_pairs(data, size, is_gbk_lead, is_gbk_trail, is_gbk_common, 0);
    double is_japanese = likelihood(&japanese), is_chinese = likelihood(&chinese);
    const double enough = 0.6;
    if (is_japanese >= enough && is_japanese >= is_chinese) {
        return "CP932";
    }
    return is_chinese >= enough ? "GBK" : "CP1252";
}

char *
charset_decode(const guint8 *data, gsize size, const char *encoding)
{
    gsize read_size = 0;
    char *text =
        g_convert((const char *)data, (gssize)size, "UTF-8", encoding, &read_size, NULL, NULL);
    if (text != NULL && read_size != size) {
        g_clear_pointer(&text, g_free);
    }
    return text;
}
