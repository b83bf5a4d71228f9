/* Numbers wider than the CPU's: 128-bit division and quad-precision floating point, which libgcc does in software; and
   their text. */
#include "lib/machine.h"

static void print_wide(unsigned __int128 value, unsigned base) {
  char digits[130];
  char *at = digits + sizeof digits;
  *--at = 0;
  do {
    *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[(unsigned)(value % base)];
    value /= base;
  } while (value != 0);
  print("%s", at);
}

static void print_signed(__int128 value) {
  if (value < 0) print("-");
  print_wide(value < 0 ? -(unsigned __int128)value : (unsigned __int128)value, 10);
}

/* Fixed notation with so many places. */
static void print_quad(long double value, int places) {
  if (value < 0) {
    print("-");
    value = -value;
  }
  unsigned __int128 whole = (unsigned __int128)value;
  print_wide(whole, 10);
  print(".");
  value -= (long double)whole;
  for (int i = 0; i < places; i++) {
    value *= 10;
    int digit = (int)value;
    print("%d", digit);
    value -= digit;
  }
}

static long double root(long double value) {
  long double guess = value > 1 ? value / 2 : 1;
  for (int i = 0; i < 60; i++) guess = (guess + value / guess) / 2;
  return guess;
}

static long double exponential(long double value) {
  long double sum = 1, term = 1;
  for (int i = 1; i < 60; i++) {
    term = term * value / i;
    sum += term;
  }
  return sum;
}

int main(void) {
  unsigned __int128 factorial = 1;
  for (unsigned n = 1; n <= 34; n++) factorial *= n;
  print("34! = ");
  print_wide(factorial, 10);
  print(" = ");
  print_wide(factorial, 36);
  print(" to base 36\n");
  for (int i = 0; i < 12; i++) {
    unsigned __int128 a = (unsigned __int128)random64() << 64 | random64();
    unsigned __int128 b = ((unsigned __int128)random64() << 64 | random64()) >> (random64() % 127);
    if (b == 0) b = 1;
    __int128 c = (__int128)a >> (i * 5), d = (__int128)(b >> 1) * (i & 1 ? -1 : 1);
    if (d == 0) d = -3;
    if (a / b * b + a % b != a) return 1;
    print_wide(a / b, 10);
    print(" rest ");
    print_wide(a % b, 10);
    print("; ");
    print_signed(c / d);
    print(" rest ");
    print_signed(c % d);
    print("\n");
  }
  print("root of 2: ");
  print_quad(root(2.0L), 32);
  print("\ne: ");
  print_quad(exponential(1.0L), 32);
  long double pi = 0;
  for (int k = 0; k < 30; k++) {
    long double power = 1;
    for (int i = 0; i < k; i++) power /= 16;
    pi += power * (4.0L / (8 * k + 1) - 2.0L / (8 * k + 4) - 1.0L / (8 * k + 5) - 1.0L / (8 * k + 6));
  }
  print("\npi: ");
  print_quad(pi, 32);
  double narrow = (double)pi;
  float narrower = (float)pi;
  print("\nas double and float, times 10^15 and 10^6: %ld %d\n", (int64_t)(narrow * 1e15), (int)(narrower * 1e6f));
  print("order: %d %d %d %d\n", pi > root(9.8L), pi == (long double)narrow, (long double)1e300 < pi, pi != pi);
  print("%d %u %ld %lx|%5d|%-5d|%05d|%c%%\n", -2147483647 - 1, 4294967295u, (int64_t)(1ull << 63), ~0ul, 42, 42, 42, 'z');
  return 0;
}
