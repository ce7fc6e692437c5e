#include "CGLFW.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const char *glfw_load(const char *name, struct GLFWFunctions *functions) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
  void *symbol;
#define GLFW_FIND(result, name, arguments) \
  if (!(symbol = dlsym(library, #name))) return "it lacks the function " #name; \
  memcpy(&functions->name, &symbol, sizeof symbol);
  GLFW_FUNCTIONS(GLFW_FIND)
  return NULL;
}

// GLFW is used on the main thread alone, so one place suffices.
static char message[1024];

static void keep(int code, const char *description) { snprintf(message, sizeof message, "%s", description); }

void glfw_keep_messages(const struct GLFWFunctions *functions) { functions->glfwSetErrorCallback(keep); }

const char *glfw_message(void) { return message; }
