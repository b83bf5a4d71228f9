/* Runs the program in the guest: the questions that stand behind a `run`, and what came of each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent-host.h"
#include "case.h"

#define NOP 0xd503201f
#define MOST_ASKED 4096

/* Where an exception is taken to whose kind says UNDEFINED, in a guest without EL2 and for EL2 itself. */
#define UNDEFINED 0x2000000
#define VECTOR_SAME_LEVEL 4
#define VECTOR_LOWER_LEVEL 8
#define VECTOR_ENTRY 15

static struct agent_asking asked[MOST_ASKED];
static struct agent_outcome outcomes[MOST_ASKED];
static size_t asked_count;

/* The run that the questions belong to. */
static struct {
  bool pending;
  struct vcpu *vcpu;
} run;

static struct {
  bool open;
  bool dead; /* it answers nothing more */
  struct agent_host host;
} guests[MOST_VCPUS];

/* Ends the thread of a vCPU; the next run begins anew. */
void close_guest(unsigned index) {
  if (guests[index].open) agent_close(&guests[index].host);
  guests[index].open = false;
  guests[index].dead = false;
}

/* ask LEVEL INSTRUCTION [X0...X3] */
void ask(const struct step *step) {
  struct agent_asking *asking = &asked[asked_count];
  if (asked_count == MOST_ASKED) return;
  asking->level = (uint32_t)number(step, 1);
  asking->instruction = (uint32_t)number(step, 2);
  for (unsigned i = 0; i < 4; i++) asking->x[i] = number(step, 3 + i);
  asked_count++;
}

/* run VCPU: waits for its questions. */
void run_vcpu(const struct step *step) {
  run.pending = true;
  run.vcpu = vcpu_of(step, 1);
}

static void print_exit(const struct agent_exit *exit) {
  switch (exit->reason) {
    case KVM_EXIT_HYPERCALL:
      printf("hypercall 0x%llx 0x%llx", (unsigned long long)exit->detail[0], (unsigned long long)exit->detail[1]);
      break;
    case KVM_EXIT_SYSTEM_EVENT:
      printf("system-event %llu", (unsigned long long)exit->detail[0]);
      break;
    case KVM_EXIT_MMIO:
      printf("mmio-%s 0x%llx %llu", exit->detail[2] ? "write" : "read", (unsigned long long)exit->detail[0],
             (unsigned long long)exit->detail[1]);
      if (exit->detail[2]) printf(" 0x%llx", (unsigned long long)exit->detail[3]);
      break;
    default:
      printf("exit %u", exit->reason);
      break;
  }
  fputs(" then ", stdout);
}

/* X0 to X3 where they are not what the question gave; returns how many. */
static unsigned print_changed(const struct agent_asking *asking, const struct agent_answer *answer, const char *before) {
  unsigned count = 0;
  for (unsigned i = 0; i < 4; i++) {
    if (answer->x[i] == asking->x[i]) continue;
    printf("%sx%u 0x%llx", count++ == 0 ? before : " ", i, (unsigned long long)answer->x[i]);
  }
  return count;
}

static void print_answer(const struct agent_asking *asking, const struct agent_answer *answer) {
  const unsigned level = agent_level(answer);
  const unsigned entry = (unsigned)answer->vector & VECTOR_ENTRY;
  const bool expected = level == (asking->level == 0 ? 1 : asking->level) &&
                        entry == (asking->level == 0 ? VECTOR_LOWER_LEVEL : VECTOR_SAME_LEVEL);
  if (answer->vector == 0) {
    puts("unanswered");
    return;
  }
  if (agent_completed(answer)) {
    if (print_changed(asking, answer, "") == 0) fputs("same", stdout);
  } else if (expected && answer->esr == UNDEFINED && memcmp(asking->x, answer->x, sizeof asking->x) == 0) {
    fputs("undefined", stdout);
  } else {
    printf("exception %u %u 0x%llx", level, entry, (unsigned long long)answer->esr);
    print_changed(asking, answer, " ");
  }
  putchar('\n');
}

static void print_outcome(const struct agent_asking *asking, const struct agent_outcome *outcome) {
  if (outcome->waits > 0) fputs("waits then ", stdout);
  for (unsigned i = 0; i < outcome->exit_count && i < AGENT_EXITS_KEPT; i++) print_exit(&outcome->exits[i]);
  if (outcome->error != 0) printf("fails %s then ", error_name(outcome->error));
  print_answer(asking, &outcome->answer);
}

/* KVM_RUN of a vCPU that was never initialised cannot be prepared: the agent's address cannot be set. */
static int open_guest(struct vcpu *vcpu) {
  const size_t index = (size_t)(vcpu - vcpus);
  int error;
  if (guests[index].open) return 0;
  agent_load(guest_memory);
  error = agent_open(&guests[index].host, vcpu->fd, vcpu->run, guest_memory);
  if (error == 0) {
    guests[index].open = true;
    return 0;
  }
  return ioctl(vcpu->fd, KVM_RUN, 0) < 0 ? -errno : error;
}

/* Answers the run and its questions: whether all were answered, and each. */
void answer_asked(void) {
  static const struct agent_asking nothing = {.instruction = NOP, .level = 1};
  const size_t count = asked_count;
  size_t index;
  int error = 0;
  if (!run.pending) return;
  run.pending = false;
  asked_count = 0;
  memset(outcomes, 0, sizeof outcomes);
  if (run.vcpu == NULL || guests[run.vcpu - vcpus].dead) {
    absent();
  } else {
    struct agent_host *host = &guests[run.vcpu - vcpus].host;
    error = open_guest(run.vcpu);
    if (error == 0) {
      const size_t wanted = count == 0 ? 1 : count;
      const size_t done = agent_ask(host, count == 0 ? &nothing : asked, wanted, outcomes);
      if (done < wanted) error = -outcomes[done].error;
      /* An error that KVM_RUN gives before it enters the guest leaves the guest as it was. */
      guests[run.vcpu - vcpus].dead = error == -EIO || error == -ELOOP || error == -ETIMEDOUT;
    }
    puts(error == 0 ? "ok" : error_name(-error));
  }
  for (index = 0; index < count; index++) print_outcome(&asked[index], &outcomes[index]);
}
