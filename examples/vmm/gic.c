#include "gic.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#define DISTRIBUTOR UINT64_C(0x08000000)
#define CPU_INTERFACE UINT64_C(0x08010000)  /* GICv2 */
#define REDISTRIBUTORS UINT64_C(0x080a0000) /* GICv3: 128 KiB for each vCPU */

static int create_device(int vm, int version, uint32_t flags) {
  struct kvm_create_device device = {
      .type = version == GIC_V3 ? KVM_DEV_TYPE_ARM_VGIC_V3 : KVM_DEV_TYPE_ARM_VGIC_V2,
      .flags = flags,
  };
  if (ioctl(vm, KVM_CREATE_DEVICE, &device) < 0) return -errno;
  return (int)device.fd;
}

static int set(int gic, uint32_t group, uint64_t attribute, const uint64_t *value) {
  struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};
  return ioctl(gic, KVM_SET_DEVICE_ATTR, &attr) < 0 ? -errno : 0;
}

static int set_address(int gic, uint64_t type, uint64_t address) {
  return set(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, type, &address);
}

int gic_newest(int vm) {
  if (create_device(vm, GIC_V3, KVM_CREATE_DEVICE_TEST) >= 0) return GIC_V3;
  return create_device(vm, GIC_V2, KVM_CREATE_DEVICE_TEST) >= 0 ? GIC_V2 : GIC_NONE;
}

int gic_create(int vm, int version) {
  const int gic = create_device(vm, version, 0);
  int error;
  if (gic < 0) return gic;
  if (version == GIC_V3) {
    error = set_address(gic, KVM_VGIC_V3_ADDR_TYPE_DIST, DISTRIBUTOR);
    if (error == 0) error = set_address(gic, KVM_VGIC_V3_ADDR_TYPE_REDIST, REDISTRIBUTORS);
  } else {
    error = set_address(gic, KVM_VGIC_V2_ADDR_TYPE_DIST, DISTRIBUTOR);
    if (error == 0) error = set_address(gic, KVM_VGIC_V2_ADDR_TYPE_CPU, CPU_INTERFACE);
  }
  if (error == 0) return gic;
  close(gic);
  return error;
}

int gic_initialise(int gic) { return set(gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL); }
