#include "store/visit_page.h"

#include "base/file.h"
#include "store/verdict_text.h"

#include <math.h>
#include <string.h>

static const double step_seconds = 0.3;
static const double weight_seconds = 0.2;
static const double chart_seconds = 6; /* before and after an event */
static const double pixels_per_metre = 110;
static const double margin_metres = 0.3;

typedef struct {
    double t;
    float x, y;
} WalkPoint;

typedef struct {
    double t;
    float grams; /* of all plates of the shelf */
} WeightPoint;

typedef struct {
    double t;
    bool is_put;
    guint product, quantity, plate;
    double confidence;
} PageEvent;

typedef struct {
    char *id;
    GArray *walk;     /* of WalkPoint */
    GArray *events;   /* of PageEvent */
    GString *receipt; /* HTML */
} PageVisit;

struct VisitPage {
    const StoreLayout *layout;
    GPtrArray *visits; /* of PageVisit */
    GArray **weights;  /* by shelf, of WeightPoint */
};

static void
page_visit_free(gpointer data)
{
    PageVisit *visit = data;
    g_free(visit->id);
    g_array_unref(visit->walk);
    g_array_unref(visit->events);
    g_string_free(visit->receipt, TRUE);
    g_free(visit);
}

VisitPage *
visit_page_new(const StoreLayout *layout)
{
    VisitPage *page = g_new0(VisitPage, 1);
    page->layout = layout;
    page->visits = g_ptr_array_new_with_free_func(page_visit_free);
    page->weights = g_new0(GArray *, MAX(1, layout->num_shelves));
    for (guint i = 0; i < layout->num_shelves; i++) {
        page->weights[i] = g_array_new(FALSE, FALSE, sizeof(WeightPoint));
    }
    return page;
}

void
visit_page_free(VisitPage *page)
{
    if (page == NULL) {
        return;
    }
    for (guint i = 0; i < page->layout->num_shelves; i++) {
        g_array_unref(page->weights[i]);
    }
    g_free(page->weights);
    g_ptr_array_unref(page->visits);
    g_free(page);
}

/* NULL beyond the limit. */
static PageVisit *
visit_named(VisitPage *page, const char *id)
{
    for (guint i = 0; i < page->visits->len; i++) {
        PageVisit *visit = page->visits->pdata[i];
        if (strcmp(visit->id, id) == 0) {
            return visit;
        }
    }
    if (page->visits->len == VISIT_PAGE_MAX_VISITS) {
        return NULL;
    }
    PageVisit *visit = g_new0(PageVisit, 1);
    visit->id = g_strdup(id);
    visit->walk = g_array_new(FALSE, FALSE, sizeof(WalkPoint));
    visit->events = g_array_new(FALSE, FALSE, sizeof(PageEvent));
    visit->receipt = g_string_new(NULL);
    g_ptr_array_add(page->visits, visit);
    return visit;
}

void
visit_page_add_step(VisitPage *page, const char *id, double t, double x, double y)
{
    PageVisit *visit = visit_named(page, id);
    if (visit == NULL || visit->walk->len == VISIT_PAGE_MAX_WALK) {
        return;
    }
    guint length = visit->walk->len;
    if (length > 0 && t < g_array_index(visit->walk, WalkPoint, length - 1).t + step_seconds) {
        return;
    }
    WalkPoint point = { t, (float)x, (float)y };
    g_array_append_val(visit->walk, point);
}

void
visit_page_add_weights(VisitPage *page, const WeightBatch *batch)
{
    GArray *weights = page->weights[batch->shelf];
    guint stride = MAX(1, (guint)lround(batch->hz * weight_seconds));
    for (guint row = 0; row < batch->num_rows && weights->len < VISIT_PAGE_MAX_WEIGHTS;
         row += stride) {
        WeightPoint point = { batch->t + row / batch->hz, 0 };
        for (guint i = 0; i < batch->num_columns; i++) {
            float grams = batch->grams[(gsize)row * batch->num_columns + i];
            point.grams += isnan(grams) ? 0 : grams;
        }
        g_array_append_val(weights, point);
    }
}

void
visit_page_add_event(VisitPage *page, const ReceiptEvent *event, guint plate)
{
    PageVisit *visit = event->visit == NULL ? NULL : visit_named(page, event->visit);
    if (visit == NULL) {
        return;
    }
    PageEvent added = {
        event->t,        event->is_put, store_layout_find_product(page->layout, event->sku),
        event->quantity, plate,         event->confidence
    };
    guint at = visit->events->len;
    while (at > 0 && g_array_index(visit->events, PageEvent, at - 1).t > added.t) {
        at--;
    }
    g_array_insert_val(visit->events, at, added);
}

static void G_GNUC_PRINTF(2, 3) append_escaped(GString *html, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, args);
    va_end(args);
    g_string_append(html, text);
}

static void
append_money(GString *html, gint64 minor_units, const char *currency)
{
    append_escaped(html, "%s%" G_GINT64_FORMAT ".%02d %s", minor_units < 0 ? "-" : "",
                   ABS(minor_units) / 100, (int)(ABS(minor_units) % 100), currency);
}

void
visit_page_add_receipt(VisitPage *page, const Receipt *receipt)
{
    PageVisit *visit = visit_named(page, receipt->visit);
    if (visit == NULL) {
        return;
    }
    GString *html = visit->receipt;
    g_string_append(html, "<table><tr><th>product<th>quantity<th>price<th>sure</tr>");
    for (guint i = 0; i < receipt->num_lines; i++) {
        const ReceiptLine *line = &receipt->lines[i];
        guint product = store_layout_find_product(page->layout, line->sku);
        append_escaped(html, "<tr><td>%s<td>%u<td>", page->layout->products[product].name,
                       line->quantity);
        append_money(html, line->unit_price, receipt->currency);
        g_string_append_printf(html, "<td>%.0f %%</tr>", 100 * line->confidence);
    }
    g_string_append(html, "<tr><th>total<th><th>");
    append_money(html, receipt->total, receipt->currency);
    g_string_append(html, "<th></tr></table>");
    if (!isnan(receipt->exited_at)) {
        g_string_append_printf(html, "<p>Receipt %.1f s after the exit%s.</p>",
                               receipt->closed_at - receipt->exited_at,
                               receipt->needs_review ? "; <strong>a person is asked</strong>" : "");
    }
    for (guint i = 0; i < receipt->num_reasons; i++) {
        append_escaped(html, "<p class=\"note\">%s</p>", receipt->reasons[i].text);
    }
}

typedef struct {
    double left, top, width, height; /* metres; top is the largest y */
} Frame;

static Frame
frame_of(const StoreLayout *layout)
{
    double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
    for (guint i = 0; i < layout->floor.num_points; i++) {
        low_x = MIN(low_x, layout->floor.points[i].x);
        high_x = MAX(high_x, layout->floor.points[i].x);
        low_y = MIN(low_y, layout->floor.points[i].y);
        high_y = MAX(high_y, layout->floor.points[i].y);
    }
    return (Frame){ low_x - margin_metres, high_y + margin_metres,
                    high_x - low_x + 2 * margin_metres, high_y - low_y + 2 * margin_metres };
}

static void
append_point(GString *html, const Frame *frame, double x, double y)
{
    g_string_append_printf(html, "%.1f,%.1f ", (x - frame->left) * pixels_per_metre,
                           (frame->top - y) * pixels_per_metre);
}

static void
append_polygon(GString *html, const Frame *frame, const Polygon *polygon, const char *class)
{
    g_string_append_printf(html, "<polygon class=\"%s\" points=\"", class);
    for (guint i = 0; i < polygon->num_points; i++) {
        append_point(html, frame, polygon->points[i].x, polygon->points[i].y);
    }
    g_string_append(html, "\"/>");
}

static void
append_plan(GString *html, const VisitPage *page, const PageVisit *visit)
{
    const StoreLayout *layout = page->layout;
    Frame frame = frame_of(layout);
    g_string_append_printf(html, "<svg class=\"plan\" viewBox=\"0 0 %.0f %.0f\">",
                           frame.width * pixels_per_metre, frame.height * pixels_per_metre);
    append_polygon(html, &frame, &layout->floor, "floor");
    for (guint i = 0; i < layout->num_zones; i++) {
        append_polygon(html, &frame, &layout->zones[i].polygon,
                       layout->zones[i].kind == ZONE_ENTRY ? "entry" : "exit");
    }
    for (guint i = 0; i < layout->num_gondolas; i++) {
        append_polygon(html, &frame, &layout->gondolas[i].body, "gondola");
    }
    g_string_append(html, "<polyline class=\"walk\" points=\"");
    for (guint i = 0; i < visit->walk->len; i++) {
        const WalkPoint *point = &g_array_index(visit->walk, WalkPoint, i);
        append_point(html, &frame, point->x, point->y);
    }
    g_string_append(html, "\"/>");
    for (guint i = 0; i < visit->events->len; i++) {
        const PageEvent *event = &g_array_index(visit->events, PageEvent, i);
        const double *center = layout->plates[event->plate].center;
        double x = (center[0] - frame.left) * pixels_per_metre;
        double y = (frame.top - center[1]) * pixels_per_metre;
        g_string_append_printf(html,
                               "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"11\"/>"
                               "<text x=\"%.1f\" y=\"%.1f\">%u</text>",
                               event->is_put ? "put" : "pick", x, y, x, y + 5, i + 1);
    }
    g_string_append(html, "</svg>");
}

/* The shelf's weight around an event, from its lowest to its highest. */
static void
append_chart(GString *html, const VisitPage *page, const PageEvent *event)
{
    const GArray *weights = page->weights[page->layout->plates[event->plate].shelf];
    float low = INFINITY;
    float high = -INFINITY;
    for (guint i = 0; i < weights->len; i++) {
        const WeightPoint *point = &g_array_index(weights, WeightPoint, i);
        if (fabs(point->t - event->t) <= chart_seconds) {
            low = MIN(low, point->grams);
            high = MAX(high, point->grams);
        }
    }
    g_string_append(html, "<svg class=\"chart\" viewBox=\"0 0 360 90\"><line x1=\"180\" y1=\"0\" "
                          "x2=\"180\" y2=\"90\"/><polyline points=\"");
    for (guint i = 0; i < weights->len; i++) {
        const WeightPoint *point = &g_array_index(weights, WeightPoint, i);
        double off = point->t - event->t;
        if (fabs(off) <= chart_seconds) {
            g_string_append_printf(html, "%.1f,%.1f ", 180 + off / chart_seconds * 180,
                                   85 - 80 * (point->grams - low) / MAX(high - low, 1));
        }
    }
    g_string_append_printf(html, "\"/><text x=\"4\" y=\"12\">%.0f g</text></svg>",
                           isinf(low) ? 0.0 : (double)(high - low));
}

static void
append_events(GString *html, const VisitPage *page, const PageVisit *visit)
{
    const StoreLayout *layout = page->layout;
    g_string_append(html, "<ol>");
    for (guint i = 0; i < visit->events->len; i++) {
        const PageEvent *event = &g_array_index(visit->events, PageEvent, i);
        const LayoutPlate *plate = &layout->plates[event->plate];
        const LayoutShelf *shelf = &layout->shelves[plate->shelf];
        g_autofree char *when = text_of_time(event->t);
        append_escaped(html, "<li>%s %s %u x %s at gondola %d shelf %d plate %d, %.0f %% sure<br>",
                       when, event->is_put ? "put back" : "took", event->quantity,
                       layout->products[event->product].name, layout->gondolas[shelf->gondola].id,
                       shelf->id, plate->id, 100 * event->confidence);
        append_chart(html, page, event);
        g_string_append(html, "</li>");
    }
    g_string_append(html, "</ol>");
}

static const char page_head[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Visits</title><style>"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2em auto;color:#222;"
    "padding:0 1em}svg{display:block;max-width:100%}.plan{background:#f6f6f4}"
    ".floor{fill:#fff;stroke:#999}.entry{fill:#e3f1e3}.exit{fill:#f4e6e0}"
    ".gondola{fill:#dcdcd8;stroke:#888}.walk{fill:none;stroke:#3366aa;stroke-width:2;"
    "stroke-opacity:.6}.pick{fill:#b03a2e}.put{fill:#2e7d4f}.plan text{fill:#fff;font-size:13px;"
    "text-anchor:middle}.chart{width:360px;background:#f6f6f4;margin:.3em 0}"
    ".chart polyline{fill:none;stroke:#444}.chart line{stroke:#b03a2e;stroke-dasharray:3}"
    ".chart text{font-size:11px}table{border-collapse:collapse}td,th{text-align:left;"
    "padding:.15em 1.2em .15em 0}.note{border-left:3px solid #b03a2e;padding-left:.6em}"
    "section{border-top:1px solid #ccc;margin-top:2em}</style><h1>Visits</h1>"
    "<p>Red: taken; green: put back; the line is the walk. Below each event, the weight of all its "
    "shelf from six seconds before to six after.</p>";

bool
visit_page_write(const VisitPage *page, const char *path, GError **error)
{
    g_autoptr(GString) html = g_string_new(page_head);
    for (guint i = 0; i < page->visits->len; i++) {
        const PageVisit *visit = page->visits->pdata[i];
        append_escaped(html, "<section><h2>Visit %s</h2>", visit->id);
        append_plan(html, page, visit);
        g_string_append(html, visit->receipt->str);
        append_events(html, page, visit);
        g_string_append(html, "</section>");
    }
    g_string_append(html, "</html>\n");
    return file_write_whole(path, html->str, html->len, error);
}
