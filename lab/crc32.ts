/** CRC-32 (the polynomial of ISO-HDLC, as in gzip). */
import { crc32 } from "node:zlib";

/** 8 hexadecimal digits. */
export const crc32Hex = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, "0");
