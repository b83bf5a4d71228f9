/** Frames for the samples of the registry, so that a sample shows only what it is about. */

const indent = (body: string): string =>
  body
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n");

export const file = (body: string): string => `edition 2026\n\n${body}\n`;

/** A `cpu` block on an architecture baseline. */
export const cpu = (body: string, baseline = "armv8.2-a"): string =>
  file(`cpu c {\n${indent(`baseline ${baseline}\n${body}`)}\n}\n\nguest g {\n  cpu c\n}`);

/** A guest whose CPU is left to the host, so that only the guest matters. */
export const guest = (body: string): string =>
  file(`cpu c {\n  baseline host\n}\n\nguest g {\n${indent(`cpu c\n${body}`)}\n}`);

/** A guest on one recorded host. */
export const onHost = (cpuBody: string, guestBody: string, host = "neoverse-n1.linux-6.12"): string =>
  file(
    `host n1 { profile "hosts/${host}.json" }\n\ncpu c {\n${indent(`baseline host${cpuBody === "" ? "" : `\n${cpuBody}`}`)}\n}\n\nguest g {\n${indent(`cpu c\nruns-on n1${guestBody === "" ? "" : `\n${guestBody}`}`)}\n}`,
  );

export const test = (body: string): string =>
  file(`cpu c {\n  baseline host\n}\n\nguest g {\n  cpu c\n}\n\ntest g "sample" {\n${indent(body)}\n}`);
