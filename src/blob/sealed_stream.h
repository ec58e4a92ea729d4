/* Sealed objects (sealed.h) in and out of a store: bytes go in as they come, any range comes out. A
 * writer or reader is one thread's at a time. */
#pragma once

#include "blob/sealed.h"
#include "blob/store.h"

typedef struct SealedWriter SealedWriter;

/* Seals for OBJECT what goes to STORE under KEY_IN_STORE. */
SealedWriter *sealed_writer_new(BlobStore *store, const char *key_in_store, const SealKey *key,
                                const char *object, GError **error);
/* After a failure the writer can only be freed. */
bool sealed_write(SealedWriter *writer, const void *data, gsize size, GError **error);
/* As blob_commit. RET_SIZE: how many bytes were written to it. */
bool sealed_finish(SealedWriter *writer, guint64 *ret_size, GError **error);
void sealed_writer_free(SealedWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SealedWriter, sealed_writer_free)

typedef struct SealedReader SealedReader;

/* SIZE: what sealed_finish told. Nothing is read yet. */
SealedReader *sealed_reader_new(BlobStore *store, const char *key_in_store, const SealKey *key,
                                const char *object, guint64 size);
/* SIZE bytes from OFFSET. INVALID when there are not so many, or when they are not what was
 * written: no byte that fails its check gets into BUFFER. Reading on in order fetches ahead. */
bool sealed_read(SealedReader *reader, guint64 offset, void *buffer, gsize size, GError **error);
void sealed_reader_free(SealedReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SealedReader, sealed_reader_free)
