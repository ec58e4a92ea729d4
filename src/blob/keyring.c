#include "blob/keyring.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/secret.h"

#include <openssl/evp.h>
#include <string.h>

const DbMigration keyring_migrations[] = {
    { "0001 keys of accounts",
      /* Nothing here refers to the other database; a row without an account is a key that nobody
       * needs. wrapped: RFC 3394 over the key and a digest of account and region. */
      "CREATE TABLE account_key (\n"
      "    account_id {text} PRIMARY KEY,\n"
      "    region {text} NOT NULL,\n"
      "    master_key_id {text} NOT NULL,\n"
      "    wrapped {blob} NOT NULL,\n"
      "    created_at {i64} NOT NULL\n"
      ") {strict};\n"
      "CREATE INDEX account_key_master ON account_key (master_key_id);\n" },
};
const gsize num_keyring_migrations = G_N_ELEMENTS(keyring_migrations);

enum {
    BINDING_SIZE = 16,
    CLEAR_SIZE = sizeof(SealKey) + BINDING_SIZE,
    WRAPPED_SIZE = CLEAR_SIZE + 8, /* RFC 3394 adds 64 bits */
    MASTER_ID_BYTES = 8,
    REWRAP_BATCH = 500,
};

typedef struct {
    MasterKey key;
    char *id;
} Master;

struct Keyring {
    Db *db;
    const Clock *clock;
    Master *masters;
    gsize num_masters;
};

/* A master key is called by a number made of itself, so that configurations cannot mix them up. */
static char *
make_master_id(const MasterKey *key)
{
    static const char label[] = "cloudpick master key id";
    guint8 mac[HMAC_SHA256_SIZE];
    hmac_sha256(key->bytes, sizeof key->bytes, label, strlen(label), mac);
    return base64url_encode(mac, MASTER_ID_BYTES);
}

static const Master *
find_master(const Keyring *keyring, const char *id)
{
    for (gsize i = 0; i < keyring->num_masters; i++) {
        if (strcmp(keyring->masters[i].id, id) == 0) {
            return &keyring->masters[i];
        }
    }
    return NULL;
}

/* Runs AES-256 key wrap over SIZE bytes. False when unwrapping finds that they are not genuine. */
static bool
run_wrap(const MasterKey *master, bool is_wrapping, const guint8 *in, int size, guint8 *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    int done =
        EVP_CipherInit_ex(context, EVP_aes_256_wrap(), NULL, master->bytes, NULL, is_wrapping);
    g_assert(done == 1);
    int length = 0;
    bool is_genuine = EVP_CipherUpdate(context, out, &length, in, size) == 1 &&
                      length == (is_wrapping ? WRAPPED_SIZE : CLEAR_SIZE);
    EVP_CIPHER_CTX_free(context);
    return is_genuine;
}

/* What a wrapped key is tied to, so that a row copied to another account does not open. */
static void
make_binding(const char *account, const char *region, guint8 ret_binding[BINDING_SIZE])
{
    g_autofree char *text = g_strdup_printf("account key\n%s\n%s", account, region);
    Digest digest = digest_of(text, strlen(text));
    memcpy(ret_binding, digest.bytes, BINDING_SIZE);
}

static void
wrap_key(const Keyring *keyring, const char *account, const char *region, const SealKey *key,
         guint8 ret_wrapped[WRAPPED_SIZE])
{
    guint8 clear[CLEAR_SIZE];
    memcpy(clear, key->bytes, sizeof key->bytes);
    make_binding(account, region, clear + sizeof key->bytes);
    bool done = run_wrap(&keyring->masters[0].key, true, clear, CLEAR_SIZE, ret_wrapped);
    g_assert(done);
    secret_clear(clear, sizeof clear);
}

static bool
unwrap_key(const Keyring *keyring, DbRows *row, SealKey *ret_key, GError **error)
{
    const char *account = db_text(row, "account_id");
    const Master *master = find_master(keyring, db_text(row, "master_key_id"));
    if (master == NULL) {
        return fail(error, APP_ERROR_UNAVAILABLE,
                    "the key of account %s is wrapped under master key %s, which is not configured",
                    account, db_text(row, "master_key_id"));
    }
    gsize size;
    const guint8 *wrapped = db_blob(row, "wrapped", &size);
    guint8 clear[WRAPPED_SIZE], binding[BINDING_SIZE];
    make_binding(account, db_text(row, "region"), binding);
    bool is_genuine = size == WRAPPED_SIZE &&
                      run_wrap(&master->key, false, wrapped, WRAPPED_SIZE, clear) &&
                      secret_equal(clear + sizeof ret_key->bytes, binding, BINDING_SIZE);
    if (is_genuine) {
        memcpy(ret_key->bytes, clear, sizeof ret_key->bytes);
    }
    secret_clear(clear, sizeof clear);
    return is_genuine || fail(error, APP_ERROR_INVALID,
                              "the key of account %s is not as it was written", account);
}

/* Finds the key of ACCOUNT within TX; RET_FOUND false when there is none. */
static bool
read_key(Keyring *keyring, DbTx *tx, const Id *account, SealKey *ret_key, bool *ret_found,
         GError **error)
{
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT account_id, region, master_key_id, wrapped\n"
                                      "FROM account_key WHERE account_id = $1",
                                      "t", account->text);
    if (rows == NULL) {
        return false;
    }
    if (!db_next(rows)) {
        *ret_found = false;
        return db_rows_finish(rows, error);
    }
    *ret_found = true;
    return unwrap_key(keyring, rows, ret_key, error);
}

bool
keyring_find_key(Keyring *keyring, const Id *account, SealKey *ret_key, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(keyring->db, DB_READ, error);
    bool found;
    if (tx == NULL || !read_key(keyring, tx, account, ret_key, &found, error)) {
        return false;
    }
    return found || fail(error, APP_ERROR_NOT_FOUND, "account %s has no key", account->text);
}

bool
keyring_make_key(Keyring *keyring, const Id *account, const char *region, SealKey *ret_key,
                 GError **error)
{
    {
        g_autoptr(DbTx) tx = db_begin(keyring->db, DB_READ, error);
        bool found;
        if (tx == NULL || !read_key(keyring, tx, account, ret_key, &found, error)) {
            return false;
        }
        if (found) {
            return true;
        }
    }
    SealKey key;
    guint8 wrapped[WRAPPED_SIZE];
    secret_random(key.bytes, sizeof key.bytes);
    wrap_key(keyring, account->text, region, &key, wrapped);
    secret_clear(&key, sizeof key);
    g_autoptr(DbTx) tx = db_begin(keyring->db, DB_WRITE, error);
    bool found;
    /* Somebody else may be making it, too: the first one counts, for both. */
    if (tx == NULL ||
        !db_exec(
            tx, error, NULL,
            "INSERT INTO account_key (account_id, region, master_key_id, wrapped, created_at)\n"
            "VALUES ($1, $2, $3, $4, $5)\n"
            "ON CONFLICT (account_id) DO NOTHING",
            "tttbi", account->text, region, keyring->masters[0].id, wrapped, sizeof wrapped,
            clock_now(keyring->clock)) ||
        !read_key(keyring, tx, account, ret_key, &found, error)) {
        return false;
    }
    if (!found) {
        return fail(error, APP_ERROR_CONFLICT, "the key of account %s is being destroyed",
                    account->text);
    }
    return db_commit(g_steal_pointer(&tx), error);
}

bool
keyring_destroy(Keyring *keyring, const Id *account, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(keyring->db, DB_WRITE, error);
    if (tx == NULL ||
        !db_exec(tx, error, NULL, "DELETE FROM account_key WHERE account_id = $1", "t",
                 account->text) ||
        !db_commit(g_steal_pointer(&tx), error)) {
        return false;
    }
    return db_scrub(keyring->db, error);
}

/* One batch, in a transaction. RET_NUM: how many there were to do. */
static bool
rewrap_some(Keyring *keyring, guint *ret_num, GError **error)
{
    const char *newest = keyring->masters[0].id;
    g_autoptr(DbTx) tx = db_begin(keyring->db, DB_WRITE, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows = db_query(tx, error,
                                      "SELECT account_id, region, master_key_id, wrapped\n"
                                      "FROM account_key WHERE master_key_id <> $1\n"
                                      "ORDER BY account_id LIMIT $2",
                                      "ti", newest, (gint64)REWRAP_BATCH);
    if (rows == NULL) {
        return false;
    }
    guint num = 0;
    for (; db_next(rows); num++) {
        SealKey key;
        guint8 wrapped[WRAPPED_SIZE];
        if (!unwrap_key(keyring, rows, &key, error)) {
            return false;
        }
        wrap_key(keyring, db_text(rows, "account_id"), db_text(rows, "region"), &key, wrapped);
        secret_clear(&key, sizeof key);
        if (!db_exec(tx, error, NULL,
                     "UPDATE account_key SET master_key_id = $2, wrapped = $3\n"
                     "WHERE account_id = $1",
                     "ttb", db_text(rows, "account_id"), newest, wrapped, sizeof wrapped)) {
            return false;
        }
    }
    if (!db_rows_finish(rows, error)) {
        return false;
    }
    g_clear_pointer(&rows, db_rows_free);
    *ret_num = num;
    return db_commit(g_steal_pointer(&tx), error);
}

bool
keyring_rewrap(Keyring *keyring, guint64 *ret_num_rewrapped, GError **error)
{
    guint64 total = 0;
    for (guint num = REWRAP_BATCH; num == REWRAP_BATCH; total += num) {
        if (!rewrap_some(keyring, &num, error)) {
            return false;
        }
    }
    *ret_num_rewrapped = total;
    return db_scrub(keyring->db, error);
}

static bool
check_masters(Keyring *keyring, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(keyring->db, DB_READ, error);
    if (tx == NULL) {
        return false;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error, "SELECT DISTINCT master_key_id FROM account_key", "");
    if (rows == NULL) {
        return false;
    }
    while (db_next(rows)) {
        if (find_master(keyring, db_text(rows, "master_key_id")) == NULL) {
            return fail(error, APP_ERROR_INVALID,
                        "the keyring has keys wrapped under master key %s, which is not configured",
                        db_text(rows, "master_key_id"));
        }
    }
    return db_rows_finish(rows, error);
}

Keyring *
keyring_open(Db *db, const Clock *clock, const MasterKey *masters, gsize num_masters,
             GError **error)
{
    g_assert(num_masters > 0);
    if (!db_migrate(db, keyring_migrations, num_keyring_migrations, clock, error)) {
        return NULL;
    }
    g_autoptr(Keyring) keyring = g_new0(Keyring, 1);
    keyring->db = db;
    keyring->clock = clock;
    keyring->masters = g_new0(Master, num_masters);
    keyring->num_masters = num_masters;
    for (gsize i = 0; i < num_masters; i++) {
        keyring->masters[i].key = masters[i];
        keyring->masters[i].id = make_master_id(&masters[i]);
    }
    return check_masters(keyring, error) ? g_steal_pointer(&keyring) : NULL;
}

void
keyring_close(Keyring *keyring)
{
    if (keyring == NULL) {
        return;
    }
    for (gsize i = 0; i < keyring->num_masters; i++) {
        secret_clear(&keyring->masters[i].key, sizeof(MasterKey));
        g_free(keyring->masters[i].id);
    }
    g_free(keyring->masters);
    g_free(keyring);
}
