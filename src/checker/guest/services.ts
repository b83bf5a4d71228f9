/** The hypercall services that a guest may call, and the bitmap registers that they make. */
import type { Contract, Origin } from "../../contract.ts";
import type { Span } from "../../diagnostics/span.ts";
import { didYouMean } from "../../diagnostics/suggest.ts";
import {
  services as allServices,
  bitmapRegisters,
  service as findService,
  type Service,
} from "../../tables/index.ts";
import { byStatement, type Matched, replaceFix } from "../forms.ts";
import type { Report } from "../report.ts";
import { wordText } from "../values.ts";

/** An allowed service, and where the guest names it. */
export interface Allowed {
  readonly service: Service;
  readonly span: Span;
}

export function readServices(matched: Matched | undefined, report: Report): readonly Allowed[] {
  const allowed: Allowed[] = [];
  for (const atom of matched?.slots.get("services") ?? []) {
    const name = wordText(atom);
    const service = findService(name);
    const earlier = allowed.find((one) => one.service === service);
    if (service === undefined) {
      const names = allServices().map((one) => one.name);
      const byKernel = allServices().find((one) => one.kernelName === name);
      const [first] = byKernel === undefined ? didYouMean(name, names) : [byKernel.name];
      report.add(
        "unknown-service",
        atom.span,
        { name },
        {
          ...(name === "none"
            ? { label: "`none` stands alone" }
            : first === undefined
              ? { help: [`services are ${names.map((one) => `\`${one}\``).join(", ")}`] }
              : { label: `did you mean \`${first}\`?`, fixes: [replaceFix(atom.span, first)] }),
        },
      );
    } else if (earlier !== undefined) {
      report.add(
        "service-repeated",
        atom.span,
        { service: name },
        { related: [{ span: earlier.span, message: "first allowed here" }] },
      );
    } else allowed.push({ service, span: atom.span });
  }
  return allowed;
}

export function checkServiceNeeds(allowed: readonly Allowed[], report: Report): void {
  for (const { service, span } of allowed)
    for (const need of service.needs)
      if (!allowed.some((one) => one.service.name === need))
        report.add(
          "service-needs",
          span,
          { service: service.name, needed: need },
          { help: [`write \`services ${[...allowed.map((one) => one.service.name), need].join(", ")}\``] },
        );
}

/** Every bitmap register that the tables know, with the bits of the allowed services and no other. */
export function bitmapsFor(
  allowed: readonly Allowed[],
  stated: Matched | undefined,
  guest: Span,
): Contract["bitmaps"] {
  const origin: Origin =
    stated === undefined ? { kind: "default", span: guest, statement: "services" } : byStatement(stated);
  return bitmapRegisters().map((register) => ({
    register: register.name,
    value: allowed
      .filter(({ service }) => service.register === register.name)
      .reduce((bits, { service }) => bits | (1n << BigInt(service.bit)), 0n),
    origin,
  }));
}
