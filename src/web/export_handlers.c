/* What a seller takes home (LST-07, LST-26). */
#include "base/error.h"
#include "batches/exports.h"
#include "web/attachment.h"
#include "web/handlers.h"

#include <errno.h>
#include <unistd.h>

static void
add_attachment(Exchange *exchange, const char *name)
{
    g_autofree char *disposition = attachment_disposition(name);
    http_add_header(exchange->request, "Content-Disposition", disposition);
    http_add_header(exchange->request, "Cache-Control", "no-store");
}

static bool
write_file(HttpRequest *request, gpointer data, GError **error)
{
    const BatchExport *export = data;
    g_autofree char *buffer = g_malloc(64 * 1024);
    for (;;) {
        gssize size = read(export->fd, buffer, 64 * 1024);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return fail_errno(error, errno, export->name);
        }
        if (size == 0) {
            return true;
        }
        if (!http_write(request, buffer, (gsize)size, error)) {
            return false;
        }
    }
}

/* A download that is hardly taken holds a thread: nobody gets them all. */
static const char too_many[] = "too many downloads at once; wait for some";

static void
free_export(gpointer export)
{
    batch_export_free(export);
}

/* The sheet is read into memory for both of them. */
static bool
may_hold_sheet(Exchange *exchange, HttpReplied *ret_refused)
{
    if (exchange_take_slot(exchange, exchange->site->sheets)) {
        return true;
    }
    *ret_refused = exchange_refuse_slot(exchange, exchange->site->sheets,
                                        "too many sheets at once; wait for one");
    return false;
}

HttpReplied
handle_export_sheet(Exchange *exchange)
{
    GError *error = NULL;
    Id batch;
    HttpReplied refused;
    g_autoptr(BatchExport) export = NULL;
    if (!exchange_take_slot(exchange, exchange->site->streams)) {
        return exchange_refuse_slot(exchange, exchange->site->streams, too_many);
    }
    if (!may_hold_sheet(exchange, &refused)) {
        return refused;
    }
    if (!exchange_id(exchange, "batch", &batch, &error) ||
        (export = exports_sheet(exchange->app->batches, &exchange->account.id, &batch, &error)) ==
            NULL) {
        return exchange_fail(exchange, error);
    }
    add_attachment(exchange, export->name);
    const char *type = export->content_type;
    gint64 size = export->size;
    return http_reply_stream(exchange->request, 200, type, size, write_file,
                             g_steal_pointer(&export), free_export);
}

/* The batch's id, for what is written after the handler returned. */
typedef struct {
    Exchange *exchange; /* lives as long as the request */
    Id batch;
    bool (*export)(Batches *batches, const Id *account, const Id *batch, ExportWriteFunc write,
                   gpointer user_data, GError **error);
} StreamedExport;

static bool
write_export(HttpRequest *request, gpointer data, GError **error)
{
    const StreamedExport *streamed = data;
    bool is_done =
        streamed->export(streamed->exchange->app->batches, &streamed->exchange->account.id,
                         &streamed->batch, exchange_write, request, error);
    return exchange_end_stream(request, is_done, error);
}

/* SUFFIX goes behind the batch's name. */
static HttpReplied
reply_streamed(Exchange *exchange, StreamedExport streamed, const char *suffix,
               const char *content_type)
{
    GError *error = NULL;
    g_autoptr(BatchInfo) batch = NULL;
    if (!exchange_take_slot(exchange, exchange->site->streams)) {
        return exchange_refuse_slot(exchange, exchange->site->streams, too_many);
    }
    if (!exchange_id(exchange, "batch", &streamed.batch, &error) ||
        (batch = batches_get(exchange->app->batches, &exchange->account.id, &streamed.batch,
                             &error)) == NULL) {
        return exchange_fail(exchange, error);
    }
    g_autofree char *name = g_strconcat(batch->name, suffix, NULL);
    add_attachment(exchange, name);
    streamed.exchange = exchange;
    return http_reply_stream(exchange->request, 200, content_type, -1, write_export,
                             g_memdup2(&streamed, sizeof streamed), g_free);
}

HttpReplied
handle_export_pictures(Exchange *exchange)
{
    StreamedExport streamed = { .export = exports_pictures_zip };
    return reply_streamed(exchange, streamed, " pictures.zip", "application/zip");
}

HttpReplied
handle_export_report(Exchange *exchange)
{
    StreamedExport streamed = { .export = exports_report_csv };
    HttpReplied refused;
    if (!may_hold_sheet(exchange, &refused)) {
        return refused;
    }
    return reply_streamed(exchange, streamed, " report.csv", "text/csv; charset=utf-8");
}
