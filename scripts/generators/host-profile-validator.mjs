import { generateValidator } from "../lib/schema-validator.mjs";

/** @param {string} root */
export function generate(root) {
  return generateValidator(
    root,
    "schemas/host-profile.schema.json",
    "src/generated/host-profile-validator.js",
  );
}
