/** A prediction that is not what was seen. */
export interface Difference {
  /** `ID_AA64PFR0_EL1`, `hvc 0x84000000`, `LDADD`, `the contract`. */
  readonly subject: string;
  readonly predicted: string;
  readonly because: string;
  readonly seen: string;
}
