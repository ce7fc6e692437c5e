#pragma once

// What Swift cannot say for itself.

/// Brings a cache line near that will be read; any address will do.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Tells the processor that a loop only waits.
static inline void processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// How many processors the system schedules this process on, at least 1. Swift does not see `sched_getaffinity`, a GNU extension.
int processor_count_allowed(void);
