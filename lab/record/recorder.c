/*
 * Interpreter of scripts: reads a script, one step a line, makes the KVM calls that its steps name, and prints one answer a
 * line in the same order. A case never harms the next: each has its own VM, and all of it is closed at its end.
 *
 *   recorder SCRIPT
 *
 * Exit status 0: every step was answered, with an error or without. The words are described in docs/recordings.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

#define MOST_LINE 8192

static const struct {
  const char *name;
  void (*take)(const struct step *step);
} steps[] = {
    {"check", check_extension},
    {"device", create_device},
    {"dump", dump_registers},
    {"enable", enable_capability},
    {"events", get_events},
    {"filter", set_filter},
    {"finalize", finalize_vcpu},
    {"get", get_register},
    {"get-attribute", get_attribute},
    {"has-attribute", has_attribute},
    {"init", init_vcpu},
    {"list", list_registers},
    {"masks", writable_masks},
    {"memory", add_memory},
    {"mp-state", get_mp_state},
    {"offer", offer_features},
    {"offset", set_counter_offset},
    {"put", put_field},
    {"set", set_register},
    {"set-attribute", set_attribute},
    {"set-events", set_events},
    {"set-mp-state", set_mp_state},
    {"target", preferred_target},
    {"try", try_field},
    {"vcpu", create_vcpu},
    {"vm", create_vm},
};

static void split(char *line, struct step *step) {
  char *comment = strchr(line, ';');
  if (comment != NULL) *comment = 0;
  step->count = 0;
  for (char *at = strtok(line, " \n"); at != NULL && step->count < MOST_WORDS; at = strtok(NULL, " \n"))
    step->words[step->count++] = at;
}

static void take(const struct step *step, unsigned long line) {
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
    if (strcmp(steps[i].name, step->words[0]) != 0) continue;
    steps[i].take(step);
    return;
  }
  fprintf(stderr, "recorder: line %lu: no step is called %s\n", line, step->words[0]);
  exit(2);
}

int main(int argc, char **argv) {
  static char line[MOST_LINE];
  struct step step;
  unsigned long lines = 0;
  FILE *script;
  if (argc != 2) {
    fputs("usage: recorder SCRIPT\n", stderr);
    return 2;
  }
  script = fopen(argv[1], "r");
  kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (script == NULL || kvm < 0) {
    fprintf(stderr, "recorder: %s: %s\n", script == NULL ? argv[1] : "/dev/kvm", strerror(errno));
    return 1;
  }
  while (fgets(line, sizeof line, script) != NULL) {
    lines++;
    split(line, &step);
    if (step.count == 0) continue;
    /* The questions behind a run are asked once all of them are known. */
    if (strcmp(step.words[0], "ask") == 0) {
      ask(&step);
      continue;
    }
    answer_asked();
    if (strcmp(step.words[0], "case") == 0)
      begin_case();
    else if (strcmp(step.words[0], "volatile") == 0)
      volatile_register(&step);
    else if (strcmp(step.words[0], "run") == 0)
      run_vcpu(&step);
    else
      take(&step, lines);
  }
  answer_asked();
  begin_case();
  fflush(stdout);
  return ferror(stdout) != 0;
}
