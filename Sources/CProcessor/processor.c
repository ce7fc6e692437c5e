#define _GNU_SOURCE  // sched_getaffinity
#include "processor.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

int processor_count_allowed(void) {
#if defined(__linux__)
  // The kernel refuses a mask that is shorter than its own.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *mask = CPU_ALLOC(processors);
    if (!mask) break;
    size_t size = CPU_ALLOC_SIZE(processors);
    int count = sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
