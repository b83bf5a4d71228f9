/* What came of it all, as JSON. README.md describes its form. */
#ifndef REPORT_H
#define REPORT_H

#include "ask.h"

/* A call of one of the header's functions, or the creation of the interrupt controller. */
struct step {
  const char *call;
  int vcpu;              /* -1: concerns the VM */
  int result;            /* 0, or -errno: then the rest says why */
  int operation;         /* index in the header's table; -1: none of its operations */
  const char *name;      /* what the operation sets */
  const char *ioctl;
  const char *message;
};

struct report {
  const char *guest;
  const struct step *steps;
  size_t step_count;
  /* Nothing of the following where a step was refused: outcomes is NULL then. */
  const struct ask_list *list;
  const struct agent_outcome *outcomes;
  const char *console;
};

/* Writes it to standard output. 0, or -1 after a line on standard error. */
int report_print(const struct report *report);

#endif
