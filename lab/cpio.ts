/** Writes initial RAM disks: archives of cpio's "new ASCII" form (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). */

/** A file of the archive; folders around it are made of themselves. */
export interface ArchivedFile {
  /** Without a leading slash: `jobs/0/program`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable?: boolean;
}

const folderMode = 0o040755;
const fileMode = 0o100644;
const programMode = 0o100755;

const padding = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);

/** The header: magic and thirteen numbers of eight hexadecimal digits; then the name with a NUL, padded to four. */
function entry(inode: number, path: string, mode: number, bytes: Uint8Array): readonly Uint8Array[] {
  const name = Buffer.from(`${path}\0`, "utf8");
  const links = mode === folderMode ? 2 : 1;
  const numbers = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${numbers.map((value) => value.toString(16).padStart(8, "0")).join("")}`);
  return [header, name, padding(header.length + name.length), bytes, padding(bytes.length)];
}

/** All folders above a path, outermost first. */
function foldersOf(path: string): readonly string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

/**
 * An archive of these files, all owned by root and without times: same files, same bytes.
 *
 * @throws RangeError for a path that is empty, absolute, has `.` or `..` in it, or stands twice
 */
export function cpioArchive(files: readonly ArchivedFile[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const seen = new Set<string>();
  const add = (path: string, mode: number, bytes: Uint8Array): void => {
    seen.add(path);
    chunks.push(...entry(seen.size, path, mode, bytes));
  };
  for (const { path, bytes, executable } of files) {
    if (path.includes("\0") || path.split("/").some((part) => part === "" || part === "." || part === ".."))
      throw new RangeError(`no path for an archive: ${JSON.stringify(path)}`);
    for (const folder of foldersOf(path)) if (!seen.has(folder)) add(folder, folderMode, new Uint8Array());
    if (seen.has(path)) throw new RangeError(`twice in the archive: ${path}`);
    add(path, executable === true ? programMode : fileMode, bytes);
  }
  chunks.push(...entry(0, "TRAILER!!!", 0, new Uint8Array()));
  return Buffer.concat(chunks);
}
