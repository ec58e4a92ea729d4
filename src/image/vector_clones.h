/* One loop, compiled for several generations of processors; the program picks at its start. */
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTOR_CLONES
#endif
#define ALWAYS_INLINE static inline __attribute__((always_inline))
