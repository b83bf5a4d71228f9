/** What the statements of a `guest` block say beside its CPU: versions, services, devices, capabilities. */
import type { Contract, Decided, FilterRange } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Block } from "../../parser/ast.ts";
import { capabilities as allCapabilities, firmwareRegister, firmwareRegisters } from "../../tables/index.ts";
import { byStatement, hasStatement, type Matched, replaceFix, slotAtom } from "../forms.ts";
import type { Report } from "../report.ts";
import { hex, readBits, readBounded, wordText } from "../values.ts";
import { type CpuFacts, checkIntidsHaveGic, readTimers } from "./interrupts.ts";
import { type Allowed, bitmapsFor, checkServiceNeeds, readServices } from "./services.ts";
import { checkCpuOn, checkForwardOnly, checkShadowed, readFilter } from "./smccc.ts";

export type GuestPart = Pick<
  Contract,
  | "psci"
  | "services"
  | "bitmaps"
  | "filter"
  | "capabilities"
  | "workarounds"
  | "timers"
  | "stolenTime"
  | "counterOffset"
  | "ipaBits"
  | "gic"
  | "vcpus"
>;

const psciVersion = "KVM_REG_ARM_PSCI_VERSION";
const workaroundPrefix = "KVM_REG_ARM_";
const maxU64 = (1n << 64n) - 1n;

/** The `guest` block's statements by name. */
export type GuestBlock = ReadonlyMap<string, readonly Matched[]>;

export function groupByName(matched: readonly Matched[]): GuestBlock {
  const groups = new Map<string, Matched[]>();
  for (const one of matched) groups.set(one.row.name, [...(groups.get(one.row.name) ?? []), one]);
  return groups;
}

const single = (block: GuestBlock, name: string): Matched | undefined => block.get(name)?.[0];
const decided = <T>(value: T | undefined, matched: Matched): Decided<T> | undefined =>
  value === undefined ? undefined : { value, origin: byStatement(matched) };

function readPsci(matched: Matched | undefined, guest: Span, report: Report): Decided<string> {
  const open: Decided<string> = {
    value: "host",
    origin: { kind: "default", span: guest, statement: "psci" },
  };
  if (matched === undefined) return open;
  if (matched.words.has("host")) return { value: "host", origin: byStatement(matched) };
  const atom = slotAtom(matched, "version");
  const version = atom.kind === "number" ? atom.text : "";
  const known = Object.keys(firmwareRegister(psciVersion)?.values ?? {});
  if (known.includes(version)) return { value: version, origin: byStatement(matched) };
  report.add("unknown-psci-version", atom.span, { version }, { help: [`KVM knows ${known.join(", ")}`] });
  return open;
}

function readCapabilities(statements: readonly Matched[], report: Report): Contract["capabilities"] {
  const enabled: Contract["capabilities"][number][] = [];
  const offered = allCapabilities().filter((one) => one.word !== undefined);
  for (const matched of statements)
    for (const atom of matched.slots.get("capabilities") ?? []) {
      const found = offered.find((one) => one.word === wordText(atom));
      const earlier = enabled.find((one) => one.value === found?.name);
      if (found === undefined) {
        const words = offered.map((one) => one.word ?? "");
        const byKernel = offered.find((one) => one.name === wordText(atom))?.word;
        const [first] = byKernel === undefined ? didYouMean(wordText(atom), words) : [byKernel];
        report.add(
          "unknown-capability",
          atom.span,
          { name: wordText(atom) },
          {
            ...(first === undefined
              ? { help: [`capabilities are ${words.map((one) => `\`${one}\``).join(", ")}`] }
              : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] }),
          },
        );
      } else if (earlier !== undefined) {
        report.add(
          "capability-repeated",
          atom.span,
          { name: wordText(atom) },
          { related: [{ span: earlier.origin.span, message: "first enabled here" }] },
        );
      } else
        enabled.push({ value: found.name, required: true, origin: { kind: "statement", span: atom.span } });
    }
  return enabled;
}

function readWorkarounds(statements: readonly Matched[], report: Report): Contract["workarounds"] {
  const stated: Contract["workarounds"][number][] = [];
  const known = firmwareRegisters().filter(({ holds }) => holds === "level");
  for (const matched of statements) {
    const atom = slotAtom(matched, "register");
    const register = known.find((one) => one.name === workaroundPrefix + wordText(atom));
    if (register === undefined) {
      const names = known.map((one) => one.name.slice(workaroundPrefix.length));
      const [first] = didYouMean(wordText(atom), names);
      report.add(
        "unknown-workaround",
        atom.span,
        { name: wordText(atom) },
        {
          help: [`known are ${names.map((one) => `\`${one}\``).join(", ")}`],
          fixes: first === undefined ? [] : [replaceFix(atom.span, first)],
        },
      );
      continue;
    }
    const level = slotAtom(matched, "level");
    const earlier = stated.find((one) => one.register === register.name);
    if (!Object.hasOwn(register.values, wordText(level))) {
      const [first] = didYouMean(wordText(level), Object.keys(register.values));
      report.add(
        "unknown-workaround-level",
        level.span,
        { register: wordText(atom), level: wordText(level) },
        {
          help: [
            `its levels are ${Object.keys(register.values)
              .map((one) => `\`${one}\``)
              .join(", ")}`,
          ],
          fixes: first === undefined ? [] : [replaceFix(level.span, first)],
        },
      );
    } else if (earlier !== undefined) {
      report.add(
        "workaround-repeated",
        matched.head,
        { register: wordText(atom) },
        { related: [{ span: earlier.origin.span, message: "first stated here" }] },
      );
    } else stated.push({ register: register.name, level: wordText(level), origin: byStatement(matched) });
  }
  return stated;
}

/**
 * @param allowed undefined where the services are not all known.
 * @param ipaBits size of the guest's address space, where it is stated.
 */
function readStolenTime(
  matched: Matched | undefined,
  written: Block | undefined,
  allowed: readonly Allowed[] | undefined,
  ipaBits: number | undefined,
  report: Report,
): Decided<bigint> | undefined {
  const service = allowed?.find((one) => one.service.name === "pv-time");
  if (matched === undefined) {
    if (service !== undefined && !hasStatement(written, "stolen-time"))
      report.add("stolen-time-missing", service.span, {});
    return undefined;
  }
  const atom = slotAtom(matched, "address");
  const what = `a guest-physical address${ipaBits === undefined ? "" : ` of ${ipaBits} bits`}`;
  const address = readBounded(atom, what, 0n, (1n << BigInt(ipaBits ?? 52)) - 1n, report, hex);
  if (address === undefined) return undefined;
  if (address % 64n !== 0n) {
    const down = address - (address % 64n);
    report.add(
      "stolen-time-unaligned",
      atom.span,
      { address: hex(address) },
      { fixes: [replaceFix(atom.span, hex(down))] },
    );
    return undefined;
  }
  if (service === undefined && allowed !== undefined)
    report.add("stolen-time-unreachable", matched.head, {}, { help: ["add `pv-time` to `services`"] });
  return decided(address, matched);
}

const firstWord = <const T extends string>(
  matched: Matched | undefined,
  words: readonly T[],
): T | undefined => words.find((word) => matched?.words.has(word));

/** What was read, and whether all of it could be: what is left out may be what another statement counts on. */
function soundly<T>(report: Report, read: () => T): { readonly value: T; readonly sound: boolean } {
  const before = report.diagnostics.length;
  const value = read();
  return { value, sound: report.diagnostics.slice(before).every((found) => found.severity !== "error") };
}

/**
 * @param block the statements that could be read.
 * @param written the block as it stands, with those that could not.
 */
export function readGuestPart(
  block: GuestBlock,
  written: Block | undefined,
  guest: Span,
  cpu: CpuFacts,
  report: Report,
): GuestPart {
  const readable = (name: string): boolean => block.has(name) || !hasStatement(written, name);
  const servicesStatement = single(block, "services");
  const { value: allowed, sound } = soundly(report, () => readServices(servicesStatement, report));
  const allKnown = sound && readable("services");
  const filterRead = soundly(report, () => readFilter(single(block, "smccc"), report));
  const filter: readonly FilterRange[] = filterRead.value;
  const vcpusStatement = single(block, "vcpus");
  const gic = single(block, "gic");
  const gicKind = firstWord(gic, ["v3", "v2", "none"]);
  // KVM_DEV_ARM_VGIC_V2 takes eight vCPUs (VGIC_V2_MAX_CPUS), KVM itself 512 (VGIC_V3_MAX_CPUS).
  const [whatCount, mostVcpus] =
    gicKind === "v2" ? ["the number of vCPUs beside a GICv2", 8n] : ["the number of vCPUs", 512n];
  const vcpuCount =
    vcpusStatement === undefined
      ? undefined
      : readBounded(slotAtom(vcpusStatement, "count"), whatCount, 1n, mostVcpus, report);
  const vcpus = vcpuCount === undefined ? undefined : Number(vcpuCount);
  if (allKnown) checkServiceNeeds(allowed, report);
  checkShadowed(allowed, filter, report);
  if (filterRead.sound && readable("smccc")) checkForwardOnly(allowed, filter, report);
  if (vcpus !== undefined || !hasStatement(written, "vcpus")) checkCpuOn(filter, vcpus, report);
  const offset = single(block, "counter-offset");
  const ipa = single(block, "ipa");
  const ipaBits =
    ipa === undefined
      ? undefined
      : readBits(ipa.slots.get("bits") ?? [], "the size of the address space in bits", 32n, 52n, report);
  const controller: Contract["gic"] =
    gic === undefined || gicKind === undefined ? undefined : { value: gicKind, origin: byStatement(gic) };
  const timers = readTimers(block.get("timer") ?? [], cpu, report);
  checkIntidsHaveGic(controller, timers, cpu.pmuIntid, report);
  return {
    psci: readPsci(single(block, "psci"), guest, report),
    services: allowed.map(({ service, span }) => ({
      value: service.name,
      origin: { kind: "statement", span },
    })),
    bitmaps: bitmapsFor(allowed, servicesStatement, guest),
    filter,
    capabilities: readCapabilities(block.get("capability") ?? [], report),
    workarounds: readWorkarounds(block.get("workaround") ?? [], report),
    timers,
    stolenTime: readStolenTime(
      single(block, "stolen-time"),
      written,
      allKnown ? allowed : undefined,
      ipaBits,
      report,
    ),
    counterOffset:
      offset === undefined
        ? undefined
        : decided(
            readBounded(slotAtom(offset, "offset"), "the counter offset", 0n, maxU64, report, hex),
            offset,
          ),
    ipaBits: ipa === undefined ? undefined : decided(ipaBits, ipa),
    gic: controller,
    vcpus:
      vcpus === undefined || vcpusStatement === undefined
        ? undefined
        : { value: vcpus, origin: byStatement(vcpusStatement) },
  };
}
