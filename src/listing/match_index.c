#include "listing/match_index.h"

#include <stdlib.h>
#include <string.h>

static guint64
finish_hash(guint64 hash)
{
    hash ^= hash >> 32;
    hash *= G_GUINT64_CONSTANT(0xd6e8feb86659fd93);
    return hash ^ hash >> 29;
}

static guint8
tag_of(guint64 finished)
{
    return (guint8)(finished >> 57 | 0x80);
}

const IdGroup *
id_table_find(const IdTable *table, const char *key, gsize length, guint64 hash)
{
    if (table->num_groups == 0) {
        return NULL;
    }
    guint64 finished = finish_hash(hash);
    guint8 tag = tag_of(finished);
    for (gsize i = finished & table->mask; table->tags[i] != 0; i = (i + 1) & table->mask) {
        if (table->tags[i] == tag) {
            const IdGroup *group = &table->groups[table->buckets[i]];
            const Id *id = &table->ids[group->first];
            if (id->key_length == length && memcmp(id->key, key, length) == 0) {
                return group;
            }
        }
    }
    return NULL;
}

static int
compare_ids(const void *a, const void *b)
{
    const Id *p = a;
    const Id *q = b;
    int order = strcmp(p->folded, q->folded);
    order = order != 0 ? order : (p->kind > q->kind) - (p->kind < q->kind);
    order = order != 0 ? order : strcmp(p->plain, q->plain);
    return order != 0 ? order : (p->sku > q->sku) - (p->sku < q->sku);
}

/* Gives every id its group, in order of first appearance; a hash table of groups remains. */
static void
assign_groups(IdTable *table, guint32 *group_of)
{
    gsize capacity = 16;
    while (capacity < 2 * table->num_ids + 2) {
        capacity *= 2;
    }
    table->mask = capacity - 1;
    table->tags = g_new0(guint8, capacity);
    table->buckets = g_new(guint32, capacity);
    table->groups = g_new0(IdGroup, table->num_ids + 1);
    for (gsize i = 0; i < table->num_ids; i++) {
        const Id *id = &table->ids[i];
        const IdGroup *known = id_table_find(table, id->key, id->key_length,
                                             id_hash_more(ID_HASH_START, id->key, id->key_length));
        if (known != NULL) {
            group_of[i] = (guint32)(known - table->groups);
            table->groups[group_of[i]].count++;
            continue;
        }
        guint64 hash = finish_hash(id_hash_more(ID_HASH_START, id->key, id->key_length));
        gsize bucket = hash & table->mask;
        while (table->tags[bucket] != 0) {
            bucket = (bucket + 1) & table->mask;
        }
        group_of[i] = (guint32)table->num_groups;
        table->tags[bucket] = tag_of(hash);
        table->buckets[bucket] = group_of[i];
        table->groups[table->num_groups++] = (IdGroup){ .first = (guint32)i, .count = 1 };
    }
}

static void
id_table_build(IdTable *table, GArray *ids)
{
    table->num_ids = ids->len;
    table->ids = (Id *)ids->data;
    g_autofree guint32 *group_of = g_new(guint32, table->num_ids + 1);
    assign_groups(table, group_of);
    Id *grouped = g_new(Id, table->num_ids + 1);
    guint32 at = 0;
    for (gsize i = 0; i < table->num_groups; i++) {
        table->groups[i].first = at;
        at += table->groups[i].count;
    }
    g_autofree guint32 *next = g_new(guint32, table->num_groups + 1);
    for (gsize i = 0; i < table->num_groups; i++) {
        next[i] = table->groups[i].first;
    }
    for (gsize i = 0; i < table->num_ids; i++) {
        grouped[next[group_of[i]]++] = table->ids[i];
    }
    for (gsize i = 0; i < table->num_groups; i++) {
        if (table->groups[i].count > 1) {
            qsort(grouped + table->groups[i].first, table->groups[i].count, sizeof *grouped,
                  compare_ids);
        }
    }
    g_array_unref(ids);
    table->ids = grouped;
}

static void
id_table_clear(IdTable *table)
{
    g_free(table->ids);
    g_free(table->groups);
    g_free(table->tags);
    g_free(table->buckets);
}

/* While the text grows it may move: until it is complete the ids' pointers are offsets into it. */
typedef struct {
    MatchIndex *index;
    Name name;
    GArray *letters, *numbers, *files, *parents;
} Builder;

static const char *
add_text(Builder *builder, const char *text, guint32 length)
{
    gsize offset = builder->index->text->len;
    g_byte_array_append(builder->index->text, (const guint8 *)text, length + 1);
    return GSIZE_TO_POINTER(offset);
}

static void
settle(GArray *ids, const GByteArray *text)
{
    for (guint i = 0; i < ids->len; i++) {
        Id *id = &g_array_index(ids, Id, i);
        id->plain = (const char *)text->data + GPOINTER_TO_SIZE(id->plain);
        id->folded = (const char *)text->data + GPOINTER_TO_SIZE(id->folded);
        id->key = (const char *)text->data + GPOINTER_TO_SIZE(id->key);
    }
}

static bool
all_digits(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i])) {
            return false;
        }
    }
    return length > 0;
}

static void
add_id(Builder *builder, GArray *ids, const char *text, guint32 sku, guint32 kind)
{
    Name *name = &builder->name;
    name_set(name, text, strlen(text));
    if (name->num_words == 0) {
        return;
    }
    Id id = {
        .sku = sku,
        .kind = kind,
        .plain = add_text(builder, name->plain, name->plain_length),
        .plain_length = name->plain_length,
        .folded_length = name->folded_length,
        .key_length = name->squeezed_length,
        .lead = name->words[0].start,
    };
    bool same_case = strcmp(name->plain, name->folded) == 0;
    id.folded = same_case ? id.plain : add_text(builder, name->folded, name->folded_length);
    bool squeezed = name->squeezed_length != name->folded_length;
    id.key = squeezed ? add_text(builder, name->squeezed, name->squeezed_length) : id.folded;
    if (ids == builder->files) { /* photos are often converted after they were listed */
        id.key = id.folded;
        id.key_length = (guint32)name_stem_length(name->folded, name->folded_length);
    }
    g_array_append_val(ids, id);
    if (ids == builder->letters) {
        builder->index->max_words = MAX(builder->index->max_words, name->num_words);
        if (all_digits(name->folded, name->folded_length)) {
            gsize zeros = strspn(name->folded, "0");
            zeros = MIN(zeros, name->folded_length - 1);
            id.key = (const char *)id.key + zeros;
            id.key_length = id.folded_length - (guint32)zeros;
            g_array_append_val(builder->numbers, id);
        }
    }
}

static void
add_sku(Builder *builder, const MatchSku *sku, guint32 number)
{
    add_id(builder, builder->letters, sku->sku, number, ID_SKU);
    builder->index->has_slash |= strpbrk(sku->sku, "/\\") != NULL;
    if (sku->asin != NULL) {
        add_id(builder, builder->letters, sku->asin, number, ID_ASIN);
    }
    if (sku->barcode != NULL) {
        add_id(builder, builder->letters, sku->barcode, number, ID_BARCODE);
    }
    if (sku->parent != NULL) {
        add_id(builder, builder->parents, sku->parent, number, 0);
    }
    for (guint32 i = 0; sku->file_names != NULL && sku->file_names[i] != NULL; i++) {
        const char *file = sku->file_names[i];
        add_id(builder, builder->files, file + name_base(file, strlen(file)), number, i);
    }
}

static guint32
find_exactly(const IdTable *table, const Id *parent)
{
    const IdGroup *group =
        id_table_find(table, parent->key, parent->key_length,
                      id_hash_more(ID_HASH_START, parent->key, parent->key_length));
    for (guint32 i = 0; group != NULL && i < group->count; i++) {
        const Id *id = &table->ids[group->first + i];
        if (id->kind == ID_SKU && strcmp(id->plain, parent->plain) == 0) {
            return id->sku;
        }
    }
    return MATCH_NO_SKU;
}

/* All children of one parent stand together and are told apart by sku only. */
static void
resolve_parents(MatchIndex *index, gsize num_skus)
{
    index->parent_of = g_new(guint32, num_skus + 1);
    memset(index->parent_of, 0xff, (num_skus + 1) * sizeof *index->parent_of);
    const IdTable *table = &index->by_parent;
    guint32 found = MATCH_NO_SKU;
    for (gsize i = 0; i < table->num_ids; i++) {
        if (i == 0 || strcmp(table->ids[i].plain, table->ids[i - 1].plain) != 0) {
            found = find_exactly(&index->by_letters, &table->ids[i]);
        }
        index->parent_of[table->ids[i].sku] = found;
    }
}

MatchIndex *
match_index_new(const MatchSku *skus, gsize num_skus)
{
    MatchIndex *index = g_new0(MatchIndex, 1);
    index->text = g_byte_array_new();
    g_byte_array_append(index->text, (const guint8 *)"", 1); /* so that no offset is 0 */
    Builder builder = {
        .index = index,
        .letters = g_array_new(false, false, sizeof(Id)),
        .numbers = g_array_new(false, false, sizeof(Id)),
        .files = g_array_new(false, false, sizeof(Id)),
        .parents = g_array_new(false, false, sizeof(Id)),
    };
    for (gsize i = 0; i < num_skus; i++) {
        add_sku(&builder, &skus[i], (guint32)i);
    }
    name_clear(&builder.name);
    GArray *arrays[] = { builder.letters, builder.numbers, builder.files, builder.parents };
    IdTable *tables[] = { &index->by_letters, &index->by_number, &index->by_file,
                          &index->by_parent };
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++) {
        settle(arrays[i], index->text);
        id_table_build(tables[i], arrays[i]);
    }
    resolve_parents(index, num_skus);
    return index;
}

void
match_index_free(MatchIndex *index)
{
    if (index == NULL) {
        return;
    }
    id_table_clear(&index->by_letters);
    id_table_clear(&index->by_number);
    id_table_clear(&index->by_file);
    id_table_clear(&index->by_parent);
    g_free(index->parent_of);
    g_byte_array_unref(index->text);
    g_free(index);
}
