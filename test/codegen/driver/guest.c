/*
 * One guest on real KVM. GUEST_HEADER is the generated header, GUEST its prefix. The VM is configured by the
 * header's functions alone; a small program inside then reads every ID register that the plan speaks of and makes
 * one call into every SMCCC range, and what it reports is held against the plan.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include GUEST_HEADER
#include "guests.h"

#define PASTE(a, b) a##_##b
#define EXPAND(a, b) PASTE(a, b)
#define OWN(name) EXPAND(GUEST, name)
#define TEXT(a) #a
#define EXPANDED_TEXT(a) TEXT(a)

#define MEMORY_BASE UINT64_C(0x40000000)
#define MEMORY_SIZE UINT64_C(0x100000)
#define STOLEN_TIME_SIZE UINT64_C(0x10000)
/* No memory is there: a store leaves the guest and carries a value. */
#define REPORT UINT64_C(0x10000000)
#define FINISH UINT64_C(0x10001000)
#define GIC_DISTRIBUTOR UINT64_C(0x08000000)
#define GIC_REDISTRIBUTOR UINT64_C(0x080a0000)
#define VCPUS 2

#define SYSREG_CLASS_MASK UINT64_C(0xffffffffffff0000)
#define SYSREG_CLASS UINT64_C(0x6030000000130000)
/* op0 is 3 and CRn 0: the ID registers. */
#define ID_SPACE_MASK UINT64_C(0xc780)
#define ID_SPACE UINT64_C(0xc000)

struct machine {
  int kvm;
  int vm;
  int vcpu[VCPUS];
  struct kvm_run *run;
  uint32_t *code;
  unsigned length;
  struct guestc_error error;
};

/* What the guest is asked, in the order in which it reports. */
struct question {
  const struct guestc_operation *operation; /* NULL: a call */
  uint32_t function;
};

static struct question questions[512];
static unsigned question_count;

static int outcome(struct machine *machine, const char *step, unsigned vcpu, int result) {
  char text[512];
  if (result < 0) {
    OWN(describe_error)(&machine->error, text, sizeof text);
    printf("  %-18s vCPU %u  failed (%d): %s\n", step, vcpu, result, text);
  } else {
    printf("  %-18s vCPU %u  ok\n", step, vcpu);
  }
  return result;
}

static int refused(const char *what) {
  printf("  the driver's own %s failed: %s\n", what, strerror(errno));
  return -1;
}

static int add_memory(struct machine *machine, uint32_t slot, uint64_t address, uint64_t size, void **memory) {
  struct kvm_userspace_memory_region region;
  *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (*memory == MAP_FAILED) return -1;
  memset(&region, 0, sizeof region);
  region.slot = slot;
  region.guest_phys_addr = address;
  region.memory_size = size;
  region.userspace_addr = guestc_address(*memory);
  return ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* Memory for the program and, where the plan wants stolen time, for its records. */
static int add_memories(struct machine *machine) {
  void *memory;
  unsigned index;
  if (add_memory(machine, 0, MEMORY_BASE, MEMORY_SIZE, &memory) < 0) return -1;
  machine->code = memory;
  for (index = 0; index < OWN(OPERATIONS); index++) {
    const struct guestc_operation *operation = &OWN(operations)[index];
    uint64_t address;
    if (operation->kind != GUESTC_SET_DEVICE_ATTRIBUTE || operation->fd != GUESTC_FD_VCPU ||
        operation->group != KVM_ARM_VCPU_PVTIME_CTRL)
      continue;
    memcpy(&address, operation->payload, sizeof address);
    if (address - MEMORY_BASE < MEMORY_SIZE) return 0;
    return add_memory(machine, 1, address & ~(STOLEN_TIME_SIZE - 1), 2 * STOLEN_TIME_SIZE, &memory);
  }
  return 0;
}

static int set_gic(int gic, uint32_t group, uint64_t attribute, uint64_t *value) {
  struct kvm_device_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.group = group;
  attr.attr = attribute;
  attr.addr = guestc_address(value);
  return ioctl(gic, KVM_SET_DEVICE_ATTR, &attr);
}

static int add_gic(struct machine *machine) {
  struct kvm_create_device device;
  uint64_t distributor = GIC_DISTRIBUTOR;
  uint64_t redistributor = GIC_REDISTRIBUTOR;
  memset(&device, 0, sizeof device);
  device.type = KVM_DEV_TYPE_ARM_VGIC_V3;
  if (ioctl(machine->vm, KVM_CREATE_DEVICE, &device) < 0) return -1;
  if (set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &distributor) < 0) return -1;
  if (set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redistributor) < 0) return -1;
  return set_gic((int)device.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

static void emit(struct machine *machine, uint32_t instruction) { machine->code[machine->length++] = instruction; }

static void ask(struct machine *machine, const struct guestc_operation *operation, uint32_t function) {
  if (question_count == sizeof questions / sizeof *questions) return;
  questions[question_count].operation = operation;
  questions[question_count].function = function;
  question_count++;
  if (operation != NULL) {
    const uint32_t op1 = (uint32_t)(operation->id >> 11) & 7;
    const uint32_t crm = (uint32_t)(operation->id >> 3) & 15;
    const uint32_t op2 = (uint32_t)operation->id & 7;
    emit(machine, UINT32_C(0xd5380000) | op1 << 16 | crm << 8 | op2 << 5); /* mrs x0, S3_op1_C0_CRm_op2 */
  } else {
    emit(machine, UINT32_C(0x52800000) | (function & 0xffff) << 5); /* movz w0, low half */
    emit(machine, UINT32_C(0x72a00000) | function >> 16 << 5);      /* movk w0, high half */
    emit(machine, UINT32_C(0x2a0003e1));                            /* mov w1, w0: PV_TIME_FEATURES asks of itself */
    emit(machine, UINT32_C(0xd4000002));                            /* hvc 0 */
  }
  emit(machine, UINT32_C(0xf9000280)); /* str x0, [x20] */
}

/* A guest with its own EL2 takes its calls itself. */
static int has_el2(void) {
  unsigned index;
  for (index = 0; index < OWN(OPERATIONS); index++)
    if (OWN(operations)[index].kind == GUESTC_VCPU_INIT && (OWN(operations)[index].value & 0x80) != 0) return 1;
  return 0;
}

static void write_program(struct machine *machine) {
  unsigned index;
  unsigned earlier;
  question_count = 0;
  for (index = 0; index < OWN(OPERATIONS); index++) {
    const struct guestc_operation *operation = &OWN(operations)[index];
    if (operation->kind != GUESTC_SET_REGISTER && operation->kind != GUESTC_VERIFY_REGISTER) continue;
    if ((operation->id & SYSREG_CLASS_MASK) != SYSREG_CLASS || (operation->id & ID_SPACE_MASK) != ID_SPACE) continue;
    for (earlier = 0; earlier < question_count; earlier++)
      if (questions[earlier].operation->id == operation->id) break;
    if (earlier == question_count) ask(machine, operation, 0);
  }
  if (!has_el2()) {
    ask(machine, NULL, UINT32_C(0x84000000)); /* PSCI_VERSION */
    ask(machine, NULL, UINT32_C(0x84000050)); /* TRNG_VERSION */
    ask(machine, NULL, UINT32_C(0xc5000020)); /* HV_PV_TIME_FEATURES */
    ask(machine, NULL, UINT32_C(0x86000000)); /* VENDOR_HYP_KVM_FEATURES */
    for (index = 0; index < OWN(OPERATIONS); index++) {
      const struct guestc_operation *operation = &OWN(operations)[index];
      uint32_t base;
      if (operation->kind != GUESTC_SET_DEVICE_ATTRIBUTE || operation->fd != GUESTC_FD_VM) continue;
      memcpy(&base, operation->payload, sizeof base);
      ask(machine, NULL, base);
    }
  }
  emit(machine, UINT32_C(0xf90002a0)); /* str x0, [x21] */
}

static int set_core(const struct machine *machine, uint64_t index, uint64_t value) {
  return guestc_set(machine->vcpu[0], UINT64_C(0x6030000000100000) | index, &value);
}

static int report(unsigned at, uint64_t value) {
  const struct guestc_operation *operation = questions[at].operation;
  int differs;
  if (operation == NULL) {
    printf("  hvc 0x%08" PRIx32 " = 0x%" PRIx64 "\n", questions[at].function, value);
    return 0;
  }
  differs = ((value ^ operation->value) & operation->mask) != 0;
  printf("  mrs %-17s = 0x%016" PRIx64 "  %s\n", operation->name, value, differs ? "NOT AS PROMISED" : "as promised");
  return differs;
}

/* Runs the program on vCPU 0 until its last store. */
static int run_program(struct machine *machine) {
  unsigned at = 0;
  int differ = 0;
  int forwarded = 0;
  /* x20, x21 and pc, by offset in struct kvm_regs, in units of four bytes. */
  if (set_core(machine, 2 * 20, REPORT) < 0 || set_core(machine, 2 * 21, FINISH) < 0 ||
      set_core(machine, 2 * 32, MEMORY_BASE) < 0)
    return refused("KVM_SET_ONE_REG");
  for (;;) {
    const struct kvm_run *run = machine->run;
    if (ioctl(machine->vcpu[0], KVM_RUN, NULL) < 0) return refused("KVM_RUN");
    if (run->exit_reason == KVM_EXIT_HYPERCALL) {
      printf("  hvc 0x%08" PRIx64 " is forwarded to user space\n", (uint64_t)run->hypercall.nr);
      forwarded = 1;
    } else if (run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write && run->mmio.phys_addr == REPORT &&
               at < question_count) {
      uint64_t value;
      memcpy(&value, run->mmio.data, sizeof value);
      if (!forwarded) differ += report(at, value);
      forwarded = 0;
      at++;
    } else if (run->exit_reason == KVM_EXIT_MMIO && run->mmio.phys_addr == FINISH) {
      return differ == 0 && at == question_count ? 0 : -1;
    } else {
      printf("  the guest left with exit reason %u\n", run->exit_reason);
      return -1;
    }
  }
}

static int prepare(struct machine *machine) {
  unsigned vcpu;
  int size;
  machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (machine->kvm < 0) return refused("open of /dev/kvm");
  machine->vm = OWN(create_vm)(machine->kvm, &machine->error);
  if (outcome(machine, "create_vm", 0, machine->vm) < 0) return -1;
  if (outcome(machine, "configure_vm", 0, OWN(configure_vm)(machine->kvm, machine->vm, &machine->error)) < 0) return -1;
  if (add_memories(machine) < 0) return refused("KVM_SET_USER_MEMORY_REGION");
  for (vcpu = 0; vcpu < VCPUS; vcpu++) {
    machine->vcpu[vcpu] = ioctl(machine->vm, KVM_CREATE_VCPU, (unsigned long)vcpu);
    if (machine->vcpu[vcpu] < 0) return refused("KVM_CREATE_VCPU");
  }
  for (vcpu = 0; vcpu < VCPUS; vcpu++)
    if (outcome(machine, "configure_vcpu", vcpu,
                OWN(configure_vcpu)(machine->vm, machine->vcpu[vcpu], vcpu, vcpu != 0, &machine->error)) < 0)
      return -1;
  if (add_gic(machine) < 0) return refused("GICv3");
  for (vcpu = 0; vcpu < VCPUS; vcpu++)
    if (outcome(machine, "configure_devices", vcpu,
                OWN(configure_devices)(machine->vcpu[vcpu], vcpu, &machine->error)) < 0)
      return -1;
  for (vcpu = 0; vcpu < VCPUS; vcpu++)
    if (outcome(machine, "verify_vcpu", vcpu, OWN(verify_vcpu)(machine->vcpu[vcpu], &machine->error)) < 0) return -1;
  size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
  if (size < 0) return refused("KVM_GET_VCPU_MMAP_SIZE");
  machine->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->vcpu[0], 0);
  return machine->run == MAP_FAILED ? refused("mmap of the vCPU") : 0;
}

static int apply(void) {
  static struct machine machine;
  unsigned vcpu;
  int result;
  machine.kvm = machine.vm = -1;
  for (vcpu = 0; vcpu < VCPUS; vcpu++) machine.vcpu[vcpu] = -1;
  result = prepare(&machine);
  if (result == 0) {
    write_program(&machine);
    result = run_program(&machine);
  }
  for (vcpu = 0; vcpu < VCPUS; vcpu++)
    if (machine.vcpu[vcpu] >= 0) close(machine.vcpu[vcpu]);
  if (machine.vm >= 0) close(machine.vm);
  if (machine.kvm >= 0) close(machine.kvm);
  return result;
}

static struct guest self = {EXPANDED_TEXT(GUEST), apply, NULL};

__attribute__((constructor)) static void add(void) { add_guest(&self); }
