/* Bytes in a file in memory, which nobody can change any more: the kernel sends its pages as they
 * are (sendfile), where it would copy bytes of the heap. The file has no name, no other program
 * gets it, and it is on a disk no more than the heap is. Whoever still sends a page keeps that
 * page, so that dropping the last reference meanwhile takes nothing from under it. References from
 * any thread. */
#pragma once

#include <glib.h>

typedef struct MemoryPages MemoryPages;

/* Copies; SIZE is not 0. Each has a descriptor and a mapping: NULL with ERROR where there are no
 * more. */
MemoryPages *memory_pages_new(const void *data, gsize size, GError **error);
MemoryPages *memory_pages_ref(MemoryPages *pages);
void memory_pages_unref(MemoryPages *pages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MemoryPages, memory_pages_unref)

/* To be read from at offsets of its own, never at the file's position. */
int memory_pages_fd(const MemoryPages *pages);
/* All of them, mapped; the pages' own. A reference of it may outlive them. */
GBytes *memory_pages_bytes(const MemoryPages *pages);
