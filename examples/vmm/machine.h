/* The virtual machine of the header's guest: machine_set_up shows the order in which the header's functions are called. */
#ifndef MACHINE_H
#define MACHINE_H

#include <linux/kvm.h>
#include <stddef.h>

#include "guest.h"
#include "report.h"

/* vCPUs that the contract asks for. The agent runs on the first; the others stay powered off. */
#define VCPUS GUEST_NUMBER(VCPUS, 1)

struct machine {
  int kvm;
  int vm;
  int gic; /* -1: none */
  int *vcpus;
  void *memory; /* the agent's, with it loaded */
  void *stolen_time;
  size_t stolen_time_size;
  struct kvm_run *run; /* of the first vCPU */
  size_t run_size;
  struct step *steps;
  size_t step_count;
  char message[512]; /* of the step that was refused */
};

/* How far the set-up came. */
enum outcome {
  DONE,
  REFUSED, /* KVM refuses the contract; the last step says why */
  FAILED   /* anything else; a line on standard error says what */
};

/* Whatever it answers, machine_tear_down is to follow. */
enum outcome machine_set_up(struct machine *machine);

void machine_tear_down(struct machine *machine);

#endif
