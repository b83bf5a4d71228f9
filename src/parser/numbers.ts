/** Values of number literals. The forms themselves are in `tokens.ts`. */
import { numberForms, wholly } from "./tokens.ts";

const patterns = numberForms.map((name) => wholly(name));
const integerPatterns = [wholly("hexadecimal"), wholly("binary"), wholly("decimal")];
const versionPattern = wholly("version");
const majorPattern = /^[0-9]{1,9}$/;

/** Whether a literal is a number of the language. */
export function isNumber(text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

/** The exact value of a decimal, hexadecimal or binary literal; undefined for anything else, versions too. */
export function parseInteger(text: string): bigint | undefined {
  return integerPatterns.some((pattern) => pattern.test(text)) ? BigInt(text.replaceAll("_", "")) : undefined;
}

/** `6.12.117` → [6, 12, 117], `6` → [6]; undefined for anything else. Each part is below 10^9. */
export function parseVersion(text: string): readonly number[] | undefined {
  return versionPattern.test(text) || majorPattern.test(text) ? text.split(".").map(Number) : undefined;
}
