/** Typed, lazily parsed access to the fact tables. Functions answer `undefined` for what is unknown; nothing throws. */
export type * from "./types.ts";
