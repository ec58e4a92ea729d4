/* The identifiers that a photo may carry, found by what is left of them without separators. */
#pragma once

#include "listing/match.h"
#include "listing/name.h"

/* Of SKUs that fit equally well, so many are named. */
#define MAX_NAMED_SKUS 4

typedef enum {
    ID_SKU,
    ID_ASIN,
    ID_BARCODE,
    ID_KIND_COUNT,
} IdKind;

typedef struct {
    guint32 sku;
    guint32 kind; /* IdKind; in the table of file names: the place in the SKU's list of them */
    const char *plain, *folded, *key; /* see Name; key is squeezed, without the zeros, ... */
    guint32 plain_length, folded_length, key_length;
    guint32 lead; /* separators before the first word of folded: ".AB" */
} Id;

/* Identifiers with equal keys stand together. */
typedef struct {
    guint32 first, count; /* in ids */
} IdGroup;

typedef struct {
    Id *ids;
    gsize num_ids;
    IdGroup *groups;
    gsize num_groups;
    guint8 *tags; /* of the hash table: 0 is free, else 7 bits of the hash: most misses end here */
    guint32 *buckets; /* index of a group */
    gsize mask;
} IdTable;

typedef struct {
    IdTable by_letters; /* by letters and digits */
    IdTable by_number;  /* those of digits only, by what follows leading zeros */
    IdTable by_file;    /* by the file names that the sheet gives */
    IdTable by_parent;  /* parents' SKUs; sku: one of the children */
    guint32 *parent_of; /* for each SKU that of its parent, or MATCH_NO_SKU */
    bool has_slash;     /* some SKU has a '/' in it */
    guint32 max_words;  /* of an identifier */
    GByteArray *text;   /* what the ids point into */
} MatchIndex;

MatchIndex *match_index_new(const MatchSku *skus, gsize num_skus);
void match_index_free(MatchIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchIndex, match_index_free)

/* Hashing goes byte by byte, so that all beginnings of a name are hashed in one pass. */
#define ID_HASH_START G_GUINT64_CONSTANT(0xcbf29ce484222325)

static inline guint64
id_hash_more(guint64 hash, const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        hash = (hash ^ (guint8)text[i]) * G_GUINT64_CONSTANT(0x100000001b3);
    }
    return hash;
}

/* The group whose key is KEY with that HASH, or NULL. */
const IdGroup *id_table_find(const IdTable *table, const char *key, gsize length, guint64 hash);
