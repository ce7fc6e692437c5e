// Loops over rows of numbers, a register at a time; the last few of a row with zeros in place of those missing.

#define FOR_EACH_VECTOR(count, body) \
  { \
    ptrdiff_t i = 0; \
    for (; i + LANES <= (count); i += LANES) { \
      enum { part = LANES }; \
      body \
    } \
    if (i < (count)) { \
      const ptrdiff_t part = (count) - i; \
      body \
    } \
  }

INLINE vector get(const float *x, ptrdiff_t count) { return count == LANES ? load(x) : load_part(x, count); }
INLINE void put(vector y, float *x, ptrdiff_t count) {
  if (count == LANES) {
    store(y, x);
  } else {
    store_part(y, x, count);
  }
}

static void rectify(float *x, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(positive_part(get(x + i, part)), x + i, part); })
}

static void keep_where_positive(float *x, const float *y, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(where_positive(get(y + i, part), get(x + i, part)), x + i, part); })
}

static void copy_where_positive(float *x, const float *w, const float *y, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(where_positive(get(y + i, part), get(w + i, part)), x + i, part); })
}

/// The nearest integer, of two the even one, for |x| < 2^22.
INLINE vector nearest_integer(vector x) {
#if defined(ROUNDS_IN_HARDWARE)
  return __builtin_elementwise_roundeven(x);
#else
  return (x + 12582912.0f) - 12582912.0f;
#endif
}

/// Within 1.5 ulp of e^x between the smallest and largest finite results; 0 below, +inf above, NaN for NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2 (Cody and Waite's two-part ln 2 keeps r exact), then e^r by the minimax polynomial of
/// Cephes' `expf`, and 2^n by way of the exponent bits, in two factors so that n = 128 does not overflow early.
INLINE vector exponential_of(vector x) {
  vector bounded = choose(x < -104.0f, all(-104.0f), x);
  bounded = choose(bounded > 89.0f, all(89.0f), bounded);
  vector n = nearest_integer(bounded * 1.44269504f);
  vector r = n * -0.693359375f + bounded;
  r = n * 2.1219444e-4f + r;
  vector p = all(1.98756915e-4f);
  p = p * r + 1.39819995e-3f;
  p = p * r + 8.3334519e-3f;
  p = p * r + 4.1665796e-2f;
  p = p * r + 1.66666655e-1f;
  p = p * r + 0.5f;
  p = (p * (r * r) + r) + 1.0f;
  integers exponent = (integers)(n + 12582912.0f) - 0x4B400000;
  integers half = exponent >> 1;
  vector first = (vector)((half + 127) << 23);
  vector second = (vector)((exponent - half + 127) << 23);
  return choose(x != x, x, p * first * second);
}

/// Within 2e-7 of itself or of 1, whichever is more, of ln x for normal positive x.
///
/// x = 2^n m with m in [sqrt 1/2, sqrt 2), then the minimax polynomial of Cephes' `logf` in m - 1; n ln 2 is added in two parts.
INLINE vector logarithm_of(vector x) {
  integers bits = (integers)x;
  integers exponent = (bits - 0x3F3504F3) >> 23;  // the bits of sqrt 1/2
  vector n = (vector)(exponent + 0x4B400000) - 12582912.0f;
  vector f = (vector)(bits - (exponent << 23)) - 1.0f;
  vector square = f * f;
  vector p = all(7.03768363e-2f);
  p = p * f + -1.15146103e-1f;
  p = p * f + 1.16769987e-1f;
  p = p * f + -1.24201408e-1f;
  p = p * f + 1.42493228e-1f;
  p = p * f + -1.66680577e-1f;
  p = p * f + 2.00007148e-1f;
  p = p * f + -2.49999940e-1f;
  p = p * f + 3.33333312e-1f;
  vector small = (n * -2.1219444e-4f + p * f * square) - 0.5f * square;
  return n * 0.693359375f + (f + small);
}

/// Within 1.2e-7 of cos 2 pi t and sin 2 pi t, for t in [0, 1) with at most 24 binary places.
///
/// What is left of t after the nearest quarter turn is exact; Cephes' polynomials for |angle| <= pi/4 do the rest.
INLINE void cosine_and_sine_of_turns(vector t, vector *cosine, vector *sine) {
  vector nearest = nearest_integer(4.0f * t);
  integers quarter = (integers)(nearest + 12582912.0f);
  vector x = (t - 0.25f * nearest) * 0x1.921fb4p+2f;
  vector square = x * x;
  vector s = all(-1.9515296e-4f);
  s = s * square + 8.3321609e-3f;
  s = s * square + -1.66666546e-1f;
  s = s * (square * x) + x;
  vector c = all(2.4433157e-5f);
  c = c * square + -1.38873163e-3f;
  c = c * square + 4.16666457e-2f;
  c = c * (square * square) + (1.0f - 0.5f * square);
  // After a quarter turn cosine and sine change places, each with its sign.
  integers changed = ((integers)c ^ (integers)s) & (0 - (quarter & 1));
  *cosine = (vector)((integers)c ^ changed ^ (((quarter + 1) & 2) << 30));
  *sine = (vector)((integers)s ^ changed ^ ((quarter & 2) << 30));
}

static void exponential(float *x, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(exponential_of(get(x + i, part)), x + i, part); })
}

static void logarithm(float *x, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(logarithm_of(get(x + i, part)), x + i, part); })
}

static void cosine_and_sine(float *x, float *sines, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, {
    vector cosine;
    vector sine;
    cosine_and_sine_of_turns(get(x + i, part), &cosine, &sine);
    put(cosine, x + i, part);
    put(sine, sines + i, part);
  })
}

static void elu(float *x, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, {
    vector y = get(x + i, part);
    put(choose(y > 0.0f, y, exponential_of(y) - 1.0f), x + i, part);
  })
}

static void multiply_by_elu_derivative(float *x, const float *y, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, {
    vector output = get(y + i, part);
    put(get(x + i, part) * choose(output > 0.0f, all(1.0f), output + 1.0f), x + i, part);
  })
}

static void sigmoid(float *x, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(1.0f / (1.0f + exponential_of(-get(x + i, part))), x + i, part); })
}

// One pass: the five arrays together are beyond the second-level cache.
static void adam_step(
    float *restrict theta, float *restrict first, float *restrict second, const float *gradient, const float *other,
    ptrdiff_t count, const kernel_adam *constants) {
  const kernel_adam k = *constants;
  FOR_EACH_VECTOR(count, {
    vector g = get(gradient + i, part);
    if (other) g = g + get(other + i, part);
    vector m = k.beta1 * get(first + i, part) + k.share1 * g;
    vector v = k.beta2 * get(second + i, part) + k.share2 * (g * g);
    put(m, first + i, part);
    put(v, second + i, part);
    vector step = k.step_size * m / (__builtin_elementwise_sqrt(v) * k.scale + k.epsilon);
    put(get(theta + i, part) - step, theta + i, part);
  })
}

static void make_normal(float *block) {
  for (ptrdiff_t i = 0; i < 16; i += LANES) {
    vector radius = __builtin_elementwise_sqrt(-2.0f * logarithm_of(load(block + i)));
    vector cosine;
    vector sine;
    cosine_and_sine_of_turns(load(block + 16 + i), &cosine, &sine);
    store(radius * cosine, block + i);
    store(radius * sine, block + 16 + i);
  }
}

static void add_rows(float *x, const float *a, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride) {
  ptrdiff_t start = 0;
  // Four registers at a time: the sums wait for themselves.
  for (; start + 4 * LANES <= columns; start += 4 * LANES) {
    vector sums[4];
    UNROLL for (int v = 0; v < 4; v++) sums[v] = load(x + start + v * LANES);
    for (ptrdiff_t row = 0; row < rows; row++) {
      UNROLL for (int v = 0; v < 4; v++) sums[v] += load(a + row * stride + start + v * LANES);
    }
    UNROLL for (int v = 0; v < 4; v++) store(sums[v], x + start + v * LANES);
  }
  FOR_EACH_VECTOR(columns - start, {
    vector sum = get(x + start + i, part);
    for (ptrdiff_t row = 0; row < rows; row++) sum += get(a + row * stride + start + i, part);
    put(sum, x + start + i, part);
  })
}

static void add_scaled(float *x, const float *y, float scale, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, { put(get(x + i, part) + scale * get(y + i, part), x + i, part); })
}

static void interpolate(float *x, const float *y, float rate, ptrdiff_t count) {
  FOR_EACH_VECTOR(count, {
    vector old = get(x + i, part);
    put(old + rate * (get(y + i, part) - old), x + i, part);
  })
}
