/* What a seller takes home, against the whole service on both databases. */
#include "web/test_service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than sockets hold. */
static GBytes *
large_sheet(void)
{
    GString *text = g_string_new("sku,main_image_url,description\n");
    g_autofree char *words = g_strnfill(20000, 'w');
    for (guint i = 0; i < 600; i++) {
        g_string_append_printf(text, "AB-%u,,%s\n", i, words);
    }
    return g_string_free_to_bytes(text);
}

/* The path of the export of a new batch that has that sheet. */
static char *
new_export(TestService *service, const TestClient *client)
{
    g_autofree char *batch = test_json(client, 201, "POST", "/api/v1/batches", "{}");
    g_autofree char *id = test_member(batch, "id");
    g_autofree char *id64 = g_base64_encode((const guchar *)id, strlen(id));
    g_autoptr(GBytes) sheet = large_sheet();
    g_autofree char *headers = g_strdup_printf(
        "Tus-Resumable: 1.0.0\nContent-Type: application/offset+octet-stream\n"
        "Upload-Length: %" G_GSIZE_FORMAT "\nUpload-Metadata: batch %s,name bGlzdGluZy5jc3Y=\n",
        g_bytes_get_size(sheet), id64);
    g_auto(NetResponse) response =
        test_call_bytes(client, "POST", "/api/v1/uploads", headers, sheet);
    g_assert_cmpuint(response.status, ==, 201);
    test_run_jobs(service);
    return g_strdup_printf("/api/v1/batches/%s/export/sheet", id);
}

/* Asks for PATH and takes the head of the answer alone. */
static int
begin_download(const TestClient *client, const char *path, guint *ret_status)
{
    const int room = 4096;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(client->peer->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), ==, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n",
                                               path, client->credential);
    g_assert_cmpint(send(fd, request, strlen(request), 0), ==, (gssize)strlen(request));
    g_autoptr(GString) head = g_string_new(NULL);
    for (char byte; !g_str_has_suffix(head->str, "\r\n\r\n") && recv(fd, &byte, 1, 0) == 1;) {
        g_string_append_c(head, byte);
    }
    g_assert_true(g_str_has_prefix(head->str, "HTTP/1.1 "));
    *ret_status = (guint)g_ascii_strtoull(head->str + 9, NULL, 10);
    return fd;
}

/* A sheet is in memory as long as it is on its way, the seller's and the one with URLs: one account
 * gets some, and the others still theirs. */
static void
test_sheets_on_their_way_have_an_end(TestService *service)
{
    g_auto(TestClient) ann = test_sign_in(&service->peer, "ann");
    g_auto(TestClient) bob = test_sign_in(&service->peer, "bob");
    g_autofree char *of_ann = new_export(service, &ann);
    g_autofree char *of_bob = new_export(service, &bob);
    int fds[4];
    guint statuses[4];
    for (guint i = 0; i < 3; i++) {
        fds[i] = begin_download(&ann, of_ann, &statuses[i]);
    }
    fds[3] = begin_download(&bob, of_bob, &statuses[3]);
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
    g_assert_cmpuint(statuses[0], ==, 200);
    g_assert_cmpuint(statuses[1], ==, 200);
    g_assert_cmpuint(statuses[2], ==, 429);
    g_assert_cmpuint(statuses[3], ==, 200);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    test_each_service("/exports/sheets", test_sheets_on_their_way_have_an_end);
    return g_test_run();
}
