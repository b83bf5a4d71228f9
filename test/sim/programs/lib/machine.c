#include "machine.h"

#define PL011 0x09000000UL
#define PL011_FR_TXFF 0x20

void put_char(char character) {
  volatile uint32_t *data = (volatile uint32_t *)PL011;
  volatile uint32_t *flags = (volatile uint32_t *)(PL011 + 0x18);
  while (*flags & PL011_FR_TXFF) {
  }
  *data = (uint8_t)character;
}

/* Semihosting SYS_EXIT_EXTENDED with ADP_Stopped_ApplicationExit. */
_Noreturn void exit_with(long status) {
  uint64_t block[2] = {0x20026, (uint64_t)status};
  register uint64_t operation __asm__("x0") = 0x20;
  register uint64_t *argument __asm__("x1") = block;
  __asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(argument) : "memory");
  for (;;) {
  }
}

static void put_text(const char *text, int width, int left) {
  int padding = width - (int)strlen(text);
  if (!left)
    for (; padding > 0; padding--) put_char(' ');
  while (*text) put_char(*text++);
  for (; padding > 0; padding--) put_char(' ');
}

static void put_number(uint64_t value, int negative, unsigned base, int width, int left, char fill) {
  char digits[72];
  char *at = digits + sizeof digits;
  *--at = 0;
  do {
    *--at = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  if (fill == '0')
    while (digits + sizeof digits - 1 - at < width - negative) *--at = '0';
  if (negative) *--at = '-';
  put_text(at, width, left);
}

/* %c %s %d %u %x %p %%, with l and ll, a width, 0 and -. */
void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format; format++) {
    if (*format != '%') {
      put_char(*format);
      continue;
    }
    int left = 0, width = 0, wide = 0;
    char fill = ' ';
    for (format++; *format == '-' || *format == '0'; format++) {
      if (*format == '-') left = 1;
      else fill = '0';
    }
    for (; *format >= '0' && *format <= '9'; format++) width = width * 10 + *format - '0';
    for (; *format == 'l'; format++) wide = 1;
    switch (*format) {
    case 'c': put_char((char)va_arg(arguments, int)); break;
    case 's': put_text(va_arg(arguments, const char *), width, left); break;
    case 'd': {
      int64_t value = wide ? va_arg(arguments, int64_t) : va_arg(arguments, int);
      put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0, 10, width, left, fill);
      break;
    }
    case 'u':
    case 'x': {
      uint64_t value = wide ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned);
      put_number(value, 0, *format == 'x' ? 16 : 10, width, left, fill);
      break;
    }
    case 'p': put_number((uint64_t)va_arg(arguments, void *), 0, 16, 16, left, '0'); break;
    default: put_char(*format);
    }
  }
  va_end(arguments);
}

size_t strlen(const char *text) {
  const char *at = text;
  while (*at) at++;
  return (size_t)(at - text);
}

int strcmp(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return (uint8_t)*one - (uint8_t)*other;
}

int memcmp(const void *one, const void *other, size_t count) {
  const uint8_t *a = one, *b = other;
  for (; count; a++, b++, count--)
    if (*a != *b) return *a - *b;
  return 0;
}

uint64_t random64(void) {
  static uint64_t state = 0x853c49e6748fea9b;
  state = state * 6364136223846793005u + 1442695040888963407u;
  uint64_t mixed = state ^ (state >> 33);
  return mixed * 0xff51afd7ed558ccdu;
}

__attribute__((weak)) void on_exception(int vector, struct frame *frame) {
  uint64_t esr, far;
  __asm__("mrs %0, esr_el1" : "=r"(esr));
  __asm__("mrs %0, far_el1" : "=r"(far));
  print("vector %d: esr %lx elr %lx far %lx\n", vector, esr, frame->elr, far);
  exit_with(100);
}
