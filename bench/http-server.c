/* What bench/http compares with nginx: a picture and a small answer from memory, the same answer
 * from a worker, and uploads that are read and counted.
 *
 *     http-server PORT FILE [LOOPS [CERT KEY]] */
#include "http/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HttpServer *server;

static HttpReplied
send_picture(HttpRequest *request, gpointer context)
{
    http_add_header(request, "Cache-Control", "public, max-age=1000000, immutable");
    return http_reply_pages(request, "image/jpeg", context, "\"5f3a\"",
                            1700000000 * (gint64)G_USEC_PER_SEC);
}

static HttpReplied
send_json(HttpRequest *request, gpointer context)
{
    static const char json[] =
        "{\"id\":\"01J9Z3\",\"state\":\"open\",\"photos\":4000,\"done\":3999}\n";
    g_autoptr(GBytes) body = g_bytes_new_static(json, sizeof json - 1);
    return http_reply_bytes(request, 200, "application/json", body);
}

static HttpReplied
read_upload(HttpRequest *request, gpointer context)
{
    g_autofree char *buffer = g_malloc(256 * 1024);
    guint64 total = 0;
    gssize count;
    while ((count = http_request_read(request, buffer, 256 * 1024, NULL)) > 0) {
        total += (guint64)count;
    }
    return http_reply_string(request, 200, "text/plain",
                             g_strdup_printf("%" G_GUINT64_FORMAT "\n", total));
}

static const HttpRoute routes[] = {
    { "GET", "/picture.jpg", HTTP_BODY_NONE, 0, true, send_picture },
    { "GET", "/small.json", HTTP_BODY_NONE, 0, true, send_json },
    { "GET", "/worker.json", HTTP_BODY_NONE, 0, false, send_json },
    { "PUT", "/upload", HTTP_BODY_STREAM, G_MAXUINT64, false, read_upload },
};

static const HttpRoute *
find(HttpRequest *request, guint *ret_status, gpointer context)
{
    return http_routes_find(routes, sizeof *routes, G_N_ELEMENTS(routes), request, ret_status);
}

static HttpReplied
reply_error(HttpRequest *request, guint status, const char *reason, gpointer context)
{
    return http_reply_string(request, status, "text/plain", g_strdup(reason));
}

static void
stop(int signal_number)
{
    http_server_stop(server);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    char *data = NULL;
    gsize size = 0;
    if (argc < 3 || !g_file_get_contents(argv[2], &data, &size, &error)) {
        fprintf(stderr, "usage: %s PORT FILE [LOOPS [CERT KEY]]\n", argv[0]);
        return 2;
    }
    g_autoptr(MemoryPages) picture = memory_pages_new(data, size, &error);
    g_free(data);
    if (picture == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    HttpApp app = { .find = find, .reply_error = reply_error, .context = picture };
    bool has_tls = argc > 5;
    const HttpCertificate certificate = { "localhost", has_tls ? argv[4] : NULL,
                                          has_tls ? argv[5] : NULL, NULL };
    HttpServerOptions options = {
        .port = (guint16)strtoul(argv[1], NULL, 10),
        .num_loops = argc > 3 ? (guint)strtoul(argv[3], NULL, 10) : 1,
        .certificates = &certificate,
        .num_certificates = has_tls ? 1 : 0,
    };
    server = http_server_new(&options, &app, &error);
    if (server == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    signal(SIGTERM, stop);
    bool ran = http_server_run(server, &error);
    http_server_free(server);
    return ran ? 0 : 1;
}
