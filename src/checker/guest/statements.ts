/** What the statements of a `guest` block say beside its CPU: versions, services, devices, capabilities. */
import type { Contract, Decided, FilterRange, Origin } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import type { Block } from "../../parser/ast.ts";
import {
  capabilities as allCapabilities,
  services as allServices,
  bitmapRegisters,
  deviceAttribute,
  service as findService,
  firmwareRegister,
  firmwareRegisters,
  type Service,
} from "../../tables/index.ts";
import { hasStatement, type Matched, replaceFix, slotAtom } from "../forms.ts";
import type { Report } from "../report.ts";
import { hex, readBits, readBounded, wordText } from "../values.ts";
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
const byStatement = (matched: Matched): Origin => ({ kind: "statement", span: matched.head });
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

interface Allowed {
  readonly service: Service;
  readonly span: Span;
}

function readServices(matched: Matched | undefined, report: Report): readonly Allowed[] {
  const allowed: Allowed[] = [];
  for (const atom of matched?.slots.get("services") ?? []) {
    const name = wordText(atom);
    const service = findService(name);
    const earlier = allowed.find((one) => one.service === service);
    if (service === undefined) {
      const names = allServices().map((one) => one.name);
      const byKernel = allServices().find((one) => one.kernelName === name);
      const [first] = byKernel === undefined ? didYouMean(name, names) : [byKernel.name];
      report.add(
        "unknown-service",
        atom.span,
        { name },
        {
          ...(name === "none"
            ? { label: "`none` stands alone" }
            : first === undefined
              ? { help: [`services are ${names.map((one) => `\`${one}\``).join(", ")}`] }
              : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] }),
        },
      );
    } else if (earlier !== undefined) {
      report.add(
        "service-repeated",
        atom.span,
        { service: name },
        { related: [{ span: earlier.span, message: "first allowed here" }] },
      );
    } else allowed.push({ service, span: atom.span });
  }
  return allowed;
}

function checkServiceNeeds(allowed: readonly Allowed[], report: Report): void {
  for (const { service, span } of allowed)
    for (const need of service.needs)
      if (!allowed.some((one) => one.service.name === need))
        report.add(
          "service-needs",
          span,
          { service: service.name, needed: need },
          { help: [`write \`services ${[...allowed.map((one) => one.service.name), need].join(", ")}\``] },
        );
}

/** Every bitmap register that the tables know, with the bits of the allowed services and no other. */
function bitmapsFor(
  allowed: readonly Allowed[],
  stated: Matched | undefined,
  guest: Span,
): Contract["bitmaps"] {
  const origin: Origin =
    stated === undefined ? { kind: "default", span: guest, statement: "services" } : byStatement(stated);
  return bitmapRegisters().map((register) => ({
    register: register.name,
    value: allowed
      .filter(({ service }) => service.register === register.name)
      .reduce((bits, { service }) => bits | (1n << BigInt(service.bit)), 0n),
    origin,
  }));
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
  const known = firmwareRegisters().filter((one) => one.name !== psciVersion);
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

/** Timer words in the order of their device attributes. */
export const timerAttributes = {
  virtual: "KVM_ARM_VCPU_TIMER_IRQ_VTIMER",
  physical: "KVM_ARM_VCPU_TIMER_IRQ_PTIMER",
  "hyp-virtual": "KVM_ARM_VCPU_TIMER_IRQ_HVTIMER",
  "hyp-physical": "KVM_ARM_VCPU_TIMER_IRQ_HPTIMER",
} as const;

/** What the CPU model says that devices depend on. */
export interface CpuFacts {
  readonly pmuIntid: Decided<number> | undefined;
  /** Undefined where the model is not known. */
  readonly hasEl2: boolean | undefined;
}

function readTimers(statements: readonly Matched[], cpu: CpuFacts, report: Report): Contract["timers"] {
  const stated: Contract["timers"][number][] = [];
  for (const matched of statements) {
    const timer = Object.keys(timerAttributes).find((word) => matched.words.has(word));
    const intid = readBounded(slotAtom(matched, "intid"), "the INTID of a PPI", 16n, 31n, report);
    if (timer === undefined || intid === undefined) continue;
    const same = stated.find((one) => one.timer === timer);
    if (same !== undefined) {
      report.add(
        "timer-repeated",
        matched.head,
        { timer },
        { related: [{ span: same.origin.span, message: "first stated here" }] },
      );
      continue;
    }
    if (timer.startsWith("hyp-") && cpu.hasEl2 === false)
      report.add(
        "timer-without-el2",
        matched.head,
        { timer },
        { help: ["remove it, or give the CPU model `el2 vhe` or `el2 nvhe`"] },
      );
    stated.push({ timer, intid: Number(intid), origin: byStatement(matched) });
  }
  checkIntids(stated, cpu, report);
  return stated;
}

/** Without an in-kernel GIC the device attributes for interrupts are refused. */
function checkIntidsHaveGic(
  gic: Contract["gic"],
  timers: Contract["timers"],
  pmuIntid: Decided<number> | undefined,
  report: Report,
): void {
  if (gic?.value !== "none") return;
  const wanting = [
    ...timers.map(({ timer, origin }) => ({ what: `the ${timer} timer`, origin })),
    ...(pmuIntid === undefined ? [] : [{ what: "the PMU", origin: pmuIntid.origin }]),
  ];
  for (const { what, origin } of wanting)
    report.add(
      "intid-without-gic",
      origin.span,
      { what },
      { related: [{ span: gic.origin.span, message: "no interrupt controller" }] },
    );
}

/** KVM checks at the first run that the PPIs of the timers that the guest has differ; the PMU's must not collide either. */
function checkIntids(timers: Contract["timers"], { pmuIntid, hasEl2 }: CpuFacts, report: Report): void {
  const used = new Map<number, { what: string; span: Span | undefined }>();
  for (const [timer, attribute] of Object.entries(timerAttributes)) {
    if (timer.startsWith("hyp-") && hasEl2 !== true) continue;
    const stated = timers.find((one) => one.timer === timer);
    const intid = stated?.intid ?? deviceAttribute(attribute)?.default;
    if (intid === undefined) continue;
    const earlier = used.get(intid);
    const span = stated?.origin.span ?? earlier?.span;
    if (earlier !== undefined && span !== undefined)
      report.add(
        "intid-shared",
        span,
        { intid, first: earlier.what, second: `the ${timer} timer` },
        {
          ...(earlier.span === undefined || stated === undefined
            ? {}
            : { related: [{ span: earlier.span, message: `${earlier.what} has it` }] }),
          notes: stated === undefined ? [`the ${timer} timer has INTID ${intid} by default`] : [],
        },
      );
    used.set(intid, { what: `the ${timer} timer`, span: stated?.origin.span });
  }
  const shared = pmuIntid === undefined ? undefined : used.get(pmuIntid.value);
  if (pmuIntid !== undefined && shared !== undefined)
    report.add(
      "intid-shared",
      pmuIntid.origin.span,
      { intid: pmuIntid.value, first: shared.what, second: "the PMU" },
      {
        ...(shared.span === undefined
          ? {}
          : { related: [{ span: shared.span, message: `${shared.what} has it` }] }),
        notes: shared.span === undefined ? [`${shared.what} has INTID ${pmuIntid.value} by default`] : [],
      },
    );
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
