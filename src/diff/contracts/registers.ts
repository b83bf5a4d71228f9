/** ID registers of two contracts, field by field. */
import type { Contract, FieldContract } from "../../contract.ts";
import { type ExprState, fieldState, field as findField } from "../../tables/index.ts";
import { type Finding, finding } from "../difference.ts";
import { placeOf } from "../parts.ts";
import { featuresChanged, orderOf, valueWords } from "../words.ts";
import { reasonOf } from "./reason.ts";

/** What a contract's fields say of features; what is left to the host says nothing. */
function contractState({ registers }: Contract): ExprState {
  const values = new Map<string, number>();
  for (const { name, fields } of registers)
    for (const { name: own, value } of fields)
      if (value !== "host") values.set(`${name}.${own}`, Number(value));
  return fieldState(
    (register, name) => values.get(`${register}.${findField(register, name)?.name ?? name}`),
    () => undefined,
  );
}

const words = (register: string, { name, value }: FieldContract): string =>
  value === "host" ? "as the host shows" : valueWords(findField(register, name), value);

export function registerFindings(before: Contract, after: Contract): readonly Finding[] {
  const states = { before: contractState(before), after: contractState(after) };
  const others = new Map(after.registers.map((one) => [one.name, one.fields]));
  // Every contract has every contract register of the tables.
  return before.registers.flatMap(({ name, id, fields }) =>
    fields.flatMap((was) => {
      const is = others.get(name)?.find((one) => one.name === was.name);
      const row = findField(name, was.name);
      if (is === undefined || row === undefined || was.value === is.value) return [];
      return [
        finding({
          group: "guest",
          about: "field",
          subject: `${name}.${was.name}`,
          before: words(name, was),
          after: words(name, is),
          order: was.value === "host" || is.value === "host" ? null : orderOf(row, was.value, is.value),
          family: name,
          ...featuresChanged(row, states.before, states.after),
          reasons: { before: reasonOf(was.origin), after: reasonOf(is.origin) },
          at: placeOf(id, row),
        }),
      ];
    }),
  );
}
