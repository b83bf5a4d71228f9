/** The Debian packages that lab and tests need on this machine. */
import { LabError } from "../errors.ts";
import { run } from "../run.ts";

export interface Tool {
  readonly package: string;
  /** What it is for. */
  readonly purpose: string;
}

export const tools: readonly Tool[] = [
  { package: "gcc", purpose: "tests of generated C" },
  { package: "g++", purpose: "tests of generated headers in C++" },
  { package: "gcc-aarch64-linux-gnu", purpose: "programs for the lab's machines; tests of generated C" },
  { package: "g++-aarch64-linux-gnu", purpose: "tests of generated headers in C++" },
  { package: "libc6-dev-arm64-cross", purpose: "static programs for the lab's machines" },
  { package: "chromium", purpose: "tests of the report's page" },
  { package: "qemu-system-arm", purpose: "the lab's machines; tests of QEMU properties" },
  { package: "parallel", purpose: "tests of fleets read in parts" },
];

/** The packages among these that are not installed. */
export async function missingPackages(packages: readonly string[]): Promise<readonly string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: fields of dpkg-query.
  const form = "${Package} ${Status}\n";
  const { stdout } = await run("dpkg-query", ["-W", "-f", form, ...packages]);
  const installed = new Set(
    stdout.split("\n").flatMap((line) => /^(\S+) \S+ ok installed$/.exec(line)?.[1] ?? []),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Installs packages as root; sudo asks for the password where the user is another. */
export async function installPackages(
  packages: readonly string[],
  say: (text: string) => void,
): Promise<void> {
  const root = process.getuid?.() === 0;
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const install = [...apt, "install", "-y", "-qq", "--no-install-recommends", ...packages];
  const byHand = `\`apt-get install ${packages.join(" ")}\` as root brings ${packages.length === 1 ? "it" : "them"}`;
  for (const words of [[...apt, "update", "-qq"], install]) {
    const [command = "", ...args] = root ? words : ["sudo", ...words];
    const { status, stderr } = await run(command, args).catch(() => {
      throw new LabError(`packages are missing and cannot be installed without sudo: ${byHand}`);
    });
    if (status === 0) continue;
    if (words !== install) {
      say("this machine's package lists cannot be fetched anew; going on with those that it has");
      continue;
    }
    throw new LabError(`packages cannot be installed: ${byHand}`, stderr.trim().split("\n").slice(-4));
  }
}
