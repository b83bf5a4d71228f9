/** The guests that are proved: contracts, plans and headers, as guestc's own code makes them. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compile } from "../../src/checker/compile.ts";
import type { FileLoader } from "../../src/checker/load.ts";
import { identifierPrefix } from "../../src/codegen/c-header/escape.ts";
import { cHeader } from "../../src/codegen/c-header/target.ts";
import type { Contract } from "../../src/contract.ts";
import { formatLocation } from "../../src/diagnostics/span.ts";
import type { HostProfile } from "../../src/hosts/profile.ts";
import type { Plan } from "../../src/planner/plan.ts";
import { plan as planFor } from "../../src/planner/planner.ts";
import { LabError, systemError } from "../errors.ts";

export interface Example {
  /** Its file's name without the ending; with the guest's behind it where the file has several. */
  readonly name: string;
  /** Path from the project's folder. */
  readonly path: string;
  readonly contract: Contract;
  readonly plan: Plan;
  readonly header: string;
  /** Prefix of the header's functions. */
  readonly prefix: string;
}

/** Reads the project's own files, by paths from its folder. */
export function projectFiles(project: string): FileLoader {
  return {
    read(path) {
      try {
        return readFileSync(join(project, path), "utf8");
      } catch {
        return undefined;
      }
    },
    inside: (path) => path !== ".." && !path.startsWith("../"),
  };
}

function readText(project: string, path: string): string {
  try {
    return readFileSync(join(project, path), "utf8");
  } catch (error) {
    throw systemError(path, error);
  }
}

/** Names of all examples, in order. */
export function exampleNames(project: string): readonly string[] {
  return readdirSync(join(project, "examples"))
    .filter((file) => file.endsWith(".guest"))
    .map((file) => basename(file, ".guest"))
    .sort();
}

/**
 * Compiles a file of guests.
 *
 * @param path from the project's folder
 * @throws LabError when guestc finds a fault in it
 */
export function readExamples(project: string, path: string): readonly Example[] {
  const { diagnostics, guests } = compile({ path, text: readText(project, path) }, projectFiles(project));
  const fault = diagnostics.find(({ severity }) => severity === "error");
  if (fault !== undefined) throw new LabError(`${formatLocation(fault.span)}: ${fault.message}`);
  return guests.map((contract) => {
    const plan = planFor(contract);
    const emission = cHeader.emit(plan, contract);
    const header = "files" in emission ? emission.files[0]?.text : undefined;
    if (header === undefined) throw new LabError(`${path}: guestc makes no header for ${contract.guest}`);
    const file = basename(path, ".guest");
    return {
      name: guests.length === 1 ? file : `${file}:${contract.guest}`,
      path,
      contract,
      plan,
      header,
      prefix: identifierPrefix(contract.guest),
    };
  });
}

/** `runs-on` and what belongs to it: a guest is judged on one machine, whatever hosts it names. */
const ownHosts = /^[ \t]*runs-on[ \t].*\n/gm;

/**
 * What `guestc check --host` says of a file on one host alone: the codes of its errors, each once.
 *
 * @param path from the project's folder
 */
export function checkOn(project: string, path: string, profile: HostProfile): readonly string[] {
  const text = readText(project, path).replace(ownHosts, "");
  const { diagnostics } = compile({ path, text }, projectFiles(project), { hosts: [profile] });
  return [...new Set(diagnostics.filter((one) => one.severity === "error").map((one) => one.code))].sort();
}
