/**
 * The common CPU held to what it says, over fleets of shipped hosts: its block gives no diagnostic, every host's
 * simulated KVM takes it, the guest sees the same registers everywhere, and nothing richer would do.
 */
import { describe, expect, it } from "vitest";
import { type Baseline, baselineOf, usualFacilities } from "../../src/fleet/baseline.ts";
import { aarch32Switch } from "../../src/fleet/choose.ts";
import { classOf, mergeFleets } from "../../src/fleet/classes.ts";
import { guestText } from "../../src/fleet/guest-text.ts";
import { offerOf } from "../../src/fleet/host-offer.ts";
import type { FacilityName } from "../../src/fleet/offer.ts";
import { byPreference } from "../../src/fleet/preference.ts";
import { contains, setOf } from "../../src/fleet/values.ts";
import { configurationFor } from "../../src/hosts/configuration.ts";
import { judgeField } from "../../src/hosts/judge.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import { type Contract, compile, planFor, predict } from "../../src/index.ts";
import { capability, contractRegisters, fieldKey, vcpuFeatures } from "../../src/tables/index.ts";
import { shipped, shippedNames } from "../hosts/shipped.ts";
import { describeDiagnostic } from "../support/compile-text.ts";
import { fleetOf } from "./support.ts";

const choices: readonly (readonly FacilityName[])[] = [usualFacilities, [], ["sve", "el2"], ["mte", "pmu"]];

interface Case {
  readonly names: readonly string[];
  readonly wanted: readonly FacilityName[];
  readonly baseline: Baseline;
}

/** Fleets of two and three by fixed strides through the shipped hosts: those that have a common guest, so many. */
function casesOf(most: number): readonly Case[] {
  const all = shippedNames;
  const nested = ["max-nested.linux-7.2", "max-nested.linux-7.3"];
  const first = baselineOf(fleetOf(...nested), ["sve", "el2"]);
  const found: Case[] =
    first === undefined ? [] : [{ names: nested, wanted: ["sve", "el2"], baseline: first }];
  for (let at = 0; found.length < most && at < 4 * all.length; at++) {
    const strides = [[3], [11, 21], [1, 12], [23]][at % 4] ?? [];
    const start = (at * 37) % all.length;
    const members = [0, ...strides].map((stride) => all[(start + stride) % all.length] ?? "");
    const wanted = choices[Math.floor(at / 4) % choices.length] ?? [];
    const baseline = baselineOf(fleetOf(...members), wanted);
    if (baseline?.conflicts.length === 0) found.push({ names: members, wanted, baseline });
  }
  return found;
}

const cases = casesOf(24).map(
  (one) => [`${one.names.join(" + ")} with ${one.wanted.join(", ")}`, one] as const,
);

const noFiles = { read: () => undefined, inside: () => false };

function guestOf({ baseline, names }: Case): {
  readonly guest: Contract;
  readonly diagnostics: readonly string[];
} {
  const { text } = guestText(baseline, "common", []);
  const file = { path: "common.guest", text: `${text}\nguest g {\n  cpu common\n}\n` };
  const { guests, diagnostics } = compile(file, noFiles, { hosts: names.map(shipped) });
  const [guest] = guests;
  if (guest === undefined) throw new Error("no guest");
  // MIDR_EL1 names one core; that it promises more than the guest has is told, and true.
  const told = diagnostics.filter(({ slug }) => slug !== "identity-promises-more");
  return { guest, diagnostics: told.map(describeDiagnostic) };
}

/**
 * Of CTR_EL0 a guest reads the CPU's own on kernels before 6.12, and later where KVM traps the other cache registers
 * by FEAT_EVT, whatever KVM_GET_ONE_REG says: what hosts offer is what KVM says (docs/hosts.md).
 */
const notAlwaysTrapped = "CTR_EL0";

describe("the fleets", () => {
  it("are of several kernels, several cores, with and without EL2", () => {
    expect(cases.length).toBe(24);
    const mixed = (of: (name: string) => string): number =>
      cases.filter(([, { names }]) => new Set(names.map(of)).size > 1).length;
    expect(mixed((name) => name.replace(/^.*linux-/, ""))).toBeGreaterThan(8);
    expect(mixed((name) => shipped(name).cpu.name)).toBeGreaterThan(3);
    expect(cases.some(([, { baseline }]) => baseline.facilities.includes("el2"))).toBe(true);
    expect(cases.some(([, { baseline }]) => baseline.facilities.includes("sve"))).toBe(true);
  });
});

describe.each(cases)("%s", (_, one) => {
  const { names, baseline } = one;

  it("gives no diagnostic, runs everywhere and shows the same registers", () => {
    const { guest, diagnostics } = guestOf(one);
    expect(diagnostics).toEqual([]);
    const plan = planFor(guest);
    const views = names.map((name) => {
      const outcome = predict(guest, plan, shipped(name));
      if (outcome.kind !== "runs") throw new Error(`${name}: ${outcome.errno}, ${outcome.why}`);
      return outcome.view;
    });
    const differing = contractRegisters().flatMap((register) => {
      if (register.name === notAlwaysTrapped) return [];
      const values = views.map((view) => view.registers.get(register.name));
      return register.fields.flatMap((field) => {
        if (field.facility === "gic" || baseline.open.get(fieldKey(field)) === "aarch32") return [];
        const seen = values.map((value) => {
          const held = value?.known === true ? value.value : "unknown";
          return typeof held === "bigint"
            ? (held >> BigInt(field.lsb)) & ((1n << BigInt(field.width)) - 1n)
            : held;
        });
        return new Set(seen.map(String)).size > 1 ? [`${fieldKey(field)}: ${seen.join(", ")}`] : [];
      });
    });
    expect(differing).toEqual([]);
  });

  it("leaves nothing richer that all hosts would take", () => {
    const features = baseline.facilities.flatMap((name) =>
      vcpuFeatures()
        .filter(({ statement }) => statement?.name === name && statement.word === undefined)
        .map((feature) => feature.name),
    );
    const wantsMte = baseline.facilities.includes("mte");
    const numbers = ["KVM_CAP_ARM_WRITABLE_IMP_ID_REGS", ...(wantsMte ? ["KVM_CAP_ARM_MTE"] : [])].flatMap(
      (name) => capability(name)?.number ?? [],
    );
    const hosts = names.map((name) => {
      const profile = shipped(name);
      const answering = numbers.filter((number) => (profile.capabilities.get(number) ?? 0) > 0);
      return { profile, configuration: configurationFor(profile, features, answering).configuration };
    });
    // AArch32 at EL0 is given up where its registers cannot be made alike.
    const el0 = [...baseline.open.values()].includes("aarch32") ? [aarch32Switch()?.key ?? ""] : [];
    const lowered = new Set([...baseline.lowered.map(({ field }) => field), ...el0]);
    for (const register of contractRegisters())
      for (const field of register.fields) {
        const key = fieldKey(field);
        const value = baseline.values.get(key);
        const isLevel = field.safe !== undefined && field.width <= 4 && field.facility === undefined;
        // A level that nobody defined is not richer.
        const levels = Object.keys(field.values ?? {}).map(BigInt);
        if (value === undefined || !isLevel || lowered.has(key) || levels.length < 2) continue;
        const order = byPreference(field, setOf([...levels, value]));
        for (const richer of order.slice(0, order.indexOf(value))) {
          const takes = hosts.every(
            ({ profile, configuration }) =>
              judgeField(profile, configuration, register.name, field.name, richer).accepted,
          );
          expect(takes, `${key} = ${richer} rather than ${value}`).toBe(false);
        }
      }
    for (const { field, from } of baseline.lowered)
      expect(contains(baseline.sets.get(field) ?? [], from), `${field} could have stayed`).toBe(true);
  });

  it("is refused somewhere, or shown otherwise, one step richer", () => {
    const { guest } = guestOf(one);
    const lowered = new Set(baseline.lowered.map(({ field }) => field));
    const steps = contractRegisters().flatMap((register) =>
      register.fields.flatMap((field) => {
        const key = fieldKey(field);
        const value = baseline.values.get(key);
        const levels = Object.keys(field.values ?? {}).map(BigInt);
        if (value === undefined || field.role !== "feature" || lowered.has(key) || levels.length < 2)
          return [];
        const order = byPreference(field, setOf([...levels, value]));
        const richer = order[order.indexOf(value) - 1];
        return richer === undefined ? [] : [{ register: register.name, field, richer }];
      }),
    );
    // A few of each fleet, others in the next.
    const few = steps.filter((_, at) => at % 19 === names.join().length % 19);
    expect(few.length).toBeGreaterThan(0);
    for (const { register, field, richer } of few) {
      const changed: Contract = {
        ...guest,
        registers: guest.registers.map((held) =>
          held.name !== register
            ? held
            : {
                ...held,
                fields: held.fields.map((of) => (of.name === field.name ? { ...of, value: richer } : of)),
              },
        ),
      };
      const outcomes = names.map((name) => predict(changed, planFor(changed), shipped(name)).kind);
      expect(outcomes, `${register}.${field.name} = ${richer}`).toContain("refused");
    }
  });
});

describe("hosts of which neither masks nor sweeps were recorded", () => {
  /** As other programs' files tell of a host: what it shows, and its kernel. */
  const bare = (name: string): HostProfile => {
    const profile = shipped(name);
    const configurations = [...profile.configurations].map(([key, one]) => {
      const untried = { ...one, writable: undefined, sweeps: new Map(), tried: new Map() };
      return [key, untried] as const;
    });
    return { ...profile, name: `${name}-bare`, configurations: new Map(configurations) };
  };

  it.each([
    ["neoverse-v1.linux-6.18", "neoverse-n2.linux-6.18"],
    ["neoverse-n1.linux-6.18", "cortex-a76.linux-7.2"],
  ])("%s and %s: the rules' meet runs on the rules' KVM, identity included", (...names) => {
    const profiles = names.map(bare);
    const fleet = mergeFleets(
      profiles.map((profile) => {
        const offer = offerOf(profile);
        if (offer === undefined) throw new Error(profile.name);
        return [classOf(offer, profile.name)];
      }),
    );
    const baseline = baselineOf(fleet);
    if (baseline === undefined) throw new Error("no fleet");
    expect(baseline.conflicts).toEqual([]);
    expect(baseline.common.assumed.has("writes")).toBe(true);
    const { text } = guestText(baseline, "common", []);
    const file = { path: "common.guest", text: `${text}\nguest g {\n  cpu common\n}\n` };
    const { guests, diagnostics } = compile(file, noFiles, { hosts: profiles });
    expect(diagnostics.filter(({ severity }) => severity === "error").map(describeDiagnostic)).toEqual([]);
    const [guest] = guests;
    if (guest === undefined) throw new Error("no guest");
    for (const profile of profiles) {
      const outcome = predict(guest, planFor(guest), profile);
      expect(outcome.kind === "runs" ? "runs" : outcome.why).toBe("runs");
    }
  });
});
