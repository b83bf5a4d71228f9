/*
 * The machine of the header's guest: memory, interrupt controller and vCPUs, configured by the header's functions in the
 * order that they need.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent-host.h"
#include "gic.h"

/* Where the contract leaves the choice of the interrupt controller to the VMM. */
#define GIC_OF_CHOICE (-1)
/* Interrupt of the PMU where the contract leaves it to the VMM: the one that Arm's base system architecture names. */
#define PMU_INTID 23
/* The header's create_vm, configure_vm, the GIC, and three calls for each vCPU. */
#define STEPS_OF_VM 3
#define STEPS_OF_VCPU 3
/* Stolen time is mapped in whole pages, whatever their size. */
#define LARGEST_PAGE UINT64_C(0x10000)

static enum outcome failed(const char *what, int error) {
  fprintf(stderr, "vmm: %s: %s\n", what, strerror(error));
  return FAILED;
}

/* Keeps what one of the header's functions answered. */
static enum outcome step(struct machine *machine, const char *call, int vcpu, int result,
                         const struct guestc_error *error) {
  struct step *kept = &machine->steps[machine->step_count++];
  kept->call = call;
  kept->vcpu = vcpu;
  if (result >= 0) return DONE;
  kept->result = result;
  kept->operation = error->operation == NULL ? -1 : (int)error->index;
  kept->name = error->operation == NULL ? "VM" : error->operation->name;
  kept->ioctl = error->call;
  GUEST_(describe_error)(error, machine->message, sizeof machine->message);
  kept->message = machine->message;
  return REFUSED;
}

/* Flat memory: `size` bytes of it from guest-physical `address` on. NULL: errno. */
static void *add_memory(const struct machine *machine, uint32_t slot, uint64_t address, size_t size) {
  struct kvm_userspace_memory_region region = {.slot = slot, .guest_phys_addr = address, .memory_size = size};
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  region.userspace_addr = (uintptr_t)memory;
  if (ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0) {
    const int error = errno;
    munmap(memory, size);
    errno = error;
    return NULL;
  }
  return memory;
}

/* The operation that sets this attribute of a vCPU, or NULL. */
static const struct guestc_operation *vcpu_attribute(uint32_t group, uint64_t attribute) {
  unsigned index;
  for (index = 0; index < GUEST_(OPERATIONS); index++) {
    const struct guestc_operation *operation = &GUEST_(operations)[index];
    if (operation->kind == GUESTC_SET_DEVICE_ATTRIBUTE && operation->fd == GUESTC_FD_VCPU &&
        operation->group == group && operation->id == attribute)
      return operation;
  }
  return NULL;
}

/* Memory for the agent and, where the contract has it, for the vCPUs' records of stolen time. */
static enum outcome add_memories(struct machine *machine) {
  const struct guestc_operation *stolen_time = vcpu_attribute(KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA);
  uint64_t address;
  uint64_t end;
  machine->memory = add_memory(machine, 0, AGENT_MEMORY, AGENT_MEMORY_SIZE);
  if (machine->memory == NULL) return failed("memory of the guest", errno);
  agent_load(machine->memory);
  if (stolen_time == NULL) return DONE;
  memcpy(&address, stolen_time->payload, sizeof address);
  end = address + stolen_time->per_vcpu * (unsigned)VCPUS;
  if (address >= AGENT_MEMORY && end <= AGENT_MEMORY + AGENT_MEMORY_SIZE) return DONE;
  address &= ~(LARGEST_PAGE - 1);
  end = (end + LARGEST_PAGE - 1) & ~(LARGEST_PAGE - 1);
  machine->stolen_time_size = end - address;
  machine->stolen_time = add_memory(machine, 1, address, machine->stolen_time_size);
  return machine->stolen_time == NULL ? failed("memory for stolen time", errno) : DONE;
}

/* Before the vCPUs are configured: from linux 6.18 on their ID registers show a GICv3 only where there is one. */
static enum outcome add_gic(struct machine *machine) {
  const int wanted = GUEST_NUMBER(GIC, GIC_OF_CHOICE);
  const int version = wanted == GIC_OF_CHOICE ? gic_newest(machine->vm) : wanted;
  struct step *kept;
  if (version == GIC_NONE) return DONE;
  machine->gic = gic_create(machine->vm, version);
  kept = &machine->steps[machine->step_count++];
  kept->call = "create_gic";
  kept->vcpu = -1;
  if (machine->gic >= 0) return DONE;
  kept->result = machine->gic;
  kept->operation = -1;
  kept->name = version == GIC_V3 ? "KVM_DEV_TYPE_ARM_VGIC_V3" : "KVM_DEV_TYPE_ARM_VGIC_V2";
  kept->ioctl = "KVM_CREATE_DEVICE";
  kept->message = "the interrupt controller that the contract names";
  return REFUSED;
}

static enum outcome add_vcpus(struct machine *machine) {
  int size;
  int vcpu;
  for (vcpu = 0; vcpu < VCPUS; vcpu++) {
    machine->vcpus[vcpu] = ioctl(machine->vm, KVM_CREATE_VCPU, (unsigned long)vcpu);
    if (machine->vcpus[vcpu] < 0) return failed("KVM_CREATE_VCPU", errno);
  }
  size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (size < 0) return failed("KVM_GET_VCPU_MMAP_SIZE", errno);
  machine->run_size = (size_t)size;
  machine->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->vcpus[0], 0);
  if (machine->run == MAP_FAILED) {
    machine->run = NULL;
    return failed("mmap of the vCPU", errno);
  }
  return DONE;
}

/* A PMU beside a GIC needs an interrupt: where the contract names none, it is ours to choose. */
static enum outcome choose_pmu_interrupt(const struct machine *machine, int vcpu) {
  int intid = PMU_INTID;
  struct kvm_device_attr attr = {
      .group = KVM_ARM_VCPU_PMU_V3_CTRL, .attr = KVM_ARM_VCPU_PMU_V3_IRQ, .addr = (uintptr_t)&intid};
  if (machine->gic < 0 || vcpu_attribute(KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT) == NULL ||
      vcpu_attribute(KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ) != NULL)
    return DONE;
  if (ioctl(machine->vcpus[vcpu], KVM_SET_DEVICE_ATTR, &attr) < 0) return failed("interrupt of the PMU", errno);
  return DONE;
}

/* The order that the generated header asks for; what stands between its functions is the VMM's own work. */
static enum outcome set_up(struct machine *machine) {
  struct guestc_error error;
  enum outcome outcome;
  int vcpu;
  machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (machine->kvm < 0) return failed("/dev/kvm", errno);

  machine->vm = GUEST_(create_vm)(machine->kvm, &error);
  outcome = step(machine, "create_vm", -1, machine->vm, &error);
  if (outcome == DONE)
    outcome = step(machine, "configure_vm", -1, GUEST_(configure_vm)(machine->kvm, machine->vm, &error), &error);
  if (outcome == DONE) outcome = add_memories(machine);
  if (outcome == DONE) outcome = add_gic(machine);
  if (outcome == DONE) outcome = add_vcpus(machine);

  for (vcpu = 0; vcpu < VCPUS && outcome == DONE; vcpu++)
    outcome = step(machine, "configure_vcpu", vcpu,
                   GUEST_(configure_vcpu)(machine->vm, machine->vcpus[vcpu], (unsigned)vcpu, vcpu != 0, &error), &error);

  if (outcome == DONE && machine->gic >= 0) {
    const int result = gic_initialise(machine->gic);
    if (result < 0) outcome = failed("initialisation of the GIC", -result);
  }
  for (vcpu = 0; vcpu < VCPUS && outcome == DONE; vcpu++) {
    outcome = choose_pmu_interrupt(machine, vcpu);
    if (outcome == DONE)
      outcome = step(machine, "configure_devices", vcpu,
                     GUEST_(configure_devices)(machine->vcpus[vcpu], (unsigned)vcpu, &error), &error);
  }
  for (vcpu = 0; vcpu < VCPUS && outcome == DONE; vcpu++)
    outcome = step(machine, "verify_vcpu", vcpu, GUEST_(verify_vcpu)(machine->vcpus[vcpu], &error), &error);
  return outcome;
}

enum outcome machine_set_up(struct machine *machine) {
  int vcpu;
  *machine = (struct machine){.kvm = -1, .vm = -1, .gic = -1};
  machine->vcpus = calloc((size_t)VCPUS, sizeof *machine->vcpus);
  machine->steps = calloc(STEPS_OF_VM + STEPS_OF_VCPU * (size_t)VCPUS, sizeof *machine->steps);
  for (vcpu = 0; machine->vcpus != NULL && vcpu < VCPUS; vcpu++) machine->vcpus[vcpu] = -1;
  if (machine->vcpus == NULL || machine->steps == NULL) return failed("vCPUs", ENOMEM);
  return set_up(machine);
}

void machine_tear_down(struct machine *machine) {
  int vcpu;
  if (machine->run != NULL) munmap(machine->run, machine->run_size);
  for (vcpu = 0; machine->vcpus != NULL && vcpu < VCPUS; vcpu++)
    if (machine->vcpus[vcpu] >= 0) close(machine->vcpus[vcpu]);
  if (machine->gic >= 0) close(machine->gic);
  if (machine->vm >= 0) close(machine->vm);
  if (machine->kvm >= 0) close(machine->kvm);
  if (machine->stolen_time != NULL) munmap(machine->stolen_time, machine->stolen_time_size);
  if (machine->memory != NULL) munmap(machine->memory, AGENT_MEMORY_SIZE);
  free(machine->vcpus);
  free(machine->steps);
}
