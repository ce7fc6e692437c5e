#include "CGraphicsDeclarations.h"

#include "CEGL.h"
#include "CGLFW.h"

// Pointers to functions are of one type if arguments and result are; the arguments of _Generic are not evaluated, so that nothing
// is linked. EGL's own handles are all `void *`.
#define SAME_TYPE(functions, name) \
  _Static_assert(_Generic(&name, __typeof__(((struct functions *)0)->name): 1, default: 0), #name " is declared otherwise");

#if __has_include(<EGL/egl.h>) && __has_include(<EGL/eglext.h>)
#define EGL_EGLEXT_PROTOTYPES 1
#include <EGL/egl.h>
#include <EGL/eglext.h>
#define CHECK_EGL(result, name, arguments) SAME_TYPE(EGLFunctions, name)
EGL_FUNCTIONS(CHECK_EGL)
EGL_EXTENSION_FUNCTIONS(CHECK_EGL)
_Static_assert(egl_pbuffer_bit == EGL_PBUFFER_BIT && egl_opengl_bit == EGL_OPENGL_BIT, "bits");
_Static_assert(egl_success == EGL_SUCCESS && egl_not_initialized == EGL_NOT_INITIALIZED, "errors");
_Static_assert(egl_bad_access == EGL_BAD_ACCESS, "errors");
_Static_assert(egl_blue_size == EGL_BLUE_SIZE && egl_green_size == EGL_GREEN_SIZE && egl_red_size == EGL_RED_SIZE, "sizes");
_Static_assert(egl_depth_size == EGL_DEPTH_SIZE && egl_stencil_size == EGL_STENCIL_SIZE, "sizes");
_Static_assert(egl_surface_type == EGL_SURFACE_TYPE && egl_renderable_type == EGL_RENDERABLE_TYPE, "attributes");
_Static_assert(egl_none == EGL_NONE && egl_extensions == EGL_EXTENSIONS && egl_opengl_api == EGL_OPENGL_API, "attributes");
_Static_assert(egl_platform_device == EGL_PLATFORM_DEVICE_EXT, "platforms");
_Static_assert(egl_platform_surfaceless == EGL_PLATFORM_SURFACELESS_MESA, "platforms");
bool egl_declarations_were_compared(void) { return true; }
#else
bool egl_declarations_were_compared(void) { return false; }
#endif

#if __has_include(<GLFW/glfw3.h>)
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#define CHECK_GLFW(result, name, arguments) SAME_TYPE(GLFWFunctions, name)
GLFW_FUNCTIONS(CHECK_GLFW)
_Static_assert(glfw_release == GLFW_RELEASE && glfw_samples == GLFW_SAMPLES, "values");
_Static_assert(glfw_mouse_button_left == GLFW_MOUSE_BUTTON_LEFT && glfw_mouse_button_right == GLFW_MOUSE_BUTTON_RIGHT, "buttons");
_Static_assert(glfw_mouse_button_middle == GLFW_MOUSE_BUTTON_MIDDLE, "buttons");
_Static_assert(glfw_key_space == GLFW_KEY_SPACE && glfw_key_period == GLFW_KEY_PERIOD, "keys");
_Static_assert(glfw_key_minus == GLFW_KEY_MINUS && glfw_key_equal == GLFW_KEY_EQUAL && glfw_key_c == GLFW_KEY_C, "keys");
_Static_assert(glfw_key_h == GLFW_KEY_H && glfw_key_n == GLFW_KEY_N && glfw_key_q == GLFW_KEY_Q, "keys");
_Static_assert(glfw_key_r == GLFW_KEY_R && glfw_key_escape == GLFW_KEY_ESCAPE && glfw_key_right == GLFW_KEY_RIGHT, "keys");
_Static_assert(glfw_key_down == GLFW_KEY_DOWN && glfw_key_up == GLFW_KEY_UP, "keys");
_Static_assert(glfw_key_keypad_subtract == GLFW_KEY_KP_SUBTRACT && glfw_key_keypad_add == GLFW_KEY_KP_ADD, "keys");
bool glfw_declarations_were_compared(void) { return true; }
#else
bool glfw_declarations_were_compared(void) { return false; }
#endif
