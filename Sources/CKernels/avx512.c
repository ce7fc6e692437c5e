#include "kernels.h"
#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)

// 8 x 32: sixteen sums keep two multiply-adds a cycle of four cycles' latency busy, for two loads of B and eight of A.
#define LANES 16
#define VECTORS 2
#define WIDE_TILES(DO) TILES_TO_8(DO, 2)
#define NARROW_TILES(DO) TILES_TO_16(DO, 1)
#define ROUNDS_IN_HARDWARE
#define MASK(count) ((__mmask16)((1u << (count)) - 1))
#define LOAD_PART(x, count) _mm512_maskz_loadu_ps(MASK(count), x)
#define STORE_PART(y, x, count) _mm512_mask_storeu_ps(x, MASK(count), y)
#define TABLE kernels_table_avx512
#include "loops.h"

#pragma clang attribute pop
#endif
