/** `guestc build`: contracts become files. */
import { join } from "node:path";
// Not from the library's index: that would load the simulator.
import { compile } from "../../checker/compile.ts";
import type { EmittedFile, Target } from "../../codegen/target.ts";
import { targets } from "../../codegen/targets.ts";
import type { Contract } from "../../contract.ts";
import { type Diagnostic, sortDiagnostics } from "../../diagnostics/diagnostic.ts";
import { diagnosticsJson } from "../../diagnostics/render-json.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import { plan as planFor } from "../../planner/planner.ts";
import { UsageError } from "../errors.ts";
import { loaderFor, readSource } from "../files.ts";
import { readHosts } from "../hosts.ts";
import type { Io } from "../io.ts";
import { type CommandLine, optionValue } from "../options.ts";
import { exitCodeFor, jsonText, reportText } from "../report.ts";
import { makeFolder, type Written, writeIfChanged } from "../write.ts";

interface Wanted {
  readonly target: Target;
  readonly format: string | undefined;
}

interface Product extends EmittedFile {
  readonly guest: string;
  readonly target: string;
}

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

function near(wrong: string, known: readonly string[], all: string): readonly string[] {
  const found = didYouMean(wrong, known);
  return [...(found.length === 0 ? [] : [`did you mean ${listed(found)}?`]), `${all}: ${listed(known)}`];
}

/** What `--target a,b:yaml` and `--format` ask for. */
function wantedTargets(line: CommandLine): readonly Wanted[] {
  const common = optionValue(line, "format");
  const words = (line.values.get("target") ?? ["one-reg"])
    .flatMap((value) => value.split(","))
    .filter((word) => word !== "");
  const wanted = words.map((word) => {
    const [name = "", own] = word.split(":", 2);
    const target = targets.find((one) => one.name === name);
    if (target === undefined) {
      throw new UsageError(
        `there is no target \`${name}\``,
        near(
          name,
          targets.map((one) => one.name),
          "targets",
        ),
      );
    }
    const format = own ?? common;
    const known = target.formats.map((one) => one.name);
    if (format !== undefined && !known.includes(format)) {
      throw new UsageError(
        `target \`${name}\` has no format \`${format}\``,
        near(format, known, "its formats"),
      );
    }
    return { target, format };
  });
  if (wanted.length === 0) throw new UsageError("`--target` names no target");
  return wanted;
}

/** The guests that `--guest` names, in the order of the file; all where it names none. */
function wantedGuests(guests: readonly Contract[], line: CommandLine): readonly Contract[] {
  const names = line.values.get("guest");
  if (names === undefined) return guests;
  const known = guests.map(({ guest }) => guest);
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`the file has no guest \`${name}\``, near(name, known, "its guests"));
  }
  return guests.filter(({ guest }) => names.includes(guest));
}

/** Every file of every guest and target, and what the targets have to say. */
function emitAll(
  guests: readonly Contract[],
  wanted: readonly Wanted[],
): { readonly products: readonly Product[]; readonly diagnostics: readonly Diagnostic[] } {
  const products: Product[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const contract of guests) {
    const plan = planFor(contract);
    for (const { target, format } of wanted) {
      const emitted = target.emit(plan, contract, format === undefined ? {} : { format });
      if ("diagnostics" in emitted) {
        diagnostics.push(...emitted.diagnostics);
        continue;
      }
      diagnostics.push(...emitted.warnings);
      products.push(
        ...emitted.files.map((file) => ({ ...file, guest: contract.guest, target: target.name })),
      );
    }
  }
  return { products, diagnostics };
}

/** Two products of one name would overwrite each other. */
function refuseSameNames(products: readonly Product[]): void {
  const taken = new Map<string, Product>();
  for (const product of products) {
    const other = taken.get(product.name);
    if (other !== undefined) {
      throw new UsageError(`\`${product.name}\` would be written twice`, [
        `by target ${other.target} of guest ${other.guest} and target ${product.target} of guest ${product.guest}`,
      ]);
    }
    taken.set(product.name, product);
  }
}

function buildReport(
  diagnostics: readonly Diagnostic[],
  files: readonly { readonly product: Product; readonly path: string; readonly state: Written }[],
): object {
  return {
    schema: "guestc.build/1",
    files: files.map(({ product, path, state }) => ({
      path,
      guest: product.guest,
      target: product.target,
      state,
    })),
    diagnostics: diagnosticsJson(diagnostics).diagnostics,
  };
}

export async function run(line: CommandLine, io: Io): Promise<number> {
  const wanted = wantedTargets(line);
  const out = optionValue(line, "out");
  const asJson = optionValue(line, "messages") === "json";
  if (asJson && out === undefined) {
    throw new UsageError("`--messages json` needs `--out`", [
      "stdout cannot hold both the report and the product",
    ]);
  }
  const hosts = await readHosts(line.values.get("host") ?? []);
  const source = readSource(line.operands[0] ?? "-", io);
  const compilation = compile(source, loaderFor(source, optionValue(line, "root")), { hosts });

  const report = async (
    diagnostics: readonly Diagnostic[],
    files: Parameters<typeof buildReport>[1],
  ): Promise<void> => {
    if (asJson) io.out(jsonText(buildReport(diagnostics, files)));
    else await reportText(diagnostics, line, io);
  };
  if (exitCodeFor(compilation.diagnostics, line) !== 0) {
    await report(compilation.diagnostics, []);
    return 1;
  }
  const guests = wantedGuests(compilation.guests, line);
  if (guests.length === 0)
    throw new UsageError(`${source.path}: declares no guest, so there is nothing to build`);
  const { products, diagnostics: ofTargets } = emitAll(guests, wanted);
  const diagnostics = sortDiagnostics([...compilation.diagnostics, ...ofTargets]);
  if (exitCodeFor(diagnostics, line) !== 0) {
    await report(diagnostics, []);
    return 1;
  }
  if (out === undefined) {
    const [only, ...others] = products;
    if (others.length > 0) {
      throw new UsageError(`${products.length} files would be made, and stdout takes one`, [
        `give a folder with --out, or choose: guests ${listed(guests.map(({ guest }) => guest))}, targets ${listed(wanted.map(({ target }) => target.name))}`,
      ]);
    }
    await report(diagnostics, []);
    io.out(only?.text ?? "");
    return 0;
  }
  refuseSameNames(products);
  makeFolder(out);
  const files = products.map((product) => {
    const path = join(out, product.name);
    return { product, path, state: writeIfChanged(path, product.text) };
  });
  await report(diagnostics, files);
  if (!asJson)
    for (const { path, state } of files) io.err(`${state === "written" ? "wrote" : "unchanged"} ${path}\n`);
  return 0;
}
