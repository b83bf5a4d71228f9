/** When to colour, and with what. */
import type { Palette } from "../diagnostics/render-text.ts";
import type { Io } from "./io.ts";

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";

/**
 * `--color` before NO_COLOR (any value, see no-color.org) before FORCE_COLOR (0 and false say no) before what
 * the stream is.
 *
 * @param when value of `--color`
 */
export function wantsColours(when: string | undefined, stream: "out" | "err", io: Io): boolean {
  if (when === "always") return true;
  if (when === "never" || isSet(io.env.NO_COLOR)) return false;
  const force = io.env.FORCE_COLOR;
  if (force !== undefined) return force !== "0" && force !== "false";
  return io.env.TERM !== "dumb" && io.terminal(stream) !== undefined;
}

/** Colours of every terminal, by meaning. */
export async function colours(): Promise<Palette> {
  // Loaded here only: picocolors asks for process.stdout as it loads.
  const { default: picocolors } = await import("picocolors");
  const { bold, red, yellow, cyan, green, blue } = picocolors.createColors(true);
  return {
    error: (text) => bold(red(text)),
    warning: (text) => bold(yellow(text)),
    note: (text) => bold(cyan(text)),
    help: (text) => bold(cyan(text)),
    gutter: (text) => bold(blue(text)),
    secondary: (text) => bold(blue(text)),
    strong: bold,
    added: green,
    removed: red,
  };
}
