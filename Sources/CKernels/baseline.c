#include "kernels.h"

#define LANES 4
#define TABLE kernels_table_baseline
#if defined(__aarch64__)
// 6 x 16 of thirty-two registers.
#define VECTORS 4
#define WIDE_TILES(DO) TILES(DO, 4)
#define NARROW_TILES(DO) TILES_TO_16(DO, 1)
#define ROUNDS_IN_HARDWARE
#endif
#include "loops.h"
