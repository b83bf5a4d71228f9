/** Devices in a machine's address space. */

/** A device's registers. Offsets are within its range; values are unsigned. */
export interface MappedDevice {
  readonly name: string;
  readonly base: bigint;
  readonly size: bigint;
  /** undefined: the device has nothing there. @param length 1, 2, 4 or 8 bytes */
  read(offset: number, length: number): bigint | undefined;
  /** false: the device has nothing there. */
  write(offset: number, length: number, value: bigint): boolean;
}

export const deviceAt = (devices: readonly MappedDevice[], address: bigint): MappedDevice | undefined =>
  devices.find(({ base, size }) => address >= base && address < base + size);

/** Where a program's output goes and its input comes from: bytes. */
export interface Streams {
  readonly out: (bytes: Uint8Array) => void;
  readonly err: (bytes: Uint8Array) => void;
  /** The next byte; undefined: there is none. */
  readonly next: () => number | undefined;
  /** Whether a byte is left. */
  readonly left: () => boolean;
}

/** Streams over a text that is known beforehand. */
export function inputOf(input: Uint8Array): Pick<Streams, "next" | "left"> {
  let at = 0;
  return { next: () => input[at++], left: () => at < input.length };
}
