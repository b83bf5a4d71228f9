/* Coroutines: stacks of their own, switched by a few instructions of assembly; a lock and counters by exclusives. */
#include "lib/machine.h"

#define THREADS 5

struct context {
  uint64_t x[12]; /* X19 to X30 */
  uint64_t sp;
  uint64_t d[8];
};

void switch_context(struct context *from, const struct context *to);

__asm__(".globl switch_context\n"
        "switch_context:\n"
        "stp x19, x20, [x0]\n"
        "stp x21, x22, [x0, #16]\n"
        "stp x23, x24, [x0, #32]\n"
        "stp x25, x26, [x0, #48]\n"
        "stp x27, x28, [x0, #64]\n"
        "stp x29, x30, [x0, #80]\n"
        "mov x9, sp\n"
        "str x9, [x0, #96]\n"
        "stp d8, d9, [x0, #104]\n"
        "stp d10, d11, [x0, #120]\n"
        "stp d12, d13, [x0, #136]\n"
        "stp d14, d15, [x0, #152]\n"
        "ldp x19, x20, [x1]\n"
        "ldp x21, x22, [x1, #16]\n"
        "ldp x23, x24, [x1, #32]\n"
        "ldp x25, x26, [x1, #48]\n"
        "ldp x27, x28, [x1, #64]\n"
        "ldp x29, x30, [x1, #80]\n"
        "ldr x9, [x1, #96]\n"
        "mov sp, x9\n"
        "ldp d8, d9, [x1, #104]\n"
        "ldp d10, d11, [x1, #120]\n"
        "ldp d12, d13, [x1, #136]\n"
        "ldp d14, d15, [x1, #152]\n"
        "ret\n");

static struct context main_context, contexts[THREADS];
static uint8_t stacks[THREADS][4096] __attribute__((aligned(16)));
static int current, finished;
static uint64_t counter, lock_word;
static uint64_t sums[THREADS];

static void yield(void) { switch_context(&contexts[current], &main_context); }

static void lock(void) {
  while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE)) yield();
}

static void unlock(void) { __atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE); }

static void thread(void) {
  int self = current;
  double share = self + 0.5;
  for (int round = 0; round < 50; round++) {
    lock();
    uint64_t seen = counter;
    if (round % 3 == self % 3) yield();
    counter = seen + 1;
    unlock();
    __atomic_fetch_add(&sums[self], (uint64_t)(share * round), __ATOMIC_SEQ_CST);
    uint64_t before = __atomic_load_n(&sums[(self + 1) % THREADS], __ATOMIC_ACQUIRE);
    __atomic_compare_exchange_n(&sums[(self + 1) % THREADS], &before, before ^ (uint64_t)round, 0, __ATOMIC_ACQ_REL,
                                __ATOMIC_RELAXED);
    share += 0.25;
    yield();
  }
  finished++;
  for (;;) yield();
}

int main(void) {
  for (int i = 0; i < THREADS; i++) {
    contexts[i].x[11] = (uint64_t)thread;
    contexts[i].sp = (uint64_t)(stacks[i] + sizeof stacks[i]);
  }
  uint64_t switches = 0;
  while (finished < THREADS) {
    current = (int)(random64() % THREADS);
    switch_context(&main_context, &contexts[current]);
    switches++;
  }
  print("counter %lu after %lu switches\n", counter, switches);
  for (int i = 0; i < THREADS; i++) print("sum %d: %016lx\n", i, sums[i]);
  return counter == 50 * THREADS ? 0 : 1;
}
