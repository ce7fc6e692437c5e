#include "CBuildInfo.h"

#include <stdio.h>  // defines __GLIBC__ too

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#if __has_include("commit.inc")
#include "commit.inc"
#endif
#ifndef HPO_COMMIT
#define HPO_COMMIT "unknown"
#define HPO_IS_CLEAN 0
#endif
#ifndef HPO_COMPILER
#define HPO_COMPILER __VERSION__
#endif

const char *build_commit(void) { return HPO_COMMIT; }
int build_is_clean(void) { return HPO_IS_CLEAN; }
const char *build_compiler(void) { return HPO_COMPILER; }

const char *build_libc(void) {
#ifdef __GLIBC__
  static char text[32];
  if (!text[0]) {
    const char *version = gnu_get_libc_version();
    snprintf(text, sizeof text, "glibc %s", version);
  }
  return text;
#else
  return "unknown";
#endif
}
