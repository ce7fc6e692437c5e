#pragma once

// What the program was built from, and with: `make build` writes commit.inc beside build.c; without it the commit is unknown.
const char *build_commit(void);
int build_is_clean(void);
const char *build_compiler(void);
const char *build_libc(void);
