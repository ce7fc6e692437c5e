// Every loop of CKernels, by every instruction set that the processor has, beside plain loops that use no vectors: the same bits are
// asked for. Buffers end, or begin, where a page begins that nobody may touch, so that whoever reads or writes beyond them is stopped.
//
//   kernels_check [--has KERNEL]... [--lacks KERNEL]... [--brief | --dispatch]
//
// KERNEL is avx512, avx2 or fused (the architecture's oldest machine multiplies and adds in one instruction). With --brief there are fewer large products, for
// emulators; with --dispatch there is nothing but which kernels are found. The last line says "N passed, M failed"; the exit code is 1
// if any failed. The digest of all results is the same on all machines.
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// MARK: - What the processor has

typedef struct {
  const char *name;
  const kernel_table *table;
} kernel;

static kernel kernels[3];
static int kernel_count;

static void find_kernels(void) {
  const kernel all[] = {{"avx512", kernels_avx512()}, {"avx2", kernels_avx2()}, {"baseline", kernels_baseline()}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i].table) kernels[kernel_count++] = all[i];
  }
}

static bool has(const char *name) {
  if (strcmp(name, "fused") == 0) return kernels_baseline()->multiply != NULL;
  for (int i = 0; i < kernel_count; i++) {
    if (strcmp(kernels[i].name, name) == 0) return true;
  }
  return false;
}

/// What the processor itself says, and what the operating system keeps when it goes from one thread to another.
static void describe_processor(void) {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0, low = 0, high = 0;
  __get_cpuid(1, &a, &b, &c, &d);
  if (c & bit_OSXSAVE) __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  bool fma = c & bit_FMA;
  b = 0;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  printf(
      "processor: fma %d, avx2 %d, avx512f %d, dq %d, bw %d, vl %d; state that the system keeps (XCR0): 0x%x\n", fma, !!(b & bit_AVX2),
      !!(b & bit_AVX512F), !!(b & bit_AVX512DQ), !!(b & bit_AVX512BW), !!(b & bit_AVX512VL), low);
#endif
  printf("kernels:");
  for (int i = 0; i < kernel_count; i++) printf(" %s%s", kernels[i].name, kernels[i].table->multiply ? "" : " (without products)");
  printf("\n");
}

// MARK: - Random numbers

static uint64_t random_state = 1;

static uint64_t random_bits(void) {
  // Vigna's splitmix64.
  uint64_t z = random_state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static ptrdiff_t random_below(ptrdiff_t end) { return (ptrdiff_t)(random_bits() % (uint64_t)end); }

/// In [-1, 1), exactly the same everywhere.
static float random_number(void) { return (float)(int32_t)(random_bits() >> 32) * 0x1p-31f; }

/// Whether the numbers have zeros of both signs, infinities, NaN and subnormal ones among them.
static bool has_special_numbers;

static void fill(float *x, ptrdiff_t count) {
  static const float special[] = {0, -0.0f, NAN, INFINITY, -INFINITY, 1e-40f, -1e-40f, 3e38f, 89.5f, -105};
  for (ptrdiff_t i = 0; i < count; i++) {
    x[i] = random_number();
    if (has_special_numbers && random_below(16) == 0) x[i] = special[random_below(10)];
  }
}

// MARK: - Buffers between pages that nobody may touch

enum { BUFFER_BYTES = 4 << 20, PAGE = 64 << 10 };

typedef struct {
  char *bytes;
  /// What was lent last.
  float *numbers;
  ptrdiff_t count;
} buffer;

static bool at_the_end = true;

static void allocate(buffer *b) {
  if (b->bytes) return;
  char *all = mmap(NULL, BUFFER_BYTES + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect(all + PAGE, BUFFER_BYTES, PROT_READ | PROT_WRITE) != 0) {
    perror("mmap");
    exit(2);
  }
  b->bytes = all + PAGE;
}

/// Room for so many numbers with a forbidden page right behind them, or right before. What is behind depends on the count, so
/// addresses of every remainder occur.
static float *lend(buffer *b, ptrdiff_t count) {
  allocate(b);
  if (count * 4 > BUFFER_BYTES) abort();
  b->count = count;
  b->numbers = (float *)(at_the_end ? b->bytes + BUFFER_BYTES - count * 4 : b->bytes);
  return b->numbers;
}

static float *lend_filled(buffer *b, ptrdiff_t count) {
  float *x = lend(b, count);
  fill(x, count);
  return x;
}

// MARK: - Comparing

static long passed, failed;
static uint64_t digest = 0xcbf29ce484222325u;
static char description[200] = "start";

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return x != x ? 0x7FC00000u : bits;  // which NaN it is depends on the order of the factors
}

static void add_to_digest(const float *x, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) digest = (digest ^ bits_of(x[i])) * 0x100000001b3u;
}

static void check(const char *kernel, const char *what, const float *found, const float *expected, ptrdiff_t count) {
  ptrdiff_t wrong = 0, first = 0;
  for (ptrdiff_t i = count - 1; i >= 0; i--) {
    if (bits_of(found[i]) != bits_of(expected[i])) {
      wrong++;
      first = i;
    }
  }
  if (wrong == 0) {
    passed++;
    return;
  }
  if (failed++ < 20) {
    printf(
        "DIFFERS %s: %s, %s: %td of %td, the first at %td: %a, not %a\n", kernel, description, what, wrong, count, first,
        (double)found[first], (double)expected[first]);
  }
}

static void stopped(int signal) {
  printf(
      "%s in: %s\n%ld passed, %ld failed\n",
      signal == SIGSEGV || signal == SIGBUS ? "OUT OF BOUNDS" : "INSTRUCTION THAT THE PROCESSOR HAS NOT", description, passed,
      failed + 1);
  fflush(stdout);
  _exit(1);
}

// MARK: - Products

static buffer left, right, result, start_buffer, mask_buffer, list_buffer, before_buffer, expected_buffer;

/// One product by its definition: terms in order, each fused.
static void multiply_plainly(const kernel_product *p) {
  for (ptrdiff_t i = 0; i < p->rows; i++) {
    for (ptrdiff_t j = 0; j < p->columns; j++) {
      float sum = p->start ? p->start[i * p->start_stride + j] : 0;
      for (ptrdiff_t k = 0; k < p->steps; k++) {
        float a = p->left[i * p->left_row_stride + k * p->left_step_stride];
        float b = p->right_is_transposed ? p->right[j * p->right_stride + k] : p->right[k * p->right_stride + j];
        sum = fmaf(a, b, sum);
      }
      if (p->finish == kernel_finish_relu) {
        sum = sum < 0 ? 0 : sum;
      } else if (p->finish == kernel_finish_keep_where_positive) {
        ptrdiff_t row = p->mask_rows ? p->mask_rows[i] : i;
        sum = p->mask[row * p->mask_stride + j] > 0 ? sum : 0;
      }
      p->result[i * p->result_stride + j] = sum;
    }
  }
}

static ptrdiff_t extent(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride) { return rows > 0 && columns > 0 ? (rows - 1) * stride + columns : 0; }

/// - kind: bit 0 says whether B is transposed, bit 1 whether A is.
/// - start: 0 zero, 1 the result, 2 one row, 3 a matrix.
/// - finish: 0 nothing, 1 ReLU, 2 a mask, 3 some rows of a mask.
static void check_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps, int kind, int start, int finish) {
  snprintf(
      description, sizeof description, "%td x %td product of %td steps, kind %d, start %d, finish %d%s%s", rows, columns, steps, kind,
      start, finish, has_special_numbers ? ", special numbers" : "", at_the_end ? "" : ", from a page's start");
  bool is_left_transposed = kind & 2;
  kernel_product p = {.rows = rows, .columns = columns, .steps = steps, .right_is_transposed = kind & 1};
  ptrdiff_t left_stride = (is_left_transposed ? rows : steps) + random_below(4);
  p.left_row_stride = is_left_transposed ? 1 : left_stride;
  p.left_step_stride = is_left_transposed ? left_stride : 1;
  p.left = lend_filled(&left, is_left_transposed ? extent(steps, rows, left_stride) : extent(rows, steps, left_stride));
  p.right_stride = (p.right_is_transposed ? steps : columns) + random_below(4);
  p.right = lend_filled(
      &right, p.right_is_transposed ? extent(columns, steps, p.right_stride) : extent(steps, columns, p.right_stride));
  p.result_stride = columns + random_below(4);
  ptrdiff_t result_count = extent(rows, columns, p.result_stride);
  float *before = lend_filled(&before_buffer, result_count);
  p.result = lend(&result, result_count);
  if (start == 1) {
    p.start = p.result;
    p.start_stride = p.result_stride;
  } else if (start == 2) {
    p.start = lend_filled(&start_buffer, columns);
  } else if (start == 3) {
    p.start_stride = columns + random_below(4);
    p.start = lend_filled(&start_buffer, extent(rows, columns, p.start_stride));
  }
  p.finish = finish == 0 ? kernel_finish_nothing : finish == 1 ? kernel_finish_relu : kernel_finish_keep_where_positive;
  if (finish >= 2) {
    p.mask_stride = columns + random_below(4);
    p.mask = lend_filled(&mask_buffer, extent(finish == 3 ? rows + 3 : rows, columns, p.mask_stride));
  }
  if (finish == 3) {
    int32_t *list = (int32_t *)lend(&list_buffer, rows);
    for (ptrdiff_t row = 0; row < rows; row++) list[row] = (int32_t)(row + (row / 2 < 3 ? row / 2 : 3));
    p.mask_rows = list;
  }
  memcpy(p.result, before, (size_t)result_count * 4);
  multiply_plainly(&p);
  float *expected = lend(&expected_buffer, result_count);
  memcpy(expected, p.result, (size_t)result_count * 4);
  add_to_digest(expected, result_count);
  for (int i = 0; i < kernel_count; i++) {
    if (!kernels[i].table->multiply) continue;
    memcpy(p.result, before, (size_t)result_count * 4);
    kernels[i].table->multiply(&p);
    // What lies between the rows too.
    check(kernels[i].name, "product", p.result, expected, result_count);
  }
}

static long product_count;

/// Kinds, starts and finishes take turns, so that each meets each.
static void check_next_product(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t steps) {
  long n = product_count++;
  at_the_end = n % 8 != 7;
  has_special_numbers = n % 5 == 4;
  check_product(rows, columns, steps, (int)(n % 4), (int)(n / 4 % 4), (int)(n / 16 % 4));
}

static void check_products(bool brief) {
  // Every number of rows that a tile can have, and every remainder of columns, with few steps.
  static const ptrdiff_t few[] = {1, 3, 4, 6, 9, 0, 5};
  for (ptrdiff_t rows = 1; rows <= 34; rows++) {
    for (ptrdiff_t columns = 1; columns <= 70; columns++) {
      for (int repeat = 0; repeat < 3; repeat++) check_next_product(rows, columns, few[product_count % 7]);
    }
  }
  long small = product_count;
  // The sizes that networks have, and those beside a panel's 256 steps.
  static const ptrdiff_t rows[] = {1, 2, 11, 24, 25, 31, 32, 48, 64, 77, 127, 128, 129, 256, 257, 600};
  static const ptrdiff_t columns[] = {1, 3, 6, 17, 32, 48, 63, 64, 65, 96, 111, 256, 257, 376};
  static const ptrdiff_t steps[] = {0, 1, 11, 17, 23, 111, 128, 255, 256, 257, 376, 511, 513, 600};
  for (int n = 0; n < 400; n++) {
    ptrdiff_t m = rows[random_below(16)], c = columns[random_below(14)], k = steps[random_below(14)];
    if (m * c * k > (brief ? 100000 : 8000000)) continue;
    check_next_product(m, c, k);
  }
  // The largest ones: a layer of 256, Humanoid's first, and its gradient. An emulator takes its time for one.
  static const ptrdiff_t large[][3] = {{128, 256, 256}, {128, 256, 376}, {256, 376, 128}, {600, 256, 111}, {256, 256, 256}};
  for (int i = 0; i < (brief ? 1 : 5); i++) check_next_product(large[i][0], large[i][1], large[i][2]);
  printf("products: %ld small, %ld larger\n", small, product_count - small);
  fflush(stdout);
}

// MARK: - Rows

static buffer x_buffer, y_buffer, z_buffer, first_buffer, second_buffer, other_buffer;

typedef enum {
  rectify,
  keep_where_positive,
  copy_where_positive,
  exponential,
  logarithm,
  cosine_and_sine,
  elu,
  multiply_by_elu_derivative,
  sigmoid,
  adam_step,
  adam_step_of_two,
  make_normal,
  add_rows,
  add_scaled,
  interpolate,
  row_kernel_count,
} row_kernel;

static const char *const row_kernel_names[] = {
    "rectify", "keep_where_positive", "copy_where_positive", "exponential", "logarithm", "cosine_and_sine", "elu",
    "multiply_by_elu_derivative", "sigmoid", "adam_step", "adam_step of two gradients", "make_normal", "add_rows", "add_scaled",
    "interpolate",
};

static const kernel_adam adam = {
    .beta1 = 0.9f, .beta2 = 0.999f, .share1 = 0.1f, .share2 = 0.001f, .step_size = 0.01f, .scale = 1.5f, .epsilon = 1e-8f};

/// What a loop works on: it changes x, first and second.
typedef struct {
  float *x, *y, *z, *first, *second, *other;
  ptrdiff_t count, rows, stride;
} row_arguments;

static void run(const kernel_table *table, row_kernel which, const row_arguments *a) {
  switch (which) {
    case rectify: table->rectify(a->x, a->count); break;
    case keep_where_positive: table->keep_where_positive(a->x, a->y, a->count); break;
    case copy_where_positive: table->copy_where_positive(a->x, a->other, a->y, a->count); break;
    case exponential: table->exponential(a->x, a->count); break;
    case logarithm: table->logarithm(a->x, a->count); break;
    case cosine_and_sine: table->cosine_and_sine(a->x, a->first, a->count); break;
    case elu: table->elu(a->x, a->count); break;
    case multiply_by_elu_derivative: table->multiply_by_elu_derivative(a->x, a->y, a->count); break;
    case sigmoid: table->sigmoid(a->x, a->count); break;
    case adam_step: table->adam_step(a->x, a->first, a->second, a->y, NULL, a->count, &adam); break;
    case adam_step_of_two: table->adam_step(a->x, a->first, a->second, a->y, a->other, a->count, &adam); break;
    case make_normal: table->make_normal(a->x); break;
    case add_rows: table->add_rows(a->x, a->z, a->rows, a->count, a->stride); break;
    case add_scaled: table->add_scaled(a->x, a->y, 0.3f, a->count); break;
    case interpolate: table->interpolate(a->x, a->y, 0.005f, a->count); break;
    case row_kernel_count: break;
  }
}

// Each operation is rounded.
#pragma STDC FP_CONTRACT OFF

/// By its definition. False for those that have polynomials within: the loops for the architecture's oldest machine stand in for them.
static bool run_plainly(row_kernel which, const row_arguments *a) {
  for (ptrdiff_t i = 0; i < a->count; i++) {
    float *x = a->x + i;
    float y = a->y[i];
    switch (which) {
      case rectify: *x = *x < 0 ? 0 : *x; break;
      case keep_where_positive: *x = y > 0 ? *x : 0; break;
      case copy_where_positive: *x = y > 0 ? a->other[i] : 0; break;
      case multiply_by_elu_derivative: *x = *x * (y > 0 ? 1 : y + 1); break;
      case add_scaled: *x = *x + 0.3f * y; break;
      case interpolate: *x = *x + 0.005f * (y - *x); break;
      case add_rows:
        for (ptrdiff_t row = 0; row < a->rows; row++) *x = *x + a->z[row * a->stride + i];
        break;
      case adam_step:
      case adam_step_of_two: {
        float g = which == adam_step ? y : y + a->other[i];
        float m = adam.beta1 * a->first[i] + adam.share1 * g;
        float v = adam.beta2 * a->second[i] + adam.share2 * (g * g);
        a->first[i] = m;
        a->second[i] = v;
        *x = *x - adam.step_size * m / (__builtin_sqrtf(v) * adam.scale + adam.epsilon);
        break;
      }
      default: return false;
    }
  }
  return true;
}

static void check_row(row_kernel which, ptrdiff_t count) {
  snprintf(
      description, sizeof description, "%s of %td%s%s", row_kernel_names[which], count, has_special_numbers ? ", special numbers" : "",
      at_the_end ? "" : ", from a page's start");
  row_arguments a = {.count = count, .rows = random_below(20), .stride = count + random_below(4)};
  a.y = lend_filled(&y_buffer, count);
  a.z = lend_filled(&z_buffer, extent(a.rows, count, a.stride));
  a.other = lend_filled(&other_buffer, count);
  float *before[3] = {lend_filled(&before_buffer, count), lend_filled(&expected_buffer, count), lend_filled(&mask_buffer, count)};
  for (ptrdiff_t i = 0; i < count; i++) {
    before[2][i] = fabsf(before[2][i]);
    if (which == logarithm) before[0][i] = fabsf(random_number()) + 0x1p-40f;
    // Turns, in [0, 1); what becomes a radius is in (0, 1].
    if (which == cosine_and_sine || which == make_normal) before[0][i] = (float)(random_bits() >> 40) * 0x1p-24f;
    if (which == make_normal && i < 16) before[0][i] += 0x1p-24f;
  }
  float *changed[3] = {a.x = lend(&x_buffer, count), a.first = lend(&first_buffer, count), a.second = lend(&second_buffer, count)};
  buffer *const kept[3] = {&left, &right, &result};
  float *expected[3];
  for (int i = 0; i < 3; i++) expected[i] = lend(kept[i], count);

  const kernel reference = kernels[kernel_count - 1];
  for (int i = 0; i < 3; i++) memcpy(changed[i], before[i], (size_t)count * 4);
  bool is_plain = run_plainly(which, &a);
  if (!is_plain) run(reference.table, which, &a);
  for (int i = 0; i < 3; i++) {
    memcpy(expected[i], changed[i], (size_t)count * 4);
    add_to_digest(expected[i], count);
  }
  for (int k = 0; k < kernel_count - (is_plain ? 0 : 1); k++) {
    for (int i = 0; i < 3; i++) memcpy(changed[i], before[i], (size_t)count * 4);
    run(kernels[k].table, which, &a);
    for (int i = 0; i < 3; i++) {
      static const char *const names[] = {"x", "the first moment, or the sine", "the second moment"};
      check(kernels[k].name, names[i], changed[i], expected[i], count);
    }
  }
}

static void check_rows(void) {
  long count = 0;
  for (row_kernel which = 0; which < row_kernel_count; which++) {
    for (int n = 0; n < 160; n++) {
      static const ptrdiff_t larger[] = {95, 96, 97, 127, 128, 129, 255, 256, 257, 300};
      ptrdiff_t length = n % 80 < 70 ? n % 80 : larger[n % 10];
      at_the_end = n % 8 != 7;
      has_special_numbers = n % 2 && which != make_normal && which != cosine_and_sine && which != logarithm;
      check_row(which, which == make_normal ? 32 : length);
      count++;
    }
  }
  printf("rows: %ld\n", count);
  fflush(stdout);
}

// MARK: -

static void check_peaks(void) {
  for (int i = 0; i < kernel_count; i++) {
    if (!kernels[i].table->multiply_add) continue;
    snprintf(description, sizeof description, "independent multiply-adds");
    float sum = kernels[i].table->multiply_add(20);
    // Each sum goes to 1: s <- 0.999 s + 0.001.
    bool is_right = kernels[i].table->peak_operations > 0 && sum > 12 && sum < 120;
    is_right ? passed++ : failed++;
    if (!is_right) printf("DIFFERS %s: independent multiply-adds end at %g\n", kernels[i].name, (double)sum);
  }
}

int main(int count, char **arguments) {
  struct sigaction action = {.sa_handler = stopped};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
  sigaction(SIGILL, &action, NULL);
  find_kernels();
  describe_processor();
  bool brief = false, only_dispatch = false;
  for (int i = 1; i < count; i++) {
    if (strcmp(arguments[i], "--brief") == 0) {
      brief = true;
    } else if (strcmp(arguments[i], "--dispatch") == 0) {
      only_dispatch = true;
    } else if (i + 1 < count && (strcmp(arguments[i], "--has") == 0 || strcmp(arguments[i], "--lacks") == 0)) {
      bool should = strcmp(arguments[i], "--has") == 0;
      if (has(arguments[++i]) == should) {
        passed++;
      } else {
        failed++;
        printf("DIFFERS %s is %s\n", arguments[i], should ? "not there" : "there");
      }
    } else {
      fprintf(stderr, "kernels_check: what is '%s'? See the top of its source.\n", arguments[i]);
      return 2;
    }
  }
  if (!only_dispatch) {
    check_peaks();
    check_rows();
    check_products(brief);
    printf("digest: %016llx\n", (unsigned long long)digest);
  }
  printf("%ld passed, %ld failed\n", passed, failed);
  return failed > 0;
}
