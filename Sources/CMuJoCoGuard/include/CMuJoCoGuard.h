#pragma once
// MuJoCo reports a failed call by a log message of level "error", and ends the process if the handler returns. Leaving
// the handler therefore takes longjmp, which Swift can neither set up nor be jumped over by: hence this C target.
//
// Every MuJoCo call that can fail has a guarded form here. It returns false on an error, whose text is then in
// mujoco_guard_message(). Nesting and use from several threads are fine: what is kept is per thread.
//
// MuJoCo's compiler is C++ and may throw (no memory, no thread). Exceptions end in mujoco_guard_catch, as neither C nor Swift can be
// passed by them.
//
// Limits: the jump skips MuJoCo's own clean-up, so memory that the failed call held is leaked, and an mjData that was
// being stepped is good only for mj_resetData or mj_deleteData. An error raised outside of a guarded call aborts.
#include <mujoco/mujoco.h>
#include <stdbool.h>
#include <stddef.h>

/// Makes the guard MuJoCo's log handler: nothing is printed, no MUJOCO_LOG.TXT is written. Once per process suffices.
void mujoco_guard_install(void);

/// The last guarded call's error on this thread; valid until the next guarded call.
const char *mujoco_guard_message(void);

/// Loads MuJoCo's own plugin libraries from the folder `plugin` beside the library itself; does nothing where there is none.
void mujoco_guard_load_plugins(void);

/// NULL on failure. Starts no threads: where the system refuses one, MuJoCo would end the process.
mjModel *mujoco_guard_load(const char *path);
mjData *mujoco_guard_make_data(const mjModel *model);

bool mujoco_guard_reset(const mjModel *model, mjData *data);
bool mujoco_guard_forward(const mjModel *model, mjData *data);
/// `count` times mj_step.
bool mujoco_guard_step(const mjModel *model, mjData *data, int count);
/// Writes the model's binary form, mj_sizeModel bytes.
bool mujoco_guard_save(const mjModel *model, void *bytes, size_t size);
bool mujoco_guard_rne_post_constraint(const mjModel *model, mjData *data);
/// A C++ exception, caught: false, and its text is the message. For tests.
bool mujoco_guard_throw_through(const char *text);
/// mju_error itself, so that tests can raise one.
bool mujoco_guard_raise(const char *text);

/// Which of the warnings about NaN or huge positions, velocities, accelerations and controls (mjWARN_BADQPOS …
/// mjWARN_BADCTRL) was counted since the last call, and its coordinate; -1: none. Forgets it, as MuJoCo's own reset of
/// a diverged simulation leaves a count of one each time.
int mujoco_guard_take_divergence(mjData *data, int *coordinate);

// Drawing. The calls from here on that take a context need OpenGL's own to be current in their thread.

/// A copy, for who writes into it; NULL on failure.
mjModel *mujoco_guard_copy_model(const mjModel *model);

/// The specification in a file, to be changed and compiled; NULL on failure.
mjSpec *mujoco_guard_parse(const char *path);
/// NULL on failure.
mjModel *mujoco_guard_compile(mjSpec *specification);

/// Puts the bodies, cameras and lights where the positions in `data` have them, without collisions or forces.
bool mujoco_guard_place(const mjModel *model, mjData *data);

/// Room for what a camera sees of the model and `extra` geometries more; NULL on failure.
mjvScene *mujoco_guard_make_scene(const mjModel *model, int extra);
void mujoco_free_scene(mjvScene *scene);
bool mujoco_guard_update_scene(
  const mjModel *model, mjData *data, const mjvOption *option, mjvCamera *camera, mjvScene *scene);
/// Adds a geometry that the model has not: `size`, `position` [3], `rotation` [9], `color` [4]; false when there is no room.
bool mujoco_add_geometry(
  mjvScene *scene, int type, const double *size, const double *position, const double *rotation, const float *color);

/// What OpenGL keeps of a model: textures, meshes, buffers; NULL on failure.
mjrContext *mujoco_guard_make_context(const mjModel *model, int font_scale);
void mujoco_free_context(mjrContext *context);

/// Text in the picture's corners, any of them NULL; two columns in each.
struct mujoco_overlay {
  const char *top_left[2];
  const char *bottom_left[2];
};

/// Draws the scene into the context's own buffer; `rgb` gets width × height pixels, the lowest row first.
bool mujoco_guard_draw_offscreen(
  mjvScene *scene, mjrContext *context, int width, int height, const struct mujoco_overlay *overlay, unsigned char *rgb);
/// Draws the scene into the window.
bool mujoco_guard_draw_window(
  mjvScene *scene, mjrContext *context, int width, int height, const struct mujoco_overlay *overlay);
/// Shows a picture, the lowest row first, at the window's lower left corner.
bool mujoco_guard_draw_pixels(
  const unsigned char *rgb, int picture_width, int picture_height, mjrContext *context, int width, int height,
  const struct mujoco_overlay *overlay);
