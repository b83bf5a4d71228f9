/** Instructions as lines for people, feature by feature. */
import { gridLines, hangingLines } from "./grid.ts";
import { type CommonFate, commonFate, type FeatureSeen, type InstructionSeen } from "./instructions.ts";
import type { Layout } from "./layout.ts";
import type { SeenGuest } from "./view.ts";

const titles: readonly (readonly [CommonFate, string])[] = [
  ["executes", "execute"],
  ["undefined", "UNDEFINED"],
  ["trapped", "trapped"],
];

const fateText = ({ fate }: InstructionSeen): string =>
  fate.known ? fate.value : `not decided: ${fate.because}`;

/** `PACIA executes, PACGA undefined` for a feature whose instructions do not agree. */
const each = (of: FeatureSeen): string =>
  of.instructions
    .filter(({ name }) => !name.endsWith("@EL0"))
    .map((one) => `${one.name} ${fateText(one)}`)
    .join(", ");

const names = (of: readonly FeatureSeen[]): string => of.map(({ feature }) => feature).join(", ");

function summary({ features }: SeenGuest, layout: Layout): readonly string[] {
  const lines: string[] = [];
  for (const [fate, title] of titles) {
    const found = features.filter((one) => commonFate(one) === fate);
    if (found.length > 0) lines.push(...hangingLines(title.padEnd(9), names(found), layout.width, 2));
  }
  for (const one of features.filter((of) => commonFate(of) === "differ" || commonFate(of) === "open"))
    lines.push(...hangingLines(one.feature, each(one), layout.width, 2));
  const hidden = features.filter((one) => one.shown === false && commonFate(one) === "executes");
  if (hidden.length > 0)
    lines.push(...hangingLines("execute though no ID register shows them:", names(hidden), layout.width, 2));
  const missing = features.filter((one) => one.shown === true && commonFate(one) === "undefined");
  if (missing.length > 0)
    lines.push(...hangingLines("UNDEFINED though ID registers show them:", names(missing), layout.width, 2));
  return lines;
}

function everything({ instructions }: SeenGuest, layout: Layout): readonly string[] {
  const rows = instructions.map((one) => [one.name, fateText(one), one.fate.known ? one.fate.because : ""]);
  return gridLines(rows, layout.width, 4);
}

export function instructionsText(seen: SeenGuest, layout: Layout): readonly string[] {
  return [
    "",
    layout.palette.strong("instructions, by the feature that they need"),
    ...summary(seen, layout),
    ...(layout.all
      ? ["", layout.palette.strong("instructions, one by one"), ...everything(seen, layout)]
      : []),
  ];
}
