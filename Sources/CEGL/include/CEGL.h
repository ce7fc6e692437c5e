// The part of EGL that the `Rendering` module uses, declared here rather than included: EGL is loaded when the first picture
// is wanted, so neither its headers nor its library are needed by who only trains. Tests/CGraphicsDeclarations compares every
// declaration with EGL's own headers where those are there.
#pragma once

#include <stdint.h>

#if defined(__clang__)
// Only the functions are known to be there, and say so; handles may be null, as pointers that say nothing may.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
#define EGL_NONNULL _Nonnull
#else
#define EGL_NONNULL
#endif

// Values of EGL's macros, which Swift cannot import all of, under names of their own.
enum {
  egl_pbuffer_bit = 0x0001,
  egl_opengl_bit = 0x0008,
  egl_success = 0x3000,
  egl_not_initialized = 0x3001,
  egl_bad_access = 0x3002,
  egl_blue_size = 0x3022,
  egl_green_size = 0x3023,
  egl_red_size = 0x3024,
  egl_depth_size = 0x3025,
  egl_stencil_size = 0x3026,
  egl_surface_type = 0x3033,
  egl_none = 0x3038,
  egl_renderable_type = 0x3040,
  egl_extensions = 0x3055,
  egl_opengl_api = 0x30A2,
  egl_platform_device = 0x313F,
  egl_platform_surfaceless = 0x31DD,
};

// One row per function: result, name, arguments. Displays, configurations, contexts, surfaces and devices are pointers that
// only EGL looks behind; EGLBoolean and EGLenum are unsigned int, EGLint is int32_t.
#define EGL_FUNCTIONS(F) \
  F(int32_t, eglGetError, (void)) \
  F(unsigned int, eglInitialize, (void *, int32_t *, int32_t *)) \
  F(unsigned int, eglBindAPI, (unsigned int)) \
  F(unsigned int, eglChooseConfig, (void *, const int32_t *, void **, int32_t, int32_t *)) \
  F(void *, eglCreateContext, (void *, void *, void *, const int32_t *)) \
  F(unsigned int, eglDestroyContext, (void *, void *)) \
  F(unsigned int, eglMakeCurrent, (void *, void *, void *, void *))

// Of extensions: null where the library has not got them.
#define EGL_EXTENSION_FUNCTIONS(F) \
  F(void *, eglGetPlatformDisplayEXT, (unsigned int, void *, const int32_t *)) \
  F(unsigned int, eglQueryDevicesEXT, (int32_t, void **, int32_t *)) \
  F(const char *, eglQueryDeviceStringEXT, (void *, int32_t))

/// EGL's functions, found in the library when it is loaded.
struct EGLFunctions {
#define EGL_MEMBER(result, name, arguments) result(*EGL_NONNULL name) arguments;
  EGL_FUNCTIONS(EGL_MEMBER)
#undef EGL_MEMBER
#define EGL_EXTENSION_MEMBER(result, name, arguments) result(*name) arguments;
  EGL_EXTENSION_FUNCTIONS(EGL_EXTENSION_MEMBER)
#undef EGL_EXTENSION_MEMBER
};

/// Loads the library of that name and fills `functions`; it stays loaded.
/// Returns a null pointer, or what went wrong (valid until the thread's next call).
const char *egl_load(const char *EGL_NONNULL name, struct EGLFunctions *EGL_NONNULL functions);

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
