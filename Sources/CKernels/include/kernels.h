#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Loops over single-precision numbers, written once and compiled for several instruction sets whatever the flags of the build are.
// Which of them the processor has is asked when the program runs. What they compute, to the last bit, is the same for all.

/// What happens to a product's sums on their way to memory.
typedef enum {
  kernel_finish_nothing,
  /// max(x, 0); NaN passes.
  kernel_finish_relu,
  /// x where `mask` is positive, 0 elsewhere.
  kernel_finish_keep_where_positive,
} kernel_finish;

/// C <- finish(start + A B). Strides are in numbers.
typedef struct {
  /// Of C.
  ptrdiff_t rows, columns;
  /// Terms of each sum.
  ptrdiff_t steps;
  /// A. One of its strides is 1: that between rows for a transpose.
  const float *left;
  ptrdiff_t left_row_stride, left_step_stride;
  /// B, or its transpose.
  const float *right;
  ptrdiff_t right_stride;
  bool right_is_transposed;
  float *result;
  ptrdiff_t result_stride;
  /// Where the sums start, zero if there is none; a stride of 0 repeats one row.
  const float *start;
  ptrdiff_t start_stride;
  kernel_finish finish;
  const float *mask;
  ptrdiff_t mask_stride;
  /// Row i goes with row mask_rows[i] of the mask, or with row i if there is no list.
  const int32_t *mask_rows;
} kernel_product;

/// The numbers of an Adam step; see `AdamConstants`.
typedef struct {
  float beta1, beta2, share1, share2, step_size, scale, epsilon;
} kernel_adam;

/// One instruction set's loops; what they compute is said at `RowKernels`. `x` is what changes.
typedef struct {
  /// NULL where multiplying and adding is not one instruction.
  void (*multiply)(const kernel_product *product);
  /// Does `rounds` times `peak_operations` multiplications and additions, each counted, that hardly wait for one another.
  float (*multiply_add)(ptrdiff_t rounds);
  ptrdiff_t peak_operations;

  void (*rectify)(float *x, ptrdiff_t count);
  void (*keep_where_positive)(float *x, const float *y, ptrdiff_t count);
  void (*copy_where_positive)(float *x, const float *w, const float *y, ptrdiff_t count);
  void (*exponential)(float *x, ptrdiff_t count);
  void (*logarithm)(float *x, ptrdiff_t count);
  /// x holds turns; it becomes their cosine, `sine` their sine.
  void (*cosine_and_sine)(float *x, float *sine, ptrdiff_t count);
  void (*elu)(float *x, ptrdiff_t count);
  void (*multiply_by_elu_derivative)(float *x, const float *y, ptrdiff_t count);
  void (*sigmoid)(float *x, ptrdiff_t count);
  void (*adam_step)(
      float *theta, float *first, float *second, const float *gradient, const float *other, ptrdiff_t count,
      const kernel_adam *constants);
  void (*make_normal)(float *block);
  /// x[c] <- x[c] + sum over rows of a[row, c].
  void (*add_rows)(float *x, const float *a, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride);
  /// x <- x + scale y.
  void (*add_scaled)(float *x, const float *y, float scale, ptrdiff_t count);
  /// x <- x + rate (y - x).
  void (*interpolate)(float *x, const float *y, float rate, ptrdiff_t count);
} kernel_table;

/// Each NULL where the processor, or the operating system, has not what it needs.
const kernel_table *kernels_avx512(void);
const kernel_table *kernels_avx2(void);
/// Those of the architecture's oldest machine: always there, without a product except on 64-bit ARM.
const kernel_table *kernels_baseline(void);

/// Multiplications and additions, each counted, of the products that the calling thread has asked for, whoever makes them.
int64_t kernels_operations(void);
void kernels_count_operations(int64_t operations);
