#include "base/charset.h"

#include <string.h>

static void
assert_guess(const char *utf8, const char *encoding)
{
    gsize size;
    g_autofree char *bytes = g_convert(utf8, -1, encoding, "UTF-8", NULL, &size, NULL);
    g_assert_nonnull(bytes);
    g_assert_cmpstr(charset_guess_legacy((const guint8 *)bytes, size), ==, encoding);
}

static void
test_japanese(void)
{
    assert_guess("商品名,ブランド名,レディース ワンピース", "CP932");
    assert_guess("メイン画像URL\t出品者SKU", "CP932");
}

static void
test_chinese(void)
{
    assert_guess("商品名称,品牌,连衣裙 红色 大号", "GBK");
    assert_guess("主图网址,卖家编号", "GBK");
}

static void
test_western(void)
{
    assert_guess("Größe,Straßenschuh für Männer,Übergröße", "CP1252");
    assert_guess("prix 12 €, c’est l’été, “déjà vu”", "CP1252");
}

static void
test_an_apostrophe_is_not_japanese(void)
{
    assert_guess("it’s the seller’s", "CP1252");
}

static void
test_decode_refuses_what_does_not_fit(void)
{
    g_assert_null(charset_decode((const guint8 *)"\x81", 1, "CP932"));
    g_autofree char *text = charset_decode((const guint8 *)"\x93\xfa", 2, "CP932");
    g_assert_cmpstr(text, ==, "日");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/charset/japanese", test_japanese);
    g_test_add_func("/charset/chinese", test_chinese);
    g_test_add_func("/charset/western", test_western);
    g_test_add_func("/charset/apostrophe", test_an_apostrophe_is_not_japanese);
    g_test_add_func("/charset/decode-refuses", test_decode_refuses_what_does_not_fit);
    return g_test_run();
}
