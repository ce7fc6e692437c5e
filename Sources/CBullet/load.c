#include "CBullet.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

// Per thread, so that simulations on several threads do not mix their messages.
static _Thread_local char collected[4096], taken[4096];

static void collect(const char *message) {
  size_t used = strlen(collected), length = strlen(message), room = sizeof collected - 1;
  if (length > room) {
    message += length - room;
    length = room;
  }
  if (used + length > room) {
    size_t dropped = used + length - room;
    memmove(collected, collected + dropped, used - dropped + 1);
    used -= dropped;
  }
  memcpy(collected + used, message, length + 1);
}

const char *bullet_take_messages(void) {
  memcpy(taken, collected, sizeof taken);
  collected[0] = 0;
  return taken;
}

const char *bullet_load(const char *path, struct BulletFunctions *functions) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
  void *symbol;
#define BULLET_FIND(result, name, arguments) \
  if (!(symbol = dlsym(library, #name))) return "it lacks the function " #name; \
  memcpy(&functions->name, &symbol, sizeof symbol);
  BULLET_FUNCTIONS(BULLET_FIND)
  functions->b3SetCustomPrintfFunc(collect);
  functions->b3SetCustomWarningMessageFunc(collect);
  functions->b3SetCustomErrorMessageFunc(collect);
  return NULL;
}
