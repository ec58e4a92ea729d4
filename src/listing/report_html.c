/* report.html: one page that needs nothing but itself. What needs attention comes first, then every
 * SKU with its pictures in slot order. No script: it opens from a disk, a mail or a web server
 * alike. */
#include "listing/report.h"

#include "listing/processing.h"

#include <string.h>

/* More than this nobody reads on a page. */
static const gsize max_photos_for_attention = 1000;
static const gsize max_skus_for_attention = 1000;

/* Some 12,000 thumbnails; a browser still opens that. */
static const gsize max_bytes_with_thumbnails = 64 * 1024 * 1024;

static const char page_head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'\">\n";

static const char page_style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--ink:#1b1d21;--soft:#5b6270;--paper:#fff;--card:#f5f6f8;"
    "--line:#dde0e6;--warn:#9a3b00;--warnpaper:#fff4ec;--good:#0a6b3d}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a3abb9;--paper:#15171b;"
    "--card:#1e2127;--line:#343944;--warn:#ffb27d;--warnpaper:#2b1f16;--good:#6fd6a0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1200px;padding:24px 20px 64px;background:var(--paper);"
    "color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
    "h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 12px}\n"
    "p{margin:4px 0}.soft{color:var(--soft)}\n"
    "dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(114px,1fr));gap:10px;"
    "margin:18px 0 0}\n"
    ".tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;"
    "padding:10px 12px}\n"
    ".tiles dt{color:var(--soft);font-size:13px}.tiles dd{margin:0;font-size:20px;"
    "font-weight:600;font-variant-numeric:tabular-nums}\n"
    ".tiles .warn dd{color:var(--warn)}.tiles .good dd{color:var(--good)}\n"
    ".row{border-top:1px solid var(--line);padding:12px 0;content-visibility:auto;"
    "contain-intrinsic-size:auto 190px}\n"
    ".row h3{font-size:15px;margin:0 0 8px;overflow-wrap:anywhere}\n"
    ".row h3 span{font-weight:400;color:var(--soft)}\n"
    ".warn-text{color:var(--warn)}\n"
    ".pictures{display:flex;flex-wrap:wrap;gap:12px}\n"
    "figure{margin:0;width:136px}\n"
    ".frame{display:flex;align-items:center;justify-content:center;width:136px;height:136px;"
    "background:#fff;border:1px solid var(--line);border-radius:6px;overflow:hidden}\n"
    ".frame img{max-width:100%;max-height:100%;display:block}\n"
    ".frame.none{background:var(--card);color:var(--soft);font-size:13px;text-align:center}\n"
    "figcaption{font-size:12px;margin-top:4px;overflow-wrap:anywhere}\n"
    "figcaption b{font-size:12px}\n"
    ".attention{display:flex;gap:14px;border:1px solid var(--line);background:var(--warnpaper);"
    "border-radius:8px;padding:12px;margin:0 0 10px;content-visibility:auto;"
    "contain-intrinsic-size:auto 160px}\n"
    ".attention .text{min-width:0;overflow-wrap:anywhere}\n"
    "a{color:inherit}\n"
    "@media(max-width:480px){.attention{flex-direction:column}}\n"
    "</style>\n";

static void
append_escaped(GString *html, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    g_string_append(html, escaped);
}

static void
append_frame(GString *html, const Batch *batch, const BatchPhoto *photo, const char *alt)
{
    g_autoptr(GBytes) thumbnail = NULL;
    if (html->len > max_bytes_with_thumbnails) {
        g_string_append(html, "<div class=\"frame none\">left out, the page is long</div>");
        return;
    }
    if (photo->record != NULL && photo->record->rejection == NULL && batch->thumbnail_dir != NULL) {
        thumbnail = processing_read_thumbnail(batch->thumbnail_dir, photo->record);
    }
    if (thumbnail == NULL) {
        g_string_append(html, "<div class=\"frame none\">no picture</div>");
        return;
    }
    gsize size;
    const guchar *data = g_bytes_get_data(thumbnail, &size);
    g_autofree char *base64 = g_base64_encode(data, size);
    g_string_append(html, "<div class=\"frame\"><img loading=\"lazy\" decoding=\"async\" alt=\"");
    append_escaped(html, alt);
    g_string_append_printf(html, "\" src=\"data:image/jpeg;base64,%s\"></div>", base64);
}

static void append_tile(GString *html, const char *class, const char *label, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);

static void
append_tile(GString *html, const char *class, const char *label, const char *format, ...)
{
    g_string_append_printf(html, "<div class=\"%s\"><dt>%s</dt><dd>", class, label);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(html, format, args);
    va_end(args);
    g_string_append(html, "</dd></div>\n");
}

static void
append_head(GString *html, const Batch *batch)
{
    g_string_append(html, page_head);
    g_string_append(html, "<title>");
    append_escaped(html, batch->sheet_name);
    g_string_append(html, " · pictures</title>\n");
    g_string_append(html, page_style);
    g_string_append(html, "</head>\n<body>\n<header>\n<h1>");
    append_escaped(html, batch->sheet_name);
    g_string_append_printf(html, "</h1>\n<p class=\"soft\">%s", batch->marketplace->title);
    g_string_append(html, " (");
    append_escaped(html, batch->layout->grammar);
    g_string_append(html, ")</p>\n<dl class=\"tiles\">\n");

    gsize num_attention = 0;
    for (gsize i = 0; i < batch->photos->len; i++) {
        num_attention += batch_photo_needs_attention(batch_photo(batch, i)) ? 1 : 0;
    }
    append_tile(html, "", "photos", "%u", batch->photos->len);
    append_tile(html, "good", "matched", "%" G_GSIZE_FORMAT,
                batch->num_by_verdict[VERDICT_MATCHED]);
    append_tile(html, num_attention > 0 ? "warn" : "", "need attention", "%" G_GSIZE_FORMAT,
                num_attention);
    append_tile(html, "", "duplicates", "%" G_GSIZE_FORMAT,
                batch->num_by_verdict[VERDICT_DUPLICATE]);
    append_tile(html, "", "SKUs", "%u", batch->skus->len);
    append_tile(html, batch->num_without_main > 0 ? "warn" : "", "no main picture",
                "%" G_GSIZE_FORMAT, batch->num_without_main);
    g_autofree char *bytes_in = g_format_size(batch->bytes_in);
    g_autofree char *bytes_out = g_format_size(batch->bytes_out);
    append_tile(html, "", "bytes in", "%s", bytes_in);
    append_tile(html, "", "bytes out", "%s", bytes_out);
    g_string_append(html, "</dl>\n</header>\n<main>\n");
}

static void
append_photo_for_attention(GString *html, const Batch *batch, const BatchPhoto *photo)
{
    g_string_append(html, "<div class=\"attention\">");
    append_frame(html, batch, photo, photo->photo->name);
    g_string_append(html, "<div class=\"text\"><b>");
    append_escaped(html, photo->photo->name);
    g_string_append_printf(html, "</b><p class=\"warn-text\">%s",
                           verdict_to_string(photo->verdict));
    if (photo->rule[0] != '\0') {
        g_string_append(html, ": ");
        append_escaped(html, photo->rule);
    }
    g_string_append(html, "</p><p>");
    append_escaped(html, photo->notes->str);
    g_string_append(html, "</p></div></div>\n");
}

static void
append_sku_for_attention(GString *html, const BatchSku *sku)
{
    g_string_append(html, "<div class=\"attention\"><div class=\"text\"><b>");
    append_escaped(html, sku->listed->sku);
    g_string_append_printf(html, "</b> <span class=\"soft\">row %u</span>", sku->listed->row);
    if (!sku->has_main) {
        g_string_append(html, "<p class=\"warn-text\">no main picture</p>");
    }
    g_string_append(html, "<p>");
    append_escaped(html, sku->notes->str);
    g_string_append(html, "</p></div></div>\n");
}

static void
append_attention(GString *html, const Batch *batch)
{
    gsize start = html->len;
    g_string_append(html, "<section>\n<h2>Needs attention</h2>\n");
    gsize empty = html->len;
    gsize num_photos = 0;
    for (gsize i = 0; i < batch->photos->len; i++) {
        const BatchPhoto *photo = batch_photo(batch, i);
        if (batch_photo_needs_attention(photo) && num_photos++ < max_photos_for_attention) {
            append_photo_for_attention(html, batch, photo);
        }
    }
    if (num_photos > max_photos_for_attention) {
        g_string_append_printf(html, "<p>and %" G_GSIZE_FORMAT " more photos: see report.csv</p>\n",
                               num_photos - max_photos_for_attention);
    }
    gsize num_skus = 0;
    for (gsize i = 0; i < batch->skus->len; i++) {
        const BatchSku *sku = batch_sku(batch, i);
        if (sku->needs_attention && num_skus++ < max_skus_for_attention) {
            append_sku_for_attention(html, sku);
        }
    }
    if (num_skus > max_skus_for_attention) {
        g_string_append_printf(html, "<p>and %" G_GSIZE_FORMAT " more SKUs: see skus.csv</p>\n",
                               num_skus - max_skus_for_attention);
    }
    if (html->len == empty) {
        g_string_truncate(html, start);
        return;
    }
    g_string_append(html, "</section>\n");
}

static void
append_picture(GString *html, const Batch *batch, const BatchSku *sku, const BatchPhoto *photo)
{
    g_autofree char *slot = slot_to_string(photo->slot);
    g_autofree char *alt = g_strdup_printf("%s %s", sku->listed->sku, slot);
    g_string_append(html, "<figure>");
    append_frame(html, batch, photo, alt);
    g_string_append_printf(html, "<figcaption><b>%s</b> ", slot);
    if (photo->path != NULL) {
        g_autofree char *size = g_format_size(photo->record->picture_bytes);
        g_string_append_printf(html, "%u×%u, %s<br>", photo->record->width, photo->record->height,
                               size);
    }
    append_escaped(html, photo->photo->name);
    if (photo->notes->len > 0) {
        g_string_append(html, "<br><span class=\"soft\">");
        append_escaped(html, photo->notes->str);
        g_string_append(html, "</span>");
    }
    g_string_append(html, "</figcaption></figure>\n");
}

static void
append_sku(GString *html, const Batch *batch, const BatchSku *sku)
{
    g_string_append(html, "<div class=\"row\"><h3>");
    append_escaped(html, sku->listed->sku);
    g_string_append_printf(html, " <span>row %u", sku->listed->row);
    if (sku->missing->len > 0) {
        g_string_append(html, " · missing ");
        append_escaped(html, sku->missing->str);
    }
    g_string_append(html, "</span></h3>");
    if (sku->notes->len > 0) {
        g_string_append(html, "<p class=\"soft\">");
        append_escaped(html, sku->notes->str);
        g_string_append(html, "</p>");
    }
    g_string_append(html, "<div class=\"pictures\">\n");
    for (guint i = 0; i < sku->photos->len; i++) {
        append_picture(html, batch, sku, batch_photo(batch, g_array_index(sku->photos, gsize, i)));
    }
    g_string_append(html, "</div></div>\n");
}

static void
append_remarks(GString *html, const Batch *batch)
{
    for (guint i = 0; i < batch->remarks->len; i++) {
        g_string_append(html, "<p class=\"soft\">");
        append_escaped(html, batch->remarks->pdata[i]);
        g_string_append(html, "</p>\n");
    }
}

GString *
report_html(const Batch *batch)
{
    GString *html = g_string_new(NULL);
    append_head(html, batch);
    append_remarks(html, batch);
    append_attention(html, batch);
    g_string_append(html, "<section>\n<h2>SKUs</h2>\n");
    for (gsize i = 0; i < batch->skus->len; i++) {
        const BatchSku *sku = batch_sku(batch, i);
        if (sku->photos->len > 0) {
            append_sku(html, batch, sku);
        }
    }
    g_string_append(html, "</section>\n</main>\n</body>\n</html>\n");
    return html;
}
