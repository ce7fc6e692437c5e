#pragma once
#include <stdbool.h>

// What Swift can not say for itself. The C compiler that imports this header has the same target as Swift's.

static inline const char *processor_instruction_set(void) {
#if defined(__AVX512F__) && defined(__AVX512VL__)
  return "AVX-512";
#elif defined(__AVX2__) && defined(__FMA__)
  return "AVX2 and FMA";
#elif defined(__x86_64__)
  return "any x86-64";
#else
  return "any machine of this architecture";
#endif
}

static inline bool processor_has_fused_multiply_add(void) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return true;
#else
  return false;
#endif
}

/// Brings a cache line near that will be read, or written; any address will do.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }
static inline void processor_prefetch_for_writing(const void *address) { __builtin_prefetch(address, 1, 2); }

/// Tells the processor that a loop only waits.
static inline void processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// x[i] <- sqrt(x[i]), rounded as IEEE 754 says. Swift's own square root of a vector goes number by number, for errno's sake.
static inline __attribute__((always_inline)) void processor_square_roots_of_16(float *x) {
  typedef float sixteen __attribute__((vector_size(64), aligned(4)));
  *(sixteen *)x = __builtin_elementwise_sqrt(*(sixteen *)x);
}
