#define _GNU_SOURCE
#include "start_up.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

static int argument_count;
static char **arguments;
static cpu_set_t processors;
static int hides_processors;

int start_up_argument_count(void) { return argument_count; }

const char *start_up_argument(int index) { return index >= 0 && index < argument_count ? arguments[index] : NULL; }

void start_up_restore_processors(void) {
  if (hides_processors) sched_setaffinity(0, sizeof processors, &processors);
  hides_processors = 0;
}

// A descriptor 0, 1 or 2 that is closed is the next one that a file gets, and messages would be written into that file.
static void open_standard_descriptors(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free one is this one: those before it are open.
    if (open("/dev/null", O_RDWR) == descriptor) continue;
    // Without /dev: the reading end of a pipe that nobody writes to. Writing to it fails, as to a closed one.
    int ends[2];
    if (pipe(ends) == 0 && ends[1] > 2) close(ends[1]);
  }
}

// OpenBLAS starts a thread for every processor when it is loaded, and raises SIGINT where it is refused one (`ulimit -u`). Its products
// run on the calling thread here, so those threads are of no use: let it see one processor.
static void hide_processors(void) {
  if (sched_getaffinity(0, sizeof processors, &processors) != 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  for (size_t processor = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &processors)) continue;
    CPU_SET(processor, &one);
    break;
  }
  hides_processors = CPU_COUNT(&processors) > 1 && sched_setaffinity(0, sizeof one, &one) == 0;
}

static void start_up(int count, char **values, char **environment) {
  (void)environment;
  argument_count = count;
  arguments = values;
  open_standard_descriptors();
  hide_processors();
}

// Before the initializers of shared libraries, unlike a constructor. Only programs can have it, so this target is no part of a library
// that is loaded.
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **, char **) = start_up;
