/** Reads what apt prints about packages. */

/** A package of the archive. */
export interface ArchivePackage {
  readonly name: string;
  readonly version: string;
  /** Of the download, in bytes. */
  readonly size: number;
}

/** The names in what `apt-cache search` prints: `NAME - TITLE`, one a line. */
export const searchedNames = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /^(\S+) - /.exec(line)?.[1] ?? []);

/** Packages in what `apt-cache show` prints; those without name, version or size are none that can be fetched. */
export function shownPackages(text: string): readonly ArchivePackage[] {
  return text.split(/\n\n+/).flatMap((stanza) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
    const [name, version, size] = [field("Package"), field("Version"), field("Size")];
    return name === undefined || version === undefined || size === undefined
      ? []
      : [{ name, version, size: Number(size) }];
  });
}
