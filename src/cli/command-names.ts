/** Apart from their table, because the launcher needs no more than this. */
export const commandNames = [
  "check",
  "build",
  "view",
  "test",
  "run",
  "migrate",
  "report",
  "diff",
  "fmt",
  "explain",
  "init",
  "probe",
  "host",
  "replay",
  "baseline",
] as const;
/** They need the simulator: their code is a program of its own, which the others do not load. */
export const simulatorCommands: readonly CommandName[] = [
  "view",
  "test",
  "run",
  "migrate",
  "report",
  "replay",
];
export type CommandName = (typeof commandNames)[number];
