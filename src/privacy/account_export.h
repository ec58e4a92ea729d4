/* All that is held about an account, as one ZIP that is written while it goes out: a JSON file a
 * kind of data, the files themselves, and a manifest with the count and the SHA-256 of each, and
 * with what is missing and why: never a silent hole (LST-23, LST-26).
 *
 * The right of access (GDPR article 15) and the right to data portability (article 20) are two
 * rights: the second archive holds what the person gave, the first all that is held. */
#pragma once

#include "archive/zip.h"
#include "privacy/sweep.h"

typedef enum {
    EXPORT_EVERYTHING, /* access */
    EXPORT_GIVEN,      /* portability */
} ExportScope;

/* Writes the archive to SINK. Fails when SINK does, or when the database cannot be read; a file
 * that cannot be read is listed as missing. Rows that change meanwhile are in it as they were
 * before or after. */
bool account_export(const Privacy *privacy, const Id *account, ExportScope scope, ZipSink sink,
                    gpointer user_data, GError **error);
