/*
 * A generated header against a KVM made of a few lines: `ioctl` of the C library is replaced, every call is printed,
 * and calls can be made to fail. Arguments, in any order:
 *
 *   fail N ERRNO      the Nth call (from 0) fails
 *   absent ID         the register gives ENOENT
 *   forgetful ID      writes of the register are accepted and dropped
 *   holds ID VALUE    the register's first word at the start
 *   answer VALUE      of KVM_CHECK_EXTENSION
 *   registers N       how many registers KVM_GET_REG_LIST has (filled up with the program counter's id)
 */
#include <stdarg.h>
#include <stdlib.h>

#include GUEST_HEADER

#define PASTE(a, b) a##_##b
#define EXPAND(a, b) PASTE(a, b)
#define OWN(name) EXPAND(GUEST, name)

#define PROGRAM_COUNTER UINT64_C(0x6030000000100040)

struct reg {
  uint64_t id;
  uint64_t words[GUESTC_WORDS_MAX];
  int absent;
  int forgetful;
};

static struct reg regs[64];
static unsigned reg_count;
static long fail_at = -1;
static int fail_with;
static int answer = 64;
static uint64_t list_length;
static long calls;

static struct reg *find(uint64_t id) {
  unsigned at;
  for (at = 0; at < reg_count; at++)
    if (regs[at].id == id) return &regs[at];
  regs[reg_count].id = id;
  return &regs[reg_count++];
}

static unsigned words_of(uint64_t id) { return (1u << ((id >> 52) & 15)) / 8; }

static void *pointer(uint64_t address) { return (void *)(uintptr_t)address; }

static int fails(int error) {
  errno = error;
  return -1;
}

static int one_reg(const char *verb, const struct guestc_one_reg *one, int write) {
  struct reg *reg = find(one->id);
  uint64_t *memory = pointer(one->addr);
  unsigned at;
  if (reg->absent) {
    printf(" %s 0x%016" PRIx64 " ENOENT\n", verb, one->id);
    return fails(ENOENT);
  }
  if (write && !reg->forgetful) memcpy(reg->words, memory, 8 * words_of(one->id));
  if (!write) memcpy(memory, reg->words, 8 * words_of(one->id));
  printf(" %s 0x%016" PRIx64, verb, one->id);
  for (at = 0; at < words_of(one->id); at++) printf(" %" PRIx64, memory[at]);
  printf("\n");
  return 0;
}

static int reg_list(struct guestc_register_list *list) {
  uint64_t room = list->n;
  uint64_t at;
  list->n = list_length > reg_count ? list_length : reg_count;
  printf(" KVM_GET_REG_LIST %" PRIu64 " of %" PRIu64 "\n", list->n, room);
  if (list->n > room) return fails(E2BIG);
  for (at = 0; at < list->n; at++) list->id[at] = at < reg_count ? regs[at].id : PROGRAM_COUNTER;
  return 0;
}

/* Sizes by the kernel's documentation: SMCCC filter, PMU event filter, stolen time, else an int. */
static unsigned size_of(int vm, const struct guestc_device_attr *attr) {
  if (vm) return 24;
  return attr->group == 2 || (attr->group == 0 && attr->attr == 2) ? 8 : 4;
}

static int device_attr(int vm, const struct guestc_device_attr *attr) {
  const uint8_t *bytes = pointer(attr->addr);
  unsigned size = attr->addr == 0 ? 0 : size_of(vm, attr);
  unsigned at;
  printf(" KVM_SET_DEVICE_ATTR flags %u group %u attr %" PRIu64, attr->flags, attr->group, attr->attr);
  if (attr->addr != 0) printf(" ");
  for (at = 0; at < size; at++) printf("%02x", bytes[at]);
  printf("\n");
  return 0;
}

int ioctl(int fd, unsigned long request, ...) {
  va_list list;
  unsigned long argument;
  va_start(list, request);
  argument = va_arg(list, unsigned long);
  va_end(list);
  printf("%ld fd %d", calls, fd);
  if (calls++ == fail_at) {
    printf(" 0x%lx fails\n", request);
    return fails(fail_with);
  }
  switch (request) {
    case 0xae01:
      printf(" KVM_CREATE_VM %lu\n", argument);
      return 11;
    case 0xae03:
      printf(" KVM_CHECK_EXTENSION %lu\n", argument);
      return answer;
    case 0x4068aea3: {
      const struct guestc_enable_cap *cap = pointer(argument);
      printf(" KVM_ENABLE_CAP %u flags %u args %" PRIu64 " %" PRIu64 "\n", cap->cap, cap->flags, cap->args[0], cap->args[1]);
      return 0;
    }
    case 0x4010aeb5: {
      const uint64_t *offset = pointer(argument);
      printf(" KVM_ARM_SET_COUNTER_OFFSET %" PRIu64 " %" PRIu64 "\n", offset[0], offset[1]);
      return 0;
    }
    case 0x8020aeaf: {
      struct guestc_vcpu_init *init = pointer(argument);
      printf(" KVM_ARM_PREFERRED_TARGET\n");
      memset(init, 0xff, sizeof *init);
      init->target = 5;
      return 0;
    }
    case 0x4020aeae: {
      const struct guestc_vcpu_init *init = pointer(argument);
      printf(" KVM_ARM_VCPU_INIT target %u features %x %x\n", init->target, init->features[0], init->features[6]);
      return 0;
    }
    case 0x4004aec2:
      printf(" KVM_ARM_VCPU_FINALIZE %d\n", *(const int *)pointer(argument));
      return 0;
    case 0x4010aeab:
      return one_reg("KVM_GET_ONE_REG", pointer(argument), 0);
    case 0x4010aeac:
      return one_reg("KVM_SET_ONE_REG", pointer(argument), 1);
    case 0xc008aeb0:
      return reg_list(pointer(argument));
    case 0x4018aee1:
      return device_attr(fd == 11, pointer(argument));
    default:
      printf(" unknown 0x%lx\n", request);
      return fails(ENOTTY);
  }
}

static void read_arguments(char **at) {
  for (; at[0] != NULL; at += 2) {
    const uint64_t first = strtoull(at[1], NULL, 0);
    if (strcmp(at[0], "fail") == 0) {
      fail_at = (long)first;
      fail_with = atoi(at++[2]);
    } else if (strcmp(at[0], "absent") == 0) {
      find(first)->absent = 1;
    } else if (strcmp(at[0], "forgetful") == 0) {
      find(first)->forgetful = 1;
    } else if (strcmp(at[0], "holds") == 0) {
      find(first)->words[0] = strtoull(at++[2], NULL, 0);
    } else if (strcmp(at[0], "answer") == 0) {
      answer = (int)first;
    } else if (strcmp(at[0], "registers") == 0) {
      list_length = first;
    } else {
      exit(2);
    }
  }
}

static int finish(const char *step, int result, const struct guestc_error *error) {
  char text[1024];
  char cut[8];
  if (result >= 0) {
    printf("%s ok\n", step);
    return 0;
  }
  OWN(describe_error)(error, text, sizeof text);
  printf("%s %d: %s\n", step, result, text);
  /* A short buffer is filled and closed. */
  if (OWN(describe_error)(error, cut, sizeof cut) != (int)strlen(text) || strlen(cut) != sizeof cut - 1) exit(3);
  return 1;
}

int main(int count, char **arguments) {
  struct guestc_error error;
  int vm;
  int vcpu;
  (void)count;
  read_arguments(arguments + 1);
  vm = OWN(create_vm)(10, &error);
  if (finish("create_vm", vm, &error)) return 1;
  if (finish("configure_vm", OWN(configure_vm)(10, vm, &error), &error)) return 1;
  for (vcpu = 0; vcpu < 2; vcpu++)
    if (finish("configure_vcpu", OWN(configure_vcpu)(vm, 12 + vcpu, (unsigned)vcpu, vcpu != 0, &error), &error)) return 1;
  for (vcpu = 0; vcpu < 2; vcpu++)
    if (finish("configure_devices", OWN(configure_devices)(12 + vcpu, (unsigned)vcpu, &error), &error)) return 1;
  if (finish("verify_vcpu", OWN(verify_vcpu)(12, &error), &error)) return 1;
  /* Without a place for the error nothing is written. */
  return OWN(verify_vcpu)(12, NULL) == 0 ? 0 : 1;
}
