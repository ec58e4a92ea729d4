#include "store/truth.h"

#include "base/file.h"
#include "store/plate_ids.h"

#include <string.h>

static const gsize max_file_bytes = 1u << 30;
static const gint64 max_quantity = 1000000;
static const guint max_plates = 1024;

Truth *
truth_new(void)
{
    Truth *truth = g_new0(Truth, 1);
    truth->receipts = g_array_new(FALSE, FALSE, sizeof(TruthReceipt));
    truth->events = g_array_new(FALSE, FALSE, sizeof(TruthEvent));
    truth->strings = g_string_chunk_new(4096);
    return truth;
}

void
truth_free(Truth *truth)
{
    if (truth == NULL) {
        return;
    }
    for (guint i = 0; i < truth->receipts->len; i++) {
        g_free(g_array_index(truth->receipts, TruthReceipt, i).lines);
    }
    for (guint i = 0; i < truth->events->len; i++) {
        g_free(g_array_index(truth->events, TruthEvent, i).plates);
    }
    g_array_unref(truth->receipts);
    g_array_unref(truth->events);
    g_string_chunk_free(truth->strings);
    g_free(truth);
}

static const char *
keep(Truth *truth, const char *text)
{
    return text == NULL ? NULL : g_string_chunk_insert_const(truth->strings, text);
}

void
truth_add_receipt(Truth *truth, const char *visit, const TruthLine *lines, guint num_lines)
{
    TruthReceipt receipt = { .visit = keep(truth, visit), .num_lines = num_lines };
    receipt.lines = g_memdup2(lines, num_lines * sizeof *lines);
    for (guint i = 0; i < num_lines; i++) {
        receipt.lines[i].sku = keep(truth, lines[i].sku);
    }
    g_array_append_val(truth->receipts, receipt);
}

void
truth_add_event(Truth *truth, const TruthEvent *event)
{
    TruthEvent copy = *event;
    copy.visit = keep(truth, event->visit);
    copy.sku = keep(truth, event->sku);
    copy.plates = g_memdup2(event->plates, event->num_plates * sizeof *event->plates);
    g_array_append_val(truth->events, copy);
}

static void
read_receipt(JsonReader *json, Truth *truth)
{
    static const char *const keys[] = { "visit", "lines" };
    static const char *const line_keys[] = { "sku", "quantity" };
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(TruthLine));
    const char *visit = "";
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            visit = keep(truth, json_read_string(json));
            continue;
        }
        json_read_array(json);
        while (json_read_element(json)) {
            TruthLine line = { .sku = "" };
            guint64 line_seen = json_read_object(json);
            for (int k; (k = json_read_key(json, line_keys, 2, &line_seen)) >= 0;) {
                if (k == 0) {
                    line.sku = keep(truth, json_read_string(json));
                } else {
                    line.quantity = (guint)json_read_int(json, 0, max_quantity);
                }
            }
            json_read_require(json, line_keys, line_seen, 3);
            g_array_append_val(lines, line);
        }
    }
    json_read_require(json, keys, seen, 3);
    truth_add_receipt(truth, visit, (const TruthLine *)(gpointer)lines->data, lines->len);
}

static void
read_event(JsonReader *json, Truth *truth)
{
    enum { T, KIND, VISIT, SKU, QUANTITY, PLATES };
    static const char *const keys[] = { "t", "kind", "visit", "sku", "quantity", "plates" };
    g_autoptr(GArray) plates = NULL;
    TruthEvent event = { .sku = "" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case T:
            event.t = json_read_double(json);
            break;
        case KIND: {
            const char *kind = json_read_string(json);
            event.is_put = strcmp(kind, "put") == 0;
            if (!event.is_put && strcmp(kind, "pick") != 0) {
                json_read_wrong(json, "\"kind\" is \"%s\", not \"pick\" or \"put\"", kind);
            }
            break;
        }
        case VISIT:
            event.visit = json_read_null(json) ? NULL : keep(truth, json_read_string(json));
            break;
        case SKU:
            event.sku = keep(truth, json_read_string(json));
            break;
        case QUANTITY:
            event.quantity = (guint)json_read_int(json, 1, max_quantity);
            break;
        default:
            plates = plate_ids_read(json, max_plates);
        }
    }
    json_read_require(json, keys, seen, 0x3f);
    if (plates != NULL) {
        event.num_plates = plates->len;
        event.plates = (int(*)[3])(gpointer)plates->data;
    }
    truth_add_event(truth, &event);
}

static gint
compare_events(gconstpointer a, gconstpointer b)
{
    double difference = ((const TruthEvent *)a)->t - ((const TruthEvent *)b)->t;
    return difference < 0 ? -1 : difference > 0;
}

Truth *
truth_parse(GBytes *bytes, const char *file_name, GError **error)
{
    static const char *const keys[] = { "receipts", "events" };
    g_autoptr(Truth) truth = truth_new();
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        json_read_array(json);
        while (json_read_element(json)) {
            if (key == 0) {
                read_receipt(json, truth);
            } else {
                read_event(json, truth);
            }
        }
    }
    json_read_require(json, keys, seen, 3);
    if (!json_reader_finish(json, file_name, 1, error)) {
        return NULL;
    }
    g_array_sort(truth->events, compare_events);
    return g_steal_pointer(&truth);
}

Truth *
truth_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    return bytes == NULL ? NULL : truth_parse(bytes, path, error);
}

static void
write_event(JsonWriter *json, const TruthEvent *event)
{
    json_begin_object(json, NULL);
    json_double(json, "t", event->t, 3);
    json_string(json, "kind", event->is_put ? "put" : "pick");
    json_string(json, "visit", event->visit);
    json_string(json, "sku", event->sku);
    json_int(json, "quantity", event->quantity);
    plate_ids_write(json, "plates", (const int(*)[3])event->plates, event->num_plates);
    json_end_object(json);
}

bool
truth_write(const Truth *truth, const char *path, GError **error)
{
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_begin_array(json, "receipts");
    for (guint i = 0; i < truth->receipts->len; i++) {
        const TruthReceipt *receipt = &g_array_index(truth->receipts, TruthReceipt, i);
        json_begin_object(json, NULL);
        json_string(json, "visit", receipt->visit);
        json_begin_array(json, "lines");
        for (guint k = 0; k < receipt->num_lines; k++) {
            json_begin_object(json, NULL);
            json_string(json, "sku", receipt->lines[k].sku);
            json_int(json, "quantity", receipt->lines[k].quantity);
            json_end_object(json);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "events");
    for (guint i = 0; i < truth->events->len; i++) {
        write_event(json, &g_array_index(truth->events, TruthEvent, i));
    }
    json_end_array(json);
    json_end_object(json);
    const GString *text = json_writer_text(json);
    return file_write_whole(path, text->str, text->len, error);
}
