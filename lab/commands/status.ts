/** `lab status`: what is there and what is missing. */
import { relative } from "node:path";
import { compareVersions } from "../../src/tables/index.ts";
import type { LabCommand } from "../command.ts";
import { arm64Compiler } from "../compile.ts";
import { cpus } from "../cpus.ts";
import { LabError } from "../errors.ts";
import { kernels, type Parts, qemuOf, setupCommand } from "../parts.ts";
import { run } from "../run.ts";
import { hasHeaders } from "../setup/headers.ts";
import { knownOffer } from "../setup/kernels.ts";
import { oldestQemu } from "../setup/qemu.ts";
import { missingPackages, tools } from "../setup/tools.ts";
import { textTable } from "../text.ts";

/** One part: what is said of it, and whether it is good. */
interface State {
  readonly part: string;
  readonly good: boolean;
  readonly text: string;
}

async function orMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

async function packageState(): Promise<State> {
  const missing = await orMissing(() => missingPackages(tools.map((tool) => tool.package)));
  const part = "packages";
  if (missing === undefined) return { part, good: false, text: "this machine has no dpkg-query" };
  return {
    part,
    good: missing.length === 0,
    text: missing.length === 0 ? "all" : `missing: ${missing.join(" ")}`,
  };
}

async function compilerState(): Promise<State> {
  const ran = await orMissing(() => run(arm64Compiler, ["-dumpfullversion"]));
  const good = ran !== undefined && ran.status === 0;
  return { part: "compiler", good, text: good ? `${arm64Compiler} ${ran.stdout.trim()}` : "missing" };
}

async function qemuState(parts: Parts): Promise<State> {
  const qemu = await orMissing(async () => qemuOf(parts));
  if (qemu === undefined) return { part: "QEMU", good: false, text: "missing" };
  const lacking = cpus().filter((cpu) => compareVersions(qemu.version, cpu.qemu) < 0);
  const good = compareVersions(qemu.version, oldestQemu) >= 0;
  const without = lacking.length === 0 ? "" : `; knows no ${lacking.map(({ name }) => name).join(", ")}`;
  return { part: "QEMU", good, text: `${qemu.version}${good ? "" : `, older than ${oldestQemu}`}${without}` };
}

function kernelState(parts: Parts): State {
  const there = kernels(parts).map(({ series }) => series);
  const besides = (knownOffer(parts) ?? []).filter((series) => !there.includes(series));
  const text = there.length === 0 ? "none" : there.join(" ");
  return {
    part: "kernels",
    good: there.length > 0,
    text: besides.length === 0 ? text : `${text}; the archive has ${besides.join(" ")} too`,
  };
}

export const command: LabCommand = {
  name: "status",
  usage: "",
  summary: "says what is there and what is missing",
  description: ["Exit status 1 when something is missing that the lab needs."],
  options: [],
  least: 0,
  async run(_, { parts, io }) {
    const headers = hasHeaders(parts);
    const states: readonly State[] = [
      await packageState(),
      await compilerState(),
      await qemuState(parts),
      kernelState(parts),
      { part: "headers", good: headers, text: headers ? "newest kernel's" : "missing" },
    ];
    io.out(
      textTable([
        ["folder", "", relative(parts.project, parts.folder) || "."],
        ...states.map(({ part, good, text }) => [part, good ? "ok" : "--", text]),
      ]),
    );
    if (states.every(({ good }) => good)) return 0;
    io.out(`\`${setupCommand}\` brings what is missing\n`);
    return 1;
  },
};
