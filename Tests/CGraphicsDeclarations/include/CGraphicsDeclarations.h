// Compiling this target compares the declarations in CEGL.h and CGLFW.h with the libraries' own headers.
#pragma once
#include <stdbool.h>

/// Whether the headers were there to compare with.
bool egl_declarations_were_compared(void);
bool glfw_declarations_were_compared(void);
