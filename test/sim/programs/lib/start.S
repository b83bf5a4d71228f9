// Entry at EL1 with the MMU off: stack, FP, vectors, an identity map, then main. Its result is the exit status.

#define DEVICE 0x401                  // block, access flag, attribute 0
#define NORMAL 0x705                  // block, access flag, inner shareable, attribute 1
#define EL0 (1 << 6)

    .section .text.start, "ax"
    .globl _start
_start:
    adrp x0, stack_top
    add sp, x0, :lo12:stack_top
    mov x0, #(3 << 20)
    msr cpacr_el1, x0
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    isb
    adrp x0, bss_start
    add x0, x0, :lo12:bss_start
    adrp x1, bss_end
    add x1, x1, :lo12:bss_end
0:  cmp x0, x1
    b.hs 1f
    str xzr, [x0], #8
    b 0b
1:
#ifndef NO_MMU
    adrp x0, table
    add x0, x0, :lo12:table
    mov x1, #DEVICE
    str x1, [x0]
    mov x1, #0x40000000
    mov x2, #NORMAL
    orr x1, x1, x2
    str x1, [x0, #8]
    // The same memory once more, 1 GB above, for EL0.
    mov x1, #0x40000000
    mov x2, #(NORMAL | EL0)
    orr x1, x1, x2
    str x1, [x0, #16]
    msr ttbr0_el1, x0
    mov x1, #0xff00                   // attribute 0 Device-nGnRnE, 1 Normal write-back
    msr mair_el1, x1
    ldr x1, =0x200803519              // 39 bits, no TTBR1, 40 bits out
    msr tcr_el1, x1
    dsb sy
    isb
    ldr x1, =0x34d5d91d
    msr sctlr_el1, x1
    isb
#endif
    bl main
    mov x19, x0
    bl exit_with

// Saves everything that C code changes, and calls on_exception(kind, frame); what that left is restored.
    .macro entry kind
    .balign 0x80
    sub sp, sp, #288
    stp x0, x1, [sp]
    mov x0, #\kind
    b save
    .endm

    .balign 0x800
vectors:
    entry 0
    entry 1
    entry 2
    entry 3
    entry 4
    entry 5
    entry 6
    entry 7
    entry 8
    entry 9
    entry 10
    entry 11
    entry 12
    entry 13
    entry 14
    entry 15

save:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    stp x30, x1, [sp, #240]
    str x2, [sp, #256]
    mov x1, sp
    bl on_exception
    ldp x30, x1, [sp, #240]
    ldr x2, [sp, #256]
    msr elr_el1, x1
    msr spsr_el1, x2
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldp x0, x1, [sp]
    add sp, sp, #288
    eret

    .section .bss
    .balign 4096
table:
    .space 4096
    .balign 16
    .space 65536
stack_top:
