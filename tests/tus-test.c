/* Uploads (LST-04) driven by tus-js-client, the library that browsers use. */
#include "tests/node_program.h"
#include "tests/serve.h"

#include <string.h>

/* Uploads and returns what the client says. */
static char *
upload(NodeProgram *node, const TestClient *client, const char *batch, const char *name, guint size,
       guint chunk, guint abort_at)
{
    g_autofree char *line =
        g_strdup_printf("{\"url\":\"http://127.0.0.1:%u\",\"cookie\":\"%s\",\"batch\":\"%s\","
                        "\"name\":\"%s\",\"size\":%u,\"chunk\":%u,\"abort\":%u}",
                        client->peer->port, client->credential + strlen("Cookie: "), batch, name,
                        size, chunk, abort_at);
    return node_program_ask(node, line);
}

static void
assert_photos(const TestClient *client, const char *batch, const char *count)
{
    /* A job puts the pieces together. */
    g_autofree char *json = serve_wait_until_done(client, batch);
    g_autofree char *photos = test_member(json, "photos");
    g_assert_cmpstr(photos, ==, count);
}

static void
test_client_uploads_at_once_in_pieces_and_after_a_break(void)
{
    g_autoptr(NodeProgram) node = node_program_start("tus.mjs", NULL);
    if (node == NULL) {
        g_test_skip(NODE_PROGRAM_MISSING);
        return;
    }
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    serve_start(&serve);
    g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
    g_autofree char *batch = serve_new_batch(&client);
    static const struct {
        const char *name;
        guint size, chunk, abort_at;
        const char *requests;
    } cases[] = {
        { "whole.jpg", 1000000, 2000000, 0, "2" },       /* POST, PATCH */
        { "pieces.jpg", 1000001, 250000, 0, "6" },       /* POST, five PATCHes */
        { "broken.jpg", 1000002, 250000, 500000, NULL }, /* and a HEAD in between */
        { "folder/with umlaut \\u00e4.jpg", 7, 100, 0, "2" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *answer = upload(node, &client, batch, cases[i].name, cases[i].size,
                                         cases[i].chunk, cases[i].abort_at);
        g_test_message("%s: %s", cases[i].name, answer);
        g_assert_nonnull(strstr(answer, "/api/v1/uploads/"));
        g_autofree char *requests = test_member(answer, "requests");
        if (cases[i].requests != NULL) {
            g_assert_cmpstr(requests, ==, cases[i].requests);
        }
    }
    assert_photos(&client, batch, "4");
    g_autofree char *refused = upload(node, &client, batch, "../up.jpg", 7, 100, 0);
    g_assert_nonnull(strstr(refused, "\"error\""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tus/LST-04/client", test_client_uploads_at_once_in_pieces_and_after_a_break);
    return g_test_run();
}
