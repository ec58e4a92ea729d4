#include "web/app.h"

#include "accounts/account.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "blob/directory.h"
#include "blob/s3.h"
#include "db/schema_table.h"
#include "privacy/privacy_jobs.h"
#include "web/master_keys.h"

#include <string.h>
#include <sys/stat.h>

static bool
is_loopback_address(const char *address)
{
    return g_str_has_prefix(address, "127.") || strcmp(address, "::1") == 0;
}

bool
app_parse_listen(const char *text, const char *setting, char **ret_address, guint16 *ret_port,
                 GError **error)
{
    const char *colon = strrchr(text, ':');
    guint64 port;
    if (colon == NULL || colon == text ||
        !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL)) {
        return fail(error, APP_ERROR_INVALID, "setting %s: \"%s\" is not ADDRESS:PORT", setting,
                    text);
    }
    bool is_bracketed = text[0] == '[' && colon[-1] == ']';
    g_autofree char *address = is_bracketed ? g_strndup(text + 1, (gsize)(colon - text) - 2)
                                            : g_strndup(text, (gsize)(colon - text));
    if (!g_hostname_is_ip_address(address)) {
        return fail(error, APP_ERROR_INVALID, "setting %s: \"%s\" is not an IP address", setting,
                    address);
    }
    *ret_address = g_steal_pointer(&address);
    *ret_port = (guint16)port;
    return true;
}

/* Everybody who reaches such a service can be anybody: it must be reachable from this machine only,
 * and must not be one that was set up for others. */
static bool
may_be_test_mode(const Settings *settings, GError **error)
{
    g_autofree char *address = NULL;
    guint16 port;
    if (!app_parse_listen(settings->server_listen, "server.listen", &address, &port, error)) {
        return false;
    }
    g_autoptr(GUri) uri = g_uri_parse(settings->server_public_url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri == NULL ? NULL : g_uri_get_host(uri);
    bool is_local = host != NULL && (strcmp(host, "localhost") == 0 || is_loopback_address(host));
    return (is_loopback_address(address) && is_local) ||
           fail(error, APP_ERROR_INVALID,
                "nobody could sign in: no sign-in.*.client-id is set, and test mode is for a "
                "service on loopback (server.listen, server.public-url) only");
}

static bool
make_private_directory(const char *path, GError **error)
{
    mode_t mask = umask(0077);
    bool is_made = file_make_directories(path, error);
    umask(mask);
    return is_made;
}

/* URL as it is set, or a SQLite file NAME in the data directory. */
static Db *
open_database(const App *app, const char *url, const char *name, GError **error)
{
    if (url[0] == '\0') {
        g_autofree char *path = g_build_filename(app->data_dir, name, NULL);
        g_autofree char *dir = g_path_get_dirname(path);
        g_autofree char *own = g_strconcat("sqlite:", path, NULL);
        return make_private_directory(dir, error)
                   ? db_open(own, (guint)app->settings->database_connections, error)
                   : NULL;
    }
    return db_open(url, (guint)app->settings->database_connections, error);
}

/* RET_TOKEN_KEY signs JWTs. It is made of the master key, so that every process has the same and
 * there is one secret to keep. */
static bool
open_keyring(App *app, guint8 ret_token_key[ACCOUNTS_TOKEN_KEY_SIZE], GError **error)
{
    static const char purpose[] = "cloudpick api token key 1";
    const char *set = app->settings->keyring_master_key_file;
    g_autofree char *own = g_build_filename(app->data_dir, "keyring", "master-key", NULL);
    app->keyring_db = open_database(app, app->settings->keyring_url, "keyring/keyring.db", error);
    if (app->keyring_db == NULL) {
        return false;
    }
    g_autoptr(GArray) keys = master_keys_read(set[0] != '\0' ? set : own, set[0] == '\0', error);
    if (keys == NULL) {
        return false;
    }
    app->keyring = keyring_open(app->keyring_db, app->clock, (const MasterKey *)(void *)keys->data,
                                keys->len, error);
    hmac_sha256(keys->data, sizeof(MasterKey), purpose, strlen(purpose), ret_token_key);
    return app->keyring != NULL;
}

/* The S3 settings of a region; an empty endpoint where it has none. */
static S3Settings
s3_settings(const Settings *settings, const char *region)
{
    bool is_us = strcmp(region, "us") == 0;
    return (S3Settings){
        .endpoint = is_us ? settings->storage_us_endpoint : settings->storage_eu_endpoint,
        .region = is_us ? settings->storage_us_region : settings->storage_eu_region,
        .bucket = is_us ? settings->storage_us_bucket : settings->storage_eu_bucket,
        .access_key = is_us ? settings->storage_us_access_key : settings->storage_eu_access_key,
        .secret_key = is_us ? settings->storage_us_secret_key : settings->storage_eu_secret_key,
        .is_virtual_host = settings->storage_is_virtual_host != 0,
        .reach = settings->storage_is_private != 0 ? NET_PRIVATE : NET_PUBLIC,
    };
}

static BlobStore *
open_store(App *app, const char *region, GError **error)
{
    S3Settings s3 = s3_settings(app->settings, region);
    if (s3.endpoint[0] != '\0') {
        return s3_store_new(app->net, app->clock, &s3, error);
    }
    g_autofree char *path = g_build_filename(app->data_dir, "objects", region, NULL);
    return make_private_directory(path, error) ? directory_store_new(path, error) : NULL;
}

/* LST-13, LST-28: a store a region. */
static bool
open_vault(App *app, GError **error)
{
    const char *authority = app->settings->storage_ca_file;
    if (authority[0] != '\0' && !net_trust(app->net, NET_STORAGE, authority, error)) {
        return false;
    }
    app->vault = vault_new(app->db, app->keyring, app->clock);
    for (guint i = 0; account_regions[i] != NULL; i++) {
        BlobStore *store = open_store(app, account_regions[i], error);
        if (store == NULL) {
            g_prefix_error(error, "storage of region %s: ", account_regions[i]);
            return false;
        }
        vault_add_store(app->vault, account_regions[i], store);
    }
    return true;
}

static bool
open_accounts(App *app, const guint8 *token_key, bool may_test, GError **error)
{
    const Settings *settings = app->settings;
    const AccountsProvider all[] = {
        { "google", settings->sign_in_google_client_id, settings->sign_in_google_client_secret,
          settings->sign_in_google_address },
        { "microsoft", settings->sign_in_microsoft_client_id,
          settings->sign_in_microsoft_client_secret, settings->sign_in_microsoft_address },
        { "github", settings->sign_in_github_client_id, settings->sign_in_github_client_secret,
          settings->sign_in_github_address },
    };
    AccountsProvider set[G_N_ELEMENTS(all)];
    gsize num_set = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].client_id[0] != '\0') {
            set[num_set++] = all[i];
        }
    }
    if (num_set == 0 && may_test) {
        if (!may_be_test_mode(settings, error)) {
            return false;
        }
        app->is_test_mode = true;
    }
    AccountsOptions options = {
        .db = app->db,
        .net = app->net,
        .clock = app->clock,
        .site_origin = settings->server_public_url,
        .pictures_domain = settings->server_pictures_domain,
        .session_idle = DAYS(settings->session_idle_days),
        .session_lifetime = DAYS(settings->session_max_days),
        .providers = set,
        .num_providers = num_set,
        .test_mode = app->is_test_mode,
    };
    memcpy(options.token_key, token_key, sizeof options.token_key);
    app->accounts = accounts_new(&options, error);
    secret_clear(options.token_key, sizeof options.token_key);
    return app->accounts != NULL;
}

static bool
open_batches(App *app, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(app->settings->server_public_url, G_URI_FLAGS_NONE, error);
    if (uri == NULL) {
        return false;
    }
    int port = g_uri_get_port(uri);
    app->batches_options = (BatchesOptions){
        .db = app->db,
        .vault = app->vault,
        .clock = app->clock,
        .settings = app->settings,
        .picture_scheme = g_intern_string(g_uri_get_scheme(uri)),
        .picture_port = port < 0 ? 0 : (guint16)port,
    };
    app->batches = batches_new(&app->batches_options);
    return true;
}

static void
open_jobs(App *app)
{
    app->privacy = (Privacy){
        .db = app->db,
        .keyring_db = app->keyring_db,
        .keyring = app->keyring,
        .vault = app->vault,
        .clock = app->clock,
    };
    gsize num_batch_kinds;
    const JobKind *batch_kinds = batches_job_kinds(app->batches, &num_batch_kinds);
    JobKind privacy_kinds[PRIVACY_NUM_JOB_KINDS];
    privacy_job_kinds(&app->privacy, privacy_kinds);
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(JobKind));
    g_array_append_vals(kinds, batch_kinds, (guint)num_batch_kinds);
    g_array_append_vals(kinds, privacy_kinds, G_N_ELEMENTS(privacy_kinds));
    app->jobs = jobs_new(app->db, app->clock, (const JobKind *)(void *)kinds->data, kinds->len);
    batches_set_jobs(app->batches, app->jobs);
}

App *
app_open(const AppOptions *options, GError **error)
{
    g_autoptr(App) app = g_new0(App, 1);
    guint8 token_key[ACCOUNTS_TOKEN_KEY_SIZE];
    app->settings = options->settings;
    app->clock = options->clock;
    app->data_dir = g_strdup(options->data_dir);
    app->net = net_new();
    if (!make_private_directory(app->data_dir, error) ||
        (app->db = open_database(app, app->settings->database_url, "cloudpick.db", error)) ==
            NULL ||
        !db_migrate(app->db, schema_migrations, num_schema_migrations, app->clock, error) ||
        !open_keyring(app, token_key, error) || !open_vault(app, error)) {
        return NULL;
    }
    bool is_open =
        open_accounts(app, token_key, options->may_be_test_mode, error) && open_batches(app, error);
    secret_clear(token_key, sizeof token_key);
    if (!is_open) {
        return NULL;
    }
    open_jobs(app);
    return g_steal_pointer(&app);
}

bool
app_start_jobs(App *app, GError **error)
{
    /* Matching and publishing wait for the database; photos are cleaned by processes of their own,
     * and a thread feeds each, with some to spare: while one waits for the disk with a picture, the
     * next photo is in its place. Housekeeping is one at a time. */
    gint64 photo_workers = app->settings->jobs_photo_workers;
    guint num_decoders = photo_workers > 0 ? (guint)photo_workers : g_get_num_processors();
    const guint num_threads[3] = { 2, num_decoders + (num_decoders + 1) / 2, 1 };
    if (!batches_plan_housekeeping(app->batches, error) || !privacy_start(&app->privacy, error)) {
        return false;
    }
    jobs_start(app->jobs, num_threads);
    return true;
}

bool
app_stop_jobs(App *app)
{
    batches_interrupt(app->batches);
    return jobs_stop(app->jobs);
}

void
app_close(App *app)
{
    if (app == NULL) {
        return;
    }
    g_clear_pointer(&app->batches, batches_free);
    g_clear_pointer(&app->jobs, jobs_free);
    g_clear_pointer(&app->accounts, accounts_free);
    g_clear_pointer(&app->vault, vault_free);
    g_clear_pointer(&app->keyring, keyring_close);
    g_clear_pointer(&app->net, net_free);
    g_clear_pointer(&app->keyring_db, db_close);
    g_clear_pointer(&app->db, db_close);
    g_free(app->data_dir);
    g_free(app);
}
