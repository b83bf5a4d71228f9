/** The parts of the lab that lie in its folder: kernels and QEMU. `npm run lab:setup` brings them. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { compareVersions } from "../src/tables/index.ts";
import { LabError } from "./errors.ts";

/** Where things lie. */
export interface Parts {
  /** The project's folder, absolute. */
  readonly project: string;
  /** The lab's own folder, absolute: `.lab` in the project's, or what the environment's GUESTC_LAB names. */
  readonly folder: string;
}

/** An arm64 kernel with KVM. */
export interface Kernel {
  /** Major and minor number, `6.12`. */
  readonly series: string;
  /** The Debian package that it came from, `linux-image-6.12.107+deb13-cloud-arm64-unsigned`. */
  readonly package: string;
  /** The package's version, `6.12.107-1`. */
  readonly version: string;
  /** Path of the image. */
  readonly image: string;
}

/** An emulator that runs on this machine. */
export interface Qemu {
  /** `10.0.2` */
  readonly version: string;
  readonly command: string;
  /** Words that stand before all others. */
  readonly leading: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The command that brings missing parts, for messages. */
export const setupCommand = "npm run lab:setup";

export function openParts(project: string, environment: NodeJS.ProcessEnv): Parts {
  const named = environment.GUESTC_LAB;
  return {
    project,
    folder: named === undefined || named === "" ? join(project, ".lab") : resolve(named),
  };
}

export const kernelFolder = (parts: Parts, series: string): string => join(parts.folder, "kernels", series);

/** What the kernel's folder says about it; undefined when it is not whole. */
function readKernel(parts: Parts, series: string): Kernel | undefined {
  const folder = kernelFolder(parts, series);
  const image = join(folder, "vmlinuz");
  if (!existsSync(image)) return undefined;
  try {
    const { package: name, version } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
    if (typeof name !== "string" || typeof version !== "string") return undefined;
    return { series, package: name, version, image };
  } catch {
    return undefined;
  }
}

/** The kernels that are there, oldest first. */
export function kernels(parts: Parts): readonly Kernel[] {
  const folder = join(parts.folder, "kernels");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+\.\d+$/.test(name))
    .sort(compareVersions)
    .flatMap((series) => readKernel(parts, series) ?? []);
}

/** @throws LabError when there is no kernel of that series */
export function kernelOf(parts: Parts, series: string): Kernel {
  const found = readKernel(parts, series);
  if (found !== undefined) return found;
  const there = kernels(parts).map((kernel) => kernel.series);
  throw new LabError(
    `no arm64 kernel of series ${series}: \`${setupCommand} -- --kernels ${series}\` fetches it`,
    [there.length === 0 ? "there is none at all yet" : `there are: ${there.join(", ")}`],
  );
}

/** The newest kernel's headers for user space on arm64, a folder for `-isystem`: `linux`, `asm`, `asm-generic`. */
export const headersFolder = (parts: Parts): string => join(parts.folder, "headers");

export const qemuFolder = (parts: Parts): string => join(parts.folder, "qemu");

/** The first number with dots in what `--version` prints. */
function versionOf(command: string, environment: Readonly<Record<string, string>>): string | undefined {
  try {
    const text = execFileSync(command, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ...environment },
    });
    return /version (\d+(?:\.\d+)*)/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** QEMU unpacked below the lab's folder. */
export function unpackedQemu(parts: Parts): Qemu | undefined {
  const root = join(qemuFolder(parts), "root");
  const command = join(root, "usr/bin/qemu-system-aarch64");
  if (!existsSync(command)) return undefined;
  const libraries = readdirSync(join(root, "usr/lib"))
    .map((name) => join(root, "usr/lib", name))
    .filter((path) => /-linux-gnu[^/]*$/.test(path));
  const environment = {
    LD_LIBRARY_PATH: libraries.join(":"),
    QEMU_MODULE_DIR: libraries.map((path) => join(path, "qemu")).join(":"),
  };
  const version = versionOf(command, environment);
  if (version === undefined) return undefined;
  return { version, command, leading: ["-L", join(root, "usr/share/qemu")], environment };
}

/** The machine's own QEMU. */
export function installedQemu(): Qemu | undefined {
  const command = "qemu-system-aarch64";
  const version = versionOf(command, {});
  return version === undefined ? undefined : { version, command, leading: [], environment: {} };
}

const found = new Map<string, Qemu>();

/**
 * The newer of the unpacked and the machine's own QEMU; looked up once a process.
 *
 * @throws LabError when there is none
 */
export function qemuOf(parts: Parts): Qemu {
  const known = found.get(parts.folder);
  if (known !== undefined) return known;
  const [best] = [unpackedQemu(parts), installedQemu()]
    .flatMap((qemu) => qemu ?? [])
    .sort((a, b) => compareVersions(b.version, a.version));
  if (best === undefined) throw new LabError(`qemu-system-aarch64 is missing: \`${setupCommand}\` brings it`);
  found.set(parts.folder, best);
  return best;
}
