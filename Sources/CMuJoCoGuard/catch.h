#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Runs `work(context)`; false when it threw a C++ exception, whose text is then in `message`.
bool mujoco_guard_catch(void (*work)(void *), void *context, char *message, size_t size);

/// The same as C++ code that throws: for tests.
void mujoco_guard_throw(void *text);

#ifdef __cplusplus
}
#endif
