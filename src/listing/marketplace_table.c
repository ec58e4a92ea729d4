/* The marketplaces as data: correct a rule or a column name here and nowhere else.
 *
 * Marks beside the rows: [O] the marketplace's own page; [C] seen in real files or in the code of
 * several independent projects; [3] third parties only; [U] not confirmed. */
#include "listing/marketplace_table.h"

#include "listing/layout_grammar.h"

const Marketplace marketplace_table[MARKETPLACE_COUNT] = {
    [MARKETPLACE_PLAIN] = {
        .id = MARKETPLACE_PLAIN, .name = "plain", .title = "Plain sheet",
        .rules = { .target_side = 2000 },
    },
    /* 1,000 and 10,000 px: sellercentral.amazon.com/gp/help/external/G9FUUH87RBNXGKB7 [O]. 500 px as
     * the smallest and 10 MB: [3]. White, 85 %: the "Images" page inside the templates themselves [O].
     * 1 + 8 pictures: sellercentral.amazon.in G200498950 [O]. The share of the border asks for less
     * than all of it, because a product that fills the frame may touch its edges. */
    [MARKETPLACE_AMAZON] = {
        .id = MARKETPLACE_AMAZON, .name = "amazon", .title = "Amazon",
        .rules = { .min_longest_side = 500, .zoom_side = 1000, .max_side = 10000,
                   .max_bytes = 10 * 1000 * 1000, .main_border_white = 0.9,
                   .main_frame_fill = 0.85, .max_pictures = 9, .target_side = 2000 },
    },
    /* marketplacelearn.walmart.com, image guidelines, 2025-07-15 [O]: 2200 px, zoom from 1500, 5 MB,
     * white, URL without query; 2,000 characters: the item specification [C]. */
    [MARKETPLACE_WALMART] = {
        .id = MARKETPLACE_WALMART, .name = "walmart", .title = "Walmart",
        .rules = { .zoom_side = 1500, .max_bytes = 5 * 1000 * 1000, .main_border_white = 0.9,
                   .target_side = 2200 },
        .url_rules = { .max_length = 2000 },
    },
    /* ebay.com picture policy id=4370 and developer.ebay.com PictureDetailsType [O]: 500 px, 24
     * pictures, https only, no ';' in URLs. 12 MB: an old page [3]. 1600 px is
     * where their own zoom page aims [U]. '|' joins URLs, so that none may hold it. */
    [MARKETPLACE_EBAY] = {
        .id = MARKETPLACE_EBAY, .name = "ebay", .title = "eBay",
        .rules = { .min_longest_side = 500, .max_bytes = 12 * 1000 * 1000, .max_pictures = 24,
                   .target_side = 1600 },
        .url_rules = { .https_only = true, .forbidden = ";|" },
    },
    /* 5000 px, 25 MP, 20 MB, 2048 px advised: [3]. */
    [MARKETPLACE_SHOPIFY] = {
        .id = MARKETPLACE_SHOPIFY, .name = "shopify", .title = "Shopify",
        .rules = { .max_side = 5000, .max_bytes = 20 * 1000 * 1000,
                   .max_pixels = 25 * 1000 * 1000, .target_side = 2048 },
    },
    /* WooCommerce's wiki on the product CSV [O]: no rules; ',' joins. */
    [MARKETPLACE_WOOCOMMERCE] = {
        .id = MARKETPLACE_WOOCOMMERCE, .name = "woocommerce", .title = "WooCommerce",
        .rules = { .target_side = 2000 },
        .url_rules = { .forbidden = "," },
    },
    /* shopuploader.com/docs [3]: 2000 px, 10 MB; the number of pictures is disputed (10 or 20) [U]. */
    [MARKETPLACE_ETSY] = {
        .id = MARKETPLACE_ETSY, .name = "etsy", .title = "Etsy",
        .rules = { .max_bytes = 10 * 1000 * 1000, .target_side = 2000 },
    },
    /* 5 MB: seller-us university 6593220793222955 [O]. 600 px, 6000 px, 9 pictures: [3]; the official
     * media centre says 300 px, listings are refused below 600. */
    [MARKETPLACE_TIKTOK] = {
        .id = MARKETPLACE_TIKTOK, .name = "tiktok", .title = "TikTok Shop",
        .rules = { .min_longest_side = 600, .max_side = 6000, .max_bytes = 5 * 1000 * 1000,
                   .max_pictures = 9, .target_side = 2000 },
    },
    /* No picture rules found [U]; ten columns [C]. */
    [MARKETPLACE_TEMU] = {
        .id = MARKETPLACE_TEMU, .name = "temu", .title = "Temu",
        .rules = { .max_pictures = 10, .target_side = 2000 },
    },
};

/* Seen in a real template of 2025-09 and in several independent parsers [C]. The keys are the same
 * in every language; "amzn1.volt.ca..." and "externally_assigned..." are two generations of one
 * thing. */
static const ColumnRule amazon_current_columns[] = {
    { COLUMN_SKU, "contribution sku 1 value" },
    { COLUMN_ASIN, "merchant suggested asin 1 value" },
    { COLUMN_ID, "amzn1 volt ca product id value" },
    { COLUMN_ID, "externally assigned product identifier 1 value" },
    { COLUMN_ID_TYPE, "amzn1 volt ca product id type" },
    { COLUMN_ID_TYPE, "externally assigned product identifier 1 type" },
    { COLUMN_PARENT, "child parent sku relationship 1 parent sku" },
    { COLUMN_FAMILY, "parentage level 1 value" },
    { COLUMN_MAIN, "main product image locator 1 media location" },
    { COLUMN_NUMBERED, "other product image locator % 1 media location" },
    { COLUMN_SWATCH, "swatch product image locator 1 media location" },
    { COLUMN_PRODUCT_SAFETY, "image locator ps% 1 media location" },
    { COLUMN_ENERGY_LABEL, "image locator eegl 1 media location" },
    { COLUMN_OFFER_MAIN, "main offer image locator 1 media location" },
    { COLUMN_OFFER_NUMBERED, "other offer image locator % 1 media location" },
    { 0 },
};

/* Seen in a real template of 2025-11 and in several independent parsers [C]; eegl [U]. */
static const ColumnRule amazon_old_columns[] = {
    { COLUMN_SKU, "item sku" },
    { COLUMN_ASIN, "merchant suggested asin" },
    { COLUMN_ID, "external product id" },
    { COLUMN_ID_TYPE, "external product id type" },
    { COLUMN_PARENT, "parent sku" },
    { COLUMN_FAMILY, "parent child" },
    { COLUMN_FAMILY, "parentage" },
    { COLUMN_MAIN, "main image url" },
    { COLUMN_NUMBERED, "other image url%" },
    { COLUMN_SWATCH, "swatch image url" },
    { COLUMN_PRODUCT_SAFETY, "other image url ps%" },
    { COLUMN_ENERGY_LABEL, "other image url eegl" },
    { COLUMN_OFFER_MAIN, "main offer image" },
    { COLUMN_OFFER_MAIN, "offer image" },
    { COLUMN_OFFER_NUMBERED, "offer image%" },
    { 0 },
};

/* "TemplateType=Offer": price and quantity only [C]. */
static const ColumnRule amazon_loader_columns[] = {
    { COLUMN_SKU, "sku" },
    { COLUMN_ID, "product id" },
    { COLUMN_ID_TYPE, "product id type" },
    { 0 },
};

/* Keys of the item specification and the labels of the workbooks, where "(+)" marks a column that
 * may be repeated: "Additional Image URL (+)", "Additional Image URL 1 (+)" [C]. */
static const ColumnRule walmart_columns[] = {
    { COLUMN_MARKER, "productidtype" },
    { COLUMN_MARKER, "product id type" },
    { COLUMN_MARKER, "site description" },
    { COLUMN_MARKER, "specproducttype" },
    { COLUMN_SKU, "sku" },
    { COLUMN_ID, "productid" },
    { COLUMN_ID, "product id" },
    { COLUMN_ID_TYPE, "productidtype" },
    { COLUMN_ID_TYPE, "product id type" },
    { COLUMN_MAIN, "mainimageurl" },
    { COLUMN_MAIN, "main image url" },
    { COLUMN_EXTRA_IN_ORDER, "productsecondaryimageurl" },
    { COLUMN_EXTRA_IN_ORDER, "productsecondaryimageurl %" },
    { COLUMN_EXTRA_IN_ORDER, "productsecondaryimageurl%" },
    { COLUMN_EXTRA_IN_ORDER, "additional image url" },
    { COLUMN_EXTRA_IN_ORDER, "additional image url %" },
    { COLUMN_SWATCH, "swatchimageurl" },
    { COLUMN_SWATCH, "swatch image url" },
    { 0 },
};

/* File Exchange and Seller Hub; the first column says "Action(SiteID=...)", starred or not, in
 * every country [C]. */
static const ColumnRule ebay_columns[] = {
    { COLUMN_MARKER, "action siteid *" },
    { COLUMN_SKU, "custom label sku" },
    { COLUMN_SKU, "customlabel" },
    { COLUMN_SKU, "custom label" },
    { COLUMN_SKU, "sku" },
    { COLUMN_ID, "upc" },
    { COLUMN_ID, "ean" },
    { COLUMN_ID, "product upc" },
    { COLUMN_ID, "product ean" },
    { COLUMN_JOINED, "item photo url" },
    { COLUMN_JOINED, "picurl" },
    { 0 },
};

/* Ten public files agree on each [C]. */
static const ColumnRule shopify_legacy_columns[] = {
    { COLUMN_HANDLE, "handle" },
    { COLUMN_SKU, "variant sku" },
    { COLUMN_ID, "variant barcode" },
    { COLUMN_ROW_PICTURE, "image src" },
    { COLUMN_POSITION, "image position" },
    { COLUMN_VARIANT_PICTURE, "variant image" },
    { 0 },
};
static const ColumnRule shopify_current_columns[] = {
    { COLUMN_HANDLE, "url handle" },
    { COLUMN_SKU, "sku" },
    { COLUMN_ID, "barcode" },
    { COLUMN_ROW_PICTURE, "product image url" },
    { COLUMN_POSITION, "image position" },
    { COLUMN_VARIANT_PICTURE, "variant image url" },
    { 0 },
};

/* The exporter's English headers [O]; other languages are read as plain sheets. */
static const ColumnRule woocommerce_columns[] = {
    { COLUMN_MARKER, "type" },   { COLUMN_MARKER, "published" },
    { COLUMN_SKU, "sku" },       { COLUMN_ID, "gtin upc ean or isbn" },
    { COLUMN_PARENT, "parent" }, { COLUMN_FAMILY, "type" },
    { COLUMN_JOINED, "images" }, { 0 },
};

/* Keys with a group prefix; data begins two rows further down [C]. The detail pictures belong to
 * the description, not to the SKU. */
static const ColumnRule temu_columns[] = {
    { COLUMN_SKU, "t 1 contribution sku" },
    { COLUMN_PARENT, "t 1 contribution goods" },
    { COLUMN_ANY_IN_ORDER, "t 6 sku images url" },
    { 0 },
};

/* Words for "SKU" in the languages of sellers' own sheets, the surest first. */
static const ColumnRule plain_columns[] = {
    { COLUMN_SKU, "sku" },
    { COLUMN_SKU, "seller sku" },
    { COLUMN_SKU, "item sku" },
    { COLUMN_SKU, "merchant sku" },
    { COLUMN_SKU, "product sku" },
    { COLUMN_SKU, "variant sku" },
    { COLUMN_SKU, "shopsku" },
    { COLUMN_SKU, "sellersku" },
    { COLUMN_SKU, "sku id" },
    { COLUMN_SKU, "sku code" },
    { COLUMN_SKU, "sku number" },
    { COLUMN_SKU, "sku no" },
    { COLUMN_SKU, "custom label sku" },
    { COLUMN_SKU, "custom label" },
    { COLUMN_SKU, "customlabel" },
    { COLUMN_SKU, "verkaufer sku" },
    { COLUMN_SKU, "handler sku" },
    { COLUMN_SKU, "bestandseinheit sku" },
    { COLUMN_SKU, "sku del vendedor" },
    { COLUMN_SKU, "sku vendeur" },
    { COLUMN_SKU, "sku du vendeur" },
    { COLUMN_SKU, "sku venditore" },
    { COLUMN_SKU, "sku del venditore" },
    { COLUMN_SKU, "出品者sku" },
    { COLUMN_SKU, "卖家sku" },
    { COLUMN_SKU, "賣家sku" },
    { COLUMN_SKU, "商品sku" },
    { COLUMN_SKU, "artikelnummer" },
    { COLUMN_SKU, "artikel nr" },
    { COLUMN_SKU, "artikelnr" },
    { COLUMN_SKU, "art nr" },
    { COLUMN_SKU, "bestellnummer" },
    { COLUMN_SKU, "article number" },
    { COLUMN_SKU, "article no" },
    { COLUMN_SKU, "item number" },
    { COLUMN_SKU, "item no" },
    { COLUMN_SKU, "item code" },
    { COLUMN_SKU, "product code" },
    { COLUMN_SKU, "product number" },
    { COLUMN_SKU, "stock code" },
    { COLUMN_SKU, "style number" },
    { COLUMN_SKU, "style code" },
    { COLUMN_SKU, "model number" },
    { COLUMN_SKU, "part number" },
    { COLUMN_SKU, "reference" },
    { COLUMN_SKU, "ref" },
    { COLUMN_SKU, "reference produit" },
    { COLUMN_SKU, "reference article" },
    { COLUMN_SKU, "code article" },
    { COLUMN_SKU, "referencia" },
    { COLUMN_SKU, "codigo" },
    { COLUMN_SKU, "codigo de producto" },
    { COLUMN_SKU, "codigo do produto" },
    { COLUMN_SKU, "codice" },
    { COLUMN_SKU, "codice articolo" },
    { COLUMN_SKU, "codice prodotto" },
    { COLUMN_SKU, "riferimento" },
    { COLUMN_SKU, "artikelcode" },
    { COLUMN_SKU, "artnr" },
    { COLUMN_SKU, "indeks" },
    { COLUMN_SKU, "kod produktu" },
    { COLUMN_SKU, "stok kodu" },
    { COLUMN_SKU, "артикул" },
    { COLUMN_SKU, "商品编码" },
    { COLUMN_SKU, "商品編碼" },
    { COLUMN_SKU, "产品编号" },
    { COLUMN_SKU, "商品编号" },
    { COLUMN_SKU, "货号" },
    { COLUMN_SKU, "貨號" },
    { COLUMN_SKU, "款号" },
    { COLUMN_SKU, "商品コード" },
    { COLUMN_SKU, "商品番号" },
    { COLUMN_SKU, "商品管理番号" },
    { COLUMN_SKU, "品番" },
    { COLUMN_SKU, "상품코드" },
    { COLUMN_SKU, "품번" },
    { COLUMN_ASIN, "asin" },
    { COLUMN_ASIN, "asin1" },
    { COLUMN_ID, "barcode" },
    { COLUMN_ID, "ean" },
    { COLUMN_ID, "upc" },
    { COLUMN_ID, "gtin" },
    { COLUMN_ID, "ean upc" },
    { COLUMN_ID, "ean code" },
    { COLUMN_ID, "upc code" },
    { COLUMN_ID, "gtin ean" },
    { COLUMN_ID, "strichcode" },
    { COLUMN_ID, "code barre" },
    { COLUMN_ID, "code barres" },
    { COLUMN_ID, "codigo de barras" },
    { COLUMN_ID, "codice a barre" },
    { COLUMN_ID, "jan" },
    { COLUMN_ID, "janコード" },
    { COLUMN_ID, "条形码" },
    { COLUMN_ID, "条码" },
    { COLUMN_ID, "product id" },
    { COLUMN_ID_TYPE, "product id type" },
    { COLUMN_ID_TYPE, "barcode type" },
    { COLUMN_PARENT, "parent sku" },
    { COLUMN_PARENT, "parent" },
    { COLUMN_PARENT, "configsku" },
    { COLUMN_PARENT, "父sku" },
    { COLUMN_FAMILY, "parentage" },
    { COLUMN_FAMILY, "parent child" },
    { 0 },
};

const Grammar grammar_table[] = {
    /* A file of the old kind can carry keys of the new one (offers for eleven countries in a real
     * template), so that the old one is tried first. */
    { MARKETPLACE_AMAZON, "amazon, fptcustom", PICTURES_ONE_PER_CELL, NULL, false, "fptcustom", 1,
      amazon_old_columns },
    { MARKETPLACE_AMAZON, "amazon, current", PICTURES_ONE_PER_CELL, NULL, false, "unified", 2,
      amazon_current_columns },
    { MARKETPLACE_AMAZON, "amazon, offer loader", PICTURES_ONE_PER_CELL, NULL, false, "Offer", 1,
      amazon_loader_columns },
    { MARKETPLACE_TEMU, "temu", PICTURES_ONE_PER_CELL, NULL, false, NULL, 1, temu_columns },
    { MARKETPLACE_EBAY, "ebay", PICTURES_JOINED, "|", true, NULL, 1, ebay_columns },
    { MARKETPLACE_SHOPIFY, "shopify, before 2024", PICTURES_ONE_PER_ROW, NULL, false, NULL, 1,
      shopify_legacy_columns },
    { MARKETPLACE_SHOPIFY, "shopify, current", PICTURES_ONE_PER_ROW, NULL, false, NULL, 1,
      shopify_current_columns },
    { MARKETPLACE_WALMART, "walmart", PICTURES_ONE_PER_CELL, NULL, true, NULL, 1, walmart_columns },
    { MARKETPLACE_WOOCOMMERCE, "woocommerce", PICTURES_JOINED, ", ", true, NULL, 1,
      woocommerce_columns },
    { MARKETPLACE_PLAIN, "plain", PICTURES_ONE_PER_CELL, NULL, false, NULL, 1, plain_columns },
};
const gsize grammar_table_size = G_N_ELEMENTS(grammar_table);

const PictureWord picture_word_table[] = {
    { WORD_PICTURE, "image" },     { WORD_PICTURE, "img" },
    { WORD_PICTURE, "picture" },   { WORD_PICTURE, "pic" },
    { WORD_PICTURE, "photo" },     { WORD_PICTURE, "bild" },
    { WORD_PICTURE, "foto" },      { WORD_PICTURE, "abbildung" },
    { WORD_PICTURE, "imagen" },    { WORD_PICTURE, "imagem" },
    { WORD_PICTURE, "immagine" },  { WORD_PICTURE, "afbeelding" },
    { WORD_PICTURE, "zdjecie" },   { WORD_PICTURE, "obrazek" },
    { WORD_PICTURE, "resim" },     { WORD_PICTURE, "gorsel" },
    { WORD_PICTURE, "фото" },      { WORD_PICTURE, "изображение" },
    { WORD_PICTURE, "图片" },      { WORD_PICTURE, "圖片" },
    { WORD_PICTURE, "照片" },      { WORD_PICTURE, "图" },
    { WORD_PICTURE, "圖" },        { WORD_PICTURE, "画像" },
    { WORD_PICTURE, "写真" },      { WORD_PICTURE, "이미지" },
    { WORD_PICTURE, "사진" },      { WORD_PICTURES, "images" },
    { WORD_PICTURES, "imgs" },     { WORD_PICTURES, "pictures" },
    { WORD_PICTURES, "pics" },     { WORD_PICTURES, "photos" },
    { WORD_PICTURES, "bilder" },   { WORD_PICTURES, "fotos" },
    { WORD_PICTURES, "imagenes" }, { WORD_PICTURES, "imagens" },
    { WORD_PICTURES, "immagini" }, { WORD_PICTURES, "afbeeldingen" },
    { WORD_PICTURES, "zdjecia" },  { WORD_MAIN, "main" },
    { WORD_MAIN, "primary" },      { WORD_MAIN, "featured" },
    { WORD_MAIN, "cover" },        { WORD_MAIN, "hero" },
    { WORD_MAIN, "haupt" },        { WORD_MAIN, "titel" },
    { WORD_MAIN, "principale" },   { WORD_MAIN, "principal" },
    { WORD_MAIN, "hoofd" },        { WORD_MAIN, "glowne" },
    { WORD_MAIN, "главное" },      { WORD_MAIN, "основное" },
    { WORD_MAIN, "主" },           { WORD_MAIN, "首" },
    { WORD_MAIN, "メイン" },       { WORD_MAIN, "대표" },
    { WORD_MAIN, "메인" },         { WORD_EXTRA, "additional" },
    { WORD_EXTRA, "other" },       { WORD_EXTRA, "secondary" },
    { WORD_EXTRA, "extra" },       { WORD_EXTRA, "alternate" },
    { WORD_EXTRA, "gallery" },     { WORD_EXTRA, "weiteres" },
    { WORD_EXTRA, "weitere" },     { WORD_EXTRA, "zusatzliches" },
    { WORD_EXTRA, "zusatz" },      { WORD_EXTRA, "autre" },
    { WORD_EXTRA, "secondaire" },  { WORD_EXTRA, "supplementaire" },
    { WORD_EXTRA, "adicional" },   { WORD_EXTRA, "secundaria" },
    { WORD_EXTRA, "aggiuntiva" },  { WORD_EXTRA, "附加" },
    { WORD_EXTRA, "附" },          { WORD_EXTRA, "副" },
    { WORD_EXTRA, "サブ" },        { WORD_EXTRA, "추가" },
    { WORD_SWATCH, "swatch" },     { WORD_SWATCH, "色块" },
    { WORD_URL, "url" },           { WORD_URL, "urls" },
    { WORD_URL, "link" },          { WORD_URL, "links" },
    { WORD_URL, "src" },           { WORD_URL, "地址" },
    { WORD_URL, "链接" },          { WORD_URL, "連結" },
    { WORD_FILLER, "file" },       { WORD_FILLER, "filename" },
    { WORD_FILLER, "name" },       { WORD_FILLER, "path" },
    { WORD_FILLER, "source" },     { WORD_FILLER, "product" },
    { WORD_FILLER, "item" },       { WORD_FILLER, "datei" },
    { WORD_FILLER, "dateiname" },  { WORD_FILLER, "produkt" },
    { WORD_FILLER, "artikel" },    { WORD_FILLER, "produit" },
    { WORD_FILLER, "producto" },   { WORD_FILLER, "produto" },
    { WORD_FILLER, "prodotto" },   { WORD_FILLER, "articulo" },
    { WORD_FILLER, "de" },         { WORD_FILLER, "du" },
    { WORD_FILLER, "del" },        { WORD_FILLER, "des" },
    { WORD_FILLER, "of" },         { WORD_FILLER, "the" },
    { WORD_FILLER, "no" },         { WORD_FILLER, "nr" },
    { WORD_FILLER, "商品" },       { WORD_FILLER, "产品" },
    { WORD_FILLER, "產品" },       { WORD_FILLER, "名" },
    { WORD_FILLER, "ファイル" },   { WORD_FILLER, "상품" },
};
const gsize picture_word_table_size = G_N_ELEMENTS(picture_word_table);

/* "Parent" and "parent" [C], "Eltern" (the example row of a real German template) [C]; "variable"
 * is WooCommerce's type of a parent [O]; the others [U], and not needed where the children name it.
 */
const char *const parent_value_table[] = {
    "parent",  "eltern",   "ubergeordnet", "padre",   "principal", "genitore", "produit parent",
    "parente", "ouder",    "rodzic",       "ebeveyn", "親",        "父",       "父商品",
    "父体",    "variable", NULL,
};
