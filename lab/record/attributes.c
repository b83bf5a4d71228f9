/* Device attributes of the VM, of a vCPU and of devices. */
#include <stdio.h>
#include <string.h>

#include "case.h"

#define MOST_PAYLOAD 64
#define SMCCC_CONTROL 0 /* KVM_ARM_VM_SMCCC_CTRL */
#define SMCCC_FILTER 0  /* KVM_ARM_VM_SMCCC_FILTER */

struct smccc_filter {
  uint32_t base;
  uint32_t functions;
  uint8_t action;
  uint8_t pad[15];
};

/* No process has memory there. */
#define NOWHERE 8

static struct kvm_device_attr attribute_of(const struct step *step, const void *payload) {
  struct kvm_device_attr attribute = {.group = (uint32_t)number(step, 2),
                                      .attr = number(step, 3),
                                      .addr = (uintptr_t)payload};
  return attribute;
}

/* has-attribute TARGET GROUP ATTRIBUTE */
void has_attribute(const struct step *step) {
  const int fd = device_named(word(step, 1));
  struct kvm_device_attr attribute = attribute_of(step, NULL);
  if (fd < 0)
    absent();
  else
    answer_call(ioctl(fd, KVM_HAS_DEVICE_ATTR, &attribute));
}

/* get-attribute TARGET GROUP ATTRIBUTE SIZE: SIZE bytes of what KVM wrote, the last ones of them 0xa5 where it
 * wrote fewer */
void get_attribute(const struct step *step) {
  const int fd = device_named(word(step, 1));
  unsigned char payload[MOST_PAYLOAD];
  struct kvm_device_attr attribute = attribute_of(step, payload);
  const uint64_t size = number(step, 4);
  int result;
  memset(payload, 0xa5, sizeof payload);
  if (fd < 0 || size > sizeof payload) {
    absent();
    return;
  }
  result = ioctl(fd, KVM_GET_DEVICE_ATTR, &attribute);
  if (result < 0) {
    answer_call(result);
    return;
  }
  fputs("bytes ", stdout);
  for (unsigned i = 0; i < size; i++) printf("%02x", payload[i]);
  putchar('\n');
}

/* set-attribute TARGET GROUP ATTRIBUTE BYTES|none|nowhere */
void set_attribute(const struct step *step) {
  const int fd = device_named(word(step, 1));
  const char *bytes = word(step, 4);
  unsigned char payload[MOST_PAYLOAD] = {0};
  struct kvm_device_attr attribute = attribute_of(step, payload);
  if (strcmp(bytes, "none") == 0)
    attribute.addr = 0;
  else if (strcmp(bytes, "nowhere") == 0)
    attribute.addr = NOWHERE;
  else if (bytes_of(bytes, payload, sizeof payload) < 0) {
    absent();
    return;
  }
  if (fd < 0)
    absent();
  else
    answer_call(ioctl(fd, KVM_SET_DEVICE_ATTR, &attribute));
}

/* filter BASE FUNCTIONS ACTION [PAD of the first byte [PAD of the last byte]] */
void set_filter(const struct step *step) {
  struct smccc_filter filter = {.base = (uint32_t)number(step, 1),
                                .functions = (uint32_t)number(step, 2),
                                .action = (uint8_t)number(step, 3)};
  struct kvm_device_attr attribute = {.group = SMCCC_CONTROL, .attr = SMCCC_FILTER, .addr = (uintptr_t)&filter};
  if (vm < 0) {
    absent();
    return;
  }
  filter.pad[0] = (uint8_t)number(step, 4);
  filter.pad[sizeof filter.pad - 1] = (uint8_t)number(step, 5);
  answer_call(ioctl(vm, KVM_SET_DEVICE_ATTR, &attribute));
}
