/* The in-kernel interrupt controller. */
#ifndef GIC_H
#define GIC_H

enum { GIC_NONE = 0, GIC_V2 = 2, GIC_V3 = 3 };

/* The newest version that the host's KVM can give this VM, or GIC_NONE. */
int gic_newest(int vm);

/* Creates the device and says where the guest finds it. Its descriptor or -errno. */
int gic_create(int vm, int version);

/* After the last KVM_CREATE_VCPU. 0 or -errno. */
int gic_initialise(int gic);

#endif
