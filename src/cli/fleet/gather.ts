/** Reads the hosts of a fleet, or of a part of it, one after another. */
import { closeSync, existsSync, fstatSync, openSync } from "node:fs";
import { countHosts, type Fleet, tallyFleet } from "../../fleet/classes.ts";
import type { Part } from "../../fleet/part.ts";
import {
  mergeUnreadable,
  noneUnreadable,
  type UnreadableHost,
  type UnreadableHosts,
} from "../../fleet/unreadable.ts";
import type { HostProfile } from "../../hosts/profile.ts";
import { readEach, systemError, UsageError } from "../errors.ts";
import { lstatOf } from "../files.ts";
import { hostCalled } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type Classified, classifier, fileName, type Unclassified } from "./classify.ts";
import { inventoryDigest } from "./digest.ts";
import { linesOf } from "./lines.ts";
import { digestName, type FleetOperand } from "./operands.ts";
import { type Progress, progress } from "./progress.ts";

export interface GatherRequest {
  readonly operands: readonly FleetOperand[];
  /** The hosts of a program, by the names that it gives them. */
  readonly declared: (path: string) => Promise<readonly NamedProfile[]>;
  /** undefined: the whole fleet. */
  readonly shard: { readonly index: number; readonly of: number } | undefined;
  /** Hosts that cannot be read are left out and counted. */
  readonly keepGoing: boolean;
  readonly showProgress: boolean;
}

export interface NamedProfile {
  readonly name: string;
  readonly profile: HostProfile;
}

export interface Gathered {
  readonly fleet: Fleet;
  readonly part: Part | undefined;
  readonly unreadable: UnreadableHosts;
  /** Lines and files that were this part's. */
  readonly taken: number;
  /** Whether it went on to the end. */
  readonly complete: boolean;
}

/** So many hosts that cannot be read are no slips, but the wrong file. */
const mostUnreadable = 1000;

type InventoryOperand = FleetOperand & { readonly kind: "inventory" };

/** Size of what can be read of an inventory; undefined: nobody knows. */
function sizeOf(descriptor: number): number | undefined {
  const stat = fstatSync(descriptor);
  return stat.isFile() ? stat.size : undefined;
}

/**
 * @throws UsageError that tells all operands that cannot be read, among them hosts that the command line names itself
 */
export async function gather(request: GatherRequest, io: Io): Promise<Gathered> {
  const { operands, shard, keepGoing } = request;
  const tally = tallyFleet();
  const classify = classifier(tally);
  const digest = shard === undefined ? undefined : inventoryDigest();
  let unreadable = noneUnreadable;
  let [position, taken, complete] = [0, 0, true];

  /** Whether the next line or file belongs to this part; counts it. */
  const isOwn = (): boolean => {
    const own = shard === undefined || position % shard.of === shard.index - 1;
    position++;
    if (own) taken++;
    return own;
  };
  const refuse = (host: UnreadableHost): void => {
    unreadable = mergeUnreadable([unreadable, { count: 1, first: [host] }]);
    if (!keepGoing && unreadable.count >= mostUnreadable) complete = false;
  };
  const take = (found: Classified | Unclassified, file: string, line?: number): void => {
    if ("tallied" in found) countHosts(found.tallied, found.name, found.count);
    else refuse({ file, line: line ?? found.line, column: found.column, message: found.message });
  };

  const readInventory = ({ path, shown, folder }: InventoryOperand): void => {
    let descriptor: number;
    try {
      descriptor = path === undefined ? 0 : openSync(path, "r");
    } catch (error) {
      throw systemError(shown, error);
    }
    let bar: Progress | undefined;
    try {
      const lines = linesOf(descriptor, shown, digest?.stream());
      const hostOf = classify.inventory(folder);
      bar = progress(io, sizeOf(descriptor), request.showProgress);
      for (let found = lines.next(); found !== undefined && complete; found = lines.next()) {
        bar.at(taken, lines.read());
        if (!isOwn()) continue;
        const host = hostOf(found.source, found.line);
        if (host === undefined) taken--;
        else take(host, shown, lines.number());
      }
    } finally {
      bar?.clear();
      if (path !== undefined) closeSync(descriptor);
    }
  };

  const readFiles = (paths: readonly string[]): void => {
    const bar = progress(io, paths.length, request.showProgress);
    for (const [at, path] of paths.entries()) {
      digest?.name(digestName(path));
      if (!complete || !isOwn()) continue;
      bar.at(taken, at);
      take(classify.file(path), path);
    }
    bar.clear();
  };

  /** A host that the command line names itself: what is wrong with it is told at length. */
  const calledHost = async (name: string): Promise<Classified | Unclassified> => {
    const found = lstatOf(name) !== undefined ? classify.file(name) : undefined;
    if (found !== undefined && ("tallied" in found || keepGoing)) return found;
    const profile = await hostCalled(name);
    const called = existsSync(name) ? fileName(profile.name, name) : profile.name;
    const classified = classify.profile(profile, called);
    if ("tallied" in classified) return classified;
    throw new UsageError(`${name}: ${classified.message}`);
  };

  const takeOperand = async (operand: FleetOperand): Promise<void> => {
    if (operand.kind === "inventory") readInventory(operand);
    else if (operand.kind === "files") readFiles(operand.paths);
    else if (operand.kind === "host") {
      digest?.name(digestName(operand.name));
      if (isOwn()) take(await calledHost(operand.name), operand.name);
    } else if (operand.kind === "program") {
      for (const { name, profile } of await request.declared(operand.path)) {
        digest?.name(name);
        if (isOwn()) take(classify.profile(profile, name), operand.path);
      }
    } else throw operand.error;
  };

  // Where there will be no result, a long inventory is not read.
  const isWrong = operands.some(({ kind }) => kind === "wrong");
  const quick = operands.filter(({ kind }) => kind === "host" || kind === "wrong");
  await readEach(isWrong ? quick : operands, async (operand) => {
    if (complete) await takeOperand(operand);
  });
  const part =
    shard === undefined || digest === undefined ? undefined : { ...shard, inventory: digest.result() };
  return { fleet: tally.fleet(), part, unreadable, taken, complete };
}
