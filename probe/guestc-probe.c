/*
 * guestc-probe: prints what KVM on this arm64 machine offers to guests, as a guestc host profile (JSON).
 *
 *   cc -O2 -static -o guestc-probe guestc-probe.c        on an arm64 machine, or
 *   aarch64-linux-gnu-gcc -O2 -static -o guestc-probe guestc-probe.c
 *   ./guestc-probe > my-host.json                        on the host, as a user that may open /dev/kvm
 *
 * It makes virtual machines without memory, asks their vCPUs, and never runs one. Nothing on the host changes;
 * what it opens is gone when it ends. The profile is built in memory and printed whole, or not at all.
 *
 * Exit status: 0 printed; 1 KVM or the memory failed on the way; 2 wrong arguments; 3 this machine has no KVM
 * that this user may ask. Every failure is one line on stderr.
 *
 * KVM's numbers that headers of Linux 6.1 lack are given here by value: they are ABI, see
 * Documentation/virt/kvm/api.rst and arch/arm64/include/uapi/asm/kvm.h.
 */
#define _GNU_SOURCE
#if !defined(__linux__) || !defined(__aarch64__)
#error "guestc-probe asks KVM of arm64: compile it for aarch64 Linux, e.g. with aarch64-linux-gnu-gcc -O2 -static"
#else

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PROGRAM "guestc-probe"
#define VERSION "1"
#define SCHEMA "guestc.host-profile/1"

/* Capabilities are asked from 0 to here; Linux 7.3 has numbers up to 251. */
#define HIGHEST_CAPABILITY 511
/* Device types that are tried; Linux 7.3 has numbers up to 16 over all architectures. */
#define HIGHEST_DEVICE 31
/* Device attributes that are tried in each group. */
#define HIGHEST_GROUP 15
#define HIGHEST_ATTRIBUTE 31
/* The architecture ends at 2048 bits, 16 quadwords. */
#define MOST_QUADWORDS 16

enum {
  CAPABILITY_ONE_REG = 70,
  CAPABILITY_MTE = 205,
  CAPABILITY_WRITABLE_IDENTITY = 239,
};

enum feature {
  NO_FEATURE = 0, /* KVM_ARM_VCPU_POWER_OFF, which no recipe asks for, ends the lists below. */
  EL1_32BIT = 1,
  PSCI_0_2 = 2,
  PMU_V3 = 3,
  SVE = 4,
  PTRAUTH_ADDRESS = 5,
  PTRAUTH_GENERIC = 6,
  HAS_EL2 = 7,
  HAS_EL2_E2H0 = 8,
  PMU_V3_STRICT = 9,
};

static const char *const feature_names[] = {
    [EL1_32BIT] = "EL1_32BIT",
    [PSCI_0_2] = "PSCI_0_2",
    [PMU_V3] = "PMU_V3",
    [SVE] = "SVE",
    [PTRAUTH_ADDRESS] = "PTRAUTH_ADDRESS",
    [PTRAUTH_GENERIC] = "PTRAUTH_GENERIC",
    [HAS_EL2] = "HAS_EL2",
    [HAS_EL2_E2H0] = "HAS_EL2_E2H0",
    [PMU_V3_STRICT] = "PMU_V3_STRICT",
};

#define MOST_FEATURES 6
#define DEVICE_GICV3 7

/* A vCPU configuration that is tried. */
struct recipe {
  const char *name;
  enum feature features[MOST_FEATURES]; /* ends with NO_FEATURE */
  unsigned capability;                  /* enabled on the VM first; 0: none */
  bool gic;                             /* with a GICv3: some kernels show its ID field only then */
};

static const struct recipe recipes[] = {
    {.name = "base", .features = {PSCI_0_2}},
    {.name = "pmu", .features = {PSCI_0_2, PMU_V3}},
    {.name = "pmu-strict", .features = {PSCI_0_2, PMU_V3, PMU_V3_STRICT}},
    {.name = "sve", .features = {PSCI_0_2, SVE}},
    {.name = "pauth", .features = {PSCI_0_2, PTRAUTH_ADDRESS, PTRAUTH_GENERIC}},
    {.name = "all", .features = {PSCI_0_2, PMU_V3, SVE, PTRAUTH_ADDRESS, PTRAUTH_GENERIC}},
    {.name = "el2", .features = {PSCI_0_2, HAS_EL2}},
    {.name = "el2-e2h0", .features = {PSCI_0_2, HAS_EL2, HAS_EL2_E2H0}},
    {.name = "el1-32", .features = {PSCI_0_2, EL1_32BIT}},
    {.name = "impid", .features = {PSCI_0_2}, .capability = CAPABILITY_WRITABLE_IDENTITY},
    {.name = "mte", .features = {PSCI_0_2}, .capability = CAPABILITY_MTE},
    {.name = "gic", .features = {PSCI_0_2}, .gic = true},
};

#define RECIPES (sizeof(recipes) / sizeof(recipes[0]))

/* ---- Failing ---- */

enum { FAILED = 1, MISUSED = 2, LACKING = 3 };

static bool verbose;
static unsigned long ioctls;

static void __attribute__((noreturn, format(printf, 2, 3))) fail(int status, const char *format, ...) {
  va_list arguments;
  fputs(PROGRAM ": ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(status);
}

/* Nothing is freed but the sweeps' scratch: the program ends when it has printed, and holds under a megabyte. */
static void *grown(void *old, size_t bytes) {
  void *memory = realloc(old, bytes);
  if (memory == NULL) fail(FAILED, "out of memory");
  return memory;
}

static const struct {
  int number;
  const char *name;
} errnos[] = {
    {EPERM, "EPERM"},   {ENOENT, "ENOENT"}, {EIO, "EIO"},       {ENXIO, "ENXIO"},   {E2BIG, "E2BIG"},
    {EAGAIN, "EAGAIN"}, {ENOMEM, "ENOMEM"}, {EACCES, "EACCES"}, {EFAULT, "EFAULT"}, {EBUSY, "EBUSY"},
    {EEXIST, "EEXIST"}, {ENODEV, "ENODEV"}, {EINVAL, "EINVAL"}, {EMFILE, "EMFILE"}, {ENFILE, "ENFILE"},
    {ENOTTY, "ENOTTY"}, {ENOSPC, "ENOSPC"}, {ERANGE, "ERANGE"}, {ENOSYS, "ENOSYS"}, {EOPNOTSUPP, "EOPNOTSUPP"},
};

static const char *errno_name(int number) {
  static char other[16];
  for (size_t at = 0; at < sizeof(errnos) / sizeof(errnos[0]); at++) {
    if (errnos[at].number == number) return errnos[at].name;
  }
  snprintf(other, sizeof(other), "E%d", number);
  return other;
}

/* ---- Text that grows ---- */

struct text {
  char *bytes;
  size_t length;
  size_t room;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...) {
  for (;;) {
    va_list arguments;
    size_t left = text->room - text->length;
    int needed;
    va_start(arguments, format);
    needed = vsnprintf(text->bytes == NULL ? NULL : text->bytes + text->length, left, format, arguments);
    va_end(arguments);
    if (needed < 0) fail(FAILED, "cannot format text: %s", errno_name(errno));
    if ((size_t)needed < left) {
      text->length += (size_t)needed;
      return;
    }
    text->room = 2 * text->room + (size_t)needed + 64;
    text->bytes = grown(text->bytes, text->room);
  }
}

/* As JSON writes it; the strings that come from outside are the arguments and the kernel's release. */
static void add_string(struct text *text, const char *string) {
  add(text, "\"");
  for (; *string != '\0'; string++) {
    unsigned char byte = (unsigned char)*string;
    if (byte == '"' || byte == '\\') add(text, "\\%c", byte);
    else if (byte < 0x20) add(text, "\\u%04x", byte);
    else add(text, "%c", byte);
  }
  add(text, "\"");
}

static char *hexadecimal(uint64_t value) {
  struct text text = {0};
  add(&text, "\"0x%016llx\"", (unsigned long long)value);
  return text.bytes;
}

/* ---- Rows: what the profile says by ONE_REG id, as JSON text, so that two configurations compare by strcmp ---- */

struct row {
  uint64_t id;
  const char *text;
};

struct rows {
  struct row *at;
  size_t count;
  bool absent; /* the kernel lacks the call: null rather than an empty object */
};

static void add_row(struct rows *rows, uint64_t id, const char *text) {
  if ((rows->count & (rows->count + 1)) == 0) {
    rows->at = grown(rows->at, 2 * (rows->count + 1) * sizeof(*rows->at));
  }
  rows->at[rows->count++] = (struct row){id, text};
}

static int by_id(const void *left, const void *right) {
  uint64_t a = ((const struct row *)left)->id;
  uint64_t b = ((const struct row *)right)->id;
  return a < b ? -1 : a > b;
}

static void sort_rows(struct rows *rows) {
  if (rows->count > 1) qsort(rows->at, rows->count, sizeof(*rows->at), by_id);
}

static const struct row *find_row(const struct rows *rows, uint64_t id) {
  struct row key = {id, NULL};
  return rows->count == 0 ? NULL : bsearch(&key, rows->at, rows->count, sizeof(key), by_id);
}

/* ---- ONE_REG ids ---- */

#define ID_ARM64 0x6000000000000000ull
#define ID_SIZE(id) ((unsigned)((id) >> 52) & 15) /* log2 of its bytes */
#define ID_GROUP(id) ((unsigned)((id) >> 16) & 0xfff)
#define GROUP_CORE 0x10
#define GROUP_SYSTEM 0x13
#define GROUP_FIRMWARE 0x14
#define GROUP_BITMAPS 0x16
#define U64 3

#define ID_SVE_LENGTHS 0x606000000015ffffull
#define ID_PSCI_VERSION 0x6030000000140000ull
#define ID_PMCR_EL0 0x603000000013dce0ull
#define ID_PMMIR_EL1 0x603000000013c4f6ull

static uint64_t system_id(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2) {
  return ID_ARM64 | 0x30000000130000ull | op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
}

static unsigned op0_of(uint64_t id) { return (id >> 14) & 3; }
static unsigned crn_of(uint64_t id) { return (id >> 7) & 15; }
static unsigned crm_of(uint64_t id) { return (id >> 3) & 15; }

/*
 * Registers whose value is the vCPU's state and says nothing of the host: the core registers, and the
 * architecture's blocks for performance monitors (CRn 9 CRm 12 to 14, CRn 14 CRm 8 to 15) and timers
 * (CRn 14 CRm 0 to 3). Of the monitors PMCR_EL0 and PMMIR_EL1 say something: how many counters there are, and
 * how the core counts.
 */
static bool is_state(uint64_t id) {
  bool monitors;
  if (ID_GROUP(id) == GROUP_CORE) return true;
  if (ID_GROUP(id) != GROUP_SYSTEM || op0_of(id) != 3) return false;
  monitors = crn_of(id) == 9 && crm_of(id) >= 12 && crm_of(id) <= 14;
  if (id == ID_PMCR_EL0 || id == ID_PMMIR_EL1) return false;
  return monitors || crn_of(id) == 14;
}

/* KVM fills registers that the architecture calls UNKNOWN at reset with this, cut down to the bits they have. */
static bool is_poison(uint64_t value) {
  const uint64_t poison = 0x1de7ec7edbadc0deull;
  return (value & ~poison) == 0 && (value & 0xffff) == (poison & 0xffff);
}

/* ---- A machine: a VM with one vCPU after a recipe ---- */

struct refusal {
  const char *step; /* NULL: not refused */
  int number;
};

struct machine {
  const struct recipe *recipe;
  int vm;
  int vcpu;
  int gic; /* -1: none */
};

static int kvm = -1;
static uint64_t vm_type;
static struct kvm_vcpu_init preferred;

static int call(int file, unsigned long request, void *argument) {
  ioctls++;
  return ioctl(file, request, argument);
}

static int call_number(int file, unsigned long request, unsigned long argument) {
  ioctls++;
  return ioctl(file, request, argument);
}

static void close_machine(struct machine *machine) {
  if (machine->gic >= 0) close(machine->gic);
  if (machine->vcpu >= 0) close(machine->vcpu);
  if (machine->vm >= 0) close(machine->vm);
  machine->gic = machine->vcpu = machine->vm = -1;
}

static int create_vm(void) {
  int vm = call_number(kvm, KVM_CREATE_VM, vm_type);
  /* Only such a failure is worth a second look: a machine with fewer than 40 address bits has no default size. */
  if (vm < 0 && vm_type == 0) {
    int bits = call_number(kvm, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);
    if (bits > 0) vm = call_number(kvm, KVM_CREATE_VM, (unsigned long)bits);
    if (vm >= 0) vm_type = (uint64_t)bits;
  }
  if (vm < 0) fail(FAILED, "KVM_CREATE_VM failed: %s", strerror(errno));
  return vm;
}

static bool refuse(struct refusal *refusal, const char *step) {
  refusal->step = step;
  refusal->number = errno;
  return false;
}

static bool set_attribute(int file, unsigned group, uint64_t attribute, const void *value) {
  struct kvm_device_attr request = {.group = group, .attr = attribute, .addr = (uintptr_t)value};
  return call(file, KVM_SET_DEVICE_ATTR, &request) == 0;
}

static bool has_attribute(int file, unsigned group, uint64_t attribute) {
  struct kvm_device_attr request = {.group = group, .attr = attribute};
  return call(file, KVM_HAS_DEVICE_ATTR, &request) == 0;
}

static int create_device(int vm, unsigned type, unsigned flags) {
  struct kvm_create_device request = {.type = type, .flags = flags};
  return call(vm, KVM_CREATE_DEVICE, &request) == 0 ? (int)request.fd : -1;
}

/* Distributor and one redistributor at addresses of the usual map, nothing of which is ever accessed. */
static bool start_gic(struct machine *machine) {
  const uint64_t distributor = 0x08000000;
  const uint64_t redistributor = 0x080a0000;
  return set_attribute(machine->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &distributor) &&
         set_attribute(machine->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redistributor) &&
         set_attribute(machine->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

/* Up to KVM_ARM_VCPU_INIT: where SVE's vector lengths can still be set. False: refused, as a fact of the host. */
static bool open_machine(struct machine *machine, const struct recipe *recipe, struct refusal *refusal) {
  struct kvm_vcpu_init init = preferred;
  *refusal = (struct refusal){0};
  *machine = (struct machine){recipe, create_vm(), -1, -1};
  if (recipe->capability != 0) {
    struct kvm_enable_cap enable = {.cap = recipe->capability};
    if (call(machine->vm, KVM_ENABLE_CAP, &enable) < 0) return refuse(refusal, "enable-cap");
  }
  machine->vcpu = call_number(machine->vm, KVM_CREATE_VCPU, 0);
  if (machine->vcpu < 0) fail(FAILED, "KVM_CREATE_VCPU failed: %s", strerror(errno));
  if (recipe->gic) {
    machine->gic = create_device(machine->vm, DEVICE_GICV3, 0);
    if (machine->gic < 0) return refuse(refusal, "create-device");
  }
  memset(init.features, 0, sizeof(init.features));
  for (const enum feature *one = recipe->features; *one != NO_FEATURE; one++) init.features[0] |= 1u << *one;
  if (call(machine->vcpu, KVM_ARM_VCPU_INIT, &init) < 0) return refuse(refusal, "init");
  if (recipe->gic && !start_gic(machine)) return refuse(refusal, "create-device");
  return true;
}

static bool has_feature(const struct recipe *recipe, enum feature feature) {
  for (const enum feature *one = recipe->features; *one != NO_FEATURE; one++) {
    if (*one == feature) return true;
  }
  return false;
}

static bool finalize(struct machine *machine, struct refusal *refusal) {
  int feature = SVE;
  if (!has_feature(machine->recipe, SVE)) return true;
  return call(machine->vcpu, KVM_ARM_VCPU_FINALIZE, &feature) == 0 || refuse(refusal, "finalize");
}

/* A second machine after a recipe that has worked already. */
static void reopen(struct machine *machine, const struct recipe *recipe) {
  struct refusal refusal;
  if (!open_machine(machine, recipe, &refusal) || !finalize(machine, &refusal)) {
    fail(FAILED, "configuration %s worked once and then failed at %s: %s", recipe->name, refusal.step,
         errno_name(refusal.number));
  }
}

/* ---- Registers ---- */

/* 0, or the errno. Of the 512 bits of SVE's lengths the lowest 64 are kept: the others have no meaning yet. */
static int get_register(const struct machine *machine, uint64_t id, uint64_t *value) {
  uint64_t words[8] = {0};
  struct kvm_one_reg request = {.id = id, .addr = (uintptr_t)words};
  if (call(machine->vcpu, KVM_GET_ONE_REG, &request) < 0) return errno;
  *value = words[0];
  return 0;
}

static int set_register(const struct machine *machine, uint64_t id, uint64_t value) {
  uint64_t words[8] = {value};
  struct kvm_one_reg request = {.id = id, .addr = (uintptr_t)words};
  return call(machine->vcpu, KVM_SET_ONE_REG, &request) < 0 ? errno : 0;
}

static struct kvm_reg_list *list_registers(const struct machine *machine) {
  struct kvm_reg_list none = {.n = 0};
  struct kvm_reg_list *list;
  if (call(machine->vcpu, KVM_GET_REG_LIST, &none) < 0 && errno != E2BIG) {
    fail(FAILED, "KVM_GET_REG_LIST failed: %s", strerror(errno));
  }
  list = grown(NULL, sizeof(*list) + none.n * sizeof(list->reg[0]));
  list->n = none.n;
  if (call(machine->vcpu, KVM_GET_REG_LIST, list) < 0) fail(FAILED, "KVM_GET_REG_LIST failed: %s", strerror(errno));
  return list;
}

static bool is_kept(uint64_t id) { return ID_SIZE(id) <= U64 || id == ID_SVE_LENGTHS; }

/* Registers that differed between two fresh VMs. */
static struct rows varying;

static const char *read_text(const struct machine *machine, uint64_t id) {
  uint64_t value;
  if (is_state(id) || find_row(&varying, id) != NULL || get_register(machine, id, &value) != 0 || is_poison(value)) return "null";
  return hexadecimal(value);
}

static void read_registers(const struct machine *machine, struct rows *rows, unsigned *listed) {
  struct kvm_reg_list *list = list_registers(machine);
  *listed = (unsigned)list->n;
  for (uint64_t at = 0; at < list->n; at++) {
    if (is_kept(list->reg[at])) add_row(rows, list->reg[at], read_text(machine, list->reg[at]));
  }
  free(list);
  sort_rows(rows);
}

/* What reads otherwise later, or on another VM, is no fact of the host: a counter, a seed. */
static void drop_what_varies(const struct machine *machine, struct rows *rows, struct rows *dropped) {
  for (size_t at = 0; at < rows->count; at++) {
    struct row *row = &rows->at[at];
    if (row->text[0] != '"' || strcmp(row->text, read_text(machine, row->id)) == 0) continue;
    row->text = "null";
    if (dropped != NULL) add_row(dropped, row->id, row->text);
  }
}

/* KVM_ARM_GET_REG_WRITABLE_MASKS, linux 6.7: op0 3, CRn 0, op1 0, 1 and 3, CRm and op2 0 to 7. */
static void read_masks(const struct machine *machine, struct rows *rows) {
  static const unsigned op1s[] = {0, 1, 3};
  uint64_t masks[3 * 8 * 8] = {0};
  struct {
    uint64_t address;
    uint32_t range;
    uint32_t reserved[13];
  } request = {.address = (uintptr_t)masks};
  if (call(machine->vm, _IOC(_IOC_READ, KVMIO, 0xb6, sizeof(request)), &request) < 0) {
    rows->absent = true;
    return;
  }
  for (unsigned at = 0; at < 3 * 8 * 8; at++) {
    if (masks[at] != 0) add_row(rows, system_id(3, op1s[at >> 6], 0, at >> 3 & 7, at & 7), hexadecimal(masks[at]));
  }
}

/* ---- Sweeps: which values KVM_SET_ONE_REG takes, nibble by nibble ---- */

#define ACCEPTED '.'
#define ALTERED 'x'
#define NIBBLES 16
#define VALUES 16

typedef char sweep[NIBBLES][VALUES];

static char letter_of(int number) {
  switch (number) {
    case EINVAL: return 'I';
    case ENOENT: return 'N';
    case EBUSY: return 'B';
    case EPERM: return 'P';
    default: return 'O';
  }
}

/* Leaves the register as it was. A machine that does not let go of a value is given up for a fresh one. */
static char attempt(struct machine *machine, uint64_t id, uint64_t present, uint64_t wanted, int *number) {
  uint64_t reading;
  int error = set_register(machine, id, wanted);
  *number = error;
  if (error != 0) return letter_of(error);
  if (get_register(machine, id, &reading) != 0) reading = ~wanted;
  if (wanted != present && set_register(machine, id, present) != 0) {
    const struct recipe *recipe = machine->recipe;
    close_machine(machine);
    reopen(machine, recipe);
  }
  return reading == wanted ? ACCEPTED : ALTERED;
}

static void sweep_register(struct machine *machine, uint64_t id, uint64_t present, sweep answers) {
  int number;
  char unchanged = attempt(machine, id, present, present, &number);
  for (unsigned nibble = 0; nibble < NIBBLES; nibble++) {
    for (uint64_t value = 0; value < VALUES; value++) {
      uint64_t wanted = (present & ~(15ull << 4 * nibble)) | value << 4 * nibble;
      answers[nibble][value] = wanted == present ? unchanged : attempt(machine, id, present, wanted, &number);
    }
  }
}

/* The answers of a nibble that takes its present value and answers the same to all others. */
static void expect(char expected[VALUES], uint64_t present, unsigned nibble, char others) {
  memset(expected, others, VALUES);
  expected[present >> 4 * nibble & 15] = ACCEPTED;
}

static bool all_nibbles(sweep answers, uint64_t present, char others) {
  for (unsigned nibble = 0; nibble < NIBBLES; nibble++) {
    char expected[VALUES];
    expect(expected, present, nibble, others);
    if (memcmp(answers[nibble], expected, VALUES) != 0) return false;
  }
  return true;
}

/* `0-3,x4,8`: values that are accepted, those with another answer behind its letter; all else is EINVAL. */
static void add_answers(struct text *text, const char answers[VALUES]) {
  const char *comma = "";
  bool refused = memchr(answers, 'I', VALUES) == answers;
  for (unsigned value = 1; value < VALUES; value++) refused = refused && answers[value] == 'I';
  for (unsigned first = 0; first < VALUES;) {
    unsigned last = first;
    while (last + 1 < VALUES && answers[last + 1] == answers[first]) last++;
    if (refused || answers[first] != 'I') {
      add(text, "%s", comma);
      if (answers[first] != ACCEPTED) add(text, "%c", answers[first]);
      add(text, "%x", first);
      if (last != first) add(text, "-%x", last);
      comma = ",";
    }
    first = last + 1;
  }
}

/* The form that src/hosts/sweep.ts reads; a nibble that takes its present value alone is left out. */
static const char *format_sweep(sweep answers, uint64_t present) {
  struct text text = {0};
  const char *space = "";
  if (all_nibbles(answers, present, 'I')) return "\"fixed\"";
  if (all_nibbles(answers, present, ALTERED)) return "\"ignored\"";
  if (all_nibbles(answers, present, ACCEPTED)) return "\"free\"";
  add(&text, "\"");
  for (unsigned nibble = 0; nibble < NIBBLES; nibble++) {
    char expected[VALUES];
    expect(expected, present, nibble, 'I');
    if (memcmp(answers[nibble], expected, VALUES) == 0) continue;
    add(&text, "%s%u:", space, 4 * nibble);
    add_answers(&text, answers[nibble]);
    space = " ";
  }
  add(&text, "\"");
  return text.bytes;
}

/*
 * ID registers have op0 3 and CRn 0. CSSELR_EL1 (op1 2) and VPIDR_EL2, VMPIDR_EL2 (op1 4) stand among them
 * and are state; a null in the list says so.
 */
static bool is_identity(uint64_t id) { return ID_GROUP(id) == GROUP_SYSTEM && op0_of(id) == 3 && crn_of(id) == 0; }

static bool is_swept(uint64_t id) {
  return ID_SIZE(id) == U64 && (is_identity(id) || ID_GROUP(id) == GROUP_FIRMWARE || ID_GROUP(id) == GROUP_BITMAPS);
}

static void sweep_one(struct machine *machine, uint64_t id, uint64_t present, struct rows *rows) {
  sweep answers;
  sweep_register(machine, id, present, answers);
  add_row(rows, id, format_sweep(answers, present));
}

static uint64_t number_in(const char *json) { return strtoull(json + 1, NULL, 16); }

/* The listed ones, and every place among the ID registers that answers although it is not listed. */
static void sweep_registers(struct machine *machine, const struct rows *registers, struct rows *rows) {
  for (size_t at = 0; at < registers->count; at++) {
    const struct row *row = &registers->at[at];
    if (is_swept(row->id) && row->text[0] == '"') sweep_one(machine, row->id, number_in(row->text), rows);
  }
  for (unsigned op1 = 0; op1 < 4; op1++) {
    for (unsigned place = 0; place < 8 * 8; place++) {
      uint64_t id = system_id(3, op1, 0, place >> 3, place & 7);
      uint64_t value;
      if (find_row(registers, id) != NULL || get_register(machine, id, &value) != 0) continue;
      /* The schema takes an unlisted register for zero; one that is not has no sweep to be read by. */
      if (value == 0) sweep_one(machine, id, value, rows);
    }
  }
  sort_rows(rows);
}

/* ---- Values that a nibble alone does not reach ---- */

struct trial {
  uint64_t value;
  int number;
  char letter;
};

struct trials {
  struct trial at[8 * MOST_QUADWORDS];
  size_t count;
};

static void try_value(struct machine *machine, uint64_t id, uint64_t present, uint64_t value, struct trials *trials) {
  struct trial trial = {.value = value};
  for (size_t at = 0; at < trials->count; at++) {
    if (trials->at[at].value == value) return;
  }
  trial.letter = attempt(machine, id, present, value, &trial.number);
  trials->at[trials->count++] = trial;
}

static const char *trial_answer(const struct trial *trial) {
  if (trial->letter == ACCEPTED) return "accepted";
  return trial->letter == ALTERED ? "altered" : errno_name(trial->number);
}

static int by_value(const void *left, const void *right) {
  uint64_t a = ((const struct trial *)left)->value;
  uint64_t b = ((const struct trial *)right)->value;
  return a < b ? -1 : a > b;
}

static bool same_answer(const struct trial *left, const struct trial *right) {
  return strcmp(trial_answer(left), trial_answer(right)) == 0;
}

#define VALUES_A_LINE 6

static void add_answered(struct text *text, const struct trials *trials, size_t first) {
  unsigned written = 0;
  add(text, "\n          \"%s\": [", trial_answer(&trials->at[first]));
  for (size_t at = first; at < trials->count; at++) {
    const char *space = written % VALUES_A_LINE != 0 ? " " : "\n            ";
    if (!same_answer(&trials->at[first], &trials->at[at])) continue;
    add(text, "%s%s\"0x%016llx\"", written == 0 ? "" : ",", space, (unsigned long long)trials->at[at].value);
    written++;
  }
  add(text, "\n          ]");
}

/* An answer and the values that got it, the answers in the order in which they first come. */
static const char *format_trials(struct trials *trials) {
  struct text text = {0};
  qsort(trials->at, trials->count, sizeof(trials->at[0]), by_value);
  add(&text, "{");
  for (size_t at = 0; at < trials->count; at++) {
    bool told = false;
    for (size_t before = 0; before < at; before++) told = told || same_answer(&trials->at[before], &trials->at[at]);
    if (told) continue;
    if (at > 0) add(&text, ",");
    add_answered(&text, trials, at);
  }
  add(&text, "\n        }");
  return text.bytes;
}

/* PSCI 0.1 to 1.3, the one behind this kernel's newest, and one that nobody will make. */
static void try_psci(struct machine *machine, struct rows *rows) {
  static const uint64_t versions[] = {0x1, 0x2, 0x10000, 0x10001, 0x10002, 0x10003, 0x20000};
  struct trials trials = {.count = 0};
  uint64_t present;
  if (get_register(machine, ID_PSCI_VERSION, &present) != 0) return;
  for (size_t at = 0; at < sizeof(versions) / sizeof(versions[0]); at++) {
    try_value(machine, ID_PSCI_VERSION, present, versions[at], &trials);
  }
  try_value(machine, ID_PSCI_VERSION, present, present + 1, &trials);
  add_row(rows, ID_PSCI_VERSION, format_trials(&trials));
}

/* Before KVM_ARM_VCPU_FINALIZE: each length alone, all up to each, none, and all but each. */
static void try_lengths(struct machine *machine, uint64_t available, struct rows *rows) {
  struct trials trials = {.count = 0};
  try_value(machine, ID_SVE_LENGTHS, available, 0, &trials);
  for (unsigned at = 0; at < MOST_QUADWORDS; at++) {
    uint64_t bit = 1ull << at;
    try_value(machine, ID_SVE_LENGTHS, available, bit, &trials);
    if ((available & bit) == 0) continue;
    try_value(machine, ID_SVE_LENGTHS, available, available & (2 * bit - 1), &trials);
    try_value(machine, ID_SVE_LENGTHS, available, available & ~bit, &trials);
  }
  add_row(rows, ID_SVE_LENGTHS, format_trials(&trials));
}

/* ---- A configuration: all that one recipe brought to light ---- */

enum section { REGISTERS, WRITABLE, SWEEPS, TRIED, SECTIONS };

static const char *const section_names[SECTIONS] = {"registers", "writable", "sweeps", "tried"};

struct configuration {
  const struct recipe *recipe;
  struct refusal refusal;
  unsigned listed;
  uint64_t lengths; /* bit n: SVE vectors of (n + 1) * 128 bits */
  struct rows sections[SECTIONS];
  char *attributes;
};

/* One group's attributes, as `GROUP:0,2-5`. */
static bool add_group(struct text *text, const char *comma, int file, unsigned group) {
  const char *inner = "";
  for (unsigned first = 0; first <= HIGHEST_ATTRIBUTE; first++) {
    unsigned end = first;
    while (end <= HIGHEST_ATTRIBUTE && has_attribute(file, group, end)) end++;
    if (end == first) continue;
    if (*inner == '\0') add(text, "%s\"%u:", comma, group);
    add(text, end == first + 1 ? "%s%u" : "%s%u-%u", inner, first, end - 1);
    inner = ",";
    first = end;
  }
  if (*inner != '\0') add(text, "\"");
  return *inner != '\0';
}

static void list_attributes(struct text *text, const char **comma, const char *name, int file) {
  struct text groups = {0};
  const char *inner = "";
  for (unsigned group = 0; group <= HIGHEST_GROUP; group++) {
    if (add_group(&groups, inner, file, group)) inner = ", ";
  }
  if (groups.length == 0) return;
  add(text, "%s\n        \"%s\": [%s]", *comma, name, groups.bytes);
  *comma = ",";
}

/* Which device attributes KVM_HAS_DEVICE_ATTR knows on the files of a machine. */
static char *read_attributes(const struct machine *machine) {
  struct text text = {0};
  const char *comma = "";
  add(&text, "{");
  list_attributes(&text, &comma, "vm", machine->vm);
  list_attributes(&text, &comma, "vcpu", machine->vcpu);
  if (machine->gic >= 0) list_attributes(&text, &comma, "gic", machine->gic);
  add(&text, "%s}", *comma == '\0' ? "" : "\n      ");
  return text.bytes;
}

/* What one fresh VM and another tell differently. One pair for all recipes: to end a nested VM takes long. */
static void compare_with_twin(const struct recipe *recipe, struct rows *registers) {
  struct machine twin;
  struct rows dropped = {0};
  reopen(&twin, recipe);
  drop_what_varies(&twin, registers, &dropped);
  close_machine(&twin);
  varying = dropped;
}

static void read_machine(struct machine *machine, struct configuration *configuration) {
  struct rows *sections = configuration->sections;
  read_registers(machine, &sections[REGISTERS], &configuration->listed);
  if (machine->recipe == &recipes[0]) compare_with_twin(machine->recipe, &sections[REGISTERS]);
  read_masks(machine, &sections[WRITABLE]);
  configuration->attributes = read_attributes(machine);
  sweep_registers(machine, &sections[REGISTERS], &sections[SWEEPS]);
  try_psci(machine, &sections[TRIED]);
  sort_rows(&sections[TRIED]);
  drop_what_varies(machine, &sections[REGISTERS], NULL);
}

static void read_configuration(const struct recipe *recipe, struct configuration *configuration) {
  struct machine machine;
  unsigned long before = ioctls;
  *configuration = (struct configuration){.recipe = recipe};
  if (open_machine(&machine, recipe, &configuration->refusal)) {
    if (has_feature(recipe, SVE) && get_register(&machine, ID_SVE_LENGTHS, &configuration->lengths) == 0) {
      try_lengths(&machine, configuration->lengths, &configuration->sections[TRIED]);
    }
    if (finalize(&machine, &configuration->refusal)) read_machine(&machine, configuration);
  }
  close_machine(&machine);
  if (verbose) fprintf(stderr, "%s: %s took %lu ioctls\n", PROGRAM, recipe->name, ioctls - before);
}

/* ---- Differences ---- */

static bool same_row(const struct rows *rows, const struct row *row) {
  const struct row *other = find_row(rows, row->id);
  return other != NULL && strcmp(other->text, row->text) == 0;
}

/* How many rows it takes to say `heir` as a difference from `parent`. */
static size_t distance(const struct configuration *heir, const struct configuration *parent) {
  size_t rows = 0;
  for (int section = 0; section < SECTIONS; section++) {
    const struct rows *mine = &heir->sections[section];
    const struct rows *theirs = &parent->sections[section];
    for (size_t at = 0; at < mine->count; at++) rows += !same_row(theirs, &mine->at[at]);
    for (size_t at = 0; at < theirs->count; at++) rows += find_row(mine, theirs->at[at].id) == NULL;
  }
  return rows;
}

/* The nearest of those before it that worked; the first of equals. NULL: it stands for itself. */
static const struct configuration *parent_of(const struct configuration *all, size_t at) {
  const struct configuration *nearest = NULL;
  size_t least = 0;
  for (size_t before = 0; before < at; before++) {
    size_t rows;
    if (all[before].refusal.step != NULL) continue;
    rows = distance(&all[at], &all[before]);
    if (nearest != NULL && rows >= least) continue;
    nearest = &all[before];
    least = rows;
  }
  return nearest;
}

/* ---- Printing ---- */

static void add_section(struct text *text, enum section section, const struct rows *mine, const struct rows *theirs) {
  const char *comma = "";
  if (mine->absent) {
    if (theirs == NULL || !theirs->absent) add(text, ",\n      \"%s\": null", section_names[section]);
    return;
  }
  for (size_t at = 0; at < mine->count; at++) {
    const struct row *row = &mine->at[at];
    if (theirs != NULL && same_row(theirs, row)) continue;
    if (*comma == '\0') add(text, ",\n      \"%s\": {", section_names[section]);
    add(text, "%s\n        \"0x%016llx\": %s", comma, (unsigned long long)row->id, row->text);
    comma = ",";
  }
  if (*comma != '\0') add(text, "\n      }");
  else if (theirs == NULL) add(text, ",\n      \"%s\": {}", section_names[section]);
}

static void add_removed(struct text *text, const struct configuration *heir, const struct configuration *parent) {
  const char *comma = "";
  for (int section = 0; section < SECTIONS; section++) {
    const struct rows *mine = &heir->sections[section];
    const struct rows *theirs = &parent->sections[section];
    const char *inner = "";
    for (size_t at = 0; at < theirs->count; at++) {
      if (find_row(mine, theirs->at[at].id) != NULL) continue;
      if (*inner == '\0') {
        add(text, "%s\n        \"%s\": [", *comma == '\0' ? ",\n      \"removed\": {" : comma, section_names[section]);
      }
      add(text, "%s\n          \"0x%016llx\"", inner, (unsigned long long)theirs->at[at].id);
      comma = inner = ",";
    }
    if (*inner != '\0') add(text, "\n        ]");
  }
  if (*comma != '\0') add(text, "\n      }");
}

static void add_head(struct text *text, const struct recipe *recipe) {
  const char *comma = "";
  add(text, "      \"features\": [");
  for (const enum feature *one = recipe->features; *one != NO_FEATURE; one++) {
    add(text, "%s\"%s\"", comma, feature_names[*one]);
    comma = ", ";
  }
  if (recipe->capability == 0) add(text, "],\n      \"capabilities\": []");
  else add(text, "],\n      \"capabilities\": [%u]", recipe->capability);
  if (recipe->gic) add(text, ",\n      \"devices\": [%d]", DEVICE_GICV3);
}

static void add_lengths(struct text *text, uint64_t lengths) {
  const char *comma = "";
  add(text, ",\n      \"vectorLengths\": [");
  for (unsigned bit = 0; bit < 64; bit++) {
    if ((lengths >> bit & 1) == 0) continue;
    add(text, "%s%u", comma, (bit + 1) * 128);
    comma = ", ";
  }
  add(text, "]");
}

static void add_configuration(struct text *text, const struct configuration *all, size_t at) {
  const struct configuration *one = &all[at];
  const struct refusal *refusal = &one->refusal;
  const struct configuration *parent = refusal->step == NULL ? parent_of(all, at) : NULL;
  add(text, "    \"%s\": {\n", one->recipe->name);
  if (parent != NULL) add(text, "      \"inherits\": \"%s\",\n", parent->recipe->name);
  add_head(text, one->recipe);
  if (refusal->step != NULL) {
    add(text, ",\n      \"refused\": { \"step\": \"%s\", \"errno\": \"%s\" }\n    }", refusal->step, errno_name(refusal->number));
    return;
  }
  add(text, ",\n      \"listed\": %u", one->listed);
  if (one->lengths != 0) add_lengths(text, one->lengths);
  for (int section = 0; section < SECTIONS; section++) {
    add_section(text, section, &one->sections[section], parent == NULL ? NULL : &parent->sections[section]);
  }
  if (parent == NULL || strcmp(parent->attributes, one->attributes) != 0) {
    add(text, ",\n      \"attributes\": %s", one->attributes);
  }
  if (parent != NULL) add_removed(text, one, parent);
  add(text, "\n    }");
}

/* ---- What the kernel shows this program: the CPU as the host's own user space sees it ---- */

/* MRS X0, S3_0_C0_Cm_op2; RET for CRm and op2 0 to 7: the register is part of the instruction. */
__asm__(
    "  .text\n"
    "  .balign 8\n"
    "guestc_readers:\n"
    "  .set guestc_place, 0\n"
    "  .rept 64\n"
    "  .inst 0xd5380000 | (guestc_place << 5)\n"
    "  ret\n"
    "  .set guestc_place, guestc_place + 1\n"
    "  .endr\n");
extern const char guestc_readers[] __attribute__((visibility("hidden")));

static sigjmp_buf undefined_instruction;

static void on_undefined(int number) {
  (void)number;
  siglongjmp(undefined_instruction, 1);
}

/* The kernel traps MRS of ID registers at EL0 and answers itself; where it does not, the instruction is undefined. */
static bool read_as_user(unsigned place, uint64_t *value) {
  uint64_t (*reader)(void) = (uint64_t(*)(void))(uintptr_t)(guestc_readers + 8 * place);
  if (sigsetjmp(undefined_instruction, 1) != 0) return false;
  *value = reader();
  return true;
}

#define PLACE_MPIDR 5

/* Zero says no more than an absent row, and MPIDR_EL1 is a constant that the kernel makes up. */
static void read_user_registers(struct rows *rows) {
  struct sigaction action = {.sa_handler = on_undefined};
  struct sigaction old;
  const unsigned long knows_cpuid = 1ul << 11; /* HWCAP_CPUID */
  if ((getauxval(AT_HWCAP) & knows_cpuid) == 0) return;
  sigaction(SIGILL, &action, &old);
  for (unsigned place = 0; place < 64; place++) {
    uint64_t value;
    if (place == PLACE_MPIDR || !read_as_user(place, &value) || value == 0) continue;
    add_row(rows, system_id(3, 0, 0, place >> 3, place & 7), hexadecimal(value));
  }
  sigaction(SIGILL, &old, NULL);
}

/* AT_HWCAP, AT_HWCAP2, AT_HWCAP3, AT_HWCAP4 of the auxiliary vector. */
static const unsigned long hwcaps[] = {16, 26, 29, 30};

static void add_user(struct text *text) {
  struct rows rows = {0};
  const char *comma = "";
  add(text, "  \"user\": {\n    \"hwcap\": [");
  for (size_t at = 0; at < sizeof(hwcaps) / sizeof(hwcaps[0]); at++) {
    add(text, "%s\"0x%016lx\"", comma, getauxval(hwcaps[at]));
    comma = ", ";
  }
  add(text, "],\n    \"registers\": {");
  read_user_registers(&rows);
  for (size_t at = 0; at < rows.count; at++) {
    add(text, "%s\n      \"0x%016llx\": %s", at == 0 ? "" : ",", (unsigned long long)rows.at[at].id, rows.at[at].text);
  }
  add(text, "%s}\n  },\n", rows.count == 0 ? "" : "\n    ");
}

/* ---- The profile ---- */

struct wishes {
  const char *name;
  const char *cpu;
  const char *platform;
  const char *description;
};

static void add_capabilities(struct text *text, int vm) {
  const char *comma = "";
  add(text, "  \"capabilities\": {");
  for (unsigned number = 0; number <= HIGHEST_CAPABILITY; number++) {
    int answer = call_number(vm, KVM_CHECK_EXTENSION, number);
    if (answer <= 0) continue;
    add(text, "%s\n    \"%u\": %d", comma, number, answer);
    comma = ",";
  }
  add(text, "\n  },\n  \"highestCapability\": %u,\n", HIGHEST_CAPABILITY);
}

#define CREATE_DEVICE_TEST 1

static void add_devices(struct text *text, int vm) {
  const char *comma = "";
  add(text, "  \"devices\": [");
  for (unsigned type = 0; type <= HIGHEST_DEVICE; type++) {
    struct kvm_create_device request = {.type = type, .flags = CREATE_DEVICE_TEST};
    if (call(vm, KVM_CREATE_DEVICE, &request) < 0) continue;
    add(text, "%s%u", comma, type);
    comma = ", ";
  }
  add(text, "],\n");
}

/* The leading MAJOR.MINOR[.PATCH] of the release. */
static size_t version_length(const char *release, unsigned most) {
  size_t length = 0;
  for (unsigned part = 0; part < most; part++) {
    size_t next = part == 0 ? 0 : length + 1;
    if (part > 0 && release[length] != '.') break;
    if (release[next] < '0' || release[next] > '9') break;
    while (release[next] >= '0' && release[next] <= '9') next++;
    length = next;
  }
  return length;
}

static uint64_t midr_of(const struct configuration *base) {
  const struct row *row = find_row(&base->sections[REGISTERS], system_id(3, 0, 0, 0, 0));
  return row == NULL || row->text[0] != '"' ? 0 : number_in(row->text);
}

static void add_identity(struct text *text, const struct wishes *wishes, uint64_t midr) {
  struct utsname system;
  struct text name = {0};
  if (uname(&system) != 0) fail(FAILED, "uname failed: %s", strerror(errno));
  if (wishes->name != NULL) add(&name, "%s", wishes->name);
  else if (wishes->cpu != NULL) add(&name, "%s.linux-", wishes->cpu);
  else add(&name, "midr-%08llx.linux-", (unsigned long long)midr);
  if (wishes->name == NULL) add(&name, "%.*s", (int)version_length(system.release, 2), system.release);
  add(text, "{\n  \"schema\": \"%s\",\n  \"name\": ", SCHEMA);
  add_string(text, name.bytes);
  if (wishes->description != NULL) {
    add(text, ",\n  \"description\": ");
    add_string(text, wishes->description);
  }
  add(text, ",\n  \"origin\": \"recorded\",\n  \"recorder\": \"%s %s\",\n  \"kernel\": { \"release\": ", PROGRAM, VERSION);
  add_string(text, system.release);
  add(text, ", \"version\": \"%.*s\" },\n  \"cpu\": { ", (int)version_length(system.release, 3), system.release);
  if (wishes->cpu != NULL) {
    add(text, "\"name\": ");
    add_string(text, wishes->cpu);
    add(text, ", ");
  }
  add(text, "\"midr\": \"0x%016llx\", \"platform\": ", (unsigned long long)midr);
  add_string(text, wishes->platform == NULL ? "" : wishes->platform);
  add(text, " },\n");
}

static void write_profile(struct text *text, const struct wishes *wishes) {
  static struct configuration configurations[RECIPES];
  int vm;
  for (size_t at = 0; at < RECIPES; at++) read_configuration(&recipes[at], &configurations[at]);
  if (configurations[0].refusal.step != NULL) {
    fail(FAILED, "KVM refuses a plain vCPU at %s: %s", configurations[0].refusal.step,
         errno_name(configurations[0].refusal.number));
  }
  add_identity(text, wishes, midr_of(&configurations[0]));
  vm = create_vm();
  add_capabilities(text, vm);
  add_devices(text, vm);
  close(vm);
  add_user(text);
  add(text, "  \"configurations\": {\n");
  for (size_t at = 0; at < RECIPES; at++) {
    if (at > 0) add(text, ",\n");
    add_configuration(text, configurations, at);
  }
  add(text, "\n  }\n}\n");
}

static void open_kvm(void) {
  int version;
  kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0 && errno == ENOENT) fail(LACKING, "there is no /dev/kvm: this kernel runs without KVM, or not at EL2");
  if (kvm < 0 && (errno == EACCES || errno == EPERM)) {
    fail(LACKING, "/dev/kvm may not be opened by this user: be root, or join the group that owns it");
  }
  if (kvm < 0) fail(LACKING, "/dev/kvm cannot be opened: %s", strerror(errno));
  version = call_number(kvm, KVM_GET_API_VERSION, 0);
  if (version < 0) fail(LACKING, "/dev/kvm is not KVM's device: %s", strerror(errno));
  if (version != KVM_API_VERSION) fail(LACKING, "KVM's API has version %d; expected %d", version, KVM_API_VERSION);
  if (call_number(kvm, KVM_CHECK_EXTENSION, CAPABILITY_ONE_REG) <= 0) fail(LACKING, "this KVM has no KVM_GET_ONE_REG");
}

static void find_target(void) {
  int vm = create_vm();
  if (call(vm, KVM_ARM_PREFERRED_TARGET, &preferred) < 0) {
    fail(LACKING, "this is not a KVM of arm64, KVM_ARM_PREFERRED_TARGET failed: %s", strerror(errno));
  }
  close(vm);
}

/* On a machine with different cores a vCPU sees the one that it was made on: stay there, or where told to be. */
static void stay_on_core(const char *wanted) {
  cpu_set_t set;
  char *end = NULL;
  long core = wanted == NULL ? sched_getcpu() : strtol(wanted, &end, 10);
  if (wanted != NULL && (end == wanted || *end != '\0' || core < 0 || core >= CPU_SETSIZE)) {
    fail(MISUSED, "--core takes the number of a core, not `%s`", wanted);
  }
  if (core < 0) return;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof(set), &set) != 0 && wanted != NULL) {
    fail(FAILED, "cannot run on core %ld: %s", core, strerror(errno));
  }
}

/* ---- Arguments ---- */

static const char help[] =
    "Usage: " PROGRAM " [OPTION]... > PROFILE.json\n"
    "Asks KVM of this arm64 machine what it offers to guests and prints a guestc host profile.\n"
    "Needs /dev/kvm; changes nothing.\n"
    "\n"
    "  --name NAME         name of the profile; default: CPU.linux-SERIES\n"
    "  --cpu NAME          name of the CPU, e.g. neoverse-n1; default: guestc finds it by MIDR_EL1\n"
    "  --platform TEXT     what runs it, e.g. a product or an instance type\n"
    "  --description TEXT  a sentence for people\n"
    "  --core NUMBER       run on this core, where a machine has different ones\n"
    "  -v, --verbose       say on stderr how many ioctls it took\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 printed, 1 KVM failed on the way, 2 wrong arguments, 3 no KVM that this user may ask.\n";

static bool is(const char *argument, const char *name) { return strcmp(argument, name) == 0; }

/* `A.B-c_1+`: what the schema takes as a name. */
static void check_name(const char *option, const char *name) {
  const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-");
  if (name[0] == '\0' || strchr(letters, name[0]) == NULL || name[length] != '\0') {
    fail(MISUSED, "%s takes letters, digits and ._+-, beginning with a letter or digit, not `%s`", option, name);
  }
}

static void print(const char *bytes, size_t length) {
  if (fwrite(bytes, 1, length, stdout) != length || fflush(stdout) != 0) {
    fail(FAILED, "cannot write the profile: %s", strerror(errno));
  }
}

static void read_arguments(int count, char **arguments, struct wishes *wishes, const char **core) {
  const struct {
    const char *name;
    const char **value;
  } options[] = {
      {"--name", &wishes->name},
      {"--cpu", &wishes->cpu},
      {"--platform", &wishes->platform},
      {"--description", &wishes->description},
      {"--core", core},
  };
  for (int at = 1; at < count; at++) {
    const char **value = NULL;
    for (size_t one = 0; one < sizeof(options) / sizeof(options[0]); one++) {
      if (is(arguments[at], options[one].name)) value = options[one].value;
    }
    if (is(arguments[at], "--help") || is(arguments[at], "-h")) {
      print(help, sizeof(help) - 1);
      exit(0);
    }
    if (is(arguments[at], "--version")) {
      print(PROGRAM " " VERSION " (" SCHEMA ")\n", sizeof(PROGRAM " " VERSION " (" SCHEMA ")\n") - 1);
      exit(0);
    }
    if (is(arguments[at], "-v") || is(arguments[at], "--verbose")) {
      verbose = true;
      continue;
    }
    if (value == NULL) fail(MISUSED, "`%s` is no option; --help lists them", arguments[at]);
    if (at + 1 == count) fail(MISUSED, "%s needs a value", arguments[at]);
    *value = arguments[++at];
  }
  if (wishes->name != NULL) check_name("--name", wishes->name);
  if (wishes->cpu != NULL) check_name("--cpu", wishes->cpu);
}

int main(int count, char **arguments) {
  struct wishes wishes = {0};
  struct text profile = {0};
  const char *core = NULL;
  read_arguments(count, arguments, &wishes, &core);
  open_kvm();
  stay_on_core(core);
  find_target();
  write_profile(&profile, &wishes);
  close(kvm);
  print(profile.bytes, profile.length);
  if (verbose) fprintf(stderr, "%s: %lu ioctls in all\n", PROGRAM, ioctls);
  return 0;
}

#endif
