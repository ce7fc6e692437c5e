#include "CEGL.h"

#include <dlfcn.h>
#include <string.h>

const char *egl_load(const char *name, struct EGLFunctions *functions) {
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
  void *symbol = dlsym(library, "eglGetProcAddress");
  if (!symbol) return "it lacks the function eglGetProcAddress";
  void (*(*find)(const char *))(void);
  memcpy(&find, &symbol, sizeof symbol);
#define EGL_FIND(result, name, arguments) \
  if (!(symbol = dlsym(library, #name))) return "it lacks the function " #name; \
  memcpy(&functions->name, &symbol, sizeof symbol);
  EGL_FUNCTIONS(EGL_FIND)
#define EGL_FIND_EXTENSION(result, name, arguments) functions->name = (result(*) arguments)find(#name);
  EGL_EXTENSION_FUNCTIONS(EGL_FIND_EXTENSION)
  return NULL;
}
