#ifdef VECTORS

// B is copied, a tile's columns at a time, to a panel that the nearest caches hold. The sums of a tile stay in registers while one
// walks along A's rows and down the panel. Each sum adds its terms one by one in order, each rounded once (fused), so how the matrices
// are cut, and how wide the registers are, changes no result.

enum {
  /// Columns of a panel.
  PANEL_COLUMNS = LANES * VECTORS,
  /// Rows of a panel, at most: longer sums go on from where they are.
  PANEL_ROWS = 256,
};

/// Some columns of a product, as a panel holds them.
typedef struct {
  ptrdiff_t first, count;
  /// Numbers from a row of the panel to the next: those of one register, or of VECTORS of them.
  ptrdiff_t stride;
} panel_columns;

INLINE void copy_rows(float *panel, const kernel_product *p, ptrdiff_t first_step, ptrdiff_t steps, panel_columns columns) {
  const float *source = p->right + first_step * p->right_stride + columns.first;
  for (ptrdiff_t step = 0; step < steps; step++, source += p->right_stride, panel += columns.stride) {
    for (ptrdiff_t c = 0; c < columns.stride; c += LANES) {
      ptrdiff_t left = columns.count - c;
      store(left >= LANES ? load(source + c) : load_part(source + c, left > 0 ? left : 0), panel + c);
    }
  }
}

typedef float quarter __attribute__((vector_size(16)));
typedef float unaligned_quarter __attribute__((vector_size(16), aligned(4)));

/// Four numbers of each of LANES rows, `stride` apart, become four registers' worth of columns, `panel_stride` apart.
INLINE void transpose_four(const float *source, ptrdiff_t stride, float *panel, ptrdiff_t panel_stride) {
  // rows[i] holds rows i, i + 4, i + 8 and so on, one after the other: what follows stays within quarters.
  vector rows[4];
  UNROLL for (int i = 0; i < 4; i++) {
    UNROLL for (int q = 0; q < LANES / 4; q++) {
      ((quarter *)&rows[i])[q] = *(const unaligned_quarter *)(source + (i + 4 * q) * stride);
    }
  }
#if LANES == 16
#define SHUFFLE(a, b, i, j, k, l) \
  __builtin_shufflevector( \
      a, b, i, j, k + 12, l + 12, i + 4, j + 4, k + 16, l + 16, i + 8, j + 8, k + 20, l + 20, i + 12, j + 12, k + 24, l + 24)
#elif LANES == 8
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k + 4, l + 4, i + 4, j + 4, k + 8, l + 8)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#endif
#define INTERLEAVE_LOW(a, b) INTERLEAVE(a, b, 0, 1)
#define INTERLEAVE_HIGH(a, b) INTERLEAVE(a, b, 2, 3)
#if LANES == 16
#define INTERLEAVE(a, b, i, j) \
  __builtin_shufflevector( \
      a, b, i, i + 16, j, j + 16, i + 4, i + 20, j + 4, j + 20, i + 8, i + 24, j + 8, j + 24, i + 12, i + 28, j + 12, j + 28)
#elif LANES == 8
#define INTERLEAVE(a, b, i, j) __builtin_shufflevector(a, b, i, i + 8, j, j + 8, i + 4, i + 12, j + 4, j + 12)
#else
#define INTERLEAVE(a, b, i, j) __builtin_shufflevector(a, b, i, i + 4, j, j + 4)
#endif
  vector low01 = INTERLEAVE_LOW(rows[0], rows[1]), high01 = INTERLEAVE_HIGH(rows[0], rows[1]);
  vector low23 = INTERLEAVE_LOW(rows[2], rows[3]), high23 = INTERLEAVE_HIGH(rows[2], rows[3]);
  store(SHUFFLE(low01, low23, 0, 1, 4, 5), panel);
  store(SHUFFLE(low01, low23, 2, 3, 6, 7), panel + panel_stride);
  store(SHUFFLE(high01, high23, 0, 1, 4, 5), panel + 2 * panel_stride);
  store(SHUFFLE(high01, high23, 2, 3, 6, 7), panel + 3 * panel_stride);
}

INLINE void copy_transposed(float *panel, const kernel_product *p, ptrdiff_t first_step, ptrdiff_t steps, panel_columns columns) {
  const float *source = p->right + columns.first * p->right_stride + first_step;
  ptrdiff_t whole = columns.count / LANES * LANES;
  for (ptrdiff_t c = 0; c < whole; c += LANES) {
    const float *rows = source + c * p->right_stride;
    ptrdiff_t step = 0;
    for (; step + 4 <= steps; step += 4) {
      transpose_four(rows + step, p->right_stride, panel + step * columns.stride + c, columns.stride);
    }
    for (; step < steps; step++) {
      for (ptrdiff_t i = 0; i < LANES; i++) panel[step * columns.stride + c + i] = rows[i * p->right_stride + step];
    }
  }
  if (whole == columns.stride) return;
  for (ptrdiff_t step = 0; step < steps; step++) {
    float *row = panel + step * columns.stride;
    for (ptrdiff_t c = whole; c < columns.stride; c++) row[c] = c < columns.count ? source[c * p->right_stride + step] : 0;
  }
}

/// The sums of `tile_rows` rows by `vectors` registers over some steps. Both are constants where this is expanded.
INLINE void multiply_tile(
    const kernel_product *p, int tile_rows, int vectors, ptrdiff_t row, ptrdiff_t first_step, ptrdiff_t steps,
    panel_columns columns, const float *panel) {
  vector sums[24];
  // Of two registers the first is whole, or the panel would be one register wide; of more, some may be empty.
#define NUMBERS(V) (vectors == 2 && (V) == 0 ? LANES : columns.count - (V) * LANES)
  float *result = p->result + row * p->result_stride + columns.first;
  const float *start = first_step > 0 ? result : p->start ? p->start + row * p->start_stride + columns.first : NULL;
  if (start) {
    ptrdiff_t stride = first_step > 0 ? p->result_stride : p->start_stride;
    UNROLL for (int r = 0; r < tile_rows; r++) {
      UNROLL for (int v = 0; v < vectors; v++) {
        const float *from = start + r * stride + v * LANES;
        const ptrdiff_t numbers = NUMBERS(v);
        sums[r * vectors + v] = numbers >= LANES ? load(from) : load_part(from, numbers);
      }
    }
  } else {
    UNROLL for (int i = 0; i < tile_rows * vectors; i++) sums[i] = (vector){};
  }
  const float *left = p->left + row * p->left_row_stride + first_step * p->left_step_stride;
#define STEP(ROW) \
  { \
    vector b[4]; \
    UNROLL for (int v = 0; v < vectors; v++) b[v] = load(panel + v * LANES); \
    UNROLL for (int r = 0; r < tile_rows; r++) { \
      vector a = all(ROW); \
      UNROLL for (int v = 0; v < vectors; v++) { \
        sums[r * vectors + v] = __builtin_elementwise_fma(a, b[v], sums[r * vectors + v]); \
      } \
    } \
    panel += vectors * LANES; \
  }
  if (p->left_step_stride == 1) {
    // One pointer walks; rows are found from it by addresses of the form pointer + factor * distance, or from a second one eight rows on.
    ptrdiff_t once = p->left_row_stride, thrice = 3 * once, five = 5 * once, seven = 7 * once;
    KEEP_IN_REGISTER(once);
    KEEP_IN_REGISTER(thrice);
    if (tile_rows > 5) KEEP_IN_REGISTER(five);
    if (tile_rows > 7) KEEP_IN_REGISTER(seven);
    const ptrdiff_t rows[8] = {0, once, 2 * once, thrice, 4 * once, five, 2 * thrice, seven};
    const float *later = left + 8 * once;
    _Pragma("clang loop unroll_count(4)") for (ptrdiff_t step = 0; step < steps; step++) {
      STEP(r < 8 ? left[rows[r & 7]] : later[rows[r & 7]])
      // With two walking pointers the compiler would rather have one for each row, and keep most of them in memory.
      if (tile_rows > 8 && LANES == 16) KEEP_IN_REGISTER(later);
      left++;
      later++;
    }
  } else {
    ptrdiff_t stride = p->left_step_stride;
    _Pragma("clang loop unroll_count(2)") for (ptrdiff_t step = 0; step < steps; step++, left += stride) STEP(left[r])
  }
#undef STEP
#define STORE(FINISHED) \
  UNROLL for (int r = 0; r < tile_rows; r++) { \
    UNROLL for (int v = 0; v < vectors; v++) { \
      const ptrdiff_t at = v * LANES; \
      const ptrdiff_t numbers = NUMBERS(v); \
      const bool is_whole = numbers >= LANES; \
      vector sum = sums[r * vectors + v]; \
      float *to = result + r * p->result_stride + at; \
      sum = FINISHED; \
      if (is_whole) { \
        store(sum, to); \
      } else { \
        store_part(sum, to, numbers); \
      } \
    } \
  }
  if (first_step + steps < p->steps || p->finish == kernel_finish_nothing) {
    STORE(sum)
  } else if (p->finish == kernel_finish_relu) {
    STORE(positive_part(sum))
  } else {
    const float *masks[16];
    UNROLL for (int r = 0; r < tile_rows; r++) {
      masks[r] = p->mask + (p->mask_rows ? p->mask_rows[row + r] : row + r) * p->mask_stride + columns.first;
    }
    STORE(where_positive(is_whole ? load(masks[r] + at) : load_part(masks[r] + at, numbers), sum))
  }
#undef STORE
#undef NUMBERS
}

typedef void tile_function(
    const kernel_product *p, ptrdiff_t row, ptrdiff_t first_step, ptrdiff_t steps, panel_columns columns, const float *panel);

#define TILE(ROWS, WIDTH) \
  static void tile_##ROWS##_##WIDTH( \
      const kernel_product *p, ptrdiff_t row, ptrdiff_t first_step, ptrdiff_t steps, panel_columns columns, const float *panel) { \
    multiply_tile(p, ROWS, WIDTH, row, first_step, steps, columns, panel); \
  }
#define TILES(DO, WIDTH) DO(1, WIDTH) DO(2, WIDTH) DO(3, WIDTH) DO(4, WIDTH) DO(5, WIDTH) DO(6, WIDTH)
#define TILES_TO_8(DO, WIDTH) TILES(DO, WIDTH) DO(7, WIDTH) DO(8, WIDTH)
#define TILES_TO_12(DO, WIDTH) TILES_TO_8(DO, WIDTH) DO(9, WIDTH) DO(10, WIDTH) DO(11, WIDTH) DO(12, WIDTH)
#define TILES_TO_16(DO, WIDTH) TILES_TO_12(DO, WIDTH) DO(13, WIDTH) DO(14, WIDTH) DO(15, WIDTH) DO(16, WIDTH)
#define NAME(ROWS, WIDTH) tile_##ROWS##_##WIDTH,

WIDE_TILES(TILE)
NARROW_TILES(TILE)
/// By their rows.
static tile_function *const wide_tiles[] = {NULL, WIDE_TILES(NAME)};
static tile_function *const narrow_tiles[] = {NULL, NARROW_TILES(NAME)};
enum {
  WIDE_ROWS = sizeof wide_tiles / sizeof *wide_tiles - 1,
  NARROW_ROWS = sizeof narrow_tiles / sizeof *narrow_tiles - 1,
  /// Sums of a tile below which it waits for them: two multiply-adds a cycle, four cycles each.
  FEWEST_SUMS = 8,
};

/// Rows of the next tile. The last ones are shared by two of about equal size rather than leaving a very small one.
INLINE ptrdiff_t next_rows(ptrdiff_t left, ptrdiff_t most, ptrdiff_t fewest) {
  return left <= most ? left : left < most + fewest ? (left + 1) / 2 : most;
}

/// Asks for what is needed soon: a share of the next panel of B and C while this one is at work, and A's next rows during the first.
INLINE void prefetch(
    const kernel_product *p, ptrdiff_t row, ptrdiff_t count, ptrdiff_t first_step, ptrdiff_t steps, panel_columns columns) {
  ptrdiff_t next = columns.first + columns.count;
  if (next < p->columns) {
    const float *result = p->result + row * p->result_stride + next;
    for (ptrdiff_t r = 0; r < count; r++) {
      for (ptrdiff_t c = 0; c < PANEL_COLUMNS; c += 16) __builtin_prefetch(result + r * p->result_stride + c, 1, 2);
    }
    // Lines of a panel, sixteen numbers each.
    ptrdiff_t lines = steps * PANEL_COLUMNS / 16;
    ptrdiff_t line = lines * row / p->rows, end = lines * (row + count) / p->rows;
    if (p->right_is_transposed) {
      const float *right = p->right + next * p->right_stride + first_step;
      for (; line < end; line++) {
        __builtin_prefetch(right + line % PANEL_COLUMNS * p->right_stride + line / PANEL_COLUMNS * 16, 0, 2);
      }
    } else {
      const float *right = p->right + first_step * p->right_stride + next;
      for (; line < end; line++) {
        __builtin_prefetch(right + line / (PANEL_COLUMNS / 16) * p->right_stride + line % (PANEL_COLUMNS / 16) * 16, 0, 2);
      }
    }
  }
  if (columns.first == 0) {
    const float *left = p->left + (row + count) * p->left_row_stride + first_step * p->left_step_stride;
    if (p->left_step_stride == 1) {
      for (ptrdiff_t r = 0; r < count; r++) {
        for (ptrdiff_t step = 0; step < steps; step += 16) __builtin_prefetch(left + r * p->left_row_stride + step, 0, 2);
      }
    } else {
      for (ptrdiff_t step = 0; step < steps; step++) __builtin_prefetch(left + step * p->left_step_stride, 0, 2);
    }
  }
}

static void multiply(const kernel_product *p) {
  float panel[PANEL_ROWS * PANEL_COLUMNS] __attribute__((aligned(64)));
  for (ptrdiff_t first = 0; first < p->columns; first += PANEL_COLUMNS) {
    ptrdiff_t left = p->columns - first;
    panel_columns columns = {first, left < PANEL_COLUMNS ? left : PANEL_COLUMNS, left <= LANES ? LANES : PANEL_COLUMNS};
    tile_function *const *tiles = columns.stride == LANES ? narrow_tiles : wide_tiles;
    ptrdiff_t most = columns.stride == LANES ? NARROW_ROWS : WIDE_ROWS;
    ptrdiff_t fewest = FEWEST_SUMS * LANES / columns.stride;
    ptrdiff_t step = 0;
    do {
      ptrdiff_t steps = p->steps - step < PANEL_ROWS ? p->steps - step : PANEL_ROWS;
      if (p->right_is_transposed) {
        copy_transposed(panel, p, step, steps, columns);
      } else {
        copy_rows(panel, p, step, steps, columns);
      }
      for (ptrdiff_t row = 0, count; row < p->rows; row += count) {
        count = next_rows(p->rows - row, most, fewest);
        prefetch(p, row, count, step, steps, columns);
        tiles[count](p, row, step, steps, columns, panel);
      }
      step += steps;
    } while (step < p->steps);
  }
}

enum { PEAK_SUMS = LANES == 8 ? 12 : 16, PEAK_STEPS = 16, PEAK_OPERATIONS = 2 * LANES * PEAK_SUMS * PEAK_STEPS };

static float multiply_add(ptrdiff_t rounds) {
  vector sums[PEAK_SUMS];
  UNROLL for (int i = 0; i < PEAK_SUMS; i++) sums[i] = all((float)i);
  vector a = all(0.999f);
  vector b = all(0.001f);
  for (ptrdiff_t round = 0; round < rounds; round++) {
    UNROLL for (int step = 0; step < PEAK_STEPS; step++) {
      UNROLL for (int i = 0; i < PEAK_SUMS; i++) sums[i] = __builtin_elementwise_fma(sums[i], a, b);
    }
  }
  vector sum = sums[0];
  UNROLL for (int i = 1; i < PEAK_SUMS; i++) sum += sums[i];
  return sum[0];
}

#endif
