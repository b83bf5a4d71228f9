// The lab's part of CI: real KVM on an old and a new kernel. What cannot be set up (no Debian, no network) is said and
// not counted; what runs and fails is.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The oldest series and the newest that the archive has, on a CPU of real machines and on one with all features. */
const kernels = "6.1,newest";
const cpus = "neoverse-n1,max";
/** Profiles that the first check records and the second relies on. */
const profiles = "build/lab-hosts";

/** Each a command of the lab: what it shows, its words, how long it may take in seconds. */
const checks = [
  {
    title: "host profiles from real KVM",
    words: ["probe", "--kernel", kernels, "--cpu", cpus, "--out", profiles],
    seconds: 300,
  },
  {
    title: "the examples on real KVM",
    words: ["prove", "--kernel", kernels, "--cpu", cpus, "--hosts", profiles],
    seconds: 480,
  },
  {
    title: "migrations between real KVMs",
    words: [
      ...["migrate", "--kernel", kernels, "--cpu", "neoverse-n1", "--hosts", profiles],
      ...["--guest", "plain,counted,mitigated"],
    ],
    seconds: 300,
  },
  {
    title: "the engine's instructions against QEMU's",
    words: ["differential", "--blocks", "4000"],
    seconds: 300,
  },
];
const setupSeconds = 480;

/**
 * Sets the lab up and runs its checks.
 *
 * @param {string} root the project's folder
 * @returns {boolean[]} whether each check passed; none where the lab cannot be set up
 */
export function labChecks(root) {
  const lab = (words, seconds) => {
    const { status, error } = spawnSync(process.execPath, [join(root, "scripts/lab.mjs"), ...words], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      timeout: seconds * 1000,
    });
    if (error !== undefined) process.stdout.write(`lab: ${words[0]}: ${error.message}\n`);
    return status === 0;
  };
  process.stdout.write("\n== lab: set-up\n");
  if (!lab(["setup", "--kernels", kernels], setupSeconds)) {
    process.stdout.write("left out: the lab's checks, as the lab cannot be set up here\n");
    return [];
  }
  return checks.map(({ title, words, seconds }) => {
    process.stdout.write(`\n== lab: ${title}\n`);
    return lab(words, seconds);
  });
}
