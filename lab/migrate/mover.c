/*
 * One side of a migration of the header's guest, as a VMM does it.
 *
 *   mover save LEAVE LOOK             makes the machine, lets the guest execute the questions of LEAVE, which leave state
 *                                     behind, prints the state, and what the guest answers to LOOK
 *   mover restore LOOK STATE...       for each state that another machine printed: makes the machine by the same plan,
 *                                     gives it the state, prints what KVM refuses of it and what the machine then holds, lets
 *                                     the guest go on, and prints what it answers to LOOK
 *
 * Output, each part ended by a line `.`: `state`; for each move `move NAME`, `state`, `report`. A plan that KVM refuses gives
 * a report of its steps, and nothing else. Exit status 1: something else failed, and a line on standard error says what.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent-host.h"
#include "ask.h"
#include "machine.h"
#include "report.h"
#include "state.h"

static int print_report(const struct machine *machine, const struct ask_list *look,
                        const struct agent_outcome *outcomes, const char *console) {
  const struct report report = {
      .guest = GUEST_TEXT(GUEST),
      .steps = machine->steps,
      .step_count = machine->step_count,
      .list = look,
      .outcomes = outcomes,
      .console = console,
  };
  puts("report");
  if (report_print(&report) < 0) return -1;
  puts(".");
  return 0;
}

/* Asks the guest, keeping nothing of what it answers where `print` is not set. */
static int ask(const struct machine *machine, struct agent_host *host, const struct ask_list *list, bool print) {
  size_t answered;
  int result = 0;
  struct agent_outcome *outcomes = ask_all(list, host, &answered);
  if (outcomes == NULL) return -1;
  if (print) {
    result = print_report(machine, list, outcomes, host->console);
  } else if (answered < list->questions) {
    fprintf(stderr, "mover: the guest ended at question %zu\n", answered);
    result = -1;
  }
  free(outcomes);
  return result;
}

static int print_state(const struct machine *machine) {
  puts("state");
  if (state_print(machine) < 0) return -1;
  puts(".");
  return 0;
}

static int agent_failed(int error) {
  fprintf(stderr, "mover: the agent: %s\n", strerror(-error));
  return -1;
}

static int save(const struct machine *machine, const struct ask_list *leave, const struct ask_list *look) {
  struct agent_host host;
  int error = agent_open(&host, machine->vcpus[0], machine->run, machine->memory);
  int result;
  if (error < 0) return agent_failed(error);
  result = ask(machine, &host, leave, false);
  if (result == 0) error = agent_settle(&host);
  if (error < 0) result = agent_failed(error);
  if (result == 0) result = print_state(machine);
  if (result == 0) result = ask(machine, &host, look, true);
  agent_close(&host);
  return result;
}

static int restore(const struct machine *machine, const struct ask_list *look, const char *path) {
  struct agent_host host;
  int error;
  int result;
  printf("move %s\n", path);
  if (state_restore(machine, path) < 0) return -1;
  puts(".");
  if (print_state(machine) < 0) return -1;
  error = agent_resume(&host, machine->vcpus[0], machine->run, machine->memory);
  if (error < 0) return agent_failed(error);
  result = ask(machine, &host, look, true);
  agent_close(&host);
  return result;
}

/* A machine of its own for each state; NULL: none is restored. */
static int on_machine(const struct ask_list *leave, const struct ask_list *look, const char *path) {
  struct machine machine;
  const enum outcome outcome = machine_set_up(&machine);
  int result = -1;
  if (outcome == DONE) result = path == NULL ? save(&machine, leave, look) : restore(&machine, look, path);
  if (outcome == REFUSED) result = print_report(&machine, NULL, NULL, NULL);
  machine_tear_down(&machine);
  return result;
}

int main(int argc, char **argv) {
  const bool saves = argc == 4 && strcmp(argv[1], "save") == 0;
  struct ask_list leave = {0};
  struct ask_list look = {0};
  int result = 0;
  if (!saves && !(argc > 3 && strcmp(argv[1], "restore") == 0)) {
    fputs("usage: mover save LEAVE LOOK\n       mover restore LOOK STATE...\n", stderr);
    return 1;
  }
  if (saves && ask_read(&leave, argv[2]) < 0) return 1;
  if (ask_read(&look, argv[saves ? 3 : 2]) < 0) return 1;
  if (saves) result = on_machine(&leave, &look, NULL);
  for (int at = 3; !saves && at < argc && result == 0; at++) result = on_machine(NULL, &look, argv[at]);
  ask_free(&leave);
  ask_free(&look);
  return result < 0 ? 1 : 0;
}
