#define _GNU_SOURCE
#include "start_up.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Sanitizers watch what runs after they are set up.
#if defined(__clang__)
#define BEFORE_SANITIZERS __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define BEFORE_SANITIZERS
#endif

static int argument_count;
static char **arguments;

int start_up_argument_count(void) { return argument_count; }

const char *start_up_argument(int index) { return index >= 0 && index < argument_count ? arguments[index] : NULL; }

const char *start_up_program(void) { return (const char *)getauxval(AT_EXECFN); }

// A descriptor 0, 1 or 2 that is closed is the next one that a file gets, and messages would be written into that file.
BEFORE_SANITIZERS static void open_standard_descriptors(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free one is this one: those before it are open.
    if (open("/dev/null", O_RDWR) == descriptor) continue;
    // Without /dev: an end of a pipe of which the other is closed. To read from it is the end of a file, to write to it fails.
    int ends[2];
    if (pipe(ends) != 0) continue;
    int other = ends[0] == descriptor ? ends[1] : ends[0];
    if (other != descriptor) close(other);
  }
}

// OpenBLAS starts a thread for every processor when it is loaded. Where it is refused one (`ulimit -u`, a control group's limit of
// processes, no room for a stack) it prints several lines and raises SIGINT. Its products run on the calling thread here, so it needs none:
// where threads are refused it is made to see a single processor. Elsewhere nothing is touched, because others look at that time, too:
// Dispatch takes the number of its threads from the same mask.

static cpu_set_t processors;
// Volatile: the optimizer takes a constructor for the first that runs, and would find this 0 there.
static volatile int hides_processors;

BEFORE_SANITIZERS static int wait_for_end(void *reading_end) {
  char byte;
  while (syscall(SYS_read, *(int *)reading_end, &byte, 1) == -1 && errno == EINTR) {}
  return 0;
}

// Whether so many threads can be had at once, by having as many tasks that share this one's memory: to every limit they are the same.
BEFORE_SANITIZERS static int can_have_threads(int count) {
  enum { most = 4096 };
  static pid_t tasks[most];
  static int ends[2];
  if (count > most) count = most;
  struct rlimit stack;
  // Stacks as the C library makes them; without a limit it takes two megabytes.
  size_t size = getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY ? stack.rlim_cur : 2 << 20;
  size = (size + 0xffff) & ~(size_t)0xffff;
  char *stacks = mmap(NULL, size * (size_t)count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stacks == MAP_FAILED) return 0;
  int started = 0;
  if (pipe(ends) == 0) {
    while (started < count) {
      tasks[started] = clone(wait_for_end, stacks + size * (size_t)(started + 1), CLONE_VM | CLONE_FILES | SIGCHLD, ends);
      if (tasks[started] == -1) break;
      started++;
    }
    close(ends[1]);
    for (int task = 0; task < started; task++) {
      while (waitpid(tasks[task], NULL, 0) == -1 && errno == EINTR) {}
    }
    close(ends[0]);
  }
  munmap(stacks, size * (size_t)count);
  return started == count;
}

BEFORE_SANITIZERS static void hide_processors_without_threads(void) {
  // Of more processors than a mask has places it is not known which; such a machine is taken as it is.
  if (sched_getaffinity(0, sizeof processors, &processors) != 0) return;
  int count = CPU_COUNT(&processors);
  if (count <= 1 || can_have_threads(count - 1)) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &processors)) continue;
    CPU_SET(processor, &one);
    break;
  }
  hides_processors = sched_setaffinity(0, sizeof one, &one) == 0;
}

BEFORE_SANITIZERS static void start_up(int count, char **values, char **environment) {
  (void)environment;
  argument_count = count;
  arguments = values;
  open_standard_descriptors();
  hide_processors_without_threads();
}

// Before the initializers of shared libraries, unlike a constructor. Only programs can have it, so this target is no part of a library that
// is loaded.
__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(int, char **, char **) = start_up;

// After them, and before anything of the program itself runs.
__attribute__((constructor(101))) static void show_processors(void) {
  if (hides_processors) sched_setaffinity(0, sizeof processors, &processors);
}
