#include "accounts/account.h"

#include "accounts/account_row.h"
#include "accounts/context.h"
#include "base/error.h"
#include "base/secret.h"

#include <string.h>

static const glong max_name_chars = 100;

/* 16 characters of 32: 80 random bits. */
enum { HOST_LABEL_LENGTH = 16 };

const char *const account_regions[] = { "us", "eu", NULL };

void
account_clear(Account *account)
{
    g_clear_pointer(&account->name, g_free);
    g_clear_pointer(&account->email, g_free);
}

static const char *
find_region(const char *region)
{
    for (const char *const *known = account_regions; *known != NULL && region != NULL; known++) {
        if (strcmp(*known, region) == 0) {
            return *known;
        }
    }
    return NULL;
}

bool
account_from_row(DbRows *rows, Account *ret_account, GError **error)
{
    Account account = { 0 };
    account.region = find_region(db_text(rows, "account_region"));
    if (account.region == NULL || !id_parse(db_text(rows, "account_id"), &account.id)) {
        return fail(error, APP_ERROR_INTERNAL, "an account's row cannot be read");
    }
    account.name = g_strdup(db_text(rows, "account_name"));
    account.email = g_strdup(db_text(rows, "account_email"));
    account.created_at = db_int(rows, "account_created_at");
    account.closed_at = db_int(rows, "account_closed_at");
    *ret_account = account;
    return true;
}

static bool
turns_direction(gunichar c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f;
}

char *
account_clean_text(const char *text, glong max_chars)
{
    g_autofree char *valid = g_utf8_make_valid(text == NULL ? "" : text, -1);
    g_autoptr(GString) clean = g_string_new(NULL);
    for (const char *p = valid; *p != '\0' && max_chars > 0; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_iscntrl(c) && !turns_direction(c)) {
            g_string_append_unichar(clean, c);
            max_chars--;
        }
    }
    g_strstrip(clean->str);
    return clean->str[0] == '\0' ? NULL : g_strdup(clean->str);
}

static char *
random_label(void)
{
    /* RFC 4648 base 32 in lower case, which is what a host name may have. */
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    guint8 random[HOST_LABEL_LENGTH];
    char label[HOST_LABEL_LENGTH + 1];
    secret_random(random, sizeof random);
    for (guint i = 0; i < HOST_LABEL_LENGTH; i++) {
        label[i] = digits[random[i] % 32];
    }
    label[HOST_LABEL_LENGTH] = '\0';
    return g_strdup(label);
}

static bool
add_picture_host(DbTx *tx, Accounts *accounts, const Id *account, Timestamp now, GError **error)
{
    /* LST-19: nothing of the account goes into the name. */
    g_autofree char *label = random_label();
    g_autofree char *name = g_strconcat(label, ".", accounts->pictures_domain, NULL);
    return db_exec(tx, error, NULL,
                   "INSERT INTO host (name, account_id, created_at) VALUES ($1, $2, $3)", "tti",
                   name, account->text, now);
}

bool
account_create(DbTx *tx, Accounts *accounts, const char *region, const char *name,
               const char *email, Account *ret_account, GError **error)
{
    const char *known_region = find_region(region);
    if (known_region == NULL) {
        return fail(error, APP_ERROR_INVALID, "choose a region: us or eu");
    }
    g_auto(Account) account = { .id = id_new(accounts->clock),
                                .region = known_region,
                                .created_at = clock_now(accounts->clock) };
    account.email = account_clean_text(email, ACCOUNT_MAX_EMAIL_CHARS);
    account.name = account_clean_text(name, max_name_chars);
    if (account.name == NULL) {
        account.name = account.email == NULL ? g_strdup("Seller")
                                             : account_clean_text(account.email, max_name_chars);
    }
    if (!db_exec(tx, error, NULL,
                 "INSERT INTO account (id, region, display_name, email, created_at)"
                 " VALUES ($1, $2, $3, $4, $5)",
                 "tttti", account.id.text, account.region, account.name, account.email,
                 account.created_at) ||
        !add_picture_host(tx, accounts, &account.id, account.created_at, error)) {
        return false;
    }
    *ret_account = account;
    account = (Account){ 0 };
    return true;
}

bool
account_close(DbTx *tx, Accounts *accounts, const Id *id, GError **error)
{
    Timestamp now = clock_now(accounts->clock);
    /* LST-24: whoever still holds a token holds nothing from here on. */
    return db_exec(tx, error, NULL,
                   "UPDATE account SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL", "ti",
                   id->text, now) &&
           db_exec(tx, error, NULL, "DELETE FROM session WHERE account_id = $1", "t", id->text) &&
           db_exec(tx, error, NULL, "DELETE FROM api_token WHERE account_id = $1", "t", id->text) &&
           db_exec(tx, error, NULL,
                   "UPDATE host SET retired_at = $2 WHERE account_id = $1 AND retired_at IS NULL",
                   "ti", id->text, now);
}

char *
account_picture_host(Accounts *accounts, const Id *id, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(accounts->db, DB_READ, error);
    if (tx == NULL) {
        return NULL;
    }
    g_autoptr(DbRows) rows =
        db_query(tx, error,
                 "SELECT name FROM host WHERE account_id = $1 AND retired_at IS NULL"
                 " ORDER BY created_at DESC LIMIT 1",
                 "t", id->text);
    if (rows == NULL) {
        return NULL;
    }
    if (!db_next(rows)) {
        if (db_rows_finish(rows, error)) {
            fail(error, APP_ERROR_NOT_FOUND, "account %s has no picture host", id->text);
        }
        return NULL;
    }
    return g_strdup(db_text(rows, "name"));
}
