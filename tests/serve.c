#include "tests/serve.h"

#include "db/test_database.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Somebody else may take it before the service does; then the service says so and the test fails.
 */
static guint16
free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
    close(fd);
    return ntohs(address.sin_port);
}

bool
serve_init(Serve *serve, DbKind kind)
{
    char *url = kind == DB_SQLITE ? g_strdup("") : test_database_create(kind);
    if (url == NULL) {
        g_test_skip("PostgreSQL is not installed");
        return false;
    }
    serve->dir = temp_dir_new();
    serve->database_url = url;
    serve->arguments = g_ptr_array_new_with_free_func(g_free);
    serve->port = free_port();
    serve->peer = test_peer_new(serve->port);
    return true;
}

static void
wait_until_announced(int fd)
{
    char text[200] = "";
    gssize size = 0;
    while (size < (gssize)sizeof text - 1 && strchr(text, '\n') == NULL) {
        gssize got = read(fd, text + size, sizeof text - 1 - (gsize)size);
        if (got <= 0) {
            g_error("cloudpick serve ended before it said where it is");
        }
        size += got;
        text[size] = '\0';
    }
    g_assert_true(g_str_has_prefix(text, "Cloudpick is at http"));
}

/* A test that fails takes its service with it; otherwise that would hold the test's output open for
 * ever. */
static void
end_with_parent(gpointer data)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Starts `cloudpick COMMAND` on the service's data; RET_OUT: its output, or NULL. */
static GPid
start_command(const Serve *serve, const char *command, int *ret_out)
{
    g_autofree char *listen_at = g_strdup_printf("server.listen=127.0.0.1:%u", serve->port);
    g_autofree char *public_url =
        g_strdup_printf("server.public-url=http://localhost:%u", serve->port);
    g_autofree char *database = g_strconcat("database.url=", serve->database_url, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    const char *const fixed[] = { g_getenv("CLOUDPICK"),
                                  command,
                                  "--data",
                                  serve->dir,
                                  "--set",
                                  listen_at,
                                  "--set",
                                  public_url,
                                  "--set",
                                  database };
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++) {
        g_ptr_array_add(argv, (gpointer)fixed[i]);
    }
    for (guint i = 0; i < serve->arguments->len; i++) {
        g_ptr_array_add(argv, g_ptr_array_index(serve->arguments, i));
    }
    g_ptr_array_add(argv, NULL);
    g_autoptr(GError) error = NULL;
    GPid pid;
    g_spawn_async_with_pipes(NULL, (char **)argv->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                             end_with_parent, NULL, &pid, NULL, ret_out, NULL, &error);
    g_assert_no_error(error);
    return pid;
}

void
serve_start(Serve *serve)
{
    int out;
    serve->pid = start_command(serve, "serve", &out);
    wait_until_announced(out);
    close(out);
}

void
serve_start_worker(Serve *serve)
{
    serve->worker_pid = start_command(serve, "work", NULL);
}

void
serve_kill_worker(Serve *serve)
{
    kill_and_wait(serve->worker_pid);
    serve->worker_pid = 0;
}

void
serve_kill(Serve *serve)
{
    kill_and_wait(serve->pid);
    serve->pid = 0;
}

int
serve_stop(Serve *serve)
{
    int status = 0;
    g_assert_cmpint(kill(serve->pid, SIGTERM), ==, 0);
    g_assert_cmpint(waitpid(serve->pid, &status, 0), ==, serve->pid);
    serve->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
serve_clear(Serve *serve)
{
    if (serve->dir == NULL) {
        return;
    }
    if (serve->worker_pid != 0) {
        serve_kill_worker(serve);
    }
    if (serve->pid != 0) {
        g_assert_cmpint(serve_stop(serve), ==, 0);
    }
    test_peer_clear(&serve->peer);
    g_ptr_array_unref(serve->arguments);
    if (serve->database_url[0] != '\0') {
        test_database_destroy(serve->database_url);
    } else {
        g_free(serve->database_url);
    }
    temp_dir_clear(&serve->dir);
}

char *
serve_new_batch(const TestClient *client)
{
    g_autofree char *batch = test_json(client, 201, "POST", "/api/v1/batches", "{}");
    return test_member(batch, "id");
}

void
serve_upload(const TestClient *client, const char *batch, const char *name, GBytes *bytes)
{
    g_autofree char *batch64 = g_base64_encode((const guchar *)batch, strlen(batch));
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    g_autofree char *headers =
        g_strdup_printf("Tus-Resumable: 1.0.0\nContent-Type: application/offset+octet-stream\n"
                        "Upload-Length: %zu\nUpload-Metadata: batch %s,name %s\n",
                        g_bytes_get_size(bytes), batch64, name64);
    g_auto(NetResponse) response =
        test_call_bytes(client, "POST", "/api/v1/uploads", headers, bytes);
    g_autofree char *text = test_text(&response);
    if (response.status != 201) {
        g_error("%s: %u %s", name, response.status, text);
    }
}

void
serve_upload_sample(const TestClient *client, const char *batch)
{
    g_autofree char *photos = g_build_filename(SOURCE_ROOT, "samples/listing/photos", NULL);
    g_autofree char *sheet_path = g_build_filename(SOURCE_ROOT, "samples/listing/sheet.csv", NULL);
    g_autoptr(GPtrArray) names = list_files(photos);
    g_autoptr(GBytes) sheet = read_bytes(sheet_path);
    serve_upload(client, batch, "sheet.csv", sheet);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(photos, name, NULL);
        g_autoptr(GBytes) bytes = read_bytes(path);
        serve_upload(client, batch, name, bytes);
    }
}

/* As long as it takes: how long that is says how busy the machine is. The log tells what it hangs
 * on, should it never come to that. */
static char *
wait_for(const TestClient *client, const char *batch, bool (*is_so)(const char *json))
{
    enum { TELL_EVERY = 1200 };
    g_autofree char *path = g_strconcat("/api/v1/batches/", batch, NULL);
    for (guint i = 1;; i++) {
        g_autofree char *now = test_json(client, 200, "GET", path, NULL);
        if (is_so(now)) {
            return g_steal_pointer(&now);
        }
        if (i % TELL_EVERY == 0) {
            g_test_message("still waiting: %s", now);
        }
        g_usleep(50 * 1000);
    }
}

static bool
is_done(const char *json)
{
    g_autofree char *waiting = test_member(json, "waiting");
    g_autofree char *uploading = test_member(json, "uploading");
    return strcmp(waiting, "0") == 0 && strcmp(uploading, "0") == 0 &&
           strstr(json, "\"is_read\":false") == NULL;
}

char *
serve_wait_until_done(const TestClient *client, const char *batch)
{
    return wait_for(client, batch, is_done);
}

static bool
is_published(const char *json)
{
    g_autofree char *state = test_member(json, "state");
    if (strcmp(state, "publishing") != 0 && strcmp(state, "published") != 0) {
        g_error("it will not be published: %s", json);
    }
    return strcmp(state, "published") == 0;
}

char *
serve_wait_until_published(const TestClient *client, const char *batch)
{
    return wait_for(client, batch, is_published);
}

char *
serve_publish(const TestClient *client, const char *batch)
{
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/publish", batch);
    g_autofree char *answer = test_json(client, 202, "POST", path, "{}");
    return serve_wait_until_published(client, batch);
}

NetResponse
serve_fetch(const Serve *serve, const char *method, const char *url, const char *headers)
{
    TestClient nobody = { .peer = &serve->peer };
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    g_assert_nonnull(uri);
    g_autofree char *all =
        g_strdup_printf("Host: %s\n%s", g_uri_get_host(uri), headers != NULL ? headers : "");
    return test_call(&nobody, method, g_uri_get_path(uri), all, NULL);
}

static void
run_on(DbKind kind, ServeTest test)
{
    g_auto(Serve) serve = { 0 };
    if (serve_init(&serve, kind)) {
        test(&serve);
    }
}

static void
run_on_sqlite(gconstpointer test)
{
    run_on(DB_SQLITE, (ServeTest)test);
}

static void
run_on_postgresql(gconstpointer test)
{
    run_on(DB_POSTGRESQL, (ServeTest)test);
}

void
test_each_serve(const char *path, ServeTest test)
{
    g_autofree char *sqlite = g_strconcat(path, "/sqlite", NULL);
    g_autofree char *postgresql = g_strconcat(path, "/postgresql", NULL);
    g_test_add_data_func(sqlite, (gconstpointer)test, run_on_sqlite);
    g_test_add_data_func(postgresql, (gconstpointer)test, run_on_postgresql);
}
