#include "blob/test_ceph.h"

#include "blob/s3_client.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static GPid server;
static int server_input = -1;

static void
stop_server(void)
{
    close(server_input);
    waitpid(server, NULL, 0);
}

/* "ENDPOINT ACCESS-KEY SECRET-KEY"; NULL where Ceph is not installed. */
static char *
start_server(void)
{
    char *argv[] = { (char *)SOURCE_ROOT "/scripts/private-ceph", NULL };
    g_autoptr(GError) error = NULL;
    int output;
    g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &server,
                             &server_input, &output, NULL, &error);
    g_assert_no_error(error);
    /* No other child may keep the script's input open. */
    fcntl(server_input, F_SETFD, FD_CLOEXEC);
    g_autoptr(GString) line = g_string_new(NULL);
    char c;
    while (read(output, &c, 1) == 1 && c != '\n') {
        g_string_append_c(line, c);
    }
    close(output);
    if (line->len == 0) {
        int status = 0;
        close(server_input);
        waitpid(server, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 77) {
            g_error("Ceph does not start");
        }
        return NULL;
    }
    atexit(stop_server);
    return g_string_free(g_steal_pointer(&line), FALSE);
}

static void
make_bucket(const S3Settings *settings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Net) net = net_new();
    g_autoptr(S3Client) client = s3_client_new(net, &system_clock, settings, &error);
    g_assert_no_error(error);
    S3Request request = { .method = "PUT" };
    g_auto(NetResponse) response = { 0 };
    s3_send(client, &request, &response, &error);
    g_assert_no_error(error);
}

bool
test_ceph_bucket(S3Settings *ret_settings)
{
    static bool has_tried;
    static char **parts;
    static guint num_buckets;
    if (!has_tried) {
        has_tried = true;
        const char *given = g_getenv("CLOUDPICK_CEPH");
        g_autofree char *line = given != NULL ? g_strdup(given) : start_server();
        parts = line == NULL ? NULL : g_strsplit(line, " ", 3);
        g_assert_true(parts == NULL || g_strv_length(parts) == 3);
    }
    if (parts == NULL) {
        g_test_skip("Ceph is not installed");
        return false;
    }
    /* Buckets live until the server goes; the settings as long as the process. */
    char *bucket = g_strdup_printf("test-%d-%u", (int)getpid(), num_buckets++);
    g_test_queue_free(bucket);
    *ret_settings = (S3Settings){ .endpoint = parts[0],
                                  .region = "default",
                                  .bucket = bucket,
                                  .access_key = parts[1],
                                  .secret_key = parts[2],
                                  .pause_ms = 1 };
    make_bucket(ret_settings);
    return true;
}
