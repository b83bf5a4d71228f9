/** Little-endian bytes of what KVM reads through a pointer. Layouts: include/uapi/linux/kvm.h and arch/arm64/include/uapi/asm/kvm.h. */

const bytes = (size: number, write: (view: DataView) => void): Uint8Array => {
  const payload = new Uint8Array(size);
  write(new DataView(payload.buffer));
  return payload;
};

export const u32 = (value: number): Uint8Array => bytes(4, (view) => view.setUint32(0, value, true));
export const u64 = (value: bigint): Uint8Array => bytes(8, (view) => view.setBigUint64(0, value, true));

/** `struct kvm_smccc_filter`: u32 base, u32 nr_functions, u8 action, u8 pad[15]. */
export function smcccFilter(base: number, count: number, action: number): Uint8Array {
  return bytes(24, (view) => {
    view.setUint32(0, base, true);
    view.setUint32(4, count, true);
    view.setUint8(8, action);
  });
}

/** `struct kvm_pmu_event_filter`: u16 base_event, u16 nevents, u8 action, u8 pad[3]. */
export function pmuEventFilter(base: number, count: number, action: number): Uint8Array {
  return bytes(8, (view) => {
    view.setUint16(0, base, true);
    view.setUint16(2, count, true);
    view.setUint8(4, action);
  });
}

/** `struct kvm_arm_counter_offset`: u64 counter_offset, u64 reserved. */
export function counterOffset(offset: bigint): Uint8Array {
  return bytes(16, (view) => view.setBigUint64(0, offset, true));
}
