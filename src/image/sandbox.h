/* The walls around a decoder: a process that has called sandbox_enter() can compute, start threads,
 * and read and write the descriptors it already holds. It cannot open or name a file, make or
 * connect a socket, start a process or a program, look into another process, or write a file.
 *
 * Three walls, each of which stands without the others: Landlock (no file, no TCP port, no abstract
 * socket, no signal outside), seccomp (a list of the system calls that remain), resource limits. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint64 max_memory_bytes; /* address space beyond what the process has mapped at the call;
                               * not applied under AddressSanitizer, which maps terabytes */
    bool allow_missing;       /* go on where the kernel has no Landlock or no seccomp */
} SandboxOptions;

/* For the rest of this process's life, all its threads included: call it while there is one thread
 * (Landlock binds only the caller and what it starts). UNAVAILABLE, with what is missing, where a
 * wall cannot be put up; some may then stand already, so end the process. */
bool sandbox_enter(const SandboxOptions *options, GError **error);
