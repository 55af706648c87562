/* What every file of the kernel includes.
 *
 * Rules: no globals; memory that cannot be had is said (WALKSHED_NO_MEMORY), never assumed; the same numbers on every
 * machine (of mathematics only + - * / sqrt and what is exact, no reordering); every function has a slow twin in Python
 * among the tests. Lengths and indices are int64_t; arrays are C-contiguous, and no output overlaps another argument.
 */
#ifndef WALKSHED_KERNEL_H
#define WALKSHED_KERNEL_H

#include <stdint.h>

/* Before each function that Python calls; everything else stays inside the library. */
#if defined(_WIN32)
#define WALKSHED_API __declspec(dllexport)
#else
#define WALKSHED_API __attribute__((visibility("default")))
#endif

/* What a function that allocates returns (int64_t) where there is no memory; Python raises MemoryError. */
#define WALKSHED_NO_MEMORY (-1)

/* What the library was built from: the digest of recipe.py, in hexadecimal. */
WALKSHED_API const char *walkshed_source_digest(void);

#endif
