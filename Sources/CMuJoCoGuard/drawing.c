#include "guarded.h"

#include "catch.h"

#include <stdio.h>
#include <stdlib.h>

static bool copy_model(const mjModel *model, mjModel **copy) { GUARDED(*copy = mj_copyModel(NULL, model)); }

mjModel *mujoco_guard_copy_model(const mjModel *model) {
  mjModel *copy = NULL;
  return copy_model(model, &copy) ? copy : NULL;
}

// MuJoCo's parser and compiler are C++: they throw, and what they refuse they give as text.
struct specification_request {
  const char *path;
  mjSpec *specification;
  mjModel *model;
};

static void parse(void *context) {
  struct specification_request *request = context;
  request->specification = mj_parseXML(request->path, NULL, mujoco_guard_text, sizeof mujoco_guard_text);
}

static void compile(void *context) {
  struct specification_request *request = context;
  // As for models that are simulated: threads only share out meshes and textures.
  request->specification->compiler.usethread = 0;
  request->model = mj_compile(request->specification, NULL);
  if (!request->model) {
    snprintf(mujoco_guard_text, sizeof mujoco_guard_text, "%s", mjs_getError(request->specification));
  }
}

static bool run(void (*work)(void *), struct specification_request *request) {
  GUARDED(mujoco_guard_catch(work, request, mujoco_guard_text, sizeof mujoco_guard_text));
}

mjSpec *mujoco_guard_parse(const char *path) {
  struct specification_request request = {path, NULL, NULL};
  mujoco_guard_text[0] = 0;
  return run(parse, &request) ? request.specification : NULL;
}

mjModel *mujoco_guard_compile(mjSpec *specification) {
  struct specification_request request = {NULL, specification, NULL};
  mujoco_guard_text[0] = 0;
  return run(compile, &request) ? request.model : NULL;
}

bool mujoco_guard_place(const mjModel *model, mjData *data) {
  GUARDED(mj_kinematics(model, data); mj_comPos(model, data); mj_camlight(model, data); mj_flex(model, data);
          mj_tendon(model, data));
}

static bool make_scene(const mjModel *model, int count, mjvScene *scene) { GUARDED(mjv_makeScene(model, scene, count)); }

mjvScene *mujoco_guard_make_scene(const mjModel *model, int extra) {
  mjvScene *scene = malloc(sizeof *scene);
  if (!scene) return NULL;
  mjv_defaultScene(scene);
  // A geometry may be seen with the decorations that options add; a thousand is MuJoCo's own choice for a small model.
  if (make_scene(model, model->ngeom + extra + 1000, scene)) return scene;
  free(scene);
  return NULL;
}

void mujoco_free_scene(mjvScene *scene) {
  mjv_freeScene(scene);
  free(scene);
}

bool mujoco_guard_update_scene(
  const mjModel *model, mjData *data, const mjvOption *option, mjvCamera *camera, mjvScene *scene) {
  GUARDED(mjv_updateScene(model, data, option, NULL, camera, mjCAT_ALL, scene));
}

bool mujoco_add_geometry(
  mjvScene *scene, int type, const double *size, const double *position, const double *rotation, const float *color) {
  if (scene->ngeom >= scene->maxgeom) return false;
  mjvGeom *geometry = scene->geoms + scene->ngeom++;
  mjv_initGeom(geometry, type, size, position, rotation, color);
  geometry->category = mjCAT_DYNAMIC;
  return true;
}

static bool make_context(const mjModel *model, int font_scale, mjrContext *context) {
  GUARDED(mjr_makeContext(model, context, font_scale));
}

mjrContext *mujoco_guard_make_context(const mjModel *model, int font_scale) {
  mjrContext *context = malloc(sizeof *context);
  if (!context) return NULL;
  mjr_defaultContext(context);
  if (make_context(model, font_scale, context)) return context;
  free(context);
  return NULL;
}

void mujoco_free_context(mjrContext *context) {
  mjr_freeContext(context);
  free(context);
}

static void draw_overlay(mjrRect viewport, const struct mujoco_overlay *overlay, mjrContext *context) {
  if (overlay->top_left[0])
    mjr_overlay(mjFONT_NORMAL, mjGRID_TOPLEFT, viewport, overlay->top_left[0], overlay->top_left[1], context);
  if (overlay->bottom_left[0])
    mjr_overlay(mjFONT_NORMAL, mjGRID_BOTTOMLEFT, viewport, overlay->bottom_left[0], overlay->bottom_left[1], context);
}

static void draw(mjvScene *scene, mjrContext *context, int buffer, mjrRect viewport, const struct mujoco_overlay *overlay) {
  mjr_setBuffer(buffer, context);
  mjr_render(viewport, scene, context);
  draw_overlay(viewport, overlay, context);
}

bool mujoco_guard_draw_offscreen(
  mjvScene *scene, mjrContext *context, int width, int height, const struct mujoco_overlay *overlay, unsigned char *rgb) {
  mjrRect viewport = {0, 0, width, height};
  GUARDED(draw(scene, context, mjFB_OFFSCREEN, viewport, overlay); mjr_readPixels(rgb, NULL, viewport, context));
}

bool mujoco_guard_draw_window(
  mjvScene *scene, mjrContext *context, int width, int height, const struct mujoco_overlay *overlay) {
  mjrRect viewport = {0, 0, width, height};
  GUARDED(draw(scene, context, mjFB_WINDOW, viewport, overlay));
}

bool mujoco_guard_draw_pixels(
  const unsigned char *rgb, int picture_width, int picture_height, mjrContext *context, int width, int height,
  const struct mujoco_overlay *overlay) {
  mjrRect whole = {0, 0, width, height}, picture = {0, 0, picture_width, picture_height};
  GUARDED(mjr_setBuffer(mjFB_WINDOW, context); mjr_rectangle(whole, 0, 0, 0, 1);
          mjr_drawPixels(rgb, NULL, picture, context); draw_overlay(whole, overlay, context));
}
