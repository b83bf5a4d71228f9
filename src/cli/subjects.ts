/** The guest and the host that a command line means, for commands that look at a guest on a host. */
import type { Compilation, CompileOptions } from "../checker/compile.ts";
import { compile } from "../checker/compile.ts";
import type { Contract } from "../contract.ts";
import { hosts as hostRows } from "../diagnostics/codes/hosts.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { SourceFile } from "../diagnostics/span.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { HostProfile } from "../hosts/profile.ts";
import { UsageError } from "./errors.ts";
import { loaderFor } from "./files.ts";
import { type HostReader, hostCalled } from "./hosts.ts";
import { type CommandLine, optionValue } from "./options.ts";

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

/** Says what a name might have been, and what there is. */
export function nearby(wrong: string, known: readonly string[], all: string): readonly string[] {
  const found = didYouMean(wrong, known);
  return [...(found.length === 0 ? [] : [`did you mean ${listed(found)}?`]), `${all}: ${listed(known)}`];
}

/** Those in which no operation of the plan fails. */
const beyondThePlan = ["sealed-open", "host-lacks-controller"];

/** What the checker says of hosts: the simulated KVM says it itself, with the operation that fails. */
const isAboutHosts = ({ slug }: Diagnostic): boolean =>
  !beyondThePlan.includes(slug) && Object.hasOwn(hostRows, slug);

export interface Compiled extends Compilation {
  readonly source: SourceFile;
  /** Without those about hosts. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a file whose guests are then put on hosts. */
export function compileForHosts(
  source: SourceFile,
  line: CommandLine,
  options: CompileOptions = {},
): Compiled {
  const compilation = compile(source, loaderFor(source, optionValue(line, "root")), options);
  return {
    ...compilation,
    source,
    diagnostics: compilation.diagnostics.filter((one) => !isAboutHosts(one)),
  };
}

/** The guest that `--guest` names, or the file's only one. */
export function chosenGuest({ guests, source }: Compiled, line: CommandLine): Contract {
  const names = guests.map(({ guest }) => guest);
  const wanted = optionValue(line, "guest");
  const [only, ...others] = guests;
  if (only === undefined)
    throw new UsageError(`${source.path}: declares no guest, so there is nothing to see`);
  if (wanted === undefined) {
    if (others.length === 0) return only;
    throw new UsageError(`${source.path}: declares several guests`, [
      `choose one with --guest: ${listed(names)}`,
    ]);
  }
  const found = guests.find(({ guest }) => guest === wanted);
  if (found !== undefined) return found;
  throw new UsageError(`the file has no guest \`${wanted}\``, nearby(wanted, names, "its guests"));
}

export interface NamedHost {
  readonly name: string;
  readonly profile: HostProfile;
}

/**
 * A host by the name that the file gives it, else by the path or the shipped name of a profile.
 *
 * @param read of a command with several hosts, one reader for all of them
 */
export async function namedHost(
  { hosts }: Compiled,
  name: string,
  read: HostReader = hostCalled,
): Promise<NamedHost> {
  const declared = hosts.get(name);
  if (declared !== undefined) return { name, profile: declared };
  try {
    const profile = await read(name);
    return { name: profile.name, profile };
  } catch (error) {
    if (!(error instanceof UsageError) || hosts.size === 0) throw error;
    throw new UsageError(error.message, [...error.help, `hosts of the file: ${listed([...hosts.keys()])}`]);
  }
}

/** The host that `--host` names, or the only one that the guest runs on. */
export async function chosenHost(compiled: Compiled, guest: Contract, line: CommandLine): Promise<NamedHost> {
  const wanted = optionValue(line, "host");
  if (wanted !== undefined) return namedHost(compiled, wanted);
  const own = guest.hosts.map(({ value }) => value);
  const [only, ...others] = own;
  if (only === undefined)
    throw new UsageError(`guest \`${guest.guest}\` names no host that it runs on`, [
      "choose one with --host: a host of the file, a host's file, or the name of a shipped one",
    ]);
  if (others.length > 0)
    throw new UsageError(`guest \`${guest.guest}\` runs on several hosts`, [
      `choose one with --host: ${listed(own)}`,
    ]);
  return namedHost(compiled, only);
}
