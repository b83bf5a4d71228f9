/*
 * The program inside the guest. It executes the questions one by one, each in its own slot and at its own
 * exception level, and every one of them comes back as an exception: the SVC behind the instruction, or what the
 * instruction itself took. There is no stack, no MMU and no state but X19 to X23, which questions leave alone.
 *
 * It is assembled into the VMM as constant data, from where agent_load copies it to AGENT_MEMORY: all it needs
 * beside itself it reaches by absolute addresses, so it runs wherever its vectors are aligned.
 *
 * X19 control, X20 question, X21 answer, X22 slot, X23 level at which the guest began (1 or 2).
 */
#include "agent.h"

#define HCR_RW 31
#define HCR_E2H 34
#define VBAR_EL12 s3_5_c12_c0_0
#define CPACR_EL12 s3_5_c1_c0_2
/* FPEN, ZEN and SMEN: neither EL1 nor EL0 is trapped, so that what is undefined is so for want of the feature. */
#define CPACR_OPEN 0x03330000
/* CPTR_EL2 where E2H is clear: its bits that are one, and no trap. */
#define CPTR_OPEN 0x22ff
#define ESR_EC_SHIFT 26
#define EC_HVC64 0x16
/* PSTATE with DAIF masked: EL0, EL1 and EL2, the latter two with their own stack pointer. */
#define PSTATE_EL0 0x3c0
#define PSTATE_EL1 0x3c5
#define PSTATE_EL2 0x3c9

  .macro address register, value
  movz \register, #((\value) & 0xffff)
  movk \register, #((\value) >> 16), lsl #16
  .endm

  .section .rodata.agent, "a"
  .balign 0x800
  .globl agent_image
  .globl agent_image_end
agent_image:
  address x19, AGENT_CONTROL
  mrs x23, CurrentEL
  ubfx x23, x23, #2, #2
  adr x9, vectors_el1
  address x11, CPACR_OPEN
  cmp x23, #2
  b.eq 1f
  msr vbar_el1, x9
  msr cpacr_el1, x11
  b greet
1:
  adr x10, vectors_el2
  msr vbar_el2, x10
  mrs x10, hcr_el2
  and x10, x10, #(1 << HCR_E2H)
  orr x10, x10, #(1 << HCR_RW)
  msr hcr_el2, x10
  isb
  /* Where E2H is set, VBAR_EL1 at EL2 would be VBAR_EL2, and CPTR_EL2 has the form of CPACR_EL1. */
  mrs x10, hcr_el2
  tbz x10, #HCR_E2H, 2f
  msr VBAR_EL12, x9
  msr CPACR_EL12, x11
  msr cptr_el2, x11
  b greet
2:
  msr vbar_el1, x9
  msr cpacr_el1, x11
  mov x11, #CPTR_OPEN
  msr cptr_el2, x11

greet:
  isb
  ldr w9, [x19, #AGENT_GREETS]
  cbz w9, next
  address x10, AGENT_CONSOLE
  adr x9, greeting
3:
  ldrb w11, [x9], #1
  cbz w11, 4f
  strb w11, [x10]
  b 3b
4:
  add w11, w23, #'0'
  strb w11, [x10]
  mov w11, #'\n'
  strb w11, [x10]

next:
  ldr w9, [x19, #AGENT_CURRENT]
  ldr w10, [x19, #AGENT_COUNT]
  cmp w9, w10
  b.hs finish
  address x20, AGENT_QUESTIONS
  add x20, x20, x9, lsl #AGENT_SHIFT
  address x21, AGENT_ANSWERS
  add x21, x21, x9, lsl #AGENT_SHIFT
  address x22, AGENT_SLOTS
  add x22, x22, x9, lsl #AGENT_SLOT_SHIFT
  ldr x9, [x20, #AGENT_QUESTION_LEVEL]
  mov x10, #PSTATE_EL0
  mov x11, #PSTATE_EL1
  cmp x9, #1
  csel x10, x11, x10, eq
  mov x11, #PSTATE_EL2
  csel x10, x11, x10, hi
  cmp x23, #2
  b.eq 5f
  msr elr_el1, x22
  msr spsr_el1, x10
  b 6f
5:
  msr elr_el2, x22
  msr spsr_el2, x10
6:
  ldp x0, x1, [x20, #AGENT_QUESTION_X]
  ldp x2, x3, [x20, #AGENT_QUESTION_X + 16]
  .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
  mov x\n, #0
  .endr
  eret

/* The VMM may ask more and run the vCPU again. */
finish:
  address x10, AGENT_FINISH
  str w9, [x10]
  b next

/* Keeps the answer. X24: the vector. */
  .macro answer level
  mrs x25, esr_el\level
  mrs x26, elr_el\level
  sub x26, x26, x22
  stp x24, x26, [x21, #AGENT_ANSWER_VECTOR]
  stp x25, x0, [x21, #AGENT_ANSWER_ESR]
  stp x1, x2, [x21, #AGENT_ANSWER_X + 8]
  str x3, [x21, #AGENT_ANSWER_X + 24]
  ldr w9, [x19, #AGENT_CURRENT]
  add w9, w9, #1
  str w9, [x19, #AGENT_CURRENT]
  .endm

taken_to_el1:
  answer 1
  cmp x23, #2
  b.ne next
  hvc #AGENT_TO_EL2
  b .

taken_to_el2:
  mrs x25, esr_el2
  lsr x26, x25, #ESR_EC_SHIFT
  cmp x26, #EC_HVC64
  b.ne 7f
  and x25, x25, #0xffff
  mov x26, #AGENT_TO_EL2
  cmp x25, x26
  b.eq next
7:
  answer 2
  b next

  .macro vectors level
  .set entry, 0
  .rept 16
  .balign 0x80
  mov x24, #(entry | \level << AGENT_VECTOR_LEVEL_SHIFT)
  b taken_to_el\level
  .set entry, entry + 1
  .endr
  .endm

  .balign 0x800
vectors_el1:
  vectors 1
  .balign 0x800
vectors_el2:
  vectors 2

greeting:
  .asciz "agent: began at EL"
agent_image_end:

  .section .note.GNU-stack, ""
