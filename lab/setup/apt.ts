/**
 * Debian's archive through apt with a state of its own below the lab's folder, so that this machine's package lists stay
 * as they are. The archive is the one that this machine's apt uses; signatures are checked with Debian's keys.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import type { Parts } from "../parts.ts";
import { mustRun, run } from "../run.ts";
import { type ArchivePackage, searchedNames, shownPackages } from "./archive-packages.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

export interface Apt {
  /** The packages whose names match an extended regular expression, each in its newest version. */
  search(pattern: string): Promise<readonly ArchivePackage[]>;
  /**
   * Fetches one package.
   *
   * @param suite the release to take it from; absent: the newest
   * @returns path of the file
   */
  download(name: string, suite?: string): Promise<string>;
  /** Fetches a package of a suite with what it needs and this machine lacks. */
  downloadWithNeeds(name: string, suite: string): Promise<readonly string[]>;
  /** Fetches the lists of packages anew, unless that was just done. */
  update(): Promise<void>;
  /** Removes fetched packages. */
  clean(): Promise<void>;
}

export interface AptRequest {
  /** Debian's name: `arm64`, `amd64`. */
  readonly architecture: string;
  /** Which packages count as installed: a status file of dpkg. */
  readonly status: string;
  readonly suites: readonly string[];
  /** Tells what takes time. */
  say(text: string): void;
}

/** This machine's release: `bookworm`. */
export function releaseName(): string {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const name = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
  if (name === undefined || !/^ID="?debian"?$/m.test(text))
    throw new LabError("this machine is no Debian with a release name: the lab's parts are Debian packages");
  return name;
}

/** @throws LabError when apt is missing */
export function requireApt(): void {
  const folders = (process.env.PATH ?? "").split(":");
  for (const tool of ["apt-get", "apt-cache", "dpkg-deb", "dpkg-query", "tar"]) {
    if (!folders.some((folder) => existsSync(join(folder, tool))))
      throw new LabError(`this machine has no ${tool}: the lab's parts are Debian packages`);
  }
}

/** Where this machine's apt finds Debian. */
async function archiveAddress(): Promise<string> {
  const targets = await mustRun("this machine's apt does not say where it looks", "apt-get", [
    ...["indextargets", "--format", "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)\t$(LABEL)"],
    "Created-By: Packages",
  ]);
  const rows = targets.split("\n").map((line) => line.split("\t"));
  const release = releaseName();
  const own = rows.filter(([, suite, component]) => suite === release && component === "main");
  // Origin and label are known once the machine's own lists were fetched.
  const best = own.find(([, , , origin, label]) => origin === "Debian" && label === "Debian") ?? own[0];
  const address = best?.[0];
  if (address === undefined || address === "")
    throw new LabError(`this machine's apt knows no archive of Debian ${release}`);
  return address;
}

/** The suites that `apt-get update` found no release file for. */
export const absentSuites = (complaint: string, suites: readonly string[]): readonly string[] =>
  suites.filter((suite) =>
    new RegExp(`\\s${suite} Release' (?:does not have|no longer has) a Release file`).test(complaint),
  );

/** @throws LabError when apt or Debian's keys are missing */
export async function openApt(parts: Parts, request: AptRequest): Promise<Apt> {
  requireApt();
  if (!existsSync(keyring))
    throw new LabError("Debian's keys are missing: `apt-get install debian-archive-keyring` brings them");
  const state = join(parts.folder, "apt", request.architecture);
  const archives = join(state, "cache", "archives");
  const sources = join(state, "sources.list");
  const updated = join(state, "updated");
  const options = Object.entries({
    "Dir::State": state,
    "Dir::State::Lists": join(state, "lists"),
    "Dir::State::status": request.status,
    "Dir::Cache": join(state, "cache"),
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "APT::Architecture": request.architecture,
    "APT::Architectures": request.architecture,
    "Acquire::Languages": "none",
    "Acquire::Retries": "3",
    "Acquire::http::Timeout": "30",
    "Acquire::https::Timeout": "30",
    // A list that cannot be fetched is an error, not a warning.
    "APT::Update::Error-Mode": "any",
    "APT::Sandbox::User": "root",
    "Debug::NoLocking": "true",
  }).map(([name, value]) => `-o${name}=${value}`);

  const sourceLines = async (suites: readonly string[]): Promise<string> => {
    const address = await archiveAddress();
    return suites
      .map((suite) => `deb [arch=${request.architecture} signed-by=${keyring}] ${address} ${suite} main\n`)
      .join("");
  };

  let fresh = false;
  const update = async (): Promise<void> => {
    if (fresh) return;
    await rm(updated, { force: true });
    await mkdir(join(state, "lists", "partial"), { recursive: true });
    await mkdir(join(archives, "partial"), { recursive: true });
    request.say(`package lists for ${request.architecture}: ${request.suites.join(" ")}`);
    let suites = request.suites;
    for (;;) {
      await writeFile(sources, await sourceLines(suites));
      const { status, stderr } = await run("apt-get", [...options, "-qq", "update"]);
      if (status === 0) break;
      const absent = absentSuites(stderr, suites);
      if (absent.length === 0 || absent.length === suites.length) {
        throw new LabError("package lists cannot be fetched", stderr.trim().split("\n").slice(-4));
      }
      request.say(`the archive has no ${absent.join(", ")}`);
      suites = suites.filter((suite) => !absent.includes(suite));
    }
    fresh = true;
    await writeFile(updated, `${request.suites.join(" ")}\n`);
  };

  const clean = async (): Promise<void> => {
    for (const name of await readdir(archives).catch(() => []))
      if (name.endsWith(".deb")) await rm(join(archives, name));
  };

  /** Lists may be older than the archive, which drops packages: fetched anew once when something is not there. */
  const freshened = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LabError) || fresh) throw error;
      await update();
      return await work();
    }
  };

  const fetched = async (): Promise<readonly string[]> =>
    (await readdir(archives)).filter((name) => name.endsWith(".deb")).map((name) => join(archives, name));

  const known = existsSync(updated) ? readFileSync(updated, "utf8").trim() : "";
  if (known !== request.suites.join(" ")) await update();

  return {
    update,
    clean,
    search: async (pattern) => {
      const cache = (...words: readonly string[]): Promise<string> =>
        mustRun("package lists cannot be read", "apt-cache", [...options, ...words]);
      const names = searchedNames(await cache("search", "--names-only", pattern));
      return names.length === 0 ? [] : shownPackages(await cache("show", "--no-all-versions", ...names));
    },
    download: (name, suite) =>
      freshened(async () => {
        await clean();
        const from = suite === undefined ? [] : ["-t", suite];
        await mustRun(
          `${name} cannot be fetched`,
          "apt-get",
          [...options, "-qq", ...from, "download", name],
          {
            directory: archives,
          },
        );
        const [file] = await fetched();
        if (file === undefined) throw new LabError(`${name} cannot be fetched: apt brought no file`);
        return file;
      }),
    downloadWithNeeds: (name, suite) =>
      freshened(async () => {
        await clean();
        await mustRun(`${name} of ${suite} cannot be fetched`, "apt-get", [
          ...options,
          ...["-qq", "-y", "-t", suite, "--download-only", "--no-install-recommends", "install", name],
        ]);
        return fetched();
      }),
  };
}
