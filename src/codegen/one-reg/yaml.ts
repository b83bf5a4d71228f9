/** The plan document as YAML 1.2, every string quoted, so that no reader takes `0x10` or `on` for something else. */
import { stringify } from "yaml";
import type { JsonObject } from "./document.ts";

export function yamlText(document: JsonObject): string {
  return stringify(document, {
    version: "1.2",
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}
