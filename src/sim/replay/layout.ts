/** Where the agent (`examples/vmm/agent.h`) has its things: guest-physical addresses, and the form of its memory. */

/** Slot 0, from the agent's first instruction on. */
export const AGENT_MEMORY = 0x4000_0000;
export const AGENT_MEMORY_SIZE = 0x10_0000;

export const CONTROL = AGENT_MEMORY + 0x1_0000;
export const QUESTIONS = AGENT_MEMORY + 0x2_0000;
export const ANSWERS = AGENT_MEMORY + 0x6_0000;
export const SLOTS = AGENT_MEMORY + 0xa_0000;
/** In one round. */
export const MOST_QUESTIONS = 4096;
export const QUESTION_BYTES = 64;
export const SLOT_BYTES = 16;

/** Vector tables of EL1 and EL2. */
export const VECTORS = { 1: AGENT_MEMORY + 0x800, 2: AGENT_MEMORY + 0x1000 } as const;
export const VECTORS_BYTES = 0x800;
export const VECTOR_BYTES = 0x80;

/** Where no memory is: a store of the agent leaves the guest. */
export const CONSOLE = 0x1000_0000n;
export const FINISH = 0x1000_1000n;

/** `svc #0`, behind each question. */
export const SVC = 0xd400_0001;
/**
 * What the agent executes at EL1 of a guest with an EL2 of its own, which may trap it there: it reads the syndrome and
 * the address (`mrs x25, esr_el1`, `mrs x26, elr_el1`), and goes back (`hvc #0x7777`).
 */
export const READ_ANSWER = [0xd538_5219, 0xd538_403a] as const;
export const AT_READ_ANSWER = AGENT_MEMORY + 0x400;
export const HVC_TO_EL2 = 0xd40e_eee2;
export const AT_HVC_TO_EL2 = AGENT_MEMORY + 0x440;

/** PSTATE of a question: DAIF masked, EL1 and EL2 with their own stack pointer. */
export const QUESTION_PSTATE = [0x3c0n, 0x3c5n, 0x3c9n] as const;

/** What the agent opens: CPACR_EL1 (CPTR_EL2 with E2H), and CPTR_EL2 without E2H. */
export const CPACR_OPEN = 0x0333_0000n;
export const CPTR_OPEN = 0x22ffn;
export const HCR_E2H = 1n << 34n;
export const HCR_RW = 1n << 31n;
