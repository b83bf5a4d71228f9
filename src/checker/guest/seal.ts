/** A sealed guest leaves nothing to the host. */
import type { Contract } from "../../contract.ts";
import { openByRegister, openChoices } from "../../open.ts";
import type { Report } from "../report.ts";

export function checkSealed(contract: Contract, report: Report): void {
  if (!contract.sealed) return;
  const open = openChoices(contract);
  if (open.length === 0) return;
  const groups = openByRegister(open);
  const shown = groups.slice(0, 12);
  const rest = groups.length - shown.length;
  report.add(
    "sealed-open",
    contract.span,
    { guest: contract.guest, count: open.length },
    {
      notes: [...shown, ...(rest > 0 ? [`and ${rest} more registers`] : [])],
      help: [
        "decide them with `field REGISTER.FIELD = VALUE` and the statements named, or take `baseline CORE`, which decides every field that the core's manual gives",
      ],
    },
  );
}
