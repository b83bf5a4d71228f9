/** The functions that have a name: what a call of each comes to, host by host where that differs. */
import type { Contract } from "../../contract.ts";
import { type Answered, type CallSeen, outcomeText, routeInKvm } from "../../sim/view/calls.ts";
import { smcccFunctions } from "../../tables/index.ts";
import { type HostRow, type HostSet, hostSet, variants } from "../hosts.ts";
import type { Sighting } from "../sightings.ts";
import { functionId, type Place, placeOf, shown } from "../words.ts";
import { type CallState, stateOfAnswerer, stateTitles } from "./states.ts";

export interface OutcomeLine {
  readonly state: CallState;
  /** What x0 to x3 hold, or what happens. */
  readonly text: string;
  /** undefined: on all. */
  readonly hosts: HostSet | undefined;
}

export interface FunctionLine {
  readonly name: string;
  readonly id: number;
  readonly idText: string;
  /** `differs` where hosts do not agree. */
  readonly state: CallState;
  readonly outcomes: readonly OutcomeLine[];
  /** The statement responsible; undefined: the contract has no say in it, or lacks one. */
  readonly place: Place | undefined;
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const NO_HANDLER = "-1";

interface Sight {
  readonly state: CallState;
  readonly text: string;
}

function sightOf(calls: readonly CallSeen[], level: 1 | 2): Sight {
  const main = (call: CallSeen): Answered => (level === 2 ? call.smc : call.hvc);
  const [first] = calls;
  const words = (of: (call: CallSeen) => Answered): string =>
    distinct(calls.map((call) => outcomeText(of(call).outcome))).join(" or ");
  const own = words(main);
  const other = words(({ smc }) => smc);
  const byKvm = first !== undefined && ["kvm", "el2"].includes(main(first).by);
  const state =
    first === undefined || (byKvm && own === NO_HANDLER) ? "unknown" : stateOfAnswerer[main(first).by];
  const noSmc = calls.every(({ smc }) => smc.by === "no-smc");
  return { state, text: noSmc || other === own ? own : `${own}; by SMC ${other}` };
}

function seenFunction(
  name: string,
  id: number,
  seen: readonly Sighting[],
  callsOf: (one: Sighting, id: number) => readonly CallSeen[],
  path: string,
): FunctionLine {
  const sights = seen.map((one): readonly [HostRow, Sight] => [
    one.host,
    sightOf(callsOf(one, id), one.level),
  ]);
  const outcomes = variants(sights, ({ state, text }) => `${state} ${text}`).map(
    ({ value, hosts }): OutcomeLine => ({
      state: value.state,
      text: shown(value.text),
      hosts: hosts.length === seen.length ? undefined : hostSet(hosts),
    }),
  );
  const states = distinct(outcomes.map(({ state }) => state));
  const [first] = seen;
  const call = first === undefined ? undefined : callsOf(first, id)[0];
  const origin = (first?.level === 2 ? call?.smc : call?.hvc)?.origin;
  return {
    name,
    id,
    idText: functionId(id),
    state: states.length > 1 ? "differs" : (outcomes[0]?.state ?? "unknown"),
    outcomes,
    place: origin === undefined || origin.kind === "default" ? undefined : placeOf(origin.span, path),
  };
}

/** As far as the contract decides, without a host. */
function promisedFunction(name: string, id: number, contract: Contract, path: string): FunctionLine {
  const { by, origin } = routeInKvm(contract, id);
  const state = by === "kvm" || by === "nobody" ? "handled" : stateOfAnswerer[by];
  return {
    name,
    id,
    idText: functionId(id),
    state,
    outcomes: [{ state, text: stateTitles[state], hosts: undefined }],
    place: origin === undefined || origin.kind === "default" ? undefined : placeOf(origin.span, path),
  };
}

/** In order of id. */
export function functionLines(
  contract: Contract,
  seen: readonly Sighting[],
  path: string,
): readonly FunctionLine[] {
  const byId = new Map(
    seen.map((one) => {
      const calls = new Map<number, CallSeen[]>();
      for (const call of one.calls) calls.set(call.id, [...(calls.get(call.id) ?? []), call]);
      return [one, calls] as const;
    }),
  );
  const callsOf = (one: Sighting, id: number): readonly CallSeen[] => byId.get(one)?.get(id) ?? [];
  return smcccFunctions()
    .flatMap(({ name, ids }) =>
      ids.map((id) =>
        seen.length === 0
          ? promisedFunction(name, id, contract, path)
          : seenFunction(name, id, seen, callsOf, path),
      ),
    )
    .toSorted((a, b) => a.id - b.id);
}
