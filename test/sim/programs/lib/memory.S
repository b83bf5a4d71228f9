// memcpy, memmove and memset as C libraries have them: vector registers, overlapping ends, DC ZVA.

    .text
#ifdef NO_MMU
// Memory is Device then: byte by byte, as each access has to be aligned.
    .globl memmove
memmove:
    sub x3, x0, x1
    cmp x3, x2
    b.lo 1f
    .globl memcpy
memcpy:
    mov x4, x0
0:  cbz x2, 2f
    ldrb w3, [x1], #1
    strb w3, [x4], #1
    sub x2, x2, #1
    b 0b
1:  cbz x2, 2f
    sub x2, x2, #1
    ldrb w3, [x1, x2]
    strb w3, [x0, x2]
    b 1b
    .globl memset
memset:
    mov x4, x0
0:  cbz x2, 2f
    strb w1, [x4], #1
    sub x2, x2, #1
    b 0b
2:  ret
#else
    .globl memmove
memmove:
    sub x3, x0, x1
    cmp x3, x2
    b.lo backwards
    .globl memcpy
memcpy:
    add x4, x1, x2                    // end of the source
    add x5, x0, x2                    // end of the destination
    cmp x2, #128
    b.hi 5f
    cmp x2, #32
    b.hi 4f
    cmp x2, #16
    b.hs 3f
    tbz x2, #3, 0f
    ldr x6, [x1]
    ldr x7, [x4, #-8]
    str x6, [x0]
    str x7, [x5, #-8]
    ret
0:  tbz x2, #2, 1f
    ldr w6, [x1]
    ldr w7, [x4, #-4]
    str w6, [x0]
    str w7, [x5, #-4]
    ret
1:  cbz x2, 2f
    lsr x8, x2, #1
    ldrb w6, [x1]
    ldrb w7, [x4, #-1]
    ldrb w9, [x1, x8]
    strb w6, [x0]
    strb w9, [x0, x8]
    strb w7, [x5, #-1]
2:  ret
3:  ldr q0, [x1]
    ldr q1, [x4, #-16]
    str q0, [x0]
    str q1, [x5, #-16]
    ret
4:  ldp q0, q1, [x1]                  // 33 to 128: from both ends
    ldp q2, q3, [x4, #-32]
    cmp x2, #64
    b.ls 0f
    ldp q4, q5, [x1, #32]
    ldp q6, q7, [x4, #-64]
    stp q4, q5, [x0, #32]
    stp q6, q7, [x5, #-64]
0:  stp q0, q1, [x0]
    stp q2, q3, [x5, #-32]
    ret
5:  ldp q16, q17, [x4, #-64]          // the last 64 bytes, however it is aligned
    ldp q18, q19, [x4, #-32]
    mov x6, x0
0:  ldp q0, q1, [x1], #64
    ldp q2, q3, [x1, #-32]
    stp q0, q1, [x6], #64
    stp q2, q3, [x6, #-32]
    sub x2, x2, #64
    cmp x2, #64
    b.hi 0b
    stp q16, q17, [x5, #-64]
    stp q18, q19, [x5, #-32]
    ret

backwards:
    cbz x3, 2f
    add x4, x1, x2
    add x5, x0, x2
0:  cmp x2, #16
    b.lo 1f
    ldr q0, [x4, #-16]!
    str q0, [x5, #-16]!
    sub x2, x2, #16
    b 0b
1:  cbz x2, 2f
    ldrb w6, [x4, #-1]!
    strb w6, [x5, #-1]!
    sub x2, x2, #1
    b 1b
2:  ret

    .globl memset
memset:
    dup v0.16b, w1
    add x5, x0, x2
    mov x6, x0
    cmp x2, #16
    b.hs 1f
0:  cbz x2, 2f
    strb w1, [x6], #1
    sub x2, x2, #1
    b 0b
2:  ret
1:  and w7, w1, #0xff
    cbnz w7, 3f
    mrs x8, dczid_el0
    tbnz x8, #4, 3f
    and x8, x8, #15
    mov x9, #4
    lsl x9, x9, x8                    // bytes that DC ZVA clears
    cmp x2, x9, lsl #1
    b.lo 3f
    sub x10, x9, #1
0:  tst x6, x10                       // up to the first whole block
    b.eq 0f
    strb wzr, [x6], #1
    b 0b
0:  sub x11, x5, x6
    cmp x11, x9
    b.lo 0f
    dc zva, x6
    add x6, x6, x9
    b 0b
0:  sub x2, x5, x6
    b 4f
3:  str q0, [x6], #16
    sub x2, x2, #16
4:  cmp x2, #16
    b.hs 3b
    cbz x2, 2b
5:  strb w1, [x6], #1
    sub x2, x2, #1
    cbnz x2, 5b
    ret
#endif
