#include "agent-host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern const unsigned char agent_image[];
extern const unsigned char agent_image_end[];

/* A core register's number is its offset in struct kvm_regs, in units of four bytes. */
#define CORE_REGISTER(name) (UINT64_C(0x6030000000100000) | offsetof(struct kvm_regs, name) / 4)

#define PSTATE_EL_SHIFT 2
#define PSTATE_AARCH32 0x10

#define TICK_NANOSECONDS 20000000L
/* A vCPU that sleeps for so many ticks in one KVM_RUN waits for an event. */
#define WAIT_TICKS 2
/* An instruction that has not ended after so many ticks will not, unless KVM itself is at work on it. */
#define STUCK_TICKS 1000
/* Exits and waits during one question, after which there is no hope of an end. */
#define MOST_EXITS 64

enum agent_kick { KICK_NONE, KICK_WAITS, KICK_STUCK };

/*
 * The agent has its MMU off. Where the CPU lacks FEAT_S2FWB, its loads and stores then pass the caches, and the host
 * sees the same memory only if it keeps none of it in its own: written back before the guest looks at it, dropped
 * before the host does.
 */
void agent_share(const void *start, size_t size) {
  uintptr_t address = (uintptr_t)start;
  uint64_t types;
  uintptr_t line;
  __asm__("mrs %0, ctr_el0" : "=r"(types));
  line = (uintptr_t)4 << (types >> 16 & 15);
  for (address &= ~(line - 1); address < (uintptr_t)start + size; address += line)
    __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
  __asm__ volatile("dsb sy" : : : "memory");
}

void agent_load(void *memory) {
  const size_t size = (size_t)(agent_image_end - agent_image);
  /*
   * All of it is written, so that every page is there: when one comes later, KVM drops all that it has mapped for
   * the inner guests of a nested guest, which takes a minute on an emulated machine (linux 7.2, QEMU 10.0).
   */
  memset(memory, 0, AGENT_MEMORY_SIZE);
  memcpy(memory, agent_image, size);
  __builtin___clear_cache((char *)memory, (char *)memory + size);
  agent_share(memory, AGENT_MEMORY_SIZE);
}

static void *at(const struct agent_host *host, uint64_t address) { return host->memory + (address - AGENT_MEMORY); }

static struct agent_answer *answers(const struct agent_host *host) { return at(host, AGENT_ANSWERS); }

static struct agent_control *control(const struct agent_host *host) { return at(host, AGENT_CONTROL); }

/* The question that the guest is at. */
static uint32_t current_question(const struct agent_host *host) {
  agent_share(control(host), sizeof *control(host));
  return *(volatile uint32_t *)&control(host)->current;
}

static int set_pc(int vcpu, uint64_t address) {
  struct kvm_one_reg reg = {.id = CORE_REGISTER(regs.pc), .addr = (uintptr_t)&address};
  return ioctl(vcpu, KVM_SET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static int get_core_register(int vcpu, uint64_t id, uint64_t *value) {
  struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};
  return ioctl(vcpu, KVM_GET_ONE_REG, &reg) < 0 ? -errno : 0;
}

/* The exception level at which the vCPU is; -ENOEXEC: it is in AArch32. */
static int get_level(int vcpu, unsigned *level) {
  uint64_t pstate;
  const int error = get_core_register(vcpu, CORE_REGISTER(regs.pstate), &pstate);
  if (error != 0) return error;
  if ((pstate & PSTATE_AARCH32) != 0) return -ENOEXEC;
  *level = (unsigned)(pstate >> PSTATE_EL_SHIFT) & 3;
  return 0;
}

/* Whether the vCPU has yet to execute the question's instruction. */
static bool is_at(int vcpu, uint32_t question) {
  uint64_t pc;
  return get_core_register(vcpu, CORE_REGISTER(regs.pc), &pc) == 0 &&
         pc == AGENT_SLOTS + ((uint64_t)question << AGENT_SLOT_SHIFT);
}

static void interrupt(int signal) { (void)signal; }

/* Whether the runner sleeps. A vCPU that executes, or that only was not its turn, does not. */
static bool runner_sleeps(const struct agent_host *host) {
  char text[128];
  const ssize_t length = pread(host->runner_state, text, sizeof text - 1, 0);
  const char *state;
  if (length <= 0) return false;
  text[length] = '\0';
  /* `ID (NAME) STATE ...`; the name may hold anything, a parenthesis too. */
  state = strrchr(text, ')');
  return state != NULL && state[1] == ' ' && state[2] == 'S';
}

static int open_runner_state(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%ld/stat", syscall(SYS_gettid));
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* How long the watchdog has seen the runner in one KVM_RUN, and asleep there. */
struct watched {
  unsigned entries;
  uint32_t question;
  unsigned ticks;
  unsigned asleep;
};

/* One look at the runner; it stays in or out of KVM_RUN meanwhile, for the caller holds the lock. */
static void look(struct agent_host *host, struct watched *watched) {
  const uint32_t question = current_question(host);
  if (!host->running || host->entries != watched->entries || question != watched->question) {
    *watched = (struct watched){.entries = host->entries, .question = question};
    return;
  }
  watched->ticks++;
  watched->asleep = runner_sleeps(host) ? watched->asleep + 1 : 0;
  if (watched->asleep < WAIT_TICKS && watched->ticks < STUCK_TICKS) return;
  /* Repeated at every look until the runner takes notice: a signal just before KVM_RUN has no effect. */
  host->kick = watched->asleep >= WAIT_TICKS ? KICK_WAITS : KICK_STUCK;
  pthread_kill(host->runner, SIGUSR1);
}

/*
 * Looks at the runner every tick. A signal alone could not tell a vCPU that waits from one that is busy, for the signal
 * ends the wait; that the thread sleeps can.
 */
static void *watch(void *argument) {
  const struct timespec tick = {.tv_nsec = TICK_NANOSECONDS};
  struct agent_host *host = argument;
  struct watched watched = {0};
  bool closing = false;
  while (!closing) {
    pthread_mutex_lock(&host->lock);
    closing = host->closing;
    if (!closing) look(host, &watched);
    pthread_mutex_unlock(&host->lock);
    nanosleep(&tick, NULL);
  }
  return NULL;
}

/* Starts the thread that wakes the vCPU; the vCPU itself stays as it is. */
static int begin(struct agent_host *host, int vcpu, struct kvm_run *run, void *memory) {
  struct sigaction action = {.sa_handler = interrupt};
  int error;
  memset(host, 0, sizeof *host);
  host->vcpu = vcpu;
  host->run = run;
  host->memory = memory;
  host->runner = pthread_self();
  error = get_level(vcpu, &host->level);
  if (error != 0) return error;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGUSR1, &action, NULL) < 0) return -errno;
  host->runner_state = open_runner_state();
  if (host->runner_state < 0) return -errno;
  pthread_mutex_init(&host->lock, NULL);
  error = pthread_create(&host->watchdog, NULL, watch, host);
  if (error == 0) return 0;
  pthread_mutex_destroy(&host->lock);
  close(host->runner_state);
  return -error;
}

int agent_open(struct agent_host *host, int vcpu, struct kvm_run *run, void *memory) {
  unsigned level;
  int error = get_level(vcpu, &level);
  if (error == 0) error = set_pc(vcpu, AGENT_MEMORY);
  if (error == 0) error = begin(host, vcpu, run, memory);
  if (error != 0) return error;
  control(host)->greets = 1;
  control(host)->current = 0;
  control(host)->count = 0;
  agent_share(control(host), sizeof *control(host));
  return 0;
}

int agent_resume(struct agent_host *host, int vcpu, struct kvm_run *run, void *memory) {
  return begin(host, vcpu, run, memory);
}

void agent_close(struct agent_host *host) {
  pthread_mutex_lock(&host->lock);
  host->closing = 1;
  pthread_mutex_unlock(&host->lock);
  pthread_join(host->watchdog, NULL);
  pthread_mutex_destroy(&host->lock);
  close(host->runner_state);
}

static struct agent_exit describe_exit(const struct kvm_run *run) {
  struct agent_exit exit = {.reason = run->exit_reason};
  switch (run->exit_reason) {
    case KVM_EXIT_HYPERCALL:
      exit.detail[0] = run->hypercall.nr;
      /* Headers before linux 6.4 call the flags' place `longmode` and padding. */
      memcpy(&exit.detail[1], (const char *)run + offsetof(struct kvm_run, hypercall.longmode), sizeof exit.detail[1]);
      break;
    case KVM_EXIT_SYSTEM_EVENT:
      exit.detail[0] = run->system_event.type;
      break;
    case KVM_EXIT_MMIO:
      exit.detail[0] = run->mmio.phys_addr;
      exit.detail[1] = run->mmio.len;
      exit.detail[2] = run->mmio.is_write;
      if (run->mmio.is_write) memcpy(&exit.detail[3], run->mmio.data, sizeof exit.detail[3]);
      break;
    case KVM_EXIT_ARM_NISV:
      exit.detail[0] = run->arm_nisv.esr_iss;
      exit.detail[1] = run->arm_nisv.fault_ipa;
      break;
    case KVM_EXIT_FAIL_ENTRY:
      exit.detail[0] = run->fail_entry.hardware_entry_failure_reason;
      break;
    case KVM_EXIT_INTERNAL_ERROR:
      exit.detail[0] = run->internal.suberror;
      break;
    default:
      break;
  }
  return exit;
}

/* The guest writes to the console; true if that is what it was. */
static bool writes_text(struct agent_host *host) {
  const struct kvm_run *run = host->run;
  if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write || run->mmio.phys_addr != AGENT_CONSOLE) return false;
  if (host->console_length + 1 < sizeof host->console) host->console[host->console_length++] = (char)run->mmio.data[0];
  return true;
}

static bool finishes(const struct kvm_run *run) {
  return run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write && run->mmio.phys_addr == AGENT_FINISH;
}

static int make_runnable(int vcpu) {
  struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};
  return ioctl(vcpu, KVM_SET_MP_STATE, &state) < 0 ? -errno : 0;
}

/* Does for the guest what the exit asks for, so that the vCPU can go on; 0 or -errno. */
static int serve(struct agent_host *host, uint32_t current) {
  switch (host->run->exit_reason) {
    case KVM_EXIT_MMIO:
      if (!host->run->mmio.is_write) memset(host->run->mmio.data, 0, sizeof host->run->mmio.data);
      return 0;
    case KVM_EXIT_SYSTEM_EVENT:
      return make_runnable(host->vcpu);
    case KVM_EXIT_ARM_NISV:
      /* Behind the instruction lies the way back. */
      return set_pc(host->vcpu, AGENT_SLOTS + ((uint64_t)current << AGENT_SLOT_SHIFT) + sizeof(uint32_t));
    case KVM_EXIT_FAIL_ENTRY:
    case KVM_EXIT_INTERNAL_ERROR:
    case KVM_EXIT_SHUTDOWN:
    case KVM_EXIT_UNKNOWN:
      return -EIO;
    default:
      return 0;
  }
}

/* KVM_RUN: 0 after an exit to user space, else -errno. `kick`: why it was interrupted, if it was. */
static int run_vcpu(struct agent_host *host, enum agent_kick *kick) {
  int error = 0;
  pthread_mutex_lock(&host->lock);
  host->entries++;
  host->running = 1;
  pthread_mutex_unlock(&host->lock);
  if (ioctl(host->vcpu, KVM_RUN, 0) < 0) error = -errno;
  /* A signal that was sent under the lock has come by now: none is left for the next KVM_RUN. */
  pthread_mutex_lock(&host->lock);
  host->running = 0;
  *kick = host->kick;
  host->kick = KICK_NONE;
  pthread_mutex_unlock(&host->lock);
  return error;
}

int agent_settle(struct agent_host *host) {
  enum agent_kick kick;
  int error;
  host->run->immediate_exit = 1;
  error = run_vcpu(host, &kick);
  host->run->immediate_exit = 0;
  return error == -EINTR ? 0 : error;
}

/* Runs until the guest has answered `count` questions; 0, or -errno at the question that control.current names. */
static int run_round(struct agent_host *host, uint32_t count, struct agent_outcome *outcomes) {
  unsigned events = 0;
  uint32_t last = 0;
  for (;;) {
    enum agent_kick kick;
    int error = run_vcpu(host, &kick);
    const uint32_t current = current_question(host);
    struct agent_outcome *outcome;
    if (error == 0 && finishes(host->run)) return 0;
    if (error == 0 && writes_text(host)) continue;
    if (current >= count) return error == 0 ? -EIO : error;
    outcome = &outcomes[current];
    if (error == -EINTR) {
      if (kick == KICK_STUCK && is_at(host->vcpu, current)) return -ETIMEDOUT;
      if (kick != KICK_WAITS) continue;
      outcome->waits++;
      error = make_runnable(host->vcpu);
    } else if (error == 0) {
      if (outcome->exit_count < AGENT_EXITS_KEPT) outcome->exits[outcome->exit_count] = describe_exit(host->run);
      outcome->exit_count++;
      error = serve(host, current);
    }
    if (error != 0) return error;
    events = current == last ? events + 1 : 1;
    last = current;
    if (events > MOST_EXITS) return -ELOOP;
  }
}

static void put(struct agent_host *host, const struct agent_asking *asking, uint32_t count) {
  struct agent_question *questions = at(host, AGENT_QUESTIONS);
  struct agent_slot *slots = at(host, AGENT_SLOTS);
  uint32_t index;
  for (index = 0; index < count; index++) {
    questions[index].level = asking[index].level;
    memcpy(questions[index].x, asking[index].x, sizeof questions[index].x);
    slots[index].instruction = asking[index].instruction;
    slots[index].back = AGENT_SLOT_RETURN;
  }
  memset(answers(host), 0, count * sizeof(struct agent_answer));
  control(host)->count = count;
  control(host)->current = 0;
  __builtin___clear_cache((char *)slots, (char *)(slots + count));
  agent_share(questions, count * sizeof *questions);
  agent_share(slots, count * sizeof *slots);
  agent_share(answers(host), count * sizeof(struct agent_answer));
  agent_share(control(host), sizeof *control(host));
}

size_t agent_ask(struct agent_host *host, const struct agent_asking *questions, size_t count,
                 struct agent_outcome *outcomes) {
  size_t done = 0;
  memset(outcomes, 0, count * sizeof *outcomes);
  while (done < count) {
    const size_t left = count - done;
    const uint32_t round = left < AGENT_MOST_QUESTIONS ? (uint32_t)left : AGENT_MOST_QUESTIONS;
    int error;
    uint32_t answered;
    uint32_t index;
    put(host, questions + done, round);
    error = run_round(host, round, outcomes + done);
    answered = error == 0 ? round : current_question(host);
    agent_share(answers(host), answered * sizeof(struct agent_answer));
    for (index = 0; index < answered; index++) outcomes[done + index].answer = answers(host)[index];
    done += answered;
    if (error != 0) {
      if (done < count) outcomes[done].error = -error;
      return done;
    }
  }
  return done;
}
