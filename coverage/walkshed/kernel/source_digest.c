/* What the library was built from, so that nobody gets numbers from stale code. */
#include "kernel.h"

#ifndef SOURCE_DIGEST
#error "SOURCE_DIGEST is given by hatch_build.py"
#endif

const char *walkshed_source_digest(void) { return SOURCE_DIGEST; }
