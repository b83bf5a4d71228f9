/** The devices that a guest's VMM will create, against those that a host's KVM took. */
import type { Contract } from "../../contract.ts";
import { controllerDevice } from "../../tables/index.ts";
import type { Report } from "../report.ts";
import type { HostOfGuest } from "./check.ts";

/** Where nobody tried KVM_CREATE_DEVICE, nothing is said. */
export function checkInterruptController({ gic }: Contract, host: HostOfGuest, report: Report): void {
  const { devices, origin } = host.profile;
  if (gic === undefined || gic.value === "none" || devices === undefined || origin === "derived") return;
  const device = controllerDevice(gic.value);
  if (devices.includes(device.number)) return;
  report.add(
    "host-lacks-controller",
    gic.origin.span,
    { host: host.name, version: gic.value },
    {
      related: [{ span: host.span, message: "the guest runs on it" }],
      notes: [`KVM_CREATE_DEVICE answered ENODEV for ${device.name}`],
    },
  );
}
