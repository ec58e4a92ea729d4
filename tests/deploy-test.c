/* The configurations of deploy/, with a real nginx in front of `cloudpick serve`: what is published
 * comes through, whole and in parts, and from nginx's own memory; what is not is nothing to see. */
#include "tests/serve.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    Serve *serve;
    TempDir dir; /* nginx's */
    guint16 port;
    GPid pid;
} Nginx;

static char *
replace(const char *text, const char *from, const char *to)
{
    if (strstr(text, from) == NULL) {
        g_error("deploy/nginx.conf does not have: %s", from);
    }
    GString *out = g_string_new(text);
    g_string_replace(out, from, to, 0);
    return g_string_free(out, FALSE);
}

/* deploy/nginx.conf with the names, ports and paths of this test. */
static char *
site_config(const Nginx *nginx)
{
    g_autofree char *backend = g_strdup_printf("127.0.0.1:%u", nginx->serve->port);
    g_autofree char *tls = g_strdup_printf("listen 127.0.0.1:%u ssl http2", nginx->port);
    const char *const changes[][2] = {
        { "127.0.0.1:8080", backend },
        { "listen 443 ssl http2", tls },
        { "listen 80;", "listen unix:plain.socket;" },
        { "/etc/ssl/cloudpick/site.", "site." },
        { "/etc/ssl/cloudpick/pictures.", "site." },
        { "/dev/shm/cloudpick-pictures", "pictures" },
        { "/var/log/nginx/cloudpick.log", "access.log" },
        { "*.pictures.example", "*.pictures.localhost" },
        { "cloudpick.example", "localhost" },
    };
    char *text = read_file(SOURCE_ROOT, "deploy/nginx.conf");
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        char *changed = replace(text, changes[i][0], changes[i][1]);
        g_free(text);
        text = changed;
    }
    return text;
}

static void
write_config(const Nginx *nginx)
{
    g_autofree char *site = site_config(nginx);
    g_autofree char *text =
        g_strdup_printf("daemon off;\npid nginx.pid;\nerror_log error.log;\n%s"
                        "events {}\nhttp {\nclient_body_temp_path body;\nproxy_temp_path proxy;\n"
                        "fastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n"
                        "%s}\n",
                        getuid() == 0 ? "user root;\n" : "", site);
    write_file(nginx->dir, "nginx.conf", text, strlen(text));
    const char *const certificate[] = { "openssl",
                                        "req",
                                        "-x509",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:P-256",
                                        "-nodes",
                                        "-keyout",
                                        "site.key",
                                        "-out",
                                        "site.pem",
                                        "-subj",
                                        "/CN=localhost",
                                        "-days",
                                        "2",
                                        NULL };
    g_auto(CommandResult) result = run_command(nginx->dir, certificate);
    assert_status(&result, 0);
}

/* What curl says of URL's answer: the status and, behind a space, HTTP's version. The body is in
 * the file `body` of nginx's folder, the headers are in `headers`. */
static char *
fetch(const Nginx *nginx, const char *host, const char *path, const char *extra, const char *value)
{
    g_autofree char *resolve = g_strdup_printf("%s:%u:127.0.0.1", host, nginx->port);
    g_autofree char *url = g_strdup_printf("https://%s:%u%s", host, nginx->port, path);
    const char *const argv[] = { "curl",
                                 "--silent",
                                 "--insecure",
                                 "--resolve",
                                 resolve,
                                 "--output",
                                 "body",
                                 "--dump-header",
                                 "headers",
                                 "--write-out",
                                 "%{http_code} %{http_version}",
                                 url,
                                 extra,
                                 value,
                                 NULL };
    write_file(nginx->dir, "body", "", 0);
    g_auto(CommandResult) result = run_command(nginx->dir, argv);
    return result.status == 0 ? g_steal_pointer(&result.out)
                              : g_strdup_printf("curl %d", result.status);
}

static void
start_nginx(Nginx *nginx)
{
    write_config(nginx);
    const char *argv[] = { "nginx", "-p", nginx->dir, "-c", "nginx.conf", NULL };
    g_autoptr(GError) error = NULL;
    g_spawn_async(nginx->dir, (char **)argv, NULL,
                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                  NULL, NULL, &nginx->pid, &error);
    g_assert_no_error(error);
    for (;;) {
        g_autofree char *status = fetch(nginx, "localhost", "/healthz", NULL, NULL);
        if (strcmp(status, "200 2") == 0) {
            return;
        }
        if (has_ended(nginx->pid)) {
            g_autofree char *log = read_file(nginx->dir, "error.log");
            g_error("nginx has ended: %s", log);
        }
        g_usleep(20000);
    }
}

static void
assert_fetched(const Nginx *nginx, const char *host, const char *path, const char *expected)
{
    g_autofree char *status = fetch(nginx, host, path, NULL, NULL);
    g_assert_cmpstr(status, ==, expected);
}

static void
assert_body(const Nginx *nginx, GBytes *expected, gsize offset, gsize size)
{
    g_autofree char *path = g_build_filename(nginx->dir, "body", NULL);
    g_autoptr(GBytes) body = read_bytes(path);
    g_assert_cmpmem(g_bytes_get_data(body, NULL), g_bytes_get_size(body),
                    (const guint8 *)g_bytes_get_data(expected, NULL) + offset, size);
}

static char *
publish_sample(const TestClient *client)
{
    g_autofree char *batch = serve_new_batch(client);
    serve_upload_sample(client, batch);
    g_autofree char *done = serve_wait_until_done(client, batch);
    g_autofree char *published = serve_publish(client, batch);
    g_autofree char *path = g_strdup_printf("/api/v1/batches/%s/photos?limit=500", batch);
    g_autofree char *photos = test_json(client, 200, "GET", path, NULL);
    char *url = test_member(photos, "url");
    g_assert_nonnull(url);
    return url;
}

static void
check_pages(const Nginx *nginx, const TestClient *client)
{
    assert_fetched(nginx, "localhost", "/api/v1/session", "401 2");
    g_autofree char *status =
        fetch(nginx, "localhost", "/api/v1/session", "--header", client->credential);
    g_assert_cmpstr(status, ==, "200 2");
    assert_fetched(nginx, "somebody.else", "/", "curl 35"); /* no handshake, no certificate */
}

/* LST-19 through the proxy. */
static void
check_pictures(const Nginx *nginx, const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
    const char *host = g_uri_get_host(uri);
    const char *path = g_uri_get_path(uri);
    g_auto(NetResponse) direct = serve_fetch(nginx->serve, "GET", url, NULL);
    g_assert_cmpuint(direct.status, ==, 200);
    gsize size = g_bytes_get_size(direct.body);

    assert_fetched(nginx, host, path, "200 2");
    assert_body(nginx, direct.body, 0, size);
    g_autofree char *headers = read_file(nginx->dir, "headers");
    g_assert_nonnull(strstr(headers, net_response_header(&direct, "cache-control")));
    g_assert_nonnull(strstr(headers, net_response_header(&direct, "etag")));
    g_assert_null(strstr(headers, "localhost"));

    g_autofree char *part = fetch(nginx, host, path, "--range", "10-19");
    g_assert_cmpstr(part, ==, "206 2");
    assert_body(nginx, direct.body, 10, 10);
    assert_fetched(nginx, host, "/nothing/here.jpg", "404 2");
    g_autofree char *nothing = read_file(nginx->dir, "body");
    assert_fetched(nginx, "unknown.pictures.localhost", path, "404 2");
    g_autofree char *nobody = read_file(nginx->dir, "body");
    g_assert_cmpstr(nothing, ==, nobody);

    /* From here on nginx is alone: it has the picture in its memory, and nothing else. */
    serve_kill(nginx->serve);
    assert_fetched(nginx, host, path, "200 2");
    assert_body(nginx, direct.body, 0, size);
    assert_fetched(nginx, host, "/nothing/here.jpg", "502 2");
}

static guint16
free_port(void)
{
    g_auto(Serve) other = { 0 };
    g_assert_true(serve_init(&other, DB_SQLITE));
    return other.port;
}

static void
test_nginx_in_front(void)
{
    g_autofree char *program = g_find_program_in_path("nginx");
    if (program == NULL) {
        g_test_skip("nginx is not installed");
        return;
    }
    g_auto(Serve) serve = { 0 };
    g_assert_true(serve_init(&serve, DB_SQLITE));
    g_ptr_array_add(serve.arguments, g_strdup("--set"));
    g_ptr_array_add(serve.arguments, g_strdup("server.trusted-proxies=127.0.0.1"));
    serve_start(&serve);
    Nginx nginx = { .serve = &serve, .dir = temp_dir_new(), .port = free_port() };
    start_nginx(&nginx);

    g_auto(TestClient) client = test_sign_in(&serve.peer, "ann");
    check_pages(&nginx, &client);
    g_autofree char *url = publish_sample(&client);
    check_pictures(&nginx, url);

    kill(nginx.pid, SIGTERM);
    waitpid(nginx.pid, NULL, 0);
    temp_dir_clear(&nginx.dir);
}

/* systemd says nothing about them but that the program is not installed here. */
static void
test_units_are_valid(void)
{
    g_autofree char *program = g_find_program_in_path("systemd-analyze");
    if (program == NULL) {
        g_test_skip("systemd-analyze is not installed");
        return;
    }
    const char *const argv[] = { "systemd-analyze",          "verify",
                                 "deploy/cloudpick.service", "deploy/cloudpick-work.service",
                                 "deploy/cloudpick.socket",  NULL };
    g_auto(CommandResult) result = run_command(SOURCE_ROOT, argv);
    g_auto(GStrv) lines = g_strsplit(result.err, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (strstr(lines[i], "cloudpick") != NULL &&
            strstr(lines[i], "/usr/local/bin/cloudpick is not executable") == NULL) {
            g_test_message("%s", lines[i]);
            g_test_fail();
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/deploy/nginx", test_nginx_in_front);
    g_test_add_func("/deploy/units", test_units_are_valid);
    return g_test_run();
}
