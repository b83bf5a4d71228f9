/** Colours by meaning. The caller decides what they look like; the library itself has none. */
import type { Severity } from "../diagnostic.ts";

export type Paint = (text: string) => string;

export interface Palette extends Readonly<Record<Severity, Paint>> {
  readonly help: Paint;
  /** Line numbers, gutter, arrows. */
  readonly gutter: Paint;
  /** Markers and labels of related places. */
  readonly secondary: Paint;
  readonly strong: Paint;
  readonly added: Paint;
  readonly removed: Paint;
}

const asIs: Paint = (text) => text;

export const noColours: Palette = {
  error: asIs,
  warning: asIs,
  note: asIs,
  help: asIs,
  gutter: asIs,
  secondary: asIs,
  strong: asIs,
  added: asIs,
  removed: asIs,
};
