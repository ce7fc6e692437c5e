// Included once per instruction set, which is said by
//   LANES                    numbers in a register
//   VECTORS                  registers side by side in a tile of a product; none where multiplying and adding is not one instruction
//   WIDE_TILES, NARROW_TILES the numbers of rows that tiles of VECTORS registers, and of one register, have
//   LOAD_PART, STORE_PART    the first `count` numbers of a register, zeros for the rest
//   ROUNDS_IN_HARDWARE       if it can
//   TABLE                    the name of the table
// Products fuse what they multiply and add: they say so. Everything else is rounded as it is written, on every machine.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))
/// Has the compiler take a number as it is, instead of working it out again where it is used.
#define KEEP_IN_REGISTER(x) __asm__("" : "+r"(x))
#define UNROLL _Pragma("clang loop unroll(full)")

typedef float vector __attribute__((vector_size(LANES * 4)));
typedef int32_t integers __attribute__((vector_size(LANES * 4)));
typedef float unaligned __attribute__((vector_size(LANES * 4), aligned(4)));

INLINE vector load(const float *x) { return *(const unaligned *)x; }
INLINE void store(vector x, float *target) { *(unaligned *)target = x; }
#if !defined(LOAD_PART)
INLINE vector load_part(const float *x, ptrdiff_t count) {
  float numbers[LANES] = {0};
  for (ptrdiff_t i = 0; i < count; i++) numbers[i] = x[i];
  return load(numbers);
}
INLINE void store_part(vector x, float *target, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) target[i] = x[i];
}
#else
INLINE vector load_part(const float *x, ptrdiff_t count) { return LOAD_PART(x, count); }
INLINE void store_part(vector x, float *target, ptrdiff_t count) { STORE_PART(x, target, count); }
#endif
INLINE vector all(float x) { return x - (vector){}; }  // x - 0 is x, even of -0
INLINE vector choose(integers condition, vector yes, vector no) {
  return (vector)((condition & (integers)yes) | (~condition & (integers)no));
}
INLINE vector positive_part(vector x) { return (vector)(~(x < 0.0f) & (integers)x); }
INLINE vector where_positive(vector y, vector x) { return (vector)((y > 0.0f) & (integers)x); }

#include "product.h"
#include "rows.h"

const kernel_table TABLE = {
#ifdef VECTORS
    .multiply = multiply,
    .multiply_add = multiply_add,
    .peak_operations = PEAK_OPERATIONS,
#endif
    .rectify = rectify,
    .keep_where_positive = keep_where_positive,
    .copy_where_positive = copy_where_positive,
    .exponential = exponential,
    .logarithm = logarithm,
    .cosine_and_sine = cosine_and_sine,
    .elu = elu,
    .multiply_by_elu_derivative = multiply_by_elu_derivative,
    .sigmoid = sigmoid,
    .adam_step = adam_step,
    .make_normal = make_normal,
    .add_rows = add_rows,
    .add_scaled = add_scaled,
    .interpolate = interpolate,
};
