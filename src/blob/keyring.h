/* A key for each account, under which its objects are sealed. The keys lie wrapped (AES-256 key
 * wrap, RFC 3394, each bound to its account and region) under a master key of the configuration, in
 * a database of their own, so that backups of the objects' database hold no key. Destroying an
 * account's key makes all of its objects unreadable at once, wherever copies of them lie; changing
 * the master key wraps keys anew and touches no object. */
#pragma once

#include "base/id.h"
#include "blob/sealed.h"
#include "db/db.h"

typedef struct {
    guint8 bytes[32];
} MasterKey;

extern const DbMigration keyring_migrations[];
extern const gsize num_keyring_migrations;

typedef struct Keyring Keyring;

/* Migrates DB. MASTERS[0] wraps; the others only unwrap what was wrapped before a change, until
 * keyring_rewrap. DB and CLOCK must outlive the keyring. INVALID when there are keys that none of
 * MASTERS unwraps: better not to start than to lose what is uploaded next. */
Keyring *keyring_open(Db *db, const Clock *clock, const MasterKey *masters, gsize num_masters,
                      GError **error);
void keyring_close(Keyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keyring, keyring_close)

/* The key of ACCOUNT, made on first use. The caller wipes it. */
bool keyring_make_key(Keyring *keyring, const Id *account, const char *region, SealKey *ret_key,
                      GError **error);
/* NOT_FOUND when ACCOUNT has none, or none any more. */
bool keyring_find_key(Keyring *keyring, const Id *account, SealKey *ret_key, GError **error);

/* For good; an account without a key is fine. After true the wrapped key is in no file of an SQLite
 * keyring any more. PostgreSQL keeps dead rows until its vacuum, and both are in older backups:
 * what lies there opens with the master key alone, until that is changed. Call it after the row of
 * the account is gone: a vault that is in the middle of creating an object makes the key again. */
bool keyring_destroy(Keyring *keyring, const Id *account, GError **error);

/* Wraps under MASTERS[0] what is wrapped under another; the others may then be forgotten. May be
 * killed and called again, also while others use the keyring. */
bool keyring_rewrap(Keyring *keyring, guint64 *ret_num_rewrapped, GError **error);
