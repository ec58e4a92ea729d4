/* Receipts, events and what is left over -> receipts.json. The three lists grow side by side while
 * the file has them one after the other, so each is kept in a nameless temporary file. */
#include "base/error.h"
#include "base/file.h"
#include "store/plate_ids.h"
#include "store/receipts.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

typedef enum { LIST_RECEIPTS, LIST_EVENTS, LIST_UNATTRIBUTED, NUM_LISTS } List;

struct ReceiptsWriter {
    char *path;
    FILE *lists[NUM_LISTS];
    guint64 counts[NUM_LISTS];
    int problem; /* errno of the first failure */
};

static const char *const list_names[NUM_LISTS] = { "receipts", "events", "unattributed" };

void
receipts_writer_free(ReceiptsWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    for (int i = 0; i < NUM_LISTS; i++) {
        if (writer->lists[i] != NULL) {
            fclose(writer->lists[i]);
        }
    }
    g_free(writer->path);
    g_free(writer);
}

ReceiptsWriter *
receipts_writer_new(const char *path, GError **error)
{
    g_autoptr(ReceiptsWriter) writer = g_new0(ReceiptsWriter, 1);
    writer->path = g_strdup(path);
    for (int i = 0; i < NUM_LISTS; i++) {
        writer->lists[i] = tmpfile();
        if (writer->lists[i] == NULL) {
            (void)fail_errno(error, errno, "a temporary file");
            return NULL;
        }
    }
    return g_steal_pointer(&writer);
}

static void
put(ReceiptsWriter *writer, FILE *file, const char *text, gsize size)
{
    if (fwrite(text, 1, size, file) != size && writer->problem == 0) {
        writer->problem = errno == 0 ? EIO : errno;
    }
}

static void
put_record(ReceiptsWriter *writer, List list, JsonWriter *json)
{
    const GString *text = json_writer_text(json);
    const char *before = writer->counts[list]++ == 0 ? "\n  " : ",\n  ";
    put(writer, writer->lists[list], before, strlen(before));
    put(writer, writer->lists[list], text->str, text->len);
}

void
receipts_write_receipt(ReceiptsWriter *writer, const Receipt *receipt)
{
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_string(json, "visit", receipt->visit);
    json_begin_array(json, "lines");
    for (guint i = 0; i < receipt->num_lines; i++) {
        const ReceiptLine *line = &receipt->lines[i];
        json_begin_object(json, NULL);
        json_string(json, "sku", line->sku);
        json_int(json, "quantity", line->quantity);
        json_int(json, "unit_price", line->unit_price);
        json_double(json, "confidence", line->confidence, 4);
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, "total", receipt->total);
    json_string(json, "currency", receipt->currency);
    json_double(json, "confidence", receipt->confidence, 4);
    json_bool(json, "needs_review", receipt->needs_review);
    json_begin_array(json, "reasons");
    for (guint i = 0; i < receipt->num_reasons; i++) {
        const ReceiptReason *reason = &receipt->reasons[i];
        json_begin_object(json, NULL);
        json_string(json, "kind", reason->kind);
        json_string(json, "text", reason->text);
        json_double(json, "t", reason->t, 3);
        json_end_object(json);
    }
    json_end_array(json);
    json_double(json, "exited_at", receipt->exited_at, 3);
    json_double(json, "closed_at", receipt->closed_at, 3);
    json_end_object(json);
    put_record(writer, LIST_RECEIPTS, json);
}

void
receipts_write_event(ReceiptsWriter *writer, const ReceiptEvent *event)
{
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_double(json, "t", event->t, 3);
    json_string(json, "kind", event->is_put ? "put" : "pick");
    json_string(json, "visit", event->visit);
    json_string(json, "sku", event->sku);
    json_int(json, "quantity", event->quantity);
    json_double(json, "delta_g", event->delta_grams, 1);
    json_double(json, "confidence", event->confidence, 4);
    if (event->has_runner_up) {
        json_begin_object(json, "runner_up");
        json_string(json, "sku", event->runner_up_sku);
        json_string(json, "visit", event->runner_up_visit);
        json_double(json, "confidence", event->runner_up_confidence, 4);
        json_end_object(json);
    }
    json_end_object(json);
    put_record(writer, LIST_EVENTS, json);
}

void
receipts_write_unattributed(ReceiptsWriter *writer, const Unattributed *unattributed)
{
    static const char *const kinds[] = { "pick", "put", "foreign" };
    g_autoptr(JsonWriter) json = json_writer_new(false);
    json_begin_object(json, NULL);
    json_double(json, "t", unattributed->t, 3);
    json_string(json, "kind", kinds[unattributed->kind]);
    json_string(json, "sku", unattributed->sku);
    json_int(json, "quantity", unattributed->quantity);
    json_double(json, "delta_g", unattributed->delta_grams, 1);
    plate_ids_write(json, "plates", unattributed->plates, unattributed->num_plates);
    json_string(json, "reason", unattributed->reason);
    json_end_object(json);
    put_record(writer, LIST_UNATTRIBUTED, json);
}

static void
copy_list(ReceiptsWriter *writer, List list, FILE *out)
{
    char buffer[16384];
    g_snprintf(buffer, sizeof buffer, ",\n \"%s\":[", list_names[list]);
    put(writer, out, buffer, strlen(buffer));
    rewind(writer->lists[list]);
    gsize got;
    while ((got = fread(buffer, 1, sizeof buffer, writer->lists[list])) > 0) {
        put(writer, out, buffer, got);
    }
    if (ferror(writer->lists[list]) && writer->problem == 0) {
        writer->problem = EIO;
    }
    put(writer, out, "]", 1);
}

bool
receipts_writer_finish(ReceiptsWriter *writer, GError **error)
{
    g_autofree char *partial_path = file_partial_path(writer->path);
    FILE *out = fopen(partial_path, "we");
    if (out == NULL) {
        return fail_errno(error, errno, writer->path);
    }
    static const char head[] = "{\"format\":1";
    put(writer, out, head, sizeof head - 1);
    for (int i = 0; i < NUM_LISTS; i++) {
        if (fflush(writer->lists[i]) != 0 && writer->problem == 0) {
            writer->problem = errno;
        }
        copy_list(writer, (List)i, out);
    }
    put(writer, out, "}\n", 2);
    if (fclose(out) != 0 && writer->problem == 0) {
        writer->problem = errno;
    }
    if (writer->problem != 0) {
        (void)g_unlink(partial_path);
        return fail_errno(error, writer->problem, writer->path);
    }
    if (!file_put_in_place(partial_path, writer->path, error)) {
        (void)g_unlink(partial_path);
        return false;
    }
    return true;
}
