/* A small kernel: a program at EL0 that calls it by SVC; aborts, UNDEFINED instructions and breakpoints that it mends. */
#include "lib/machine.h"

/* EL0 sees the memory 1 GB above where EL1 does, see start.S. */
#define USER_OFFSET 0x40000000UL

static uint8_t user_stack[4096] __attribute__((aligned(16)));
static int calls, aborts, undefined, breakpoints, other;

/* Goes to EL0 with these arguments; comes back by the call 0. */
uint64_t run_user(uint64_t entry, uint64_t stack, uint64_t argument);
__asm__(".globl run_user\n"
        "run_user:\n"
        "stp x29, x30, [sp, #-112]!\n"
        "stp x19, x20, [sp, #16]\n"
        "stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n"
        "stp x25, x26, [sp, #64]\n"
        "stp x27, x28, [sp, #80]\n"
        "msr elr_el1, x0\n"
        "msr sp_el0, x1\n"
        "msr spsr_el1, xzr\n"
        "mov x0, x2\n"
        "eret\n"
        ".globl back_from_user\n"
        "back_from_user:\n"
        "ldp x19, x20, [sp, #16]\n"
        "ldp x21, x22, [sp, #32]\n"
        "ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n"
        "ldp x27, x28, [sp, #80]\n"
        "ldp x29, x30, [sp], #112\n"
        "ret\n");
void back_from_user(void);

static uint64_t call(uint64_t number, uint64_t a, uint64_t b) {
  register uint64_t x0 __asm__("x0") = a;
  register uint64_t x1 __asm__("x1") = b;
  register uint64_t x8 __asm__("x8") = number;
  __asm__ volatile("svc #5" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
  return x0;
}

/* At EL0. What is reached relative to the program counter is 1 GB above, and the same. */
static void user(uint64_t argument) {
  uint64_t value = argument;
  for (int i = 0; i < 10; i++) value = call(1, value, (uint64_t)i);
  call(2, value, 0);
  uint64_t level = 7;
  __asm__ volatile("mrs %0, currentel" : "+r"(level));
  call(2, level, 1);
  __asm__ volatile("brk #77");
  uint64_t read = 3;
  __asm__ volatile("ldr %0, [%1]" : "+r"(read) : "r"(0x40200000UL));
  call(2, read, 2);
  __asm__ volatile("str %0, [%1]" : : "r"(read), "r"(0xdead0000UL));
  __asm__ volatile("msr daifset, #2\n\t.inst 0");
  uint64_t counter;
  __asm__ volatile("mrs %0, nzcv" : "=r"(counter));
  call(0, value ^ (counter & 0), 0);
}

void on_exception(int vector, struct frame *frame) {
  uint64_t esr, far;
  __asm__ volatile("mrs %0, esr_el1" : "=r"(esr));
  __asm__ volatile("mrs %0, far_el1" : "=r"(far));
  int class = (int)(esr >> 26);
  switch (class) {
  case 0x15:
    calls++;
    if (frame->x[8] == 0) {
      print("user ends with %lx\n", frame->x[0]);
      frame->elr = (uint64_t)back_from_user;
      frame->spsr = 0x3c5;
      return;
    }
    if (frame->x[8] == 1) frame->x[0] = frame->x[0] * 3 + frame->x[1];
    if (frame->x[8] == 2) print("user says %lx (%lu), svc %lu, vector %d\n", frame->x[0], frame->x[1], esr & 0xffff, vector);
    return;
  case 0x00:
  case 0x18:
    undefined++;
    break;
  case 0x20:
  case 0x21:
  case 0x22:
    aborts++;
    print("fetch from %lx: esr %lx\n", far, esr);
    /* Back to whoever jumped there. */
    frame->elr = frame->x[30];
    return;
  case 0x24:
  case 0x25:
    aborts++;
    print("%s of %lx from vector %d: esr %lx\n", esr & 0x40 ? "store" : "load", far, vector, esr);
    break;
  case 0x3c:
    breakpoints++;
    print("breakpoint %lu\n", esr & 0xffff);
    break;
  default:
    other++;
    print("class %x, far %lx\n", class, far);
  }
  frame->elr += 4;
}

int main(void) {
  volatile uint64_t *nowhere = (volatile uint64_t *)0x123456780000UL;
  *nowhere = 5;
  uint64_t read = *(volatile uint32_t *)0x7fff12345678UL;
  (void)read;
  __asm__ volatile("mov x8, #1\n\t.inst 0x00000001\n\tbrk #3\n\tsvc #9" : : : "x8", "x0", "x1", "memory");
  ((void (*)(void))0x8000001000UL)();
  ((void (*)(void))0x40200002UL)();
  uint64_t flags;
  __asm__ volatile("cmp xzr, xzr\n\tbrk #4\n\tmrs %0, nzcv" : "=r"(flags) : : "cc");
  print("flags %lx\n", flags);
  uint64_t sp_before, sp_after;
  __asm__ volatile("mov %0, sp\n\tbrk #5\n\tmov %1, sp" : "=&r"(sp_before), "=r"(sp_after));
  if (sp_before != sp_after) return 1;
  run_user((uint64_t)user + USER_OFFSET, (uint64_t)(user_stack + sizeof user_stack) + USER_OFFSET, 11);
  print("%d calls, %d aborts, %d undefined, %d breakpoints, %d other\n", calls, aborts, undefined, breakpoints, other);
  return 0;
}
