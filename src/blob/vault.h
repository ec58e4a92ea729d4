/* The objects of accounts. Every object has a row in table `object` before its first byte is
 * written and until after its last is gone, so that none is ever orphaned, whatever is killed when.
 * Its bytes are sealed under the account's key (sealed.h, keyring.h; LST-16) and lie in the store
 * of the account's region and nowhere else (LST-13, LST-28). All functions from any thread; a
 * writer or reader is one thread's at a time. */
#pragma once

#include "base/id.h"
#include "blob/keyring.h"
#include "blob/store.h"
#include "db/db.h"

/* Numbers are stored. */
typedef enum {
    OBJECT_ORIGINAL = 1,
    OBJECT_PICTURE = 2,
    OBJECT_THUMBNAIL = 3,
    OBJECT_SHEET = 4,
    OBJECT_EXPORT = 5,
} ObjectClass;

/* object.state; numbers are stored. */
typedef enum {
    OBJECT_WRITING = 0,  /* somebody is writing it, or was killed in the middle of it */
    OBJECT_ADOPTED = 1,  /* a row of another table refers to it */
    OBJECT_REMOVING = 2, /* nobody sees it any more; its bytes go next, then this row */
    OBJECT_FINISHED = 3, /* whole, and waiting to be adopted */
    OBJECT_GIVEN_UP = 4, /* marked for removal while somebody may still be writing it */
} ObjectState;

/* "pictures": the first part of the keys of CLASS in the stores, with a slash after it. */
const char *object_class_prefix(ObjectClass object_class);

typedef struct Vault Vault;
typedef struct VaultWriter VaultWriter;
typedef struct VaultReader VaultReader;

/* DB, KEYRING and CLOCK must outlive the vault. */
Vault *vault_new(Db *db, Keyring *keyring, const Clock *clock);
/* Objects of accounts of REGION ("us", "eu") lie in STORE, which is taken. Before the first use. */
void vault_add_store(Vault *vault, const char *region, BlobStore *store);
void vault_free(Vault *vault);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vault, vault_free)

/* UPLOADED_AT: of the upload from which these bytes come; retention counts from it. The row is
 * written in a transaction of its own. NOT_FOUND when there is no such account. */
VaultWriter *vault_create(Vault *vault, const Id *account, ObjectClass object_class,
                          Timestamp uploaded_at, GError **error);
/* After a failure (NO_SPACE: disk full; UNAVAILABLE: store not reached) the writer can only be
 * freed. */
bool vault_write(VaultWriter *writer, const void *data, gsize size, GError **error);
/* All bytes are durable after this; the object still counts as unfinished until vault_adopt, but
 * can be read. CONFLICT when it was marked for removal meanwhile, or is older than 12 hours. */
bool vault_finish(VaultWriter *writer, Id *ret_object, GError **error);
/* Not finished: the bytes are removed. */
void vault_writer_free(VaultWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VaultWriter, vault_writer_free)

/* In the transaction that first refers to the object. Objects that nobody adopts are removed by
 * vault_remove_abandoned after a day. CONFLICT when that has happened, or it is adopted already. */
bool vault_adopt(DbTx *tx, const Id *object, GError **error);

/* NOT_FOUND for an object that does not exist, is unfinished, is marked for removal, or whose
 * account's key was destroyed. */
VaultReader *vault_open(Vault *vault, const Id *object, GError **error);
guint64 vault_size(const VaultReader *reader);
const char *vault_region(const VaultReader *reader);
/* SIZE bytes from OFFSET; INVALID when there are not so many; NOT_FOUND when the object is removed
 * while it is read; INTERNAL when the store has lost its bytes, or they are not what was written.
 */
bool vault_read(VaultReader *reader, guint64 offset, void *buffer, gsize size, GError **error);
void vault_reader_free(VaultReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VaultReader, vault_reader_free)

/* TOO_LARGE above MAX_SIZE. */
GBytes *vault_read_whole(Vault *vault, const Id *object, gsize max_size, GError **error);
bool vault_put_whole(Vault *vault, const Id *account, ObjectClass object_class,
                     Timestamp uploaded_at, GBytes *bytes, Id *ret_object, GError **error);

/* Marks for removal in the caller's transaction; from its commit on vault_open says NOT_FOUND. The
 * bytes go with vault_remove_marked (a job), the row after them. Twice is fine. */
bool vault_mark_removed(DbTx *tx, const Id *object, GError **error);
/* Removes up to MAX_OBJECTS in each region. A region whose store fails does not keep the others
 * from being done. */
bool vault_remove_marked(Vault *vault, guint max_objects, guint *ret_removed, GError **error);
/* What was begun a day ago and never adopted: the leavings of killed processes. */
bool vault_remove_abandoned(Vault *vault, GError **error);
