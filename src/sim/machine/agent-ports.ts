/** The two addresses at which the agent of `examples/vmm` speaks to its VMM (agent.h): one byte of text; the end. */
import type { MappedDevice, Streams } from "./devices.ts";

const CONSOLE = 0x1000_0000n;
const FINISH = 0x1000_1000n;
const SIZE = 8n;

/** @param finished called when the guest says that it is done */
export const agentPorts = (streams: Streams, finished: () => void): readonly MappedDevice[] => [
  {
    name: "console",
    base: CONSOLE,
    size: SIZE,
    read: () => undefined,
    write(_offset, _length, value) {
      streams.out(Uint8Array.of(Number(value & 0xffn)));
      return true;
    },
  },
  {
    name: "finish",
    base: FINISH,
    size: SIZE,
    read: () => undefined,
    write() {
      finished();
      return true;
    },
  },
];
