/* KVM_GET_ONE_REG and its kin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

#define SIZE_SHIFT 52
#define CLASS(id) ((id) >> 16 & 0xfff)
#define CORE 0x10
#define SVE 0x15
#define SVE_LENGTHS 0xffff
#define MOST_REGISTERS 2048
#define MOST_VOLATILE 64
#define MOST_KEPT 512

#ifndef KVM_ARM_GET_REG_WRITABLE_MASKS
struct reg_mask_range {
  uint64_t addr;
  uint32_t range;
  uint32_t reserved[13];
};
#define KVM_ARM_GET_REG_WRITABLE_MASKS _IOR(KVMIO, 0xb6, struct reg_mask_range)
#endif
/* op1 of 0, 1 and 3 with op0 3, CRn 0, every CRm and op2. */
#define MASKS 192
#define FEATURE_ID 0x603000000013c000

static uint64_t volatiles[MOST_VOLATILE];
static unsigned volatile_count;

/* Registers in order of id, with their values as text. */
struct kept {
  unsigned count;
  uint64_t *ids;
  char **values; /* NULL: only the ids are kept */
};

static struct kept lists[MOST_KEPT];
static unsigned list_count;
static struct kept dumps[MOST_KEPT];
static unsigned dump_count;

static unsigned size_of(uint64_t id) {
  const unsigned code = (unsigned)(id >> SIZE_SHIFT & 15);
  return code > 8 ? 0 : 1u << code;
}

static bool is_volatile(uint64_t id) {
  for (unsigned i = 0; i < volatile_count; i++)
    if (volatiles[i] == id) return true;
  return false;
}

/* volatile ID: before the first case; its value is printed as a star. No answer. */
void volatile_register(const struct step *step) {
  if (volatile_count < MOST_VOLATILE) volatiles[volatile_count++] = number(step, 1);
}

static int one_register(const struct vcpu *vcpu, unsigned long call, uint64_t id, void *value) {
  const struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)value};
  return ioctl(vcpu->fd, call, &reg);
}

/* get VCPU ID */
void get_register(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  const uint64_t id = number(step, 2);
  unsigned char value[WIDEST_REGISTER] = {0};
  int result;
  if (vcpu == NULL) {
    absent();
    return;
  }
  result = one_register(vcpu, KVM_GET_ONE_REG, id, value);
  if (result < 0) {
    answer_call(result);
  } else if (is_volatile(id)) {
    puts("*");
  } else {
    print_value(value, size_of(id) == 0 ? 8 : size_of(id));
    putchar('\n');
  }
}

/* Hexadecimal digits of any count after 0x, as little-endian bytes. */
static void read_value(const char *text, unsigned char *value) {
  const char *first = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
  const size_t digits = strlen(first);
  for (size_t i = 0; i < digits && i / 2 < WIDEST_REGISTER; i++) {
    const char pair[2] = {first[digits - 1 - i], 0};
    value[i / 2] |= (unsigned char)(strtoul(pair, NULL, 16) << (i % 2 * 4));
  }
}

/* set VCPU ID VALUE */
void set_register(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  unsigned char value[WIDEST_REGISTER] = {0};
  if (vcpu == NULL) {
    absent();
    return;
  }
  read_value(word(step, 3), value);
  answer_call(one_register(vcpu, KVM_SET_ONE_REG, number(step, 2), value));
}

/* Whether the register was read; otherwise the answer is given. */
static bool read_whole(const struct vcpu *vcpu, uint64_t id, uint64_t *value) {
  if (vcpu == NULL || size_of(id) > sizeof *value) {
    absent();
    return false;
  }
  if (one_register(vcpu, KVM_GET_ONE_REG, id, value) < 0) {
    answer_call(-1);
    return false;
  }
  return true;
}

/* Writes and reads back. The answer is that of the writing, and what was read where it is not what was written; its
 * line is not ended. False: it was refused. */
static bool write_whole(const struct vcpu *vcpu, uint64_t id, uint64_t wanted) {
  uint64_t after = 0;
  if (one_register(vcpu, KVM_SET_ONE_REG, id, &wanted) < 0 || one_register(vcpu, KVM_GET_ONE_REG, id, &after) < 0) {
    fputs(error_name(errno), stdout);
    return false;
  }
  fputs("ok", stdout);
  if (after != wanted) printf(" reads 0x%llx", (unsigned long long)after);
  return true;
}

static uint64_t mask_of(const struct step *step) {
  const unsigned width = (unsigned)number(step, 4);
  return width > 63 ? ~0ull : (1ull << width) - 1;
}

/* put VCPU ID LSB WIDTH VALUE: writes a field, and leaves it so */
void put_field(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  const uint64_t id = number(step, 2);
  const unsigned lsb = (unsigned)number(step, 3) & 63;
  uint64_t value = 0;
  if (!read_whole(vcpu, id, &value)) return;
  write_whole(vcpu, id, (value & ~(mask_of(step) << lsb)) | (number(step, 5) & mask_of(step)) << lsb);
  putchar('\n');
}

/* try VCPU ID LSB WIDTH =VALUE|+N|-N: writes a field, and then what was there before */
void try_field(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  const uint64_t id = number(step, 2);
  const unsigned lsb = (unsigned)number(step, 3) & 63;
  const char *how = word(step, 5);
  const uint64_t operand = strtoull(how + (how[0] != 0), NULL, 0);
  uint64_t before = 0;
  uint64_t field;
  if (!read_whole(vcpu, id, &before)) return;
  field = before >> lsb & mask_of(step);
  field = how[0] == '+' ? field + operand : how[0] == '-' ? field - operand : operand;
  if (write_whole(vcpu, id, (before & ~(mask_of(step) << lsb)) | (field & mask_of(step)) << lsb) &&
      one_register(vcpu, KVM_SET_ONE_REG, id, &before) < 0)
    printf(" stays %s", error_name(errno));
  putchar('\n');
}

static int by_number(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a;
  const uint64_t y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* The ids in order; NULL with errno where KVM refuses. */
static uint64_t *ids_of(const struct vcpu *vcpu, unsigned *count) {
  static struct {
    uint64_t n;
    uint64_t ids[MOST_REGISTERS];
  } list;
  list.n = MOST_REGISTERS;
  if (ioctl(vcpu->fd, KVM_GET_REG_LIST, &list) < 0) return NULL;
  *count = (unsigned)list.n;
  qsort(list.ids, list.n, sizeof *list.ids, by_number);
  return list.ids;
}

static void *reserve(size_t count, size_t size) {
  void *memory = calloc(count == 0 ? 1 : count, size);
  if (memory == NULL) {
    perror("recorder");
    exit(1);
  }
  return memory;
}

/* Walks two sorted sets; counts in how much they differ and, where `print` is set, prints what is added or changed and what
 * is gone. */
static unsigned difference(const struct kept *from, const struct kept *to, bool print) {
  unsigned i = 0;
  unsigned k = 0;
  unsigned count = 0;
  while (i < from->count || k < to->count) {
    const bool gone = k == to->count || (i < from->count && from->ids[i] < to->ids[k]);
    const bool added = !gone && (i == from->count || to->ids[k] < from->ids[i]);
    if (gone) {
      count++;
      if (print) printf(" -%llx", (unsigned long long)from->ids[i]);
      i++;
      continue;
    }
    if (added || (to->values != NULL && strcmp(from->values[i], to->values[k]) != 0)) {
      count++;
      if (print && to->values != NULL) printf(" %llx=%s", (unsigned long long)to->ids[k], to->values[k]);
      if (print && to->values == NULL) printf(" +%llx", (unsigned long long)to->ids[k]);
    }
    if (!added) i++;
    k++;
  }
  return count;
}

/* Prints which of the kept sets this one is; a new one is kept, as its difference to the nearest. */
static void answer_kept(const char *what, struct kept *all, unsigned *count, const struct kept *now) {
  static const struct kept nothing = {0, NULL, NULL};
  const struct kept *nearest = &nothing;
  unsigned best = difference(&nothing, now, false) + 1;
  for (unsigned i = 0; i < *count; i++) {
    const unsigned far = difference(&all[i], now, false);
    if (far == 0) {
      printf("%s %u\n", what, i);
      return;
    }
    if (far < best) {
      best = far;
      nearest = &all[i];
    }
  }
  if (*count == MOST_KEPT) {
    fprintf(stderr, "recorder: more than %d different sets of %s\n", MOST_KEPT, what);
    exit(1);
  }
  printf("%s %u", what, *count);
  if (nearest != &nothing) printf(" from %u", (unsigned)(nearest - all));
  fputs(" :", stdout);
  difference(nearest, now, true);
  putchar('\n');
  all[(*count)++] = *now;
}

/* list VCPU */
void list_registers(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kept now = {0};
  const uint64_t *ids;
  if (vcpu == NULL) {
    absent();
    return;
  }
  ids = ids_of(vcpu, &now.count);
  if (ids == NULL) {
    answer_call(-1);
    return;
  }
  now.ids = reserve(now.count, sizeof *now.ids);
  memcpy(now.ids, ids, now.count * sizeof *now.ids);
  answer_kept("list", lists, &list_count, &now);
}

static char *value_text(const struct vcpu *vcpu, uint64_t id) {
  unsigned char value[WIDEST_REGISTER] = {0};
  unsigned top = size_of(id);
  char *text = reserve(2 * WIDEST_REGISTER + 3, 1);
  char *end;
  if (one_register(vcpu, KVM_GET_ONE_REG, id, value) < 0) return strcpy(text, error_name(errno));
  if (is_volatile(id)) return strcpy(text, "*");
  while (top > 1 && value[top - 1] == 0) top--;
  end = text + sprintf(text, "0x%x", value[top - 1]);
  while (top-- > 1) end += sprintf(end, "%02x", value[top - 1]);
  return text;
}

/* dump VCPU: every register of the list but the core registers and the vectors. */
void dump_registers(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kept now = {0};
  const uint64_t *ids;
  unsigned count;
  if (vcpu == NULL) {
    absent();
    return;
  }
  ids = ids_of(vcpu, &count);
  if (ids == NULL) {
    answer_call(-1);
    return;
  }
  now.ids = reserve(count, sizeof *now.ids);
  now.values = reserve(count, sizeof *now.values);
  for (unsigned i = 0; i < count; i++) {
    if (CLASS(ids[i]) == CORE || (CLASS(ids[i]) == SVE && (ids[i] & 0xffff) != SVE_LENGTHS)) continue;
    now.ids[now.count] = ids[i];
    now.values[now.count++] = value_text(vcpu, ids[i]);
  }
  answer_kept("values", dumps, &dump_count, &now);
}

/* masks RANGE [RESERVED]: the ID registers that have writable bits, with their masks */
void writable_masks(const struct step *step) {
  static const unsigned op1s[] = {0, 1, 3};
  uint64_t masks[MASKS] = {0};
  struct reg_mask_range range = {.addr = (uintptr_t)masks, .range = (uint32_t)number(step, 1)};
  range.reserved[0] = (uint32_t)number(step, 2);
  if (vm < 0) {
    absent();
    return;
  }
  if (ioctl(vm, KVM_ARM_GET_REG_WRITABLE_MASKS, &range) < 0) {
    answer_call(-1);
    return;
  }
  fputs("masks", stdout);
  for (unsigned i = 0; i < MASKS; i++)
    if (masks[i] != 0)
      printf(" %llx=0x%llx", (unsigned long long)(FEATURE_ID | op1s[i / 64] << 11 | (i % 64)),
             (unsigned long long)masks[i]);
  putchar('\n');
}
