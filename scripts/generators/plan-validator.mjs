import { generateValidator } from "../lib/schema-validator.mjs";

/** @param {string} root */
export function generate(root) {
  return generateValidator(root, "schemas/plan.schema.json", "src/generated/plan-validator.js");
}
