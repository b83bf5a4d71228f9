/* What a VMM carries from one host to another: registers, pending exceptions and the state of each vCPU, memory. */
#ifndef STATE_H
#define STATE_H

#include "machine.h"

/*
 * One item a line, numbers in hexadecimal; registers in the order of KVM_GET_REG_LIST, memory only where it is not zero:
 *
 *   memory ADDRESS VALUE        eight bytes that questions may store to
 *   vcpu N                      the following are its
 *   register ID VALUE|ERRNO     of any width
 *   events BYTES                struct kvm_vcpu_events
 *   mp-state N
 */

/* Prints the state. 0, or -1 after a line on standard error. */
int state_print(const struct machine *machine);

/*
 * Gives the machine what the file holds, line by line; what KVM refuses does not keep the rest from being tried, and is
 * printed: `refused N register ID ERRNO`, `refused N events ERRNO`, `refused N mp-state ERRNO`. 0, or -1 after a line on
 * standard error.
 */
int state_restore(const struct machine *machine, const char *path);

#endif
