#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent-host.h"

#define SIZE_SHIFT 52
#define MOST_REGISTERS 2048
/* The widest register of KVM: 2048 bits. */
#define WIDEST_REGISTER 256
#define MOST_LINE 1024

static unsigned size_of(uint64_t id) { return 1u << (id >> SIZE_SHIFT & 15); }

static const char *error_name(int error) {
  static char other[16];
  switch (error) {
    case EPERM: return "EPERM";
    case ENOENT: return "ENOENT";
    case ENXIO: return "ENXIO";
    case E2BIG: return "E2BIG";
    case ENOEXEC: return "ENOEXEC";
    case EAGAIN: return "EAGAIN";
    case EBUSY: return "EBUSY";
    case ENODEV: return "ENODEV";
    case EINVAL: return "EINVAL";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    default: snprintf(other, sizeof other, "E%d", error); return other;
  }
}

static int one_register(int vcpu, unsigned long call, uint64_t id, void *value) {
  const struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};
  return ioctl(vcpu, call, &reg);
}

static void print_register(int vcpu, uint64_t id) {
  unsigned char value[WIDEST_REGISTER] = {0};
  unsigned top = size_of(id);
  printf("register 0x%016" PRIx64 " ", id);
  if (one_register(vcpu, KVM_GET_ONE_REG, id, value) < 0) {
    puts(error_name(errno));
    return;
  }
  while (top > 1 && value[top - 1] == 0) top--;
  printf("0x%x", value[top - 1]);
  while (top-- > 1) printf("%02x", value[top - 1]);
  putchar('\n');
}

static int print_vcpu(int vcpu) {
  static struct {
    uint64_t n;
    uint64_t ids[MOST_REGISTERS];
  } list;
  struct kvm_vcpu_events events;
  struct kvm_mp_state state;
  const unsigned char *bytes = (const unsigned char *)&events;
  list.n = MOST_REGISTERS;
  if (ioctl(vcpu, KVM_GET_REG_LIST, &list) < 0 || ioctl(vcpu, KVM_GET_VCPU_EVENTS, &events) < 0 ||
      ioctl(vcpu, KVM_GET_MP_STATE, &state) < 0)
    return -1;
  for (uint64_t i = 0; i < list.n; i++) print_register(vcpu, list.ids[i]);
  fputs("events 0x", stdout);
  for (unsigned i = 0; i < sizeof events; i++) printf("%02x", bytes[i]);
  printf("\nmp-state 0x%" PRIx32 "\n", state.mp_state);
  return 0;
}

static uint64_t *scratch(const struct machine *machine) {
  return (uint64_t *)((char *)machine->memory + (AGENT_SCRATCH - AGENT_MEMORY));
}

int state_print(const struct machine *machine) {
  const uint64_t *words = scratch(machine);
  agent_share(words, AGENT_SCRATCH_SIZE);
  for (unsigned i = 0; i < AGENT_SCRATCH_SIZE / sizeof *words; i++)
    if (words[i] != 0)
      printf("memory 0x%" PRIx64 " 0x%" PRIx64 "\n", AGENT_SCRATCH + i * (uint64_t)sizeof *words, words[i]);
  for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
    printf("vcpu 0x%x\n", (unsigned)vcpu);
    if (print_vcpu(machine->vcpus[vcpu]) == 0) continue;
    fprintf(stderr, "mover: state of a vCPU: %s\n", strerror(errno));
    return -1;
  }
  return 0;
}

/* Digits behind 0x, the most significant first, as little-endian bytes. -1: none, or more than fit. */
static int read_value(const char *text, unsigned char *value, size_t most) {
  const size_t digits = strncmp(text, "0x", 2) == 0 ? strlen(text + 2) : 0;
  if (digits == 0 || digits > 2 * most || strspn(text + 2, "0123456789abcdef") != digits) return -1;
  memset(value, 0, most);
  for (size_t i = 0; i < digits; i++) {
    const char digit[2] = {text[1 + digits - i], 0};
    value[i / 2] |= (unsigned char)(strtoul(digit, NULL, 16) << (i % 2 * 4));
  }
  return 0;
}

static uint64_t number(const char *text) { return strtoull(text, NULL, 16); }

static int set_register(int vcpu, int index, const char *id, const char *text) {
  unsigned char value[WIDEST_REGISTER];
  if (read_value(text, value, sizeof value) < 0) return -1;
  if (one_register(vcpu, KVM_SET_ONE_REG, number(id), value) < 0)
    printf("refused %d register %s %s\n", index, id, error_name(errno));
  return 0;
}

/* The bytes stand in the order of their addresses. */
static int set_events(int vcpu, int index, const char *text) {
  struct kvm_vcpu_events events;
  unsigned char reversed[sizeof events];
  if (read_value(text, reversed, sizeof reversed) < 0) return -1;
  for (size_t i = 0; i < sizeof events; i++) ((unsigned char *)&events)[i] = reversed[sizeof events - 1 - i];
  if (ioctl(vcpu, KVM_SET_VCPU_EVENTS, &events) < 0) printf("refused %d events %s\n", index, error_name(errno));
  return 0;
}

static void set_mp_state(int vcpu, int index, const char *text) {
  struct kvm_mp_state state = {.mp_state = (uint32_t)number(text)};
  if (ioctl(vcpu, KVM_SET_MP_STATE, &state) < 0) printf("refused %d mp-state %s\n", index, error_name(errno));
}

static int set_memory(const struct machine *machine, uint64_t address, uint64_t value) {
  if (address < AGENT_SCRATCH || address >= AGENT_SCRATCH + AGENT_SCRATCH_SIZE || address % sizeof value != 0) return -1;
  scratch(machine)[(address - AGENT_SCRATCH) / sizeof value] = value;
  return 0;
}

/* One line; -1: it is none of the form. `index`: of the vCPU that the line belongs to. */
static int restore_line(const struct machine *machine, char *line, int *index) {
  const char *kind = strtok(line, " \n");
  const char *first = strtok(NULL, " \n");
  const char *second = strtok(NULL, " \n");
  if (kind == NULL) return 0;
  if (first == NULL) return -1;
  if (strcmp(kind, "memory") == 0) return second == NULL ? -1 : set_memory(machine, number(first), number(second));
  if (strcmp(kind, "vcpu") == 0) {
    *index = (int)number(first);
    return *index < VCPUS ? 0 : -1;
  }
  if (*index < 0) return -1;
  if (strcmp(kind, "register") == 0)
    return second == NULL ? -1 : set_register(machine->vcpus[*index], *index, first, second);
  if (strcmp(kind, "events") == 0) return set_events(machine->vcpus[*index], *index, first);
  if (strcmp(kind, "mp-state") != 0) return -1;
  set_mp_state(machine->vcpus[*index], *index, first);
  return 0;
}

int state_restore(const struct machine *machine, const char *path) {
  char line[MOST_LINE];
  int index = -1;
  int result = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "mover: %s: %s\n", path, strerror(errno));
    return -1;
  }
  for (unsigned at = 1; result == 0 && fgets(line, sizeof line, file) != NULL; at++) {
    result = restore_line(machine, line, &index);
    if (result < 0) fprintf(stderr, "mover: %s:%u: not a line of a saved state\n", path, at);
  }
  fclose(file);
  agent_share(machine->memory, AGENT_MEMORY_SIZE);
  return result;
}
