#include "kernels.h"
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

// 6 x 16: twelve sums, two registers of B and one or two of A are what sixteen registers hold.
#define LANES 8
#define VECTORS 2
#define WIDE_TILES(DO) TILES(DO, 2)
#define NARROW_TILES(DO) TILES_TO_12(DO, 1)
#define ROUNDS_IN_HARDWARE
static const int32_t ones_then_zeros[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
#define MASK(count) _mm256_loadu_si256((const __m256i *)(ones_then_zeros + 8 - (count)))
#define LOAD_PART(x, count) _mm256_maskload_ps(x, MASK(count))
#define STORE_PART(y, x, count) _mm256_maskstore_ps(x, MASK(count), y)
#define TABLE kernels_table_avx2
#include "loops.h"

#pragma clang attribute pop
#endif
