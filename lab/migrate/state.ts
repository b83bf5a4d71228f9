/** A guest's state as `lab/migrate/state.c` prints and reads it. */
import { LabError } from "../errors.ts";

export interface VcpuState {
  /** In the order of KVM_GET_REG_LIST; a string: the errno with which KVM refuses to show it. */
  readonly registers: readonly (readonly [id: bigint, value: bigint | string])[];
  /** struct kvm_vcpu_events, its bytes as hexadecimal digits in the order of their addresses. */
  readonly events: string;
  readonly mpState: number;
}

export interface State {
  /** Eight bytes each. */
  readonly memory: readonly (readonly [address: bigint, value: bigint])[];
  readonly vcpus: readonly VcpuState[];
}

const bad = (line: string): LabError => new LabError(`the mover printed \`${line}\` for a line of a state`);

function number(text: string | undefined, line: string): bigint {
  if (text === undefined || !/^0x[0-9a-f]+$/.test(text)) throw bad(line);
  return BigInt(text);
}

/** @throws LabError for a line that is none of the form */
export function parseState(lines: readonly string[]): State {
  const memory: (readonly [bigint, bigint])[] = [];
  const vcpus: { registers: (readonly [bigint, bigint | string])[]; events: string; mpState: number }[] = [];
  for (const line of lines) {
    const [kind, first, second] = line.split(" ");
    const vcpu = vcpus.at(-1);
    if (kind === "memory") memory.push([number(first, line), number(second, line)]);
    else if (kind === "vcpu") vcpus.push({ registers: [], events: "", mpState: 0 });
    else if (vcpu === undefined) throw bad(line);
    else if (kind === "register")
      vcpu.registers.push([
        number(first, line),
        second?.startsWith("E") === true ? second : number(second, line),
      ]);
    else if (kind === "events" && first !== undefined) vcpu.events = first.slice(2);
    else if (kind === "mp-state") vcpu.mpState = Number(number(first, line));
    else throw bad(line);
  }
  return { memory, vcpus };
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/**
 * The lines of a state that is to be restored.
 *
 * @param chosen which registers of which vCPU are set
 */
export function printState(
  { memory, vcpus }: State,
  chosen: (id: bigint, vcpu: number) => boolean = () => true,
): string {
  const lines = [
    ...memory.map(([address, value]) => `memory ${hex(address)} ${hex(value)}`),
    ...vcpus.flatMap(({ registers, events, mpState }, vcpu) => [
      `vcpu ${hex(vcpu)}`,
      ...registers.flatMap(([id, value]) =>
        typeof value === "string" || !chosen(id, vcpu) ? [] : [`register ${hex(id)} ${hex(value)}`],
      ),
      `events 0x${events}`,
      `mp-state ${hex(mpState)}`,
    ]),
  ];
  return `${lines.join("\n")}\n`;
}
