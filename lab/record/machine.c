/* The VM of a case, its vCPUs, devices and memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "case.h"

#ifndef KVM_ARM_SET_COUNTER_OFFSET
struct kvm_arm_counter_offset {
  uint64_t counter_offset;
  uint64_t reserved;
};
#define KVM_ARM_SET_COUNTER_OFFSET _IOW(KVMIO, 0xb5, struct kvm_arm_counter_offset)
#endif

int kvm = -1;
int vm = -1;
struct vcpu vcpus[MOST_VCPUS] = {{-1, NULL}, {-1, NULL}, {-1, NULL}, {-1, NULL}};
unsigned char *guest_memory;

static struct {
  int fd;
  uint64_t type;
} devices[MOST_DEVICES];
static unsigned device_count;

static struct memory memories[MOST_MEMORIES];
static unsigned memory_count;

/* Closes all that the case before left, and gives this one empty memory. */
void begin_case(void) {
  for (unsigned i = 0; i < MOST_VCPUS; i++) {
    close_guest(i);
    if (vcpus[i].fd < 0) continue;
    munmap(vcpus[i].run, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
    close(vcpus[i].fd);
    vcpus[i].fd = -1;
  }
  while (device_count > 0) close(devices[--device_count].fd);
  if (vm >= 0) close(vm);
  vm = -1;
  while (memory_count > 0) {
    memory_count--;
    munmap(memories[memory_count].at, memories[memory_count].size);
  }
  if (guest_memory != NULL) munmap(guest_memory, AGENT_MEMORY_SIZE);
  guest_memory = mmap(NULL, AGENT_MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (guest_memory == MAP_FAILED) {
    perror("recorder: memory for the guest");
    exit(1);
  }
}

struct vcpu *vcpu_of(const struct step *step, unsigned index) {
  const uint64_t id = number(step, index);
  return id < MOST_VCPUS && vcpus[id].fd >= 0 ? &vcpus[id] : NULL;
}

/* `vm`, `cpu0` or, for the device that was made last of a type, `device7`; -1: there is none. */
int device_named(const char *name) {
  if (strcmp(name, "vm") == 0) return vm;
  if (strncmp(name, "cpu", 3) == 0) {
    const unsigned long id = strtoul(name + 3, NULL, 10);
    return id < MOST_VCPUS ? vcpus[id].fd : -1;
  }
  if (strncmp(name, "device", 6) != 0) return -1;
  for (unsigned i = device_count; i > 0; i--)
    if (devices[i - 1].type == strtoull(name + 6, NULL, 10)) return devices[i - 1].fd;
  return -1;
}

static int set_memory(uint32_t slot, uint32_t flags, uint64_t address, uint64_t size, void *at) {
  const struct kvm_userspace_memory_region region = {
      .slot = slot, .flags = flags, .guest_phys_addr = address, .memory_size = size, .userspace_addr = (uintptr_t)at};
  return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

/* vm TYPE: the VM, with the agent's memory in slot 0. */
void create_vm(const struct step *step) {
  int result;
  if (vm >= 0) {
    absent();
    return;
  }
  vm = ioctl(kvm, KVM_CREATE_VM, number(step, 1));
  result = vm < 0 ? -1 : set_memory(0, 0, AGENT_MEMORY, AGENT_MEMORY_SIZE, guest_memory);
  answer_call(result);
}

/* check kvm|vm CAPABILITY */
void check_extension(const struct step *step) {
  const int fd = strcmp(word(step, 1), "kvm") == 0 ? kvm : vm;
  int result;
  if (fd < 0) {
    absent();
    return;
  }
  result = ioctl(fd, KVM_CHECK_EXTENSION, number(step, 2));
  answer_number(result, (uint64_t)result);
}

/* enable CAPABILITY FLAGS [ARGUMENT...] */
void enable_capability(const struct step *step) {
  struct kvm_enable_cap enabled = {.cap = (uint32_t)number(step, 1), .flags = (uint32_t)number(step, 2)};
  if (vm < 0) {
    absent();
    return;
  }
  for (unsigned i = 0; i < 4; i++) enabled.args[i] = number(step, 3 + i);
  answer_call(ioctl(vm, KVM_ENABLE_CAP, &enabled));
}

/* memory SLOT FLAGS ADDRESS SIZE */
void add_memory(const struct step *step) {
  const uint64_t size = number(step, 4);
  void *at = NULL;
  if (vm < 0 || memory_count == MOST_MEMORIES) {
    absent();
    return;
  }
  if (size > 0) {
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
      answer_call(-1);
      return;
    }
    memories[memory_count].at = at;
    memories[memory_count++].size = size;
  }
  answer_call(set_memory((uint32_t)number(step, 1), (uint32_t)number(step, 2), number(step, 3), size, at));
}

/* vcpu ID: kept for later steps where ID is below MOST_VCPUS. */
void create_vcpu(const struct step *step) {
  const uint64_t id = number(step, 1);
  int fd;
  if (vm < 0) {
    absent();
    return;
  }
  fd = ioctl(vm, KVM_CREATE_VCPU, id);
  if (fd < 0) {
    answer_call(fd);
    return;
  }
  if (id >= MOST_VCPUS || vcpus[id].fd >= 0) {
    close(fd);
  } else {
    void *run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED) {
      perror("recorder: kvm_run");
      exit(1);
    }
    vcpus[id].fd = fd;
    vcpus[id].run = run;
  }
  answer_call(0);
}

/* target: the preferred target, and its features where there are some */
void preferred_target(const struct step *step) {
  struct kvm_vcpu_init init = {0};
  int result;
  (void)step;
  if (vm < 0) {
    absent();
    return;
  }
  result = ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init);
  answer_number(result, (uint64_t)init.features[0] << 32 | init.target);
}

/* Initialised, the vCPU is reset: its program counter is no longer the agent's. */
static int initialise(const struct vcpu *vcpu, const struct kvm_vcpu_init *init) {
  const int result = ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, init);
  if (result >= 0) close_guest((unsigned)(vcpu - vcpus));
  return result;
}

static uint32_t target_of(const char *name) {
  struct kvm_vcpu_init preferred = {0};
  if (strcmp(name, "preferred") != 0) return (uint32_t)strtoul(name, NULL, 0);
  ioctl(vm, KVM_ARM_PREFERRED_TARGET, &preferred);
  return preferred.target;
}

/* init VCPU preferred|TARGET FEATURES [FEATURES of the next word...] */
void init_vcpu(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kvm_vcpu_init init = {0};
  if (vcpu == NULL) {
    absent();
    return;
  }
  init.target = target_of(word(step, 2));
  for (unsigned i = 0; i < sizeof init.features / sizeof *init.features; i++)
    init.features[i] = (uint32_t)number(step, 3 + i);
  answer_call(initialise(vcpu, &init));
}

/* offer VCPU FEATURES CAPABILITY...: for each bit of FEATURES, from the lowest, the capability that says the host has
 * it (0: every host); initialises with what the host has. The answer is what that was. */
void offer_features(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kvm_vcpu_init init = {0};
  unsigned next = 3;
  if (vcpu == NULL) {
    absent();
    return;
  }
  init.target = target_of("preferred");
  for (unsigned bit = 0; bit < 32; bit++) {
    uint64_t capability;
    if ((number(step, 2) >> bit & 1) == 0) continue;
    capability = number(step, next++);
    if (capability == 0 || ioctl(vm, KVM_CHECK_EXTENSION, capability) > 0) init.features[0] |= 1u << bit;
  }
  answer_number(initialise(vcpu, &init), init.features[0]);
}

/* finalize VCPU FEATURE */
void finalize_vcpu(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  int feature = (int)number(step, 2);
  if (vcpu == NULL)
    absent();
  else
    answer_call(ioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature));
}

/* device TYPE FLAGS */
void create_device(const struct step *step) {
  struct kvm_create_device created = {.type = (uint32_t)number(step, 1), .flags = (uint32_t)number(step, 2)};
  int result;
  if (vm < 0 || device_count == MOST_DEVICES) {
    absent();
    return;
  }
  result = ioctl(vm, KVM_CREATE_DEVICE, &created);
  if (result >= 0 && (created.flags & KVM_CREATE_DEVICE_TEST) == 0) {
    devices[device_count].fd = (int)created.fd;
    devices[device_count++].type = created.type;
  }
  answer_call(result);
}

/* offset COUNTER [RESERVED] */
void set_counter_offset(const struct step *step) {
  struct kvm_arm_counter_offset offset = {.counter_offset = number(step, 1), .reserved = number(step, 2)};
  if (vm < 0)
    absent();
  else
    answer_call(ioctl(vm, KVM_ARM_SET_COUNTER_OFFSET, &offset));
}

/* mp-state VCPU */
void get_mp_state(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kvm_mp_state state = {0};
  int result;
  if (vcpu == NULL) {
    absent();
    return;
  }
  result = ioctl(vcpu->fd, KVM_GET_MP_STATE, &state);
  answer_number(result, state.mp_state);
}

/* set-mp-state VCPU STATE */
void set_mp_state(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kvm_mp_state state = {(uint32_t)number(step, 2)};
  if (vcpu == NULL)
    absent();
  else
    answer_call(ioctl(vcpu->fd, KVM_SET_MP_STATE, &state));
}

/* events VCPU: serror_pending, serror_has_esr, ext_dabt_pending, the four bytes behind them as one number */
void get_events(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  struct kvm_vcpu_events events;
  int result;
  uint32_t bytes;
  if (vcpu == NULL) {
    absent();
    return;
  }
  memset(&events, 0, sizeof events);
  result = ioctl(vcpu->fd, KVM_GET_VCPU_EVENTS, &events);
  memcpy(&bytes, &events, sizeof bytes);
  answer_number(result, bytes);
}

/* set-events VCPU BYTES ESR: the first eight bytes of the structure, and the syndrome */
void set_events(const struct step *step) {
  const struct vcpu *vcpu = vcpu_of(step, 1);
  const uint64_t bytes = number(step, 2);
  struct kvm_vcpu_events events;
  if (vcpu == NULL) {
    absent();
    return;
  }
  memset(&events, 0, sizeof events);
  memcpy(&events, &bytes, sizeof bytes);
  events.exception.serror_esr = number(step, 3);
  answer_call(ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
}
