/** A sealed guest leaves nothing to the host. */
import type { Contract } from "../../contract.ts";
import { openByRegister, openChoices } from "../../open.ts";
import type { Report } from "../report.ts";

export function checkSealed(contract: Contract, report: Report): void {
  if (!contract.sealed) return;
  const open = openChoices(contract);
  if (open.length === 0) return;
  // What a statement decides comes first: fields are many, and a named core decides most of them at once.
  const ofFields = (choice: string): boolean => choice.includes(".");
  const groups = [
    ...openByRegister(open.filter((choice) => !ofFields(choice))),
    ...openByRegister(open.filter(ofFields)),
  ];
  const shown = groups.slice(0, 12);
  const rest = groups.length - shown.length;
  report.add(
    "sealed-open",
    contract.span,
    { guest: contract.guest, open: open.length === 1 ? "one choice is" : `${open.length} choices are` },
    {
      notes: [...shown, ...(rest > 0 ? [`and ${rest} more registers`] : [])],
      help: [
        "decide them with `field REGISTER.FIELD = VALUE` and the statements named, or take `baseline CORE`, which decides every field that the core's manual gives",
      ],
    },
  );
}
