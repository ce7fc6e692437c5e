#include "catch.h"

#include <cstdio>
#include <exception>
#include <stdexcept>

bool mujoco_guard_catch(void (*work)(void *), void *context, char *message, size_t size) {
  try {
    work(context);
    return true;
  } catch (const std::exception &error) {
    snprintf(message, size, "%s", error.what());
  } catch (...) {
    snprintf(message, size, "a C++ exception without a text");
  }
  return false;
}

void mujoco_guard_throw(void *text) { throw std::runtime_error(static_cast<const char *>(text)); }
