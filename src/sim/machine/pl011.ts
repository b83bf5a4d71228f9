/**
 * Arm's PL011 serial port (DDI 0183G), as far as software looks at one that never waits: what is written goes out at
 * once, and its FIFOs are as deep as they need to be. It raises no interrupt.
 */
import type { MappedDevice, Streams } from "./devices.ts";

/** As QEMU's `virt` machine has it. */
const BASE = 0x0900_0000n;
const SIZE = 0x1000n;

const DATA = 0x000;
const RECEIVE_STATUS = 0x004;
const FLAGS = 0x018;
const CONTROL = 0x030;
const MASKED_INTERRUPTS = 0x040;
const CLEAR_INTERRUPTS = 0x044;
const RAW_INTERRUPTS = 0x03c;
const RECEIVE_EMPTY = 1n << 4n;
const TRANSMIT_EMPTY = 1n << 7n;

/** ILPR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, DMACR: they hold what was written, in so many bits. */
const held: ReadonlyMap<number, number> = new Map([
  [0x020, 8],
  [0x024, 16],
  [0x028, 6],
  [0x02c, 8],
  [0x030, 16],
  [0x034, 6],
  [0x038, 11],
  [0x048, 3],
]);
/** UARTPeriphID0 to 3, UARTPCellID0 to 3. */
const identification = [0x11n, 0x10n, 0x14n, 0x00n, 0x0dn, 0xf0n, 0x05n, 0xb1n];
const IDENTIFICATION = 0xfe0;
/** UARTCR and UARTIFLS after reset. */
const RESET: readonly (readonly [number, bigint])[] = [
  [CONTROL, 0x300n],
  [0x034, 0x12n],
];

export function pl011(streams: Streams): MappedDevice {
  const registers = new Map(RESET);
  return {
    name: "PL011",
    base: BASE,
    size: SIZE,
    read(offset) {
      if (offset === DATA) return BigInt(streams.next() ?? 0);
      if (offset === FLAGS) return TRANSMIT_EMPTY | (streams.left() ? 0n : RECEIVE_EMPTY);
      if (offset === RECEIVE_STATUS || offset === RAW_INTERRUPTS || offset === MASKED_INTERRUPTS) return 0n;
      if (held.has(offset)) return registers.get(offset) ?? 0n;
      return offset >= IDENTIFICATION && offset % 4 === 0
        ? identification[(offset - IDENTIFICATION) / 4]
        : undefined;
    },
    write(offset, _length, value) {
      const width = held.get(offset);
      if (offset === DATA) streams.out(Uint8Array.of(Number(value & 0xffn)));
      else if (width !== undefined) registers.set(offset, BigInt.asUintN(width, value));
      else if (offset !== RECEIVE_STATUS && offset !== CLEAR_INTERRUPTS) return false;
      return true;
    },
  };
}
