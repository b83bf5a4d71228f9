/** What a KVM call answers. */

/** `EINVAL`, `ENOENT` … */
export type Errno = `E${string}`;

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errno: Errno };

export const ok = <T>(value: T): Answer<T> => ({ ok: true, value });
export const done: Answer<undefined> = ok(undefined);
export const fails = (errno: Errno): { readonly ok: false; readonly errno: Errno } => ({ ok: false, errno });
