#pragma once
// What a program has to do before any of its libraries is initialized, and what only its very start knows.
//
// Linked into a program, this happens by itself: descriptors 0 to 2 are open, and OpenBLAS starts no thread where none are to be had.

/// The arguments that the process was started with. Swift's own `CommandLine.arguments` reads them from /proc, which need not be there.
extern int start_up_argument_count(void);
extern const char *_Nullable start_up_argument(int index);

/// The path by which the program was executed, for where there is no /proc/self/exe; relative to the folder it was started in, perhaps.
extern const char *_Nullable start_up_program(void);
