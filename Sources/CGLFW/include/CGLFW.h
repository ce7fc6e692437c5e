// The part of GLFW that the `Rendering` module uses, declared here rather than included: GLFW is loaded when a window is
// wanted. Linked, it would bring X11 into every process, on servers without a display too. Tests/CGraphicsDeclarations compares
// every declaration with GLFW's own header where that is there.
#pragma once

#if defined(__clang__)
// Only the functions are known to be there, and say so; handles may be null, as pointers that say nothing may.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"
#define GLFW_NONNULL _Nonnull
#else
#define GLFW_NONNULL
#endif

typedef struct GLFWwindow GLFWwindow;
typedef struct GLFWmonitor GLFWmonitor;

// Values of GLFW's macros, under names of their own.
enum {
  glfw_release = 0,
  glfw_mouse_button_left = 0,
  glfw_mouse_button_right = 1,
  glfw_mouse_button_middle = 2,
  glfw_key_space = 32,
  glfw_key_period = 46,
  glfw_key_minus = 45,
  glfw_key_equal = 61,
  glfw_key_c = 67,
  glfw_key_h = 72,
  glfw_key_n = 78,
  glfw_key_q = 81,
  glfw_key_r = 82,
  glfw_key_escape = 256,
  glfw_key_right = 262,
  glfw_key_down = 264,
  glfw_key_up = 265,
  glfw_key_keypad_subtract = 333,
  glfw_key_keypad_add = 334,
  glfw_samples = 0x0002100D,
};

typedef void (*glfw_error_callback)(int, const char *);
typedef void (*glfw_key_callback)(GLFWwindow *, int, int, int, int);
typedef void (*glfw_mouse_button_callback)(GLFWwindow *, int, int, int);
typedef void (*glfw_two_numbers_callback)(GLFWwindow *, double, double);
typedef void (*glfw_refresh_callback)(GLFWwindow *);

// One row per function: result, name, arguments.
#define GLFW_FUNCTIONS(F) \
  F(glfw_error_callback, glfwSetErrorCallback, (glfw_error_callback)) \
  F(int, glfwInit, (void)) \
  F(void, glfwTerminate, (void)) \
  F(void, glfwWindowHint, (int, int)) \
  F(GLFWwindow *, glfwCreateWindow, (int, int, const char *, GLFWmonitor *, GLFWwindow *)) \
  F(void, glfwDestroyWindow, (GLFWwindow *)) \
  F(int, glfwWindowShouldClose, (GLFWwindow *)) \
  F(void, glfwSetWindowTitle, (GLFWwindow *, const char *)) \
  F(void, glfwSetWindowUserPointer, (GLFWwindow *, void *)) \
  F(void *, glfwGetWindowUserPointer, (GLFWwindow *)) \
  F(void, glfwGetWindowSize, (GLFWwindow *, int *, int *)) \
  F(void, glfwGetFramebufferSize, (GLFWwindow *, int *, int *)) \
  F(void, glfwGetWindowContentScale, (GLFWwindow *, float *, float *)) \
  F(void, glfwGetCursorPos, (GLFWwindow *, double *, double *)) \
  F(int, glfwGetMouseButton, (GLFWwindow *, int)) \
  F(glfw_key_callback, glfwSetKeyCallback, (GLFWwindow *, glfw_key_callback)) \
  F(glfw_two_numbers_callback, glfwSetCursorPosCallback, (GLFWwindow *, glfw_two_numbers_callback)) \
  F(glfw_two_numbers_callback, glfwSetScrollCallback, (GLFWwindow *, glfw_two_numbers_callback)) \
  F(glfw_refresh_callback, glfwSetWindowRefreshCallback, (GLFWwindow *, glfw_refresh_callback)) \
  F(void, glfwMakeContextCurrent, (GLFWwindow *)) \
  F(void, glfwSwapInterval, (int)) \
  F(void, glfwSwapBuffers, (GLFWwindow *)) \
  F(void, glfwPollEvents, (void)) \
  F(void, glfwWaitEventsTimeout, (double))

/// GLFW's functions, found in the library when it is loaded.
struct GLFWFunctions {
#define GLFW_MEMBER(result, name, arguments) result(*GLFW_NONNULL name) arguments;
  GLFW_FUNCTIONS(GLFW_MEMBER)
#undef GLFW_MEMBER
};

/// Loads the library of that name and fills `functions`; it stays loaded.
/// Returns a null pointer, or what went wrong (valid until the thread's next call).
const char *glfw_load(const char *GLFW_NONNULL name, struct GLFWFunctions *GLFW_NONNULL functions);

/// Makes GLFW's errors keep their text for ``glfw_message`` instead of going nowhere.
void glfw_keep_messages(const struct GLFWFunctions *GLFW_NONNULL functions);

/// GLFW's last error since the messages are kept; empty where there was none.
const char *GLFW_NONNULL glfw_message(void);

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
