#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char *errno_name(int error) {
  switch (error) {
    case EPERM: return "EPERM";
    case ENOENT: return "ENOENT";
    case EINTR: return "EINTR";
    case EIO: return "EIO";
    case ENXIO: return "ENXIO";
    case E2BIG: return "E2BIG";
    case ENOEXEC: return "ENOEXEC";
    case EBADF: return "EBADF";
    case EAGAIN: return "EAGAIN";
    case ENOMEM: return "ENOMEM";
    case EACCES: return "EACCES";
    case EFAULT: return "EFAULT";
    case EBUSY: return "EBUSY";
    case EEXIST: return "EEXIST";
    case ENODEV: return "ENODEV";
    case EINVAL: return "EINVAL";
    case ENOSPC: return "ENOSPC";
    case ENOTTY: return "ENOTTY";
    case ENOSYS: return "ENOSYS";
    case ELOOP: return "ELOOP";
    case EBADMSG: return "EBADMSG";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case ETIMEDOUT: return "ETIMEDOUT";
    default: return "errno";
  }
}

static void print_text(const char *text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    const unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      printf("\\%c", byte);
    else if (byte == '\n')
      printf("\\n");
    else if (byte < 0x20)
      printf("\\u%04x", byte);
    else
      putchar(byte);
  }
  putchar('"');
}

static void print_name(const char *name, const char *text) {
  printf("\"%s\": ", name);
  print_text(text);
}

static void print_words(const char *name, const uint64_t *words, size_t count) {
  size_t index;
  printf("\"%s\": [", name);
  for (index = 0; index < count; index++) printf("%s\"0x%" PRIx64 "\"", index == 0 ? "" : ", ", words[index]);
  printf("]");
}

static void print_exception(const struct agent_answer *answer) {
  printf("{\"exception\": {\"level\": %u, \"esr\": \"0x%08" PRIx64 "\"}}", agent_level(answer), answer->esr);
}

static void print_exit(const struct agent_exit *exit) {
  switch (exit->reason) {
    case KVM_EXIT_HYPERCALL:
      printf("{\"exit\": \"hypercall\", \"flags\": \"0x%" PRIx64 "\"}", exit->detail[1]);
      break;
    case KVM_EXIT_SYSTEM_EVENT:
      printf("{\"exit\": \"system-event\", \"type\": %" PRIu64 "}", exit->detail[0]);
      break;
    case KVM_EXIT_MMIO:
      printf("{\"exit\": \"mmio\", \"address\": \"0x%" PRIx64 "\"}", exit->detail[0]);
      break;
    case KVM_EXIT_ARM_NISV:
      printf("{\"exit\": \"nisv\", \"address\": \"0x%" PRIx64 "\"}", exit->detail[1]);
      break;
    default:
      printf("{\"exit\": \"other\", \"reason\": %" PRIu32 "}", exit->reason);
      break;
  }
}

/* What is not the executed instruction's result; false: it was executed and nothing else is to be said. */
static bool print_incident(const struct agent_outcome *outcome) {
  if (outcome->error != 0)
    printf("{\"error\": \"%s\"}", errno_name(outcome->error));
  else if (outcome->answer.vector == 0)
    printf("{\"unanswered\": true}");
  else if (outcome->exit_count > 0)
    print_exit(&outcome->exits[0]);
  else if (outcome->waits > 0)
    printf("{\"waits\": true}");
  else if (!agent_completed(&outcome->answer))
    print_exception(&outcome->answer);
  else
    return false;
  return true;
}

static void print_register(const struct ask *ask, const struct agent_outcome *outcomes) {
  const struct agent_outcome *outcome = &outcomes[ask->first];
  print_text(ask->name);
  printf(": ");
  if (!print_incident(outcome)) printf("{\"value\": \"0x%016" PRIx64 "\"}", outcome->answer.x[0]);
}

static void print_instruction(const struct ask *ask, const struct agent_outcome *outcomes) {
  print_text(ask->name);
  printf(": ");
  if (!print_incident(&outcomes[ask->first])) printf("{\"completed\": true}");
}

static void print_conduit(const char *conduit, const struct agent_outcome *outcome) {
  printf(",\n     \"%s\": ", conduit);
  if (print_incident(outcome)) return;
  printf("{");
  print_words("x", outcome->answer.x, 4);
  printf("}");
}

static void print_call(const struct ask *ask, const struct agent_outcome *outcomes) {
  printf("{\"function\": \"0x%08" PRIx64 "\", ", ask->x[0]);
  print_words("arguments", ask->x + 1, 3);
  print_conduit("hvc", &outcomes[ask->first]);
  print_conduit("smc", &outcomes[ask->first + 1]);
  printf("}");
}

/* All questions of one kind, one a line. */
static void print_asks(const struct report *report, enum ask_kind kind,
                       void (*print)(const struct ask *, const struct agent_outcome *)) {
  const char *between = "\n    ";
  size_t index;
  for (index = 0; index < report->list->count; index++) {
    if (report->list->asks[index].kind != kind) continue;
    printf("%s", between);
    print(&report->list->asks[index], report->outcomes);
    between = ",\n    ";
  }
}

static void print_step(const struct step *step) {
  printf("{");
  print_name("call", step->call);
  if (step->vcpu >= 0) printf(", \"vcpu\": %d", step->vcpu);
  if (step->result == 0) {
    printf(", \"result\": \"ok\"}");
    return;
  }
  printf(", \"result\": \"refused\", ");
  if (step->operation >= 0) printf("\"operation\": %d, ", step->operation);
  print_name("name", step->name);
  printf(", ");
  print_name("ioctl", step->ioctl);
  printf(", \"errno\": \"%s\", ", errno_name(-step->result));
  print_name("message", step->message);
  printf("}");
}

static void print_steps(const struct report *report) {
  size_t index;
  printf("  \"steps\": [");
  for (index = 0; index < report->step_count; index++) {
    printf("%s\n    ", index == 0 ? "" : ",");
    print_step(&report->steps[index]);
  }
  printf("\n  ]");
}

static void print_answers(const struct report *report) {
  printf(",\n  \"registers\": {");
  print_asks(report, ASK_REGISTER, print_register);
  printf("\n  },\n  \"calls\": [");
  print_asks(report, ASK_CALL, print_call);
  printf("\n  ],\n  \"instructions\": {");
  print_asks(report, ASK_INSTRUCTION, print_instruction);
  printf("\n  },\n  ");
  print_name("console", report->console);
}

int report_print(const struct report *report) {
  struct utsname system;
  if (uname(&system) < 0) {
    fprintf(stderr, "vmm: uname: %s\n", strerror(errno));
    return -1;
  }
  printf("{\n  ");
  print_name("guest", report->guest);
  printf(",\n  ");
  print_name("kernel", system.release);
  printf(",\n");
  print_steps(report);
  if (report->outcomes != NULL) print_answers(report);
  printf("\n}\n");
  if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
  fprintf(stderr, "vmm: standard output: %s\n", strerror(errno));
  return -1;
}
