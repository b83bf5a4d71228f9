/** Attributes of the VFIO device: groups and device files, of which a simulated host has none. */
import { type Answer, done, fails } from "../answer.ts";
import { type Payload, readInt } from "./payload.ts";

/** KVM_DEV_VFIO_FILE, with KVM_DEV_VFIO_FILE_ADD and KVM_DEV_VFIO_FILE_DEL. */
const FILE = 1;
const ADD = 1n;
const DELETE = 2n;

const isKnown = (group: number, attribute: bigint): boolean =>
  group === FILE && (attribute === ADD || attribute === DELETE);

/** kvm_vfio_has_attr. */
export const hasVfioAttribute = (group: number, attribute: bigint): Answer<undefined> =>
  isKnown(group, attribute) ? done : fails("ENXIO");

/** kvm_vfio_set_attr: whatever number is given, no file is open there. */
export function setVfioAttribute(group: number, attribute: bigint, payload: Payload): Answer<undefined> {
  if (!isKnown(group, attribute)) return fails("ENXIO");
  const file = readInt(payload);
  return file.ok ? fails("EBADF") : file;
}
