/** A bare machine as the engine's hypervisor: its ID registers decide what executes; nothing is trapped. */
import type { Configuration, HostProfile } from "../../src/hosts/profile.ts";
import { type Guest, guestWith } from "../../src/sim/rules/guest.ts";
import { nameOfSys, readOf } from "../../src/sim/rules/questions.ts";
import { encodingKey, type Hypervisor, type Stop } from "../../src/sim/vcpu/world.ts";
import {
  type Expr,
  evaluate,
  type Fate,
  idRegisters,
  instructions,
  registerState,
  sysInstructions,
  systemRegisters,
} from "../../src/tables/index.ts";

const configuration: Configuration = {
  name: "bare",
  features: [],
  capabilities: [],
  refused: undefined,
  registers: new Map(),
  writable: undefined,
  sweeps: new Map(),
};

/** No host: rules by kernel range are to hold as for the newest. */
const profile: HostProfile = {
  name: "bare",
  origin: "recorded",
  kernel: { release: "7.3", version: "7.3" },
  cpu: { name: "bare", platform: "QEMU TCG" },
  capabilities: new Map(),
  configurations: new Map(),
};

function guestOf(identity: ReadonlyMap<number, bigint>): Guest {
  const rows = idRegisters();
  const registers = new Map(
    rows.flatMap((row) => {
      const value = identity.get(encodingKey(row));
      return value === undefined ? [] : [[row.id, value] as const];
    }),
  );
  const values = Object.fromEntries(
    rows.flatMap((row) => {
      const value = registers.get(row.id);
      return value === undefined ? [] : [[row.name, value] as const];
    }),
  );
  const guest = guestWith(
    {
      profile,
      configuration,
      gic: "none",
      vcpuFeatures: new Set(),
      capabilities: new Set(),
      filter: [],
      vcpus: 1,
      stolenTime: undefined,
      pmu: undefined,
    },
    registers,
  );
  const host = registerState(values, "");
  return { ...guest, host, view: host };
}

/** What decides about a name, and the lowest level at which it works. */
interface Subject {
  readonly gate: Expr | undefined;
  readonly never: boolean;
}

function subjectsByName(): ReadonlyMap<string, Subject> {
  return new Map<string, Subject>([
    ...instructions().map((row) => [row.name, { gate: row.gate, never: row.undefined === true }] as const),
    ...sysInstructions().map((row) => [nameOfSys(row.name), { gate: row.gate, never: false }] as const),
    ...systemRegisters().map((row) => [readOf(row.name), { gate: row.gate, never: false }] as const),
  ]);
}

let subjects: ReadonlyMap<string, Subject> | undefined;

/** Bytes of the longest vector of QEMU's CPUs with SVE; how much of it counts ZCR_EL1 says. */
const LONGEST_VECTOR = 256;

const POWERED_OFF: Stop = { kind: "system-event", type: 1, data: [] };

/** @param identity values of ID registers by `encodingKey`, as the machine read them */
export function bareHypervisor(identity: ReadonlyMap<number, bigint>): Hypervisor {
  subjects ??= subjectsByName();
  const known = subjects;
  const guest = guestOf(identity);
  const fate = (name: string): Fate => {
    const subject = known.get(name);
    if (subject?.never === true) return "undefined";
    return subject?.gate === undefined || evaluate(subject.gate, guest.host) !== false
      ? "executes"
      : "undefined";
  };
  return {
    fate,
    lacks: (name) => fate(name) === "undefined",
    generation: 0,
    guest,
    // The frame calls nothing but PSCI's SYSTEM_OFF.
    call: () => POWERED_OFF,
    idRegister: (key) => identity.get(key),
    vectorBytes: guest.host.feature("FEAT_SVE") === true ? LONGEST_VECTOR : 0,
    counterFrequency: 62_500_000n,
    counterOffset: 0n,
  };
}
