#pragma once
#include <cblas.h>

// Swift can not ask which instruction set its target has; the C compiler that imports this header is given the same one.
static inline const char *shim_instruction_set(void) {
#if defined(__AVX2__) && defined(__FMA__)
  return "AVX2 and FMA";
#elif defined(__x86_64__)
  return "any x86-64";
#else
  return "any machine of this architecture";
#endif
}
