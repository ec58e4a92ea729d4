#include "listing/journal.h"

#include "base/error.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* A line ends in this many hexadecimal characters of the digest of what stands before them. */
enum { CHECK_CHARS = 8 };

/* What a record's line holds, in this order, behind the letter R: read and written by one table. */
typedef enum { FIELD_DIGEST, FIELD_TEXT, FIELD_U32, FIELD_U64, FIELD_BOOL, FIELD_DOUBLE } FieldType;

#define FIELD(type, member)                                                                        \
    {                                                                                              \
        type, offsetof(JournalRecord, member)                                                      \
    }
static const struct {
    FieldType type;
    gsize offset;
} record_fields[] = {
    FIELD(FIELD_DIGEST, input),
    FIELD(FIELD_DIGEST, settings),
    FIELD(FIELD_TEXT, rejection),
    FIELD(FIELD_U32, facts.format),
    FIELD(FIELD_U32, facts.width),
    FIELD(FIELD_U32, facts.height),
    FIELD(FIELD_U32, facts.num_frames),
    FIELD(FIELD_BOOL, facts.was_truncated),
    FIELD(FIELD_BOOL, facts.had_location),
    FIELD(FIELD_DOUBLE, facts.border_white_share),
    FIELD(FIELD_DOUBLE, facts.frame_fill),
    FIELD(FIELD_U64, bytes_in),
    FIELD(FIELD_BOOL, has_picture),
    FIELD(FIELD_DIGEST, picture),
    FIELD(FIELD_U64, picture_bytes),
    FIELD(FIELD_U32, width),
    FIELD(FIELD_U32, height),
    FIELD(FIELD_U32, method),
    FIELD(FIELD_U32, quality),
    FIELD(FIELD_BOOL, is_444),
    FIELD(FIELD_DOUBLE, score),
    FIELD(FIELD_DIGEST, thumbnail),
};
#undef FIELD
G_STATIC_ASSERT(sizeof(ImageFormat) == sizeof(guint32) && sizeof(ImageMethod) == sizeof(guint32));

struct Journal {
    int fd;
    char *path;
    GMutex mutex;
    GHashTable *records;    /* JournalRecord, by input and settings, to itself */
    GHashTable *identities; /* char * -> Digest * */
    GHashTable *pictures;   /* Digest * of every picture, within a record */
    GPtrArray *retired;     /* records that newer ones replaced: somebody may still hold them */
};

static void
record_free(gpointer data)
{
    JournalRecord *record = data;
    g_free(record->rejection);
    g_free(record);
}

static guint
record_key_hash(gconstpointer data)
{
    const JournalRecord *record = data;
    return digest_hash(&record->input) ^ (digest_hash(&record->settings) * 31);
}

static gboolean
record_key_equal(gconstpointer a, gconstpointer b)
{
    const JournalRecord *record_a = a, *record_b = b;
    return digest_equal(&record_a->input, &record_b->input) &&
           digest_equal(&record_a->settings, &record_b->settings);
}

static const JournalRecord *
remember(Journal *journal, JournalRecord *record)
{
    gpointer old = NULL;
    if (g_hash_table_steal_extended(journal->records, record, &old, NULL)) {
        g_ptr_array_add(journal->retired, old);
    }
    g_hash_table_add(journal->records, record);
    if (record->has_picture) {
        g_hash_table_add(journal->pictures, &record->picture);
    }
    return record;
}

static bool
parse_field(const char *text, FieldType type, void *member)
{
    guint64 number;
    switch (type) {
    case FIELD_DIGEST:
        return digest_from_hex(text, member);
    case FIELD_TEXT:
        *(char **)member = text[0] == '\0' ? NULL : g_strcompress(text);
        return true;
    case FIELD_U32:
        if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL)) {
            return false;
        }
        *(guint32 *)member = (guint32)number;
        return true;
    case FIELD_U64:
        return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, member, NULL);
    case FIELD_BOOL:
        *(bool *)member = text[0] == '1';
        return true;
    case FIELD_DOUBLE:
        *(double *)member = g_ascii_strtod(text, NULL);
        return true;
    }
    g_assert_not_reached();
}

static void
append_field(GString *line, FieldType type, const void *member)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *text = NULL;
    switch (type) {
    case FIELD_DIGEST:
        text = digest_to_hex(member, 2 * DIGEST_SIZE);
        break;
    case FIELD_TEXT:
        text = *(char *const *)member == NULL ? NULL : g_strescape(*(char *const *)member, NULL);
        break;
    case FIELD_U32:
        text = g_strdup_printf("%u", *(const guint32 *)member);
        break;
    case FIELD_U64:
        text = g_strdup_printf("%" G_GUINT64_FORMAT, *(const guint64 *)member);
        break;
    case FIELD_BOOL:
        text = g_strdup(*(const bool *)member ? "1" : "0");
        break;
    case FIELD_DOUBLE:
        text = g_strdup(g_ascii_dtostr(digits, sizeof digits, *(const double *)member));
        break;
    }
    g_string_append_printf(line, "%s\t", text == NULL ? "" : text);
}

/* FIELDS: the words behind the letter. */
static JournalRecord *
parse_record(char **fields)
{
    JournalRecord *record = g_new0(JournalRecord, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(record_fields); i++) {
        if (!parse_field(fields[i], record_fields[i].type,
                         (char *)record + record_fields[i].offset)) {
            record_free(record);
            return NULL;
        }
    }
    return record;
}

static char *
format_record(const JournalRecord *record)
{
    GString *line = g_string_new("R\t");
    for (gsize i = 0; i < G_N_ELEMENTS(record_fields); i++) {
        append_field(line, record_fields[i].type, (const char *)record + record_fields[i].offset);
    }
    return g_string_free(line, FALSE);
}

static bool
line_is_whole(const char *line)
{
    gsize length = strlen(line);
    if (length < CHECK_CHARS + 2) {
        return false;
    }
    Digest digest = digest_of(line, length - CHECK_CHARS);
    g_autofree char *check = digest_to_hex(&digest, CHECK_CHARS);
    return strcmp(check, line + length - CHECK_CHARS) == 0;
}

static void
read_line(Journal *journal, char *line)
{
    if (!line_is_whole(line)) {
        return;
    }
    g_auto(GStrv) fields = g_strsplit(line, "\t", -1);
    guint num_fields = g_strv_length(fields); /* the letter, the fields, the check */
    Digest digest;
    if (line[0] == 'I' && num_fields == 4 && digest_from_hex(fields[2], &digest)) {
        g_hash_table_replace(journal->identities, g_strdup(fields[1]),
                             g_memdup2(&digest, sizeof digest));
    } else if (line[0] == 'R' && num_fields == G_N_ELEMENTS(record_fields) + 2) {
        JournalRecord *record = parse_record(fields + 1);
        if (record != NULL) {
            remember(journal, record);
            record->is_from_before = true;
        }
    }
}

static bool
read_lines(Journal *journal, GError **error)
{
    g_autoptr(GError) read_error = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(journal->path, &text, &size, &read_error)) {
        return fail(error, APP_ERROR_UNAVAILABLE, "%s", read_error->message);
    }
    char *line = text;
    /* By size: a power cut can leave zeros where data were to be, and good lines come after them.
     */
    for (char *end; (end = memchr(line, '\n', size - (gsize)(line - text))) != NULL;
         line = end + 1) {
        *end = '\0';
        if (memchr(line, '\0', (gsize)(end - line)) == NULL) {
            read_line(journal, line);
        }
    }
    /* What comes next must not continue a line that a crash cut off. */
    bool is_torn = line < text + size;
    if (is_torn && write(journal->fd, "\n", 1) != 1) {
        return fail_errno(error, errno, journal->path);
    }
    return true;
}

Journal *
journal_open(const char *state_dir, GError **error)
{
    if (!file_make_directories(state_dir, error)) {
        return NULL;
    }
    g_autoptr(Journal) journal = g_new0(Journal, 1);
    g_mutex_init(&journal->mutex);
    journal->path = g_build_filename(state_dir, "journal", NULL);
    journal->records = g_hash_table_new_full(record_key_hash, record_key_equal, record_free, NULL);
    journal->retired = g_ptr_array_new_with_free_func(record_free);
    journal->identities = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    journal->pictures = g_hash_table_new(digest_hash, digest_equal_func);
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (journal->fd < 0) {
        (void)fail_errno(error, errno, journal->path);
        return NULL;
    }
    if (flock(journal->fd, LOCK_EX | LOCK_NB) != 0) {
        return fail_null(error, APP_ERROR_CONFLICT, "%s: another build is at work on this folder",
                         state_dir);
    }
    if (!read_lines(journal, error)) {
        return NULL;
    }
    return g_steal_pointer(&journal);
}

void
journal_close(Journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->fd >= 0) {
        close(journal->fd);
    }
    g_mutex_clear(&journal->mutex);
    g_hash_table_unref(journal->pictures);
    g_hash_table_unref(journal->records);
    g_ptr_array_unref(journal->retired);
    g_hash_table_unref(journal->identities);
    g_free(journal->path);
    g_free(journal);
}

/* One write(2), so that lines of several threads do not mix. */
static bool
append_line(Journal *journal, const char *fields, GError **error)
{
    Digest digest = digest_of(fields, strlen(fields));
    g_autofree char *check = digest_to_hex(&digest, CHECK_CHARS);
    g_autofree char *line = g_strconcat(fields, check, "\n", NULL);
    gsize length = strlen(line);
    ssize_t written = write(journal->fd, line, length);
    if (written < 0) {
        return fail_errno(error, errno, journal->path);
    }
    if ((gsize)written != length) {
        return fail_errno(error, ENOSPC, journal->path);
    }
    return true;
}

const Digest *
journal_digest_of(Journal *journal, const char *identity)
{
    g_mutex_lock(&journal->mutex);
    const Digest *digest = g_hash_table_lookup(journal->identities, identity);
    g_mutex_unlock(&journal->mutex);
    return digest;
}

const JournalRecord *
journal_find(Journal *journal, const Digest *input, const Digest *settings)
{
    JournalRecord key = { .input = *input, .settings = *settings };
    g_mutex_lock(&journal->mutex);
    const JournalRecord *record = g_hash_table_lookup(journal->records, &key);
    g_mutex_unlock(&journal->mutex);
    return record;
}

bool
journal_has_picture(Journal *journal, const Digest *picture)
{
    g_mutex_lock(&journal->mutex);
    bool has = g_hash_table_contains(journal->pictures, picture);
    g_mutex_unlock(&journal->mutex);
    return has;
}

bool
journal_add_identity(Journal *journal, const char *identity, const Digest *input, GError **error)
{
    g_autofree char *hex = digest_to_hex(input, 64);
    g_autofree char *fields = g_strdup_printf("I\t%s\t%s\t", identity, hex);
    g_mutex_lock(&journal->mutex);
    bool is_new = !g_hash_table_contains(journal->identities, identity);
    bool added = !is_new || append_line(journal, fields, error);
    if (is_new && added) {
        g_hash_table_insert(journal->identities, g_strdup(identity),
                            g_memdup2(input, sizeof *input));
    }
    g_mutex_unlock(&journal->mutex);
    return added;
}

const JournalRecord *
journal_add(Journal *journal, const JournalRecord *record, GError **error)
{
    g_autofree char *fields = format_record(record);
    const JournalRecord *kept = NULL;
    g_mutex_lock(&journal->mutex);
    if (append_line(journal, fields, error)) {
        JournalRecord *copy = g_memdup2(record, sizeof *record);
        copy->rejection = g_strdup(record->rejection);
        copy->is_from_before = false;
        kept = remember(journal, copy);
    }
    g_mutex_unlock(&journal->mutex);
    return kept;
}
