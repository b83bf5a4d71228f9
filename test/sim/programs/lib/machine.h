/* What a program finds on its machine: a serial port, an end, the C functions that compilers call. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

void put_char(char character);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void exit_with(long status);

void *memcpy(void *to, const void *from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *one, const void *other, size_t count);
size_t strlen(const char *text);
int strcmp(const char *one, const char *other);

/* 64 bits of a linear congruential generator, the same in each run. */
uint64_t random64(void);

/* Registers as the vectors of start.S save them. */
struct frame {
  uint64_t x[31];
  uint64_t elr;
  uint64_t spsr;
};

/* Of the 16 vectors; programs may have their own. */
void on_exception(int vector, struct frame *frame);

#endif
