/* The list of questions: read from a file, put to the guest. */
#ifndef ASK_H
#define ASK_H

#include <stdint.h>

#include "agent-host.h"

#define ASK_NAME_SIZE 64

/* A line of the file. A register and an instruction are one question to the agent, a call is two: HVC, then SMC. */
enum ask_kind { ASK_REGISTER, ASK_CALL, ASK_INSTRUCTION };

struct ask {
  enum ask_kind kind;
  char name[ASK_NAME_SIZE]; /* empty for a call */
  uint32_t instruction;
  int level;      /* -1: at which the guest began */
  uint64_t x[4];  /* a call's function is x[0] */
  size_t first;   /* index of its first question, and of that question's outcome */
};

struct ask_list {
  struct ask *asks;
  size_t count;
  size_t questions; /* how many they are to the agent */
};

/*
 * Reads the file:
 *
 *   register NAME WORD                        the instruction leaves the register in X0
 *   call FUNCTION [X1 [X2 [X3]]]
 *   instruction NAME LEVEL WORD [X0 [X1 [X2 [X3]]]]
 *
 * Numbers are hexadecimal, with 0x or without; `scratch` is the address of memory that the guest may use; `#` begins a
 * comment. 0, or -1 after a line on standard error.
 */
int ask_read(struct ask_list *list, const char *path);

/*
 * Puts them all to the guest. The outcomes, list->questions of them, are the
 * caller's to free; NULL after a line on standard error. `answered` is what agent_ask says.
 */
struct agent_outcome *ask_all(const struct ask_list *list, struct agent_host *host, size_t *answered);

void ask_free(struct ask_list *list);

#endif
