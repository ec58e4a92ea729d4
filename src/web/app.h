/* All that the service is made of, opened from the settings and closed again in the right order.
 * `cloudpick serve` and `cloudpick work` both start here. */
#pragma once

#include "accounts/accounts.h"
#include "batches/batches.h"
#include "blob/keyring.h"
#include "blob/vault.h"
#include "config/settings.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "net/net.h"
#include "privacy/sweep.h"

typedef struct {
    const Settings *settings;
    const Clock *clock;
    char *data_dir; /* NULL where nothing lies in one */
    Db *db;
    Db *keyring_db;
    Keyring *keyring;
    Net *net;
    Vault *vault;
    Accounts *accounts;
    Batches *batches;
    Privacy privacy;
    Jobs *jobs;
    BatchesOptions batches_options;
    bool is_test_mode; /* anybody may sign in as anybody: loopback only, and no provider */
} App;

typedef struct {
    const Settings *settings; /* must outlive the App */
    const Clock *clock;
    /* Where what the settings do not place elsewhere lies; made, for its owner only. */
    const char *data_dir;
    bool may_be_test_mode; /* false in `cloudpick work`, which signs nobody in */
} AppOptions;

/* Databases are migrated. INVALID for settings that contradict each other. */
App *app_open(const AppOptions *options, GError **error);
void app_close(App *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(App, app_close)

/* Starts the threads that run jobs in this process. */
bool app_start_jobs(App *app, GError **error);
/* Ends them; what was not finished is done later, by whoever runs jobs then. False when one does
 * not end: then the process must end without app_close. */
bool app_stop_jobs(App *app);

/* "ADDRESS:PORT", "[ADDRESS]:PORT". INVALID names SETTING. */
bool app_parse_listen(const char *text, const char *setting, char **ret_address, guint16 *ret_port,
                      GError **error);
