/** Host profiles that come with the compiler, beside `dist/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "../hosts");

/** Where the profile of a name lies, or would. */
export const shippedPath = (name: string): string => join(folder, `${name}.json`);

/** The text of a profile; undefined: none has that name. */
export function shippedHost(name: string): string | undefined {
  const path = shippedPath(name);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** In no order. */
export function shippedNames(): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -5)] : []));
}
