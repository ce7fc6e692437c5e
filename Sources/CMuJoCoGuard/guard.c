#include "CMuJoCoGuard.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local jmp_buf *active;
static _Thread_local char message[2048];

static void handle(const mjLogMessage *entry) {
  if (entry->level < mjLOG_ERROR) return;  // warnings are counted in mjData, information is not wanted
  snprintf(message, sizeof message, "%s%s%s", entry->subject, entry->body ? "\n" : "", entry->body ? entry->body : "");
  if (active) longjmp(*active, 1);
  fprintf(stderr, "MuJoCo error outside of a guarded call: %s\n", message);
  abort();
}

void mujoco_guard_install(void) { mju_setLogHandler(handle); }

const char *mujoco_guard_message(void) { return message; }

// Runs a statement; false when it raised an error. After the jump a local keeps its value only if it did not change
// since setjmp, like `outer`, or is volatile.
#define GUARDED(statement)         \
  jmp_buf here;                    \
  jmp_buf *const outer = active;   \
  volatile bool completed = false; \
  active = &here;                  \
  if (_setjmp(here) == 0) {        \
    statement;                     \
    completed = true;              \
  }                                \
  active = outer;                  \
  return completed

static bool load(const char *path, mjModel **model) {
  message[0] = 0;
  GUARDED(*model = mj_loadXML(path, NULL, message, sizeof message));
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
