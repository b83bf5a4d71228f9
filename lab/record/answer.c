/* Words of steps, and the answers that every step has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

static const struct {
  int number;
  const char *name;
} errors[] = {
    {EPERM, "EPERM"},     {ENOENT, "ENOENT"},       {EINTR, "EINTR"},   {EIO, "EIO"},       {ENXIO, "ENXIO"},
    {E2BIG, "E2BIG"},     {ENOEXEC, "ENOEXEC"},     {EBADF, "EBADF"},   {EAGAIN, "EAGAIN"}, {ENOMEM, "ENOMEM"},
    {EACCES, "EACCES"},   {EFAULT, "EFAULT"},       {EBUSY, "EBUSY"},   {EEXIST, "EEXIST"}, {ENODEV, "ENODEV"},
    {EINVAL, "EINVAL"},   {ENOTTY, "ENOTTY"},       {ENOSPC, "ENOSPC"}, {EDOM, "EDOM"},     {ERANGE, "ERANGE"},
    {ENOSYS, "ENOSYS"},   {EOPNOTSUPP, "EOPNOTSUPP"}, {EBADFD, "EBADFD"}, {EOVERFLOW, "EOVERFLOW"},
    {ELOOP, "ELOOP"},     {ETIMEDOUT, "ETIMEDOUT"},
};

const char *word(const struct step *step, unsigned index) {
  return index < step->count ? step->words[index] : "";
}

uint64_t number(const struct step *step, unsigned index) { return strtoull(word(step, index), NULL, 0); }

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

int bytes_of(const char *digits, unsigned char *bytes, unsigned most) {
  unsigned size = 0;
  for (; digits[0] != 0; digits += 2) {
    const int high = digit(digits[0]);
    const int low = high < 0 ? -1 : digit(digits[1]);
    if (low < 0 || size == most) return -1;
    bytes[size++] = (unsigned char)(high << 4 | low);
  }
  return (int)size;
}

const char *error_name(int error) {
  static char other[16];
  for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
    if (errors[i].number == error) return errors[i].name;
  snprintf(other, sizeof other, "E%d", error);
  return other;
}

void absent(void) { puts("absent"); }

void answer_call(int result) { puts(result < 0 ? error_name(errno) : "ok"); }

void answer_number(int result, uint64_t value) {
  if (result < 0)
    puts(error_name(errno));
  else
    printf("0x%llx\n", (unsigned long long)value);
}

void print_value(const unsigned char *bytes, unsigned size) {
  unsigned top = size;
  while (top > 1 && bytes[top - 1] == 0) top--;
  printf("0x%x", bytes[top - 1]);
  while (top-- > 1) printf("%02x", bytes[top - 1]);
}
