#define _GNU_SOURCE
#include "guarded.h"

#include "catch.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Thread_local jmp_buf *mujoco_guard_active;
_Thread_local char mujoco_guard_text[2048];

static void handle(const mjLogMessage *entry) {
  if (entry->level < mjLOG_ERROR) return;  // warnings are counted in mjData, information is not wanted
  snprintf(mujoco_guard_text, sizeof mujoco_guard_text, "%s%s%s", entry->subject, entry->body ? "\n" : "", entry->body ? entry->body : "");
  if (mujoco_guard_active) longjmp(*mujoco_guard_active, 1);
  fprintf(stderr, "MuJoCo error outside of a guarded call: %s\n", mujoco_guard_text);
  abort();
}

void mujoco_guard_install(void) { mju_setLogHandler(handle); }

const char *mujoco_guard_message(void) { return mujoco_guard_text; }

struct load_request {
  const char *path;
  mjModel *model;
};

// mj_loadXML in its two halves, to say in between that the compiler is to start no threads. Those only share out meshes and textures.
static void compile(void *context) {
  struct load_request *request = context;
  mjSpec *spec = mj_parseXML(request->path, NULL, mujoco_guard_text, sizeof mujoco_guard_text);
  if (!spec) return;
  spec->compiler.usethread = 0;
  request->model = mj_compile(spec, NULL);
  if (!request->model) {
    snprintf(mujoco_guard_text, sizeof mujoco_guard_text, "%s", mjs_getError(spec));
  }
  mj_deleteSpec(spec);
}

static bool load(const char *path, mjModel **model) {
  mujoco_guard_text[0] = 0;
  struct load_request request = {path, NULL};
  GUARDED(if (mujoco_guard_catch(compile, &request, mujoco_guard_text, sizeof mujoco_guard_text)) *model = request.model);
}

bool mujoco_guard_throw_through(const char *text) {
  return mujoco_guard_catch(mujoco_guard_throw, (void *)text, mujoco_guard_text, sizeof mujoco_guard_text);
}

static bool load_plugins(const char *folder) { GUARDED(mj_loadAllPluginLibraries(folder, NULL)); }

void mujoco_guard_load_plugins(void) {
  Dl_info library;
  if (!dladdr((void *)mj_versionString, &library) || !library.dli_fname) return;
  const char *end = strrchr(library.dli_fname, '/');
  char folder[4096];
  int length = end ? (int)(end - library.dli_fname) : 0;
  if (snprintf(folder, sizeof folder, "%.*s/plugin", length, library.dli_fname) >= (int)sizeof folder) return;
  if (access(folder, R_OK) == 0) load_plugins(folder);
}

mjModel *mujoco_guard_load(const char *path) {
  mjModel *model = NULL;
  return load(path, &model) ? model : NULL;
}

static bool make_data(const mjModel *model, mjData **data) { GUARDED(*data = mj_makeData(model)); }

mjData *mujoco_guard_make_data(const mjModel *model) {
  mjData *data = NULL;
  return make_data(model, &data) ? data : NULL;
}

bool mujoco_guard_reset(const mjModel *model, mjData *data) { GUARDED(mj_resetData(model, data)); }

bool mujoco_guard_forward(const mjModel *model, mjData *data) { GUARDED(mj_forward(model, data)); }

bool mujoco_guard_step(const mjModel *model, mjData *data, int count) {
  GUARDED(for (int i = 0; i < count; i++) mj_step(model, data));
}

bool mujoco_guard_rne_post_constraint(const mjModel *model, mjData *data) {
  GUARDED(mj_rnePostConstraint(model, data));
}

bool mujoco_guard_save(const mjModel *model, void *bytes, size_t size) {
  GUARDED(mj_saveModel(model, NULL, bytes, (mjtSize)size));
}

bool mujoco_guard_raise(const char *text) { GUARDED(mju_error("%s", text)); }

int mujoco_guard_take_divergence(mjData *data, int *coordinate) {
  int found = -1;
  for (int kind = mjWARN_BADCTRL; kind >= mjWARN_BADQPOS; kind--) {
    if (data->warning[kind].number == 0) continue;
    found = kind;
    *coordinate = data->warning[kind].lastinfo;
    data->warning[kind].number = 0;
  }
  return found;
}
