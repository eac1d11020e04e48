/*
 * Logs every change of files below one folder, with content, for testing/power-cuts. Loaded by LD_PRELOAD.
 *
 *   POWER_CUT_FOLDER  absolute path without links; only what lies below is logged
 *   POWER_CUT_LOG     file the records are appended to, one write each, so that processes keep one order
 *   POWER_CUT_MARKS   a file; what is written to it becomes a mark in the log
 *
 * A change is logged after it happened and before its caller goes on. A sync is logged twice, when it begins and when it
 * has ended well: only what was logged before its beginning is durable by it. Record: struct head, two paths, data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, TRUNCATED, SYNC_BEGUN, SYNCED, RENAMED, UNLINKED, FOLDER_MADE, FOLDER_REMOVED, MARK, EXTENDED, UNKNOWN };

struct head {
  uint32_t kind;
  uint32_t first_length;
  uint32_t second_length;
  uint32_t data_length;
  uint64_t inode;
  uint64_t offset;
};

static const char *folder, *log_path, *marks_path;
static size_t folder_length;

/* Copied, because PostgreSQL writes its process titles over the environment. */
static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value ? strdup(value) : NULL;
}

__attribute__((constructor)) static void begin(void) {
  folder = setting("POWER_CUT_FOLDER");
  log_path = setting("POWER_CUT_LOG");
  marks_path = setting("POWER_CUT_MARKS");
  folder_length = folder ? strlen(folder) : 0;
}

static int is_ours(const char *path) {
  return folder_length > 0 && strncmp(path, folder, folder_length) == 0 &&
         (path[folder_length] == '/' || path[folder_length] == 0);
}

/* By raw calls, so that nothing of this library comes back to it. */
static void append(uint32_t kind, uint64_t inode, uint64_t offset, const char *first, const char *second,
                   const struct iovec *data, int count, size_t length) {
  if (!log_path) return;
  int kept = errno;
  struct head head = {kind, (uint32_t)strlen(first), (uint32_t)strlen(second), (uint32_t)length, inode, offset};
  char *record = malloc(sizeof head + head.first_length + head.second_length + length);
  if (!record) abort();
  char *end = record;
  memcpy(end, &head, sizeof head), end += sizeof head;
  memcpy(end, first, head.first_length), end += head.first_length;
  memcpy(end, second, head.second_length), end += head.second_length;
  for (int i = 0; i < count && length > 0; i++) {
    size_t part = data[i].iov_len < length ? data[i].iov_len : length;
    memcpy(end, data[i].iov_base, part), end += part, length -= part;
  }
  int log = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
  if (log < 0 || syscall(SYS_write, log, record, (size_t)(end - record)) != end - record) abort();
  syscall(SYS_close, log);
  free(record);
  errno = kept;
}

static void append_plain(uint32_t kind, uint64_t inode, uint64_t offset, const char *first, const char *second) {
  append(kind, inode, offset, first, second, NULL, 0, 0);
}

static int path_of(int fd, char *path) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static uint64_t inode_of(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

/* Absolute form of a path that may be relative to a folder's descriptor. */
static int absolute(int at, const char *path, char *result) {
  if (path[0] == '/') return snprintf(result, PATH_MAX, "%s", path) < PATH_MAX;
  char base[PATH_MAX];
  if (at == AT_FDCWD ? getcwd(base, sizeof base) == NULL : !path_of(at, base)) return 0;
  return snprintf(result, PATH_MAX, "%s/%s", base, path) < PATH_MAX;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* Files. */

static void log_open(int fd, int flags, int existed) {
  char path[PATH_MAX];
  int kept = errno;
  if (fd >= 0 && (flags & (O_CREAT | O_TRUNC)) && path_of(fd, path) && is_ours(path)) {
    uint64_t inode = inode_of(fd);
    if (!existed) append_plain(OPENED, inode, 0, path, "");
    else if (flags & O_TRUNC) append_plain(TRUNCATED, inode, 0, path, "");
  }
  /* Synchronous descriptors would make writes durable without a sync. */
  if (fd >= 0 && (flags & O_DSYNC) && path_of(fd, path) && is_ours(path)) append_plain(UNKNOWN, 0, 0, path, "O_DSYNC");
  errno = kept;
}

static int exists(int at, const char *path) {
  struct stat status;
  int kept = errno, found = fstatat(at, path, &status, 0) == 0;
  errno = kept;
  return found;
}

#define OPENING(at, path, call) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  } \
  int existed = (flags & O_CREAT) ? exists(at, path) : 1; \
  int fd = call; \
  log_open(fd, flags, existed); \
  return fd

int open(const char *path, int flags, ...) { REAL(open); OPENING(AT_FDCWD, path, real(path, flags, mode)); }
int open64(const char *path, int flags, ...) { REAL(open64); OPENING(AT_FDCWD, path, real(path, flags, mode)); }
int openat(int at, const char *path, int flags, ...) { REAL(openat); OPENING(at, path, real(at, path, flags, mode)); }
int openat64(int at, const char *path, int flags, ...) { REAL(openat64); OPENING(at, path, real(at, path, flags, mode)); }
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

static ssize_t log_write(int fd, const struct iovec *data, int count, off_t offset, ssize_t written) {
  char path[PATH_MAX];
  int kept = errno;
  if (written > 0 && path_of(fd, path)) {
    if (is_ours(path)) {
      off_t at = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - written;
      append(WRITTEN, inode_of(fd), (uint64_t)at, path, "", data, count, (size_t)written);
    } else if (marks_path && strcmp(path, marks_path) == 0) {
      append(MARK, 0, 0, "", "", data, count, (size_t)written);
    }
  }
  errno = kept;
  return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(write);
  struct iovec data = {(void *)bytes, length};
  return log_write(fd, &data, 1, -1, real(fd, bytes, length));
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  REAL(pwrite);
  struct iovec data = {(void *)bytes, length};
  return log_write(fd, &data, 1, offset, real(fd, bytes, length, offset));
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  REAL(pwrite64);
  struct iovec data = {(void *)bytes, length};
  return log_write(fd, &data, 1, offset, real(fd, bytes, length, offset));
}
ssize_t writev(int fd, const struct iovec *data, int count) {
  REAL(writev);
  return log_write(fd, data, count, -1, real(fd, data, count));
}
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset) {
  REAL(pwritev);
  return log_write(fd, data, count, offset, real(fd, data, count, offset));
}
ssize_t pwritev64(int fd, const struct iovec *data, int count, off64_t offset) {
  REAL(pwritev64);
  return log_write(fd, data, count, offset, real(fd, data, count, offset));
}
ssize_t pwritev2(int fd, const struct iovec *data, int count, off_t offset, int flags) {
  REAL(pwritev2);
  return log_write(fd, data, count, offset, real(fd, data, count, offset, flags));
}

static int log_size(int fd, uint32_t kind, off_t length, int result) {
  char path[PATH_MAX];
  int kept = errno;
  if (result == 0 && path_of(fd, path) && is_ours(path)) append_plain(kind, inode_of(fd), (uint64_t)length, path, "");
  errno = kept;
  return result;
}

int ftruncate(int fd, off_t length) { REAL(ftruncate); return log_size(fd, TRUNCATED, length, real(fd, length)); }
int ftruncate64(int fd, off64_t length) { REAL(ftruncate64); return log_size(fd, TRUNCATED, length, real(fd, length)); }
int truncate(const char *path, off_t length) {
  REAL(truncate);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  int result = real(path, length);
  if (fd >= 0) log_size(fd, TRUNCATED, length, result), syscall(SYS_close, fd);
  return result;
}
int truncate64(const char *path, off64_t length) { return truncate(path, length); }
int posix_fallocate(int fd, off_t offset, off_t length) {
  REAL(posix_fallocate);
  return log_size(fd, EXTENDED, offset + length, real(fd, offset, length));
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  REAL(posix_fallocate64);
  return log_size(fd, EXTENDED, offset + length, real(fd, offset, length));
}

/* What the model does not know must not go unseen. */
static void log_unknown(int fd, const char *what) {
  char path[PATH_MAX];
  if (path_of(fd, path) && is_ours(path)) append_plain(UNKNOWN, 0, 0, path, what);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  REAL(fallocate);
  if (mode == 0) return log_size(fd, EXTENDED, offset + length, real(fd, mode, offset, length));
  log_unknown(fd, "fallocate");
  return real(fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return fallocate(fd, mode, offset, length); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
  REAL(copy_file_range);
  log_unknown(to, "copy_file_range");
  return real(from, from_at, to, to_at, length, flags);
}
int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
  REAL(linkat);
  char path[PATH_MAX];
  if (absolute(to_at, to, path) && is_ours(path)) append_plain(UNKNOWN, 0, 0, path, "link");
  return real(from_at, from, to_at, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

/* Syncs. sync_file_range promises nothing and is left out. */

static int log_sync(int fd, int (*sync)(int)) {
  char path[PATH_MAX];
  int ours = path_of(fd, path) && is_ours(path);
  uint64_t inode = ours ? inode_of(fd) : 0;
  if (ours) append_plain(SYNC_BEGUN, inode, 0, path, "");
  int result = sync(fd);
  int kept = errno;
  if (ours && result == 0) append_plain(SYNCED, inode, 0, path, "");
  errno = kept;
  return result;
}

int fsync(int fd) { REAL(fsync); return log_sync(fd, real); }
int fdatasync(int fd) { REAL(fdatasync); return log_sync(fd, real); }

/* Names. */

static int log_name(uint32_t kind, int at, const char *path, int result) {
  char full[PATH_MAX];
  int kept = errno;
  if (result == 0 && absolute(at, path, full) && is_ours(full)) append_plain(kind, 0, 0, full, "");
  errno = kept;
  return result;
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  char source[PATH_MAX], target[PATH_MAX];
  int result = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
  int kept = errno;
  if (result == 0 && absolute(from_at, from, source) && absolute(to_at, to, target) && (is_ours(source) || is_ours(target))) {
    if (flags != 0 || !is_ours(source) || !is_ours(target)) append_plain(UNKNOWN, 0, 0, source, "renameat2");
    append_plain(RENAMED, 0, 0, source, target);
  }
  errno = kept;
  return result;
}
int renameat(int from_at, const char *from, int to_at, const char *to) { return renameat2(from_at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlink(const char *path) { REAL(unlink); return log_name(UNLINKED, AT_FDCWD, path, real(path)); }
int unlinkat(int at, const char *path, int flags) {
  REAL(unlinkat);
  return log_name(flags & AT_REMOVEDIR ? FOLDER_REMOVED : UNLINKED, at, path, real(at, path, flags));
}
int remove(const char *path) { int result = unlink(path); return result == 0 || errno != EISDIR ? result : rmdir(path); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); return log_name(FOLDER_MADE, AT_FDCWD, path, real(path, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { REAL(mkdirat); return log_name(FOLDER_MADE, at, path, real(at, path, mode)); }
int rmdir(const char *path) { REAL(rmdir); return log_name(FOLDER_REMOVED, AT_FDCWD, path, real(path)); }
