/* receipts.json -> Receipts. */
#include "store/receipts.h"

#include "base/file.h"
#include "store/plate_ids.h"

#include <math.h>
#include <string.h>

static const gsize max_file_bytes = 1u << 30;
static const gint64 max_quantity = 1000000;
static const gint64 max_money = G_GINT64_CONSTANT(1) << 53;
static const guint max_plates = 1024;

void
receipts_free(Receipts *receipts)
{
    if (receipts == NULL) {
        return;
    }
    g_array_unref(receipts->receipts);
    g_array_unref(receipts->events);
    g_array_unref(receipts->unattributed);
    g_string_chunk_free(receipts->strings);
    g_ptr_array_unref(receipts->blocks);
    g_free(receipts);
}

static const char *
read_text(JsonReader *json, Receipts *receipts)
{
    return g_string_chunk_insert_const(receipts->strings, json_read_string(json));
}

static const char *
read_text_or_null(JsonReader *json, Receipts *receipts)
{
    return json_read_null(json) ? NULL : read_text(json, receipts);
}

static double
read_time_or_null(JsonReader *json)
{
    return json_read_null(json) ? NAN : json_read_double(json);
}

static double
read_confidence(JsonReader *json)
{
    double confidence = json_read_double(json);
    if (!(confidence >= 0 && confidence <= 1)) {
        json_read_wrong(json, "\"confidence\" is %g, not from 0 to 1", confidence);
    }
    return confidence;
}

/* The elements of ARRAY, which is consumed, as long-lived as RECEIPTS. */
static gpointer
keep_block(Receipts *receipts, GArray *array, guint *ret_count)
{
    *ret_count = array->len;
    gpointer block = g_array_free(array, FALSE);
    if (block != NULL) {
        g_ptr_array_add(receipts->blocks, block);
    }
    return block;
}

static ReceiptLine
read_line(JsonReader *json, Receipts *receipts)
{
    enum { SKU, QUANTITY, UNIT_PRICE, CONFIDENCE };
    static const char *const keys[] = { "sku", "quantity", "unit_price", "confidence" };
    ReceiptLine line = { .sku = "", .confidence = 1 };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case SKU:
            line.sku = read_text(json, receipts);
            break;
        case QUANTITY:
            line.quantity = (guint)json_read_int(json, 0, max_quantity);
            break;
        case UNIT_PRICE:
            line.unit_price = json_read_int(json, 0, max_money);
            break;
        default:
            line.confidence = read_confidence(json);
        }
    }
    json_read_require(json, keys, seen, 1 << SKU | 1 << QUANTITY);
    return line;
}

static ReceiptReason
read_reason(JsonReader *json, Receipts *receipts)
{
    static const char *const keys[] = { "kind", "text", "t" };
    ReceiptReason reason = { .kind = "", .text = "" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            reason.kind = read_text(json, receipts);
        } else if (key == 1) {
            reason.text = read_text(json, receipts);
        } else {
            reason.t = read_time_or_null(json);
        }
    }
    return reason;
}

static void
read_receipt(JsonReader *json, Receipts *receipts)
{
    enum { VISIT, LINES, TOTAL, CURRENCY, CONFIDENCE, REVIEW, REASONS, EXITED, CLOSED };
    static const char *const keys[] = { "visit",    "lines",      "total",
                                        "currency", "confidence", "needs_review",
                                        "reasons",  "exited_at",  "closed_at" };
    Receipt receipt = {
        .visit = "", .currency = "", .confidence = 1, .exited_at = NAN, .closed_at = NAN
    };
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(ReceiptLine));
    GArray *reasons = g_array_new(FALSE, FALSE, sizeof(ReceiptReason));
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case VISIT:
            receipt.visit = read_text(json, receipts);
            break;
        case LINES:
            json_read_array(json);
            while (json_read_element(json)) {
                ReceiptLine line = read_line(json, receipts);
                g_array_append_val(lines, line);
            }
            break;
        case TOTAL:
            receipt.total = json_read_int(json, 0, max_money);
            break;
        case CURRENCY:
            receipt.currency = read_text(json, receipts);
            break;
        case CONFIDENCE:
            receipt.confidence = read_confidence(json);
            break;
        case REVIEW:
            receipt.needs_review = json_read_bool(json);
            break;
        case REASONS:
            json_read_array(json);
            while (json_read_element(json)) {
                ReceiptReason reason = read_reason(json, receipts);
                g_array_append_val(reasons, reason);
            }
            break;
        case EXITED:
            receipt.exited_at = read_time_or_null(json);
            break;
        default:
            receipt.closed_at = read_time_or_null(json);
        }
    }
    json_read_require(json, keys, seen, 1 << VISIT | 1 << LINES);
    receipt.lines = keep_block(receipts, lines, &receipt.num_lines);
    receipt.reasons = keep_block(receipts, reasons, &receipt.num_reasons);
    g_array_append_val(receipts->receipts, receipt);
}

static void
read_runner_up(JsonReader *json, Receipts *receipts, ReceiptEvent *event)
{
    static const char *const keys[] = { "sku", "visit", "confidence" };
    event->has_runner_up = true;
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == 0) {
            event->runner_up_sku = read_text_or_null(json, receipts);
        } else if (key == 1) {
            event->runner_up_visit = read_text_or_null(json, receipts);
        } else {
            event->runner_up_confidence = read_confidence(json);
        }
    }
}

static void
read_event(JsonReader *json, Receipts *receipts)
{
    enum { T, KIND, VISIT, SKU, QUANTITY, DELTA, CONFIDENCE, RUNNER_UP };
    static const char *const keys[] = { "t",        "kind",    "visit",      "sku",
                                        "quantity", "delta_g", "confidence", "runner_up" };
    ReceiptEvent event = { .sku = "", .confidence = 1 };
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
            event.visit = read_text_or_null(json, receipts);
            break;
        case SKU:
            event.sku = read_text(json, receipts);
            break;
        case QUANTITY:
            event.quantity = (guint)json_read_int(json, 1, max_quantity);
            break;
        case DELTA:
            event.delta_grams = json_read_double(json);
            break;
        case CONFIDENCE:
            event.confidence = read_confidence(json);
            break;
        default:
            if (!json_read_null(json)) {
                read_runner_up(json, receipts, &event);
            }
        }
    }
    json_read_require(json, keys, seen, 1 << T | 1 << KIND | 1 << SKU | 1 << QUANTITY);
    g_array_append_val(receipts->events, event);
}

static void
read_unattributed(JsonReader *json, Receipts *receipts)
{
    enum { T, KIND, SKU, QUANTITY, DELTA, PLATES, REASON };
    static const char *const keys[] = { "t",       "kind",   "sku",   "quantity",
                                        "delta_g", "plates", "reason" };
    Unattributed unattributed = { .reason = "" };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        switch (key) {
        case T:
            unattributed.t = json_read_double(json);
            break;
        case KIND: {
            const char *kind = json_read_string(json);
            unattributed.kind = strcmp(kind, "pick") == 0  ? UNATTRIBUTED_PICK
                                : strcmp(kind, "put") == 0 ? UNATTRIBUTED_PUT
                                                           : UNATTRIBUTED_FOREIGN;
            if (unattributed.kind == UNATTRIBUTED_FOREIGN && strcmp(kind, "foreign") != 0) {
                json_read_wrong(json, "\"kind\" is \"%s\", not \"pick\", \"put\" or \"foreign\"",
                                kind);
            }
            break;
        }
        case SKU:
            unattributed.sku = read_text_or_null(json, receipts);
            break;
        case QUANTITY:
            unattributed.quantity = (guint)json_read_int(json, 0, max_quantity);
            break;
        case DELTA:
            unattributed.delta_grams = json_read_double(json);
            break;
        case PLATES:
            unattributed.plates =
                keep_block(receipts, plate_ids_read(json, max_plates), &unattributed.num_plates);
            break;
        default:
            unattributed.reason = read_text(json, receipts);
        }
    }
    json_read_require(json, keys, seen, 1 << T | 1 << KIND);
    g_array_append_val(receipts->unattributed, unattributed);
}

static void
read_document(JsonReader *json, Receipts *receipts)
{
    enum { FORMAT, RECEIPTS, EVENTS, UNATTRIBUTED };
    static const char *const keys[] = { "format", "receipts", "events", "unattributed" };
    static void (*const readers[])(JsonReader *, Receipts *) = {
        [RECEIPTS] = read_receipt, [EVENTS] = read_event, [UNATTRIBUTED] = read_unattributed
    };
    guint64 seen = json_read_object(json);
    for (int key; (key = json_read_key(json, keys, G_N_ELEMENTS(keys), &seen)) >= 0;) {
        if (key == FORMAT) {
            if (json_read_int(json, 0, G_MAXINT32) != 1) {
                json_read_wrong(json, "this program reads format 1 only");
            }
            continue;
        }
        json_read_array(json);
        while (json_read_element(json)) {
            readers[key](json, receipts);
        }
    }
    json_read_require(json, keys, seen, 0xf);
}

Receipts *
receipts_parse(GBytes *bytes, const char *file_name, GError **error)
{
    g_autoptr(Receipts) receipts = g_new0(Receipts, 1);
    receipts->receipts = g_array_new(FALSE, FALSE, sizeof(Receipt));
    receipts->events = g_array_new(FALSE, FALSE, sizeof(ReceiptEvent));
    receipts->unattributed = g_array_new(FALSE, FALSE, sizeof(Unattributed));
    receipts->strings = g_string_chunk_new(4096);
    receipts->blocks = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(JsonReader) json = json_reader_new();
    json_reader_start_bytes(json, bytes);
    read_document(json, receipts);
    if (!json_reader_finish(json, file_name, 1, error)) {
        return NULL;
    }
    return g_steal_pointer(&receipts);
}

Receipts *
receipts_read(const char *path, GError **error)
{
    g_autoptr(GBytes) bytes = file_read_whole(path, max_file_bytes, error);
    return bytes == NULL ? NULL : receipts_parse(bytes, path, error);
}
