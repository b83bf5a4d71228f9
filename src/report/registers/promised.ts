/** The registers of a guest that is looked at on no host: what the contract alone decides. */
import type { Contract } from "../../contract.ts";
import { meaningOf } from "../../sim/view/registers.ts";
import { field as findField, idRegister } from "../../tables/index.ts";
import { number, register64, shown } from "../words.ts";
import { bitsOf, type FieldLine, type RegisterBlock } from "./block.ts";
import { contractOrigin } from "./origin.ts";

/** In order of id. */
export function promisedRegisters({ registers }: Contract, path: string): readonly RegisterBlock[] {
  return registers.map(({ name, id, fields }) => {
    const lines = fields
      .toSorted((a, b) => b.lsb - a.lsb)
      .map((one): FieldLine => {
        const row = findField(name, one.name);
        const open = one.value === "host";
        const meaning = row === undefined || one.value === "host" ? undefined : meaningOf(row, one.value);
        const isThere = one.value !== "host" && one.value !== BigInt(row?.absent ?? 0);
        return {
          bits: bitsOf(one),
          name: one.name,
          again: false,
          value: one.value === "host" ? "the host's" : number(one.value),
          meaning: shown(meaning ?? ""),
          features: [],
          hosts: undefined,
          differs: false,
          origin: contractOrigin(one.origin, open, path),
          notable: isThere || one.origin.kind === "statement",
        };
      });
    const left = fields.some(({ value }) => value === "host");
    const value = fields.reduce(
      (sum, one) => (one.value === "host" ? sum : sum | (one.value << BigInt(one.lsb))),
      0n,
    );
    return {
      name,
      id: register64(id),
      kind: idRegister(name)?.kind === "aarch32-id" ? ("aarch32" as const) : ("aarch64" as const),
      whole: [
        left
          ? { text: "in part left to the host", isValue: false, hosts: undefined }
          : { text: register64(value), isValue: true, hosts: undefined },
      ],
      fields: lines,
      notable: lines.some(({ notable }) => notable),
      differs: false,
    };
  });
}
