import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absentSuites } from "../../lab/setup/apt.ts";
import { searchedNames, shownPackages } from "../../lab/setup/archive-packages.ts";
import { compareDebianVersions } from "../../lab/setup/debian-version.ts";
import { kernelPackage, kernelPattern, newestOfEachSeries } from "../../lab/setup/kernel-packages.ts";
import { wantedSeries } from "../../lab/setup/kernels.ts";
import { compareVersions } from "../../src/tables/index.ts";

const stanza = (name: string, version: string): string =>
  `Package: ${name}\nSource: linux\nVersion: ${version}\nInstalled-Size: 100\nSize: 21131068\nDescription: Linux\n Version: 0\n`;

const shown = (...rows: readonly (readonly [string, string])[]) =>
  shownPackages(rows.map(([name, version]) => stanza(name, version)).join("\n"));

describe("the archive's kernels", () => {
  it("are found by name", () => {
    const names = searchedNames(
      "linux-image-6.1.0-50-cloud-arm64 - Linux 6.1 for arm64 cloud (signed)\nlinux-doc - none\n\n",
    );
    expect(names).toEqual(["linux-image-6.1.0-50-cloud-arm64", "linux-doc"]);
    const pattern = new RegExp(kernelPattern);
    expect(names.map((name) => pattern.test(name))).toEqual([true, false]);
  });

  it("are read with version and size", () => {
    expect(shown(["linux-image-6.1.0-50-cloud-arm64", "6.1.176-1"])).toEqual([
      { name: "linux-image-6.1.0-50-cloud-arm64", version: "6.1.176-1", size: 21_131_068 },
    ]);
    expect(shownPackages("Package: virtual\n\n\n")).toEqual([]);
  });

  it.each([
    ["linux-image-6.1.0-50-cloud-arm64", "6.1", false],
    ["linux-image-6.12.107+deb13-cloud-arm64-unsigned", "6.12", false],
    ["linux-binary-7.0.13+deb13-cloud-arm64", "7.0", true],
    ["linux-binary-unsigned-7.3.4+deb13-cloud-arm64", "7.3", true],
  ])("have their series in the name: %s", (name, series, binary) => {
    expect(kernelPackage({ name, version: "1", size: 1 })).toMatchObject({ series, binary });
  });

  it.each([
    "linux-image-6.12.107+deb13-arm64",
    "linux-image-6.12.107+deb13-rt-arm64",
    "linux-image-cloud-arm64",
    "linux-headers-6.12.107+deb13-cloud-arm64",
    "linux-image-6.12.107+deb13-cloud-arm64-dbg",
  ])("are no others: %s", (name) => {
    expect(kernelPackage({ name, version: "1", size: 1 })).toBeUndefined();
  });

  it("are the newest of each series from 6.1 on, and those that are not empty", () => {
    const chosen = newestOfEachSeries(
      shown(
        ["linux-image-7.0.9+deb13-cloud-arm64", "7.0.9-1~bpo13+1"],
        ["linux-image-7.0.13+deb13-cloud-arm64", "7.0.13-1~bpo13+1"],
        ["linux-binary-7.0.9+deb13-cloud-arm64", "7.0.9-1~bpo13+1"],
        ["linux-binary-7.0.13+deb13-cloud-arm64", "7.0.13-1~bpo13+1"],
        ["linux-image-5.10.0-30-cloud-arm64", "5.10.218-1"],
        ["linux-image-6.12.95+deb12-cloud-arm64-unsigned", "6.12.95-1~bpo12+1"],
        ["linux-image-6.12.107+deb13-cloud-arm64", "6.12.107-1"],
        ["linux-image-6.12.107+deb13-cloud-arm64-unsigned", "6.12.107-1"],
        ["linux-image-6.1.0-50-cloud-arm64-unsigned", "6.1.176-1"],
        ["linux-image-6.1.0-9-cloud-arm64-unsigned", "6.1.27-1"],
        ["linux-binary-unsigned-7.3.4+deb13-cloud-arm64", "7.3.4-1~bpo13+1"],
      ),
    );
    expect(chosen.map(({ series, name }) => `${series} ${name}`)).toEqual([
      "6.1 linux-image-6.1.0-50-cloud-arm64-unsigned",
      "6.12 linux-image-6.12.107+deb13-cloud-arm64-unsigned",
      "7.0 linux-binary-7.0.13+deb13-cloud-arm64",
      "7.3 linux-binary-unsigned-7.3.4+deb13-cloud-arm64",
    ]);
  });
});

describe("the series that are fetched", () => {
  const offer = ["6.1", "6.12", "7.3"];

  it.each([
    ["all", undefined, offer],
    ["those that were named", ["7.3", "6.1"], ["6.1", "7.3"]],
    ["the newest", ["newest", "7.3"], ["7.3"]],
  ])("are %s", (_, wanted, expected) => {
    expect(wantedSeries(offer, wanted)).toEqual(expected);
  });

  it("are none that the archive has not", () => {
    expect(() => wantedSeries(offer, ["6.1", "5.10"])).toThrow(
      "the archive has no arm64 kernel of series 5.10",
    );
    expect(() => wantedSeries([], ["newest"])).toThrow("of series newest");
  });
});

describe("versions", () => {
  it.each([
    ["6.9", "6.12"],
    ["9.2", "10.0.2"],
    ["10.0", "10.0.2"],
  ])("of programs: %s is older than %s", (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  // Each pair by `dpkg --compare-versions A lt B`.
  it.each([
    ["1.0~rc1-1", "1.0-1"],
    ["7.3.4-1~bpo13+1", "7.3.4-1"],
    ["6.12.95-1", "6.12.107-1"],
    ["1:7.2+dfsg-7+deb12u18", "1:10.0.2+ds-2~bpo12+1"],
    ["9.9-1", "1:0.1-1"],
    ["1.0-1", "1.0-1+b1"],
    ["1.0a", "1.0+"],
    ["1.0~", "1.0"],
    ["1.0~~", "1.0~"],
    ["1.0", "1.0a"],
    ["1.002-1", "1.10-1"],
  ])("of packages: %s is older than %s", (older, newer) => {
    expect(compareDebianVersions(older, newer)).toBeLessThan(0);
    expect(compareDebianVersions(newer, older)).toBeGreaterThan(0);
    expect(compareDebianVersions(older, older)).toBe(0);
  });

  it("of packages are in a total order", () => {
    const version = fc.stringMatching(/^[0-9]{1,2}([.a-z~+][0-9a-z]{0,2}){0,3}(-[0-9]{1,2})?$/);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [x, y, z] = [a, b, c].sort(compareDebianVersions);
        if (x === undefined || y === undefined || z === undefined) throw new Error("three versions");
        expect(Math.sign(compareDebianVersions(x, z))).toBe(0 - Math.sign(compareDebianVersions(z, x)));
        expect(compareDebianVersions(x, y)).toBeLessThanOrEqual(0);
        expect(compareDebianVersions(y, z)).toBeLessThanOrEqual(0);
        expect(compareDebianVersions(x, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("suites that the archive dropped", () => {
  const suites = ["bookworm", "bookworm-backports", "trixie"];

  it("are read from apt's complaint", () => {
    expect(
      absentSuites(
        "E: The repository 'http://example.org/debian bookworm-backports Release' does not have a Release file.\n",
        suites,
      ),
    ).toEqual(["bookworm-backports"]);
    expect(
      absentSuites(
        "E: The repository 'http://example.org/debian bookworm Release' no longer has a Release file.\n",
        suites,
      ),
    ).toEqual(["bookworm"]);
  });

  it("are none where something else failed", () => {
    expect(
      absentSuites("E: Failed to fetch http://example.org/debian/dists/bookworm/InRelease\n", suites),
    ).toEqual([]);
  });
});
