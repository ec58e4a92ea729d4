/* The inventory: everything that is held about anybody, declared once (inventory_table.c). The
 * policy page, the retention sweep, the exports and the erasure do what it says and know nothing
 * else; a test compares it with the live schema, so that a column nobody declared breaks the build.
 *
 * The words for categories and uses are fideslang's (IAB Tech Lab, CC BY 4.0). */
#pragma once

#include "base/clock.h"

#include <stdbool.h>

/* Where things are. */
typedef enum {
    HELD_IN_DATABASE, /* a table */
    HELD_IN_KEYRING,  /* a table of the database of keys */
    HELD_IN_OBJECTS,  /* a class of objects in the storage of the account's region */
    HELD_IN_COOKIE,
    HELD_IN_BROWSER, /* local storage, and its cache */
    HELD_IN_LOG,     /* fields of the process's log */
    HELD_BY_OTHERS,  /* what leaves for a recipient */
} HeldIn;

/* How long. */
typedef enum {
    RETAIN_FROM,        /* until ANCHOR is MAXIMUM ago */
    RETAIN_UNTIL,       /* until ANCHOR, which is never later than MAXIMUM after its row was made */
    RETAIN_FOR_ACCOUNT, /* until the account is deleted, and MAXIMUM after it was closed */
    RETAIN_ELSEWHERE,   /* a sentence tells (logs, cookies, what others hold) */
    RETAIN_NOTHING,     /* nothing about anybody is in it */
} RetainKind;

typedef struct {
    RetainKind kind;
    const char *anchor; /* a column of Timestamps */
    Timestamp maximum;  /* what is promised: gone by then */
    Timestamp minimum;  /* what the law wants kept; 0: nothing */
    const char *citation;
    const char *moment; /* in a reader's words: "the upload", or, ELSEWHERE, the whole sentence */
} Retention;

/* What the deletion of an account does. */
typedef enum {
    ERASE_DELETE,      /* the rows, or the objects */
    ERASE_WITH_OBJECT, /* the rows of objects: they go after the objects' bytes */
    ERASE_SHRED,     /* a key: all that it sealed is unreadable from then on, wherever a copy is */
    ERASE_HOLD,      /* kept, because of CITATION */
    ERASE_ELSEWHERE, /* ends by itself: in the browser, or with the log */
    ERASE_NOTHING,   /* nothing about anybody is in it */
} EraseKind;

typedef enum {
    BASIS_CONTRACT,
    BASIS_LEGITIMATE_INTEREST,
    BASIS_LEGAL_OBLIGATION,
    BASIS_CONSENT,
    BASIS_NONE, /* no personal data */
} LegalBasis;

typedef enum {
    VALUE_TEXT,
    VALUE_NUMBER,
    VALUE_REAL,
    VALUE_BOOLEAN,
    VALUE_TIME,
    VALUE_BYTES
} ValueKind;

/* Articles 15 and 20 of the GDPR are two rights. */
typedef enum {
    EXPORT_NEVER,    /* a secret, or a name that only the program uses */
    EXPORT_ACCESS,   /* what is held about me */
    EXPORT_PORTABLE, /* what I gave: in both exports */
} ExportKind;

typedef struct {
    const char *name;     /* the column, the cookie, the log field */
    const char *category; /* fideslang; NULL: no personal data */
    ValueKind value;
    ExportKind export;
} InventoryField;

typedef struct {
    HeldIn held_in;
    const char *name;  /* table, class of objects, cookie */
    const char *title; /* in a reader's words, capitalised: "Your photos" */
    const char *about; /* a sentence for the policy: what it is for */
    /* Of a table: the columns of its primary key, ", " between them. Of a class of objects: NULL,
     * or the query for the names that people gave them (object_id, name), for account $1. */
    const char *key;
    const char *subject; /* the column with the account's id; NULL: about nobody */
    const char *use;     /* fideslang */
    LegalBasis basis;
    const char *protection; /* in words */
    const char *recipients; /* ids of recipients, " " between them; "" for none */
    Retention retention;
    EraseKind on_erase;
    const char *promises; /* ids, " " between them */
    const InventoryField *fields;
    gsize num_fields;
} InventoryEntry;

/* In the order in which rows may be deleted: what refers to a table stands before it. */
extern const InventoryEntry inventory_table[];
extern const gsize inventory_size;

/* Somebody else who gets personal data (LST-20). */
typedef struct {
    const char *id;
    const char *name;
    const char *what_for;
    const char *where;
} Recipient;

extern const Recipient recipient_table[];
extern const gsize recipient_count;

/* When the table last changed: the policy's date (LST-29), and what inventory_version begins with
 * since then. A test holds the two together, so that no change goes out under an old date. */
extern const char inventory_changed_on[];
extern const char inventory_changed_to[];

const InventoryEntry *inventory_find(HeldIn held_in, const char *name);
const InventoryField *inventory_find_field(const InventoryEntry *entry, const char *name);

const char *held_in_to_string(HeldIn held_in);
const char *legal_basis_to_string(LegalBasis basis);
const char *erase_kind_to_string(EraseKind kind);

/* "21 days from the upload", "until the account is deleted, at most 30 days after it was closed".
 */
char *retention_to_string(const Retention *retention);

/* What contradicts itself in the table: a minimum above a maximum, a recipient that is not
 * registered, a table about somebody that no erasure reaches, a category without a use, a promise
 * of LST-17 that is not 21 days, ... Strings for people; empty when all is well. Free with
 * g_ptr_array_unref. */
GPtrArray *inventory_contradictions(void);

/* What differs between the table and a live schema: COLUMNS are "table.column" (db_list_columns) of
 * the database or the keyring. Free with g_ptr_array_unref. */
GPtrArray *inventory_differences(HeldIn held_in, const GPtrArray *columns);

/* SHA-256 of all that the table says, in hexadecimal: the version of the policy. */
char *inventory_version(void);

/* Which objects an entry of HELD_IN_OBJECTS is about: their number in column object.class. */
int inventory_object_class(const InventoryEntry *entry);

/* How long rows of TABLE may live from the moment that its retention counts from. */
Timestamp inventory_lifetime(const char *table);
