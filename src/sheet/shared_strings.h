/* The strings that a workbook's cells refer to by number (18.4). */
#pragma once

#include "archive/zip.h"
#include "sheet/xml.h"

/* Called for each string in order; return false, with ERROR set, to stop. */
typedef bool (*SharedStringFunc)(guint32 index, const char *text, gpointer user_data,
                                 GError **error);

/* Streams through MEMBER: memory holds one string at a time. */
bool shared_strings_each(const ZipReader *zip, const ZipMember *member, SharedStringFunc func,
                         gpointer user_data, GError **error);

typedef struct SharedStrings SharedStrings;

/* All of them, in one block. */
SharedStrings *shared_strings_read(const ZipReader *zip, const ZipMember *member, GError **error);
void shared_strings_free(SharedStrings *strings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SharedStrings, shared_strings_free)

/* NULL when there is no such string. */
const char *shared_strings_get(const SharedStrings *strings, guint32 index);
