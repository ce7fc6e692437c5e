// Preloaded into hpo by tests (LD_PRELOAD), this makes the system misbehave at a chosen change of a file, so that no test of kills and
// full disks has to hit a moment. What is counted are the calls that change what other processes would find below a folder: files
// made or emptied, writes, changes of length, renames and removals. Between two of them the disk stays as it is, so a kill before each
// covers every kill there can be.
//
//   FAULT        kill: SIGKILL before the change; tear: SIGKILL in the middle of it, where it is a write of several pages;
//                full: this and every later write fails with ENOSPC; no-locks: every flock fails with ENOLCK
//   FAULT_AT     which change, from 1
//   FAULT_BELOW  the folder, an absolute path
//   FAULT_LOG    a file that gets a line for each change: number, call, path
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
enum { pageSize = 4096 };

static int isSet(const char *fault) {
  const char *value = getenv("FAULT");
  return value && strcmp(value, fault) == 0;
}

static int isBelow(const char *path) {
  const char *folder = getenv("FAULT_BELOW");
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int pathOf(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

/// Counts a change; true from the chosen one on. Kills where that is asked for.
static int isDue(const char *call, const char *path) {
  static long count = 0;
  long number = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  const char *log = getenv("FAULT_LOG");
  if (log) {
    char line[5000];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
    int descriptor = NEXT(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
      if (NEXT(write)(descriptor, line, (size_t)length) < 0) abort();
      close(descriptor);
    }
  }
  const char *at = getenv("FAULT_AT");
  long chosen = at ? atol(at) : 0;
  if (number == chosen && isSet("kill")) kill(getpid(), SIGKILL);
  return chosen > 0 && number >= chosen;
}

/// Whether a write shall fail; with `tear`, the pages that are to be written before the kill.
static int mustFail(const char *call, int descriptor, size_t size, size_t *pages) {
  char path[4096];
  *pages = 0;
  if (!pathOf(descriptor, path, sizeof path) || !isBelow(path) || !isDue(call, path)) return 0;
  if (isSet("tear") && size > pageSize) *pages = (size - 1) / pageSize * pageSize / 2 / pageSize * pageSize + pageSize;
  return isSet("full");
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
  size_t torn;
  if (mustFail("write", descriptor, size, &torn)) return errno = ENOSPC, -1;
  if (!torn) return NEXT(write)(descriptor, bytes, size);
  NEXT(write)(descriptor, bytes, torn);
  return kill(getpid(), SIGKILL), -1;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  size_t torn;
  if (mustFail("pwrite", descriptor, size, &torn)) return errno = ENOSPC, -1;
  if (!torn) return NEXT(pwrite)(descriptor, bytes, size, offset);
  NEXT(pwrite)(descriptor, bytes, torn, offset);
  return kill(getpid(), SIGKILL), -1;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}

int ftruncate(int descriptor, off_t size) {
  char path[4096];
  if (pathOf(descriptor, path, sizeof path) && isBelow(path)) isDue("ftruncate", path);
  return NEXT(ftruncate)(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

int rename(const char *from, const char *to) {
  if (isBelow(to)) isDue("rename", to);
  return NEXT(rename)(from, to);
}

int unlink(const char *path) {
  if (isBelow(path)) isDue("unlink", path);
  return NEXT(unlink)(path);
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if ((flags & (O_CREAT | O_TRUNC)) && isBelow(path) && isDue("open", path) && isSet("full")) return errno = ENOSPC, -1;
  return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return open(path, flags | O_LARGEFILE, mode);
}

int flock(int descriptor, int operation) {
  (void)descriptor, (void)operation;
  if (isSet("no-locks")) return errno = ENOLCK, -1;
  return NEXT(flock)(descriptor, operation);
}
