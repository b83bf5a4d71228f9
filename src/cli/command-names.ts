/** Apart from their table, because the launcher needs no more than this. */
export const commandNames = [
  "check",
  "build",
  "view",
  "test",
  "run",
  "fmt",
  "explain",
  "init",
  "probe",
  "host",
  "replay",
] as const;
export type CommandName = (typeof commandNames)[number];
