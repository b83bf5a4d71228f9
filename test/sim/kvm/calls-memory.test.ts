import { describe, expect, it } from "vitest";
import { setMemory } from "../../../src/sim/kvm/index.ts";
import { said, vmOn } from "./calls-support.ts";

const host = "neoverse-n1.linux-6.12";
const BASE = 0x8000_0000n;
const PAGE = 0x1000n;

describe("KVM_SET_USER_MEMORY_REGION", () => {
  it("wants pages, known flags and one of 32,767 slots (__kvm_set_memory_region)", () => {
    const vm = vmOn(host);
    expect(said(setMemory(vm, 1, 0, BASE + 1n, PAGE))).toBe("EINVAL");
    expect(said(setMemory(vm, 1, 0, BASE, PAGE + 1n))).toBe("EINVAL");
    expect(said(setMemory(vm, 1, 4, BASE, PAGE))).toBe("EINVAL");
    expect(said(setMemory(vm, 32_767, 0, BASE, PAGE))).toBe("EINVAL");
    expect(said(setMemory(vm, 0x1_0000, 0, BASE, PAGE))).toBe("EINVAL");
    expect(said(setMemory(vm, 32_766, 0, BASE, PAGE))).toBe("ok");
  });
  it("refuses overlap with EEXIST, ahead of what is beyond the address space", () => {
    const vm = vmOn(host);
    setMemory(vm, 1, 0, (1n << 40n) - PAGE, PAGE);
    expect(said(setMemory(vm, 2, 0, (1n << 40n) - PAGE, 2n * PAGE))).toBe("EEXIST");
    expect(said(setMemory(vm, 2, 0, 1n << 40n, PAGE))).toBe("EFAULT");
  });
  it("removes a slot that is there by a size of 0", () => {
    const vm = vmOn(host);
    setMemory(vm, 1, 0, BASE, PAGE);
    expect(said(setMemory(vm, 1, 0, BASE, 0n))).toBe("ok");
    expect(vm.memory.regions).toEqual([]);
    expect(said(setMemory(vm, 1, 0, BASE, 0n))).toBe("EINVAL");
  });
  it("moves a slot with the same bytes, and changes none", () => {
    const vm = vmOn(host);
    const bytes = new Uint8Array(Number(PAGE));
    setMemory(vm, 1, 0, BASE, PAGE, bytes);
    const before = vm.memory.generation;
    expect(said(setMemory(vm, 1, 0, BASE, PAGE, bytes))).toBe("ok");
    expect(vm.memory.generation).toBe(before);
    expect(said(setMemory(vm, 1, 0, BASE + PAGE, PAGE, bytes))).toBe("ok");
    expect(vm.memory.regions.map(({ address }) => address)).toEqual([BASE + PAGE]);
    expect(said(setMemory(vm, 1, 0, BASE, PAGE))).toBe("EINVAL");
    expect(said(setMemory(vm, 1, 2, BASE + PAGE, PAGE, bytes))).toBe("EINVAL");
  });
  it("answers ENOMEM where the machine has not so much", () => {
    const vm = vmOn(host, 48n);
    expect(said(setMemory(vm, 1, 0, 0n, 1n << 42n))).toBe("ENOMEM");
  });
});
