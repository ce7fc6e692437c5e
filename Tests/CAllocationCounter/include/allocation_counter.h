#pragma once
#include <stdbool.h>
#include <stddef.h>

/// Whether allocations can be counted: with glibc's malloc, and no sanitizer in its place.
bool allocation_counter_works(void);

/// How often the calling thread has asked for memory since it began.
size_t allocation_count(void);
