// What the guarded calls share; see CMuJoCoGuard.h.
#pragma once

#include "CMuJoCoGuard.h"

#include <setjmp.h>

/// Where an error of the call that is going on in this thread leaves to; null outside of one.
extern _Thread_local jmp_buf *mujoco_guard_active;

/// The last guarded call's error.
extern _Thread_local char mujoco_guard_text[2048];

// Runs a statement; false when it raised an error. After the jump a local keeps its value only if it did not change
// since setjmp, like `outer`, or is volatile.
#define GUARDED(statement)                     \
  jmp_buf here;                                \
  jmp_buf *const outer = mujoco_guard_active;  \
  volatile bool completed = false;             \
  mujoco_guard_active = &here;                 \
  if (_setjmp(here) == 0) {                    \
    statement;                                 \
    completed = true;                          \
  }                                            \
  mujoco_guard_active = outer;                 \
  return completed
