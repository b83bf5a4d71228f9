/*
 * First process of a machine of the lab: runs the jobs of the initial RAM disk one after another and reports what
 * came of each, then powers the machine off.
 *
 * A job is a folder /jobs/0, /jobs/1, ... with
 *
 *   program   a static executable
 *   argv      its arguments, each ended by a NUL; the first is the program's name
 *   seconds   how long it may run, in decimal
 *   work/     its files; the working directory of the process
 *
 * Reports go to memory that the emulator shares with a file (a PCI device of QEMU, ivshmem-plain, whose third memory
 * region is the memory). So neither the speed of a serial port nor messages of the kernel disturb them. The first 8
 * bytes count the bytes that are written, these included (little-endian); then stand the reports. A report is a
 * frame: one line
 *
 *   guestc-lab KIND JOB LENGTH CRC32
 *
 * (length in bytes in decimal, CRC-32 of the payload as 8 hexadecimal digits), the payload, and a line feed. Kinds:
 * release (uname -r), begin (empty), output, errors (standard output and error, whole), end (`exit N`, `signal N`
 * or `late N`: killed by signal N when its time was over), full (empty: what should stand here has no room), over
 * (empty: nothing follows).
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_ARGUMENTS 256
#define LONGEST_HEADER 96

/* The memory shared with the emulator. Words of 8 bytes are stored: it may be device memory to the kernel. */
static struct {
  volatile uint64_t *words;
  size_t size;
  size_t used;
  uint64_t pending;
} shared;

struct buffer {
  unsigned char *bytes;
  size_t length;
  size_t room;
};

static void power_off(void) {
  sync();
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

/* Says on the console why nothing can be run, and ends the machine. */
__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("\nlab init: ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
  fflush(stdout);
  power_off();
  for (;;) pause();
}

static void put_byte(unsigned char byte) {
  size_t at = shared.used % 8;
  shared.pending |= (uint64_t)byte << (8 * at);
  shared.words[shared.used / 8] = shared.pending;
  if (at == 7) shared.pending = 0;
  shared.used++;
}

static void put(const void *from, size_t length) {
  const unsigned char *bytes = from;
  for (; length > 0 && shared.used % 8 != 0; length--) put_byte(*bytes++);
  for (; length >= 8; length -= 8, bytes += 8, shared.used += 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    shared.words[shared.used / 8] = word;
  }
  for (; length > 0; length--) put_byte(*bytes++);
}

static uint32_t crc32_of(const unsigned char *bytes, size_t length) {
  static uint32_t table[256];
  uint32_t crc = 0xffffffff;
  if (table[1] == 0) {
    for (uint32_t at = 0; at < 256; at++) {
      uint32_t entry = at;
      for (int bit = 0; bit < 8; bit++) entry = entry >> 1 ^ (entry & 1 ? 0xedb88320 : 0);
      table[at] = entry;
    }
  }
  for (size_t at = 0; at < length; at++) crc = crc >> 8 ^ table[(crc ^ bytes[at]) & 0xff];
  return ~crc;
}

/* Makes what is written so far count. */
static void publish(void) {
  __sync_synchronize();
  shared.words[0] = shared.used;
}

static void put_frame(const char *line, const void *payload, size_t length) {
  put(line, strlen(line));
  put(payload, length);
  put("\n", 1);
  publish();
}

/* One report. Where it has no room, says so in what is always left, and ends the machine. */
static void frame(const char *kind, int job, const void *payload, size_t length) {
  char line[LONGEST_HEADER];
  snprintf(line, sizeof line, "guestc-lab %s %d %zu %08x\n", kind, job, length, crc32_of(payload, length));
  if (shared.used + length + 3 * LONGEST_HEADER > shared.size) {
    snprintf(line, sizeof line, "guestc-lab full %d 0 00000000\n", job);
    put_frame(line, "", 0);
    power_off();
  }
  put_frame(line, payload, length);
}

static void append(struct buffer *buffer, const unsigned char *bytes, size_t length) {
  if (buffer->length + length > buffer->room) {
    size_t room = 2 * (buffer->length + length) + 65536;
    unsigned char *larger = realloc(buffer->bytes, room);
    if (larger == NULL) give_up("no memory for %zu bytes of output", room);
    buffer->bytes = larger;
    buffer->room = room;
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

/* Reads all that a pipe holds now; 0 when its other end is closed. */
static int drain(int pipe, struct buffer *buffer) {
  static unsigned char chunk[65536];
  ssize_t got;
  while ((got = read(pipe, chunk, sizeof chunk)) > 0) append(buffer, chunk, (size_t)got);
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* A small file's text; -1 when it is not there. */
static ssize_t read_file(const char *path, char *text, size_t room) {
  ssize_t length = 0;
  ssize_t got;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  while ((size_t)length < room - 1 && (got = read(file, text + length, room - 1 - (size_t)length)) > 0) length += got;
  close(file);
  text[length] = 0;
  return length;
}

static int attribute_is(const char *device, const char *name, const char *value) {
  char path[512];
  char text[64];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", device, name);
  return read_file(path, text, sizeof text) > 0 && strncmp(text, value, strlen(value)) == 0;
}

/* Finds and maps the memory that the emulator shares: the PCI device 1af4:1110. */
static void open_shared_memory(void) {
  DIR *devices = opendir("/sys/bus/pci/devices");
  struct dirent *entry;
  if (devices == NULL) give_up("this kernel has no PCI bus");
  while ((entry = readdir(devices)) != NULL) {
    char path[512];
    struct stat info;
    void *memory;
    int file;
    if (!attribute_is(entry->d_name, "vendor", "0x1af4") || !attribute_is(entry->d_name, "device", "0x1110")) continue;
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/enable", entry->d_name);
    file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "1", 1) != 1) give_up("%s: %s", path, strerror(errno));
    close(file);
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/resource2_wc", entry->d_name);
    file = open(path, O_RDWR | O_CLOEXEC | O_SYNC);
    if (file < 0 || fstat(file, &info) != 0) give_up("%s: %s", path, strerror(errno));
    memory = mmap(NULL, (size_t)info.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) give_up("%s: mmap: %s", path, strerror(errno));
    close(file);
    shared.words = memory;
    shared.size = (size_t)info.st_size;
    shared.used = sizeof shared.words[0];
    closedir(devices);
    return;
  }
  give_up("the emulator shares no memory");
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The job's process: never returns. */
static void become(const char *folder, int output, int errors) {
  static char words[65536];
  static char *arguments[MOST_ARGUMENTS + 1];
  static char *environment[] = {"PATH=/bin", "HOME=/tmp", "TMPDIR=/tmp", "LC_ALL=C", NULL};
  char path[64];
  int count = 0;
  int input = open("/dev/null", O_RDONLY);
  ssize_t length;
  setsid();
  dup2(input, 0);
  dup2(output, 1);
  dup2(errors, 2);
  for (int file = 3; file < 16; file++) close(file);
  snprintf(path, sizeof path, "%s/argv", folder);
  length = read_file(path, words, sizeof words);
  for (ssize_t at = 0; at < length && count < MOST_ARGUMENTS; at += (ssize_t)strlen(words + at) + 1)
    arguments[count++] = words + at;
  snprintf(path, sizeof path, "%s/work", folder);
  if (chdir(path) != 0) _exit(127);
  snprintf(path, sizeof path, "%s/program", folder);
  execve(path, arguments, environment);
  fprintf(stderr, "%s: %s\n", arguments[0] == NULL ? path : arguments[0], strerror(errno));
  _exit(127);
}

static int milliseconds_until(double deadline) {
  double left = (deadline - now()) * 1000;
  return left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left + 1;
}

static void run_job(const char *folder, int job, int seconds) {
  struct buffer output = {0};
  struct buffer errors = {0};
  int out[2];
  int err[2];
  int status = 0;
  int late = 0;
  double deadline = now() + seconds;
  char end[32];
  pid_t child;
  frame("begin", job, "", 0);
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) give_up("pipe: %s", strerror(errno));
  child = fork();
  if (child < 0) give_up("fork: %s", strerror(errno));
  if (child == 0) become(folder, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  fcntl(err[0], F_SETFL, O_NONBLOCK);
  struct pollfd files[3] = {
    {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN},
    {.fd = out[0], .events = POLLIN},
    {.fd = err[0], .events = POLLIN},
  };
  if (files[0].fd < 0) give_up("pidfd_open: %s", strerror(errno));
  while (files[0].revents == 0) {
    poll(files, 3, late ? -1 : milliseconds_until(deadline));
    if (files[1].revents != 0 && !drain(out[0], &output)) files[1].fd = -1;
    if (files[2].revents != 0 && !drain(err[0], &errors)) files[2].fd = -1;
    if (!late && files[0].revents == 0 && now() >= deadline) {
      late = 1;
      kill(-child, SIGKILL);
      kill(child, SIGKILL);
    }
  }
  waitpid(child, &status, 0);
  /* What it started and left behind ends with it. */
  kill(-child, SIGKILL);
  drain(out[0], &output);
  drain(err[0], &errors);
  close(files[0].fd);
  close(out[0]);
  close(err[0]);
  frame("output", job, output.bytes, output.length);
  frame("errors", job, errors.bytes, errors.length);
  free(output.bytes);
  free(errors.bytes);
  if (WIFSIGNALED(status)) snprintf(end, sizeof end, "%s %d", late ? "late" : "signal", WTERMSIG(status));
  else snprintf(end, sizeof end, "exit %d", WEXITSTATUS(status));
  frame("end", job, end, strlen(end));
}

static void mount_or_give_up(const char *type, const char *folder) {
  mkdir(folder, 0755);
  if (mount(type, folder, type, 0, NULL) != 0 && errno != EBUSY) give_up("%s on %s: %s", type, folder, strerror(errno));
}

int main(void) {
  struct utsname system;
  int console;
  mkdir("/dev", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  console = open("/dev/console", O_RDWR | O_CLOEXEC);
  if (console >= 0) {
    dup2(console, 1);
    dup2(console, 2);
  }
  mount_or_give_up("proc", "/proc");
  mount_or_give_up("sysfs", "/sys");
  mount_or_give_up("tmpfs", "/tmp");
  open_shared_memory();
  uname(&system);
  frame("release", 0, system.release, strlen(system.release));
  for (int job = 0;; job++) {
    char folder[32];
    char path[64];
    char seconds[32];
    snprintf(folder, sizeof folder, "/jobs/%d", job);
    snprintf(path, sizeof path, "%s/seconds", folder);
    if (read_file(path, seconds, sizeof seconds) < 0) break;
    run_job(folder, job, atoi(seconds));
  }
  frame("over", 0, "", 0);
  power_off();
  return 0;
}
