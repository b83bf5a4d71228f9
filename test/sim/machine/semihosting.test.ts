/** Semihosting and the serial port, by themselves. */
import { describe, expect, it } from "vitest";
import { inputOf } from "../../../src/sim/machine/devices.ts";
import { pl011 } from "../../../src/sim/machine/pl011.ts";
import { type GuestMemory, semihosting } from "../../../src/sim/machine/semihosting.ts";

const BASE = 0x1000n;
const MINUS_ONE = (1n << 64n) - 1n;

/** A host with 4 KiB of memory at 0x1000, all of it filled by `fill`. */
function hosted(input = "") {
  const bytes = new Uint8Array(0x1000);
  const inside = (address: bigint, length: number): boolean =>
    address >= BASE && address + BigInt(length) <= BASE + 0x1000n;
  const memory: GuestMemory = {
    read: (address, length) =>
      inside(address, length)
        ? bytes.slice(Number(address - BASE), Number(address - BASE) + length)
        : undefined,
    write(address, data) {
      if (!inside(address, data.length)) return false;
      bytes.set(data, Number(address - BASE));
      return true;
    },
  };
  const out: number[] = [];
  const err: number[] = [];
  const call = semihosting({
    memory,
    streams: {
      ...inputOf(Uint8Array.from(input, (one) => one.charCodeAt(0))),
      out: (data) => out.push(...data),
      err: (data) => err.push(...data),
    },
    commandLine: "naïve.elf",
    nanoseconds: () => 2_340_000_000n,
    frequency: 62_500_000n,
    ticks: () => 77n,
    free: { from: 0x2000n, to: 0x3000n },
  });
  const view = new DataView(bytes.buffer);
  return {
    bytes,
    text: (which: "out" | "err"): string => String.fromCharCode(...(which === "out" ? out : err)),
    put: (at: number, text: string): void => {
      bytes.set(
        Uint8Array.from(text, (one) => one.charCodeAt(0)),
        at,
      );
    },
    word: (at: number): bigint => view.getBigUint64(at, true),
    /** Calls with a block of parameters at its usual place. */
    call(operation: number, ...parameters: readonly bigint[]): bigint | string {
      for (const [at, value] of parameters.entries()) view.setBigUint64(8 * at, value, true);
      const answer = call(operation, BASE);
      return answer.kind === "answers"
        ? answer.x0
        : answer.kind === "exits"
          ? `exits ${answer.status}`
          : "unknown";
    },
    raw: call,
  };
}

const TEXT = 0x100;
const at = (offset: number): bigint => BASE + BigInt(offset);

describe("semihosting", () => {
  it("writes characters, texts and bytes to the console", () => {
    const host = hosted();
    host.put(TEXT, "hello\n\0");
    host.bytes[0] = 0x3e;
    expect(host.raw(3, BASE)).toEqual({ kind: "answers", x0: 0n });
    host.raw(4, at(TEXT));
    expect(host.text("out")).toBe(">hello\n");
    host.put(TEXT, ":tt");
    expect(host.call(1, at(TEXT), 4n, 3n)).toBe(2n);
    expect(host.call(1, at(TEXT), 8n, 3n)).toBe(3n);
    expect(host.call(1, at(TEXT), 0n, 3n)).toBe(1n);
    host.put(TEXT, "outerr");
    expect(host.call(5, 2n, at(TEXT), 3n)).toBe(0n);
    expect(host.call(5, 3n, at(TEXT + 3), 3n)).toBe(0n);
    expect([host.text("out"), host.text("err")]).toEqual([">hello\nout", "err"]);
    expect(host.call(9, 2n)).toBe(1n);
    expect(host.call(2, 2n)).toBe(0n);
  });

  it("reads the console's input until there is none", () => {
    const host = hosted("abc");
    expect(host.call(7)).toBe(97n);
    expect(host.call(6, 1n, at(TEXT), 5n)).toBe(3n);
    expect(String.fromCharCode(...host.bytes.subarray(TEXT, TEXT + 2))).toBe("bc");
    expect(host.call(7)).toBe(MINUS_ONE);
  });

  it("opens nothing else, and says why", () => {
    const host = hosted();
    host.put(TEXT, "/etc/passwd");
    expect(host.call(1, at(TEXT), 0n, 11n)).toBe(MINUS_ONE);
    expect(host.call(19)).toBe(2n);
    expect(host.call(5, 9n, at(TEXT), 3n)).toBe(3n);
    expect(host.call(19)).toBe(9n);
    for (const operation of [13, 14, 15, 18]) expect(host.call(operation)).toBe(MINUS_ONE);
  });

  it("tells of its features as the specification asks", () => {
    const host = hosted();
    host.put(TEXT, ":semihosting-features");
    expect(host.call(1, at(TEXT), 0n, 21n)).toBe(4n);
    expect(host.call(12, 4n)).toBe(5n);
    expect(host.call(6, 4n, at(TEXT), 5n)).toBe(0n);
    expect([...host.bytes.subarray(TEXT, TEXT + 5)]).toEqual([0x53, 0x48, 0x46, 0x42, 3]);
    expect(host.call(10, 4n, 4n)).toBe(0n);
    expect(host.call(6, 4n, at(TEXT), 2n)).toBe(1n);
    expect(host.bytes[TEXT]).toBe(3);
  });

  it("gives times that are the same each run, the command line, and memory", () => {
    const host = hosted();
    expect(host.call(16)).toBe(234n);
    expect(host.call(17)).toBe(2n);
    expect(host.call(49)).toBe(62_500_000n);
    expect(host.raw(48, at(TEXT))).toEqual({ kind: "answers", x0: 0n });
    expect(host.word(TEXT)).toBe(77n);
    expect(host.call(21, at(TEXT), 64n)).toBe(0n);
    expect(Buffer.from(host.bytes.subarray(TEXT, TEXT + 11)).toString("utf8")).toBe("naïve.elf\0");
    expect(host.word(8)).toBe(10n);
    expect(host.call(21, at(TEXT), 10n)).toBe(MINUS_ONE);
    expect(host.call(22, at(TEXT))).toBe(0n);
    expect([0, 8, 16, 24].map((one) => host.word(TEXT + one))).toEqual([0x2000n, 0x2800n, 0x3000n, 0x2800n]);
  });

  it("ends with the status that the guest gives", () => {
    const host = hosted();
    expect(host.call(0x18, 0x2_0026n, 42n)).toBe("exits 42");
    expect(host.call(0x20, 0x2_0026n, 0x1ffn)).toBe("exits 255");
    expect(host.call(0x20, 0x2_0023n, 0n)).toBe("exits 1");
    expect(host.raw(0x18, 0n)).toMatchObject({ kind: "exits", status: 1 });
  });

  it("answers -1 where memory is not there, and knows what it does not know", () => {
    const host = hosted();
    for (const operation of [1, 6, 21, 22, 48])
      expect(host.raw(operation, 0n)).toMatchObject({ x0: MINUS_ONE });
    expect(host.call(5, 2n, 0n, 8n)).toBe(8n);
    host.bytes.fill(0x41);
    expect(host.raw(4, at(TEXT))).toMatchObject({ x0: MINUS_ONE });
    expect(host.call(0x31 + 1)).toBe("unknown");
  });
});

describe("the serial port", () => {
  const port = (input: string) => {
    const out: number[] = [];
    const device = pl011({
      ...inputOf(Uint8Array.from(input, (one) => one.charCodeAt(0))),
      out: (data) => out.push(...data),
      err: () => {},
    });
    return { device, out };
  };

  it("sends what is written and is never full", () => {
    const { device, out } = port("");
    expect(device.read(0x18, 4)).toBe(0x90n);
    for (const one of "hi") expect(device.write(0, 1, BigInt(one.charCodeAt(0)))).toBe(true);
    device.write(0, 4, 0xffff_ff21n);
    expect(String.fromCharCode(...out)).toBe("hi!");
  });

  it("has input until there is none", () => {
    const { device } = port("x");
    expect(device.read(0x18, 4)).toBe(0x80n);
    expect(device.read(0, 4)).toBe(0x78n);
    expect(device.read(0x18, 4)).toBe(0x90n);
  });

  it("keeps its settings, and is a PL011", () => {
    const { device } = port("");
    expect(device.read(0x30, 4)).toBe(0x300n);
    device.write(0x30, 4, 0x1_0301n);
    expect(device.read(0x30, 4)).toBe(0x301n);
    const id = [0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0, 0xff4, 0xff8, 0xffc].map((offset) =>
      device.read(offset, 4),
    );
    expect(id).toEqual([0x11n, 0x10n, 0x14n, 0n, 0x0dn, 0xf0n, 0x05n, 0xb1n]);
    expect(device.read(0x800, 4)).toBeUndefined();
    expect(device.write(0x800, 4, 0n)).toBe(false);
  });
});
