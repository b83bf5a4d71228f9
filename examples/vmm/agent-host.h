/*
 * The host's side of the agent: puts questions into its memory, runs the vCPU until all are answered, and keeps
 * per question what came of it. Knows nothing of contracts: any VM with memory at AGENT_MEMORY will do.
 *
 *   agent_load(memory);                          memory of AGENT_MEMORY_SIZE bytes, mapped at AGENT_MEMORY
 *   agent_open(&host, vcpu, run, memory);        the vCPU is initialised and configured
 *   agent_ask(&host, questions, count, outcomes);   as often as wanted
 *   agent_close(&host);
 *
 * A vCPU whose registers and memory were saved elsewhere goes on with agent_resume in the place of agent_open.
 */
#ifndef AGENT_HOST_H
#define AGENT_HOST_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "agent.h"

#define AGENT_CONSOLE_SIZE 256
#define AGENT_EXITS_KEPT 4

struct agent_asking {
  uint32_t instruction;
  uint32_t level; /* exception level: 0, 1, or 2 where the guest has one */
  uint64_t x[4];  /* X0 to X3 */
};

/* An exit to user space. `detail` by reason: */
struct agent_exit {
  uint32_t reason; /* KVM_EXIT_... */
  uint64_t detail[4];
  /* HYPERCALL       function id, flags
   * SYSTEM_EVENT    type
   * MMIO            address, length, whether it is a store, what it stores
   * ARM_NISV        syndrome (ESR.ISS), fault's guest-physical address
   * FAIL_ENTRY      the hardware's reason
   * INTERNAL_ERROR  suberror
   * others          nothing */
};

/* What came of one question. */
struct agent_outcome {
  int error;            /* errno with which the vCPU ended at this question, 0 if it did not */
  unsigned waits;       /* how often the vCPU waited for an event and was woken */
  unsigned exit_count;  /* exits to user space; the first AGENT_EXITS_KEPT of them follow */
  struct agent_exit exits[AGENT_EXITS_KEPT];
  struct agent_answer answer; /* vector 0: none */
};

struct agent_host {
  int vcpu;
  struct kvm_run *run;
  unsigned char *memory;
  unsigned level; /* exception level at which the guest begins: 1, or 2 where it has an EL2 */
  char console[AGENT_CONSOLE_SIZE]; /* what the guest wrote, NUL-terminated; more than fits is dropped */
  size_t console_length;

  /* What the runner, the thread that calls agent_ask, and the one that wakes it tell each other. */
  pthread_t runner;
  pthread_t watchdog;
  pthread_mutex_t lock;
  int runner_state;   /* descriptor of the runner's /proc/self/task/ID/stat */
  int running;        /* KVM_RUN is under way */
  int closing;
  unsigned entries;   /* into KVM_RUN */
  int kick;           /* enum agent_kick: why KVM_RUN was interrupted */
};

/* Copies the agent to the start of its memory, AGENT_MEMORY_SIZE bytes, and clears the rest. */
void agent_load(void *memory);

/*
 * Sets the vCPU's program counter to the agent and starts the thread that wakes it. 0 or -errno, -ENOEXEC for a vCPU
 * that begins in AArch32. All calls are to
 * come from this thread. SIGUSR1 is taken for interrupting KVM_RUN. `host` is to stay where it is until agent_close.
 */
int agent_open(struct agent_host *host, int vcpu, struct kvm_run *run, void *memory);

/*
 * The same for a vCPU that has the registers of one on which the agent had answered all questions (agent_settle), and
 * whose memory is a copy of that one's: it goes on from there.
 */
int agent_resume(struct agent_host *host, int vcpu, struct kvm_run *run, void *memory);

/*
 * After agent_ask the guest is in the middle of a store to the VMM, and KVM has yet to end it. Does so without running
 * on, so that registers can be saved. 0 or -errno.
 */
int agent_settle(struct agent_host *host);

/*
 * Memory that host and guest look at by turns: to be called before the guest looks at what the host has written, and before
 * the host looks at what the guest has written.
 */
void agent_share(const void *start, size_t size);

/*
 * Asks `count` questions, any number, and fills in as many outcomes. The answer: how many questions were answered.
 * Fewer than `count` where the vCPU ended: outcomes[answer] then has the errno (that of KVM_RUN; EIO: the kernel gave
 * the vCPU up; ELOOP: endless exits; ETIMEDOUT: the instruction does not end), and those behind it were not asked.
 * After that the host answers nothing more.
 *
 * What the guest meets on the way: a load without memory reads 0; a hypercall that user space is to answer returns
 * with X0 to X3 as they were; an access that KVM leaves to user space (KVM_EXIT_ARM_NISV) is stepped over; after
 * a system event, and where the vCPU waits, it is made runnable and goes on.
 */
size_t agent_ask(struct agent_host *host, const struct agent_asking *questions, size_t count,
                 struct agent_outcome *outcomes);

/* Ends the thread that wakes the vCPU. The vCPU and the memory stay the caller's. */
void agent_close(struct agent_host *host);

/* Whether the instruction was executed: what brought the guest back is the SVC behind it. */
static inline int agent_completed(const struct agent_answer *answer) {
  return answer->vector != 0 && answer->offset == 8 && answer->esr >> 26 == 0x15;
}

/* Exception level that took the answer's exception. */
static inline unsigned agent_level(const struct agent_answer *answer) {
  return (unsigned)(answer->vector >> AGENT_VECTOR_LEVEL_SHIFT);
}

#endif
