#include "kernels.h"

extern const kernel_table kernels_table_avx512, kernels_table_avx2, kernels_table_baseline;

const kernel_table *kernels_baseline(void) { return &kernels_table_baseline; }

#if defined(__x86_64__)
// These ask the operating system too, whether it keeps the wider registers.
const kernel_table *kernels_avx512(void) {
  __builtin_cpu_init();
  bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has ? &kernels_table_avx512 : NULL;
}

const kernel_table *kernels_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels_table_avx2 : NULL;
}
#else
const kernel_table *kernels_avx512(void) { return NULL; }
const kernel_table *kernels_avx2(void) { return NULL; }
#endif

static _Thread_local int64_t operations;
int64_t kernels_operations(void) { return operations; }
void kernels_count_operations(int64_t count) { operations += count; }
