/*
 * A VMM for one guest of guestc: configures a VM by the functions of the generated header, lets the agent run in it
 * and prints what the agent saw.
 *
 *   vmm [QUESTIONS]     reads questions.txt where no file is named
 *
 * Exit status 0: a report is on standard output, also where KVM refused the configuration. 1: something else failed;
 * one line on standard error says what.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent-host.h"
#include "ask.h"
#include "machine.h"
#include "report.h"

static int print(const struct machine *machine, const struct ask_list *list, const struct agent_outcome *outcomes,
                 const char *console) {
  const struct report report = {
      .guest = GUEST_TEXT(GUEST),
      .steps = machine->steps,
      .step_count = machine->step_count,
      .list = list,
      .outcomes = outcomes,
      .console = console,
  };
  return report_print(&report);
}

/* Asks the guest and prints what it answers. 0 or -1. */
static int run(const struct machine *machine, const struct ask_list *list) {
  struct agent_host host;
  struct agent_outcome *outcomes;
  size_t answered;
  int result = agent_open(&host, machine->vcpus[0], machine->run, machine->memory);
  if (result < 0) {
    fprintf(stderr, "vmm: start of the agent: %s\n", strerror(-result));
    return -1;
  }
  outcomes = ask_all(list, &host, &answered);
  agent_close(&host);
  if (outcomes == NULL) return -1;
  if (answered < list->questions)
    fprintf(stderr, "vmm: the vCPU ended at question %zu: %s\n", answered, strerror(outcomes[answered].error));
  result = print(machine, list, outcomes, host.console);
  free(outcomes);
  return result;
}

int main(int argc, char **argv) {
  struct machine machine;
  struct ask_list list;
  enum outcome outcome;
  int result = -1;
  if (argc > 2) {
    fprintf(stderr, "usage: vmm [QUESTIONS]\n");
    return 1;
  }
  if (ask_read(&list, argc == 2 ? argv[1] : "questions.txt") < 0) return 1;
  outcome = machine_set_up(&machine);
  if (outcome == DONE) result = run(&machine, &list);
  if (outcome == REFUSED) result = print(&machine, &list, NULL, NULL);
  machine_tear_down(&machine);
  ask_free(&list);
  return result < 0 ? 1 : 0;
}
