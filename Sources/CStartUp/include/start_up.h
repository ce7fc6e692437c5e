#pragma once
// What has to happen before any library of the program is initialized, and what only a program's very start knows.

/// The arguments that the process was started with. Swift's own `CommandLine.arguments` reads them from /proc, which need not be there.
extern int start_up_argument_count(void);
extern const char *_Nullable start_up_argument(int index);

/// Gives the process back the processors that `start_up.c` hid from the libraries' initializers.
extern void start_up_restore_processors(void);
