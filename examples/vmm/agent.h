/*
 * What the VMM and the program inside the guest have in common: addresses, and the form of questions and answers.
 * A question is one instruction with its arguments and the exception level at which to execute it; the answer is
 * what the registers held afterwards, or the exception that it took. Read by C and by the assembler.
 */
#ifndef AGENT_H
#define AGENT_H

/* Guest-physical memory: one piece, from the agent's first instruction on. */
#define AGENT_MEMORY 0x40000000
#define AGENT_MEMORY_SIZE 0x100000

#define AGENT_CONTROL (AGENT_MEMORY + 0x10000)
#define AGENT_SCRATCH (AGENT_MEMORY + 0x11000) /* 4 KiB that questions may load from and store to */
#define AGENT_SCRATCH_SIZE 0x1000
#define AGENT_QUESTIONS (AGENT_MEMORY + 0x20000)
#define AGENT_ANSWERS (AGENT_MEMORY + 0x60000)
#define AGENT_SLOTS (AGENT_MEMORY + 0xa0000)
#define AGENT_MOST_QUESTIONS 4096

/* No memory is there: a store leaves the guest with KVM_EXIT_MMIO. */
#define AGENT_CONSOLE 0x10000000 /* one byte of text */
#define AGENT_FINISH 0x10001000  /* all questions are answered */

/* Offsets in struct agent_control. */
#define AGENT_CURRENT 0
#define AGENT_COUNT 4
#define AGENT_GREETS 8

/* struct agent_question, struct agent_answer: 64 bytes each. */
#define AGENT_SHIFT 6
#define AGENT_QUESTION_LEVEL 0
#define AGENT_QUESTION_X 8
#define AGENT_ANSWER_VECTOR 0
#define AGENT_ANSWER_OFFSET 8
#define AGENT_ANSWER_ESR 16
#define AGENT_ANSWER_X 24

/* A slot holds the instruction, and behind it the way back. */
#define AGENT_SLOT_SHIFT 4
#define AGENT_SLOT_RETURN 0xd4000001 /* svc #0 */

/* HVC that brings a guest with an EL2 of its own back to it. */
#define AGENT_TO_EL2 0x7777

/* Which entry of which vector table: number of the entry (0 to 15), and above it the exception level that took it. */
#define AGENT_VECTOR_LEVEL_SHIFT 4

#ifndef __ASSEMBLER__
#include <stdint.h>

struct agent_control {
  uint32_t current; /* the question that is being executed */
  uint32_t count;
  uint32_t greets; /* not zero: say on the console at which level the guest began */
};

struct agent_question {
  uint64_t level; /* exception level: 0, 1, or 2 where the guest has one */
  uint64_t x[4];  /* X0 to X3; X4 to X17 are zero */
  uint64_t unused[3];
};

struct agent_answer {
  uint64_t vector; /* 0: nobody came back */
  uint64_t offset; /* ELR less the slot's address: 8 once the instruction was executed, by the SVC behind it */
  uint64_t esr;
  uint64_t x[4];
  uint64_t unused;
};

struct agent_slot {
  uint32_t instruction;
  uint32_t back; /* AGENT_SLOT_RETURN */
  uint32_t unused[2];
};
#endif

#endif
