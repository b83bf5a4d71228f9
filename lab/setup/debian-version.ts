/** The order of Debian's version numbers (deb-version(7)). */

/** `[epoch:]upstream[-revision]` */
function split(version: string): readonly [number, string, string] {
  const colon = version.indexOf(":");
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf("-");
  return [
    colon === -1 ? 0 : Number(version.slice(0, colon)),
    dash === -1 ? rest : rest.slice(0, dash),
    dash === -1 ? "" : rest.slice(dash + 1),
  ];
}

/** A tilde sorts before the end, letters before all else. */
function weight(character: string | undefined): number {
  if (character === "~") return -1;
  if (character === undefined) return 0;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

/** Parts without and with digits in turn, the first without. */
const parts = (text: string): readonly string[] => text.split(/(\d+)/);

function compareText(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = weight(a[at]) - weight(b[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareParts(a: string, b: string): number {
  const left = parts(a);
  const right = parts(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x, y] = [left[at] ?? "", right[at] ?? ""];
    const difference = at % 2 === 0 ? compareText(x, y) : Number(x) - Number(y);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Negative when `a` is older: `7.3.4-1~bpo13+1` before `7.3.4-1`. */
export function compareDebianVersions(a: string, b: string): number {
  const [epochA, upstreamA, revisionA] = split(a);
  const [epochB, upstreamB, revisionB] = split(b);
  if (epochA !== epochB) return epochA - epochB;
  return compareParts(upstreamA, upstreamB) || compareParts(revisionA, revisionB);
}
