/** Bare-metal C programs for the engine, and how each is compiled. */

export interface Program {
  /** Of its files in `test/sim/programs`: `.elf` and `.txt`. */
  readonly name: string;
  /** C file there, beside the library. */
  readonly source: string;
  readonly flags: readonly string[];
}

export const programFolder = "test/sim/programs";

const plain = ["-march=armv8-a", "-mno-outline-atomics"];

export const programs: readonly Program[] = [
  { name: "checksum", source: "checksum.c", flags: ["-march=armv8-a+crc"] },
  // Without the MMU memory is Device, and every access has to be aligned.
  {
    name: "checksum-no-mmu",
    source: "checksum.c",
    flags: [...plain, "-mstrict-align", "-DNO_MMU", "-fno-tree-vectorize"],
  },
  { name: "sort", source: "sort.c", flags: plain },
  { name: "numbers", source: "numbers.c", flags: plain },
  { name: "matrix", source: "matrix.c", flags: [...plain, "-fno-math-errno"] },
  { name: "list", source: "list.c", flags: plain },
  { name: "threads", source: "threads.c", flags: plain },
  { name: "threads-lse", source: "threads.c", flags: ["-march=armv8.1-a"] },
  { name: "exceptions", source: "exceptions.c", flags: plain },
];
