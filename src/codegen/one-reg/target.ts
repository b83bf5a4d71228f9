/** Target `one-reg`: the Plan itself, as JSON, YAML or a table. Carries everything. */
import { chosenFormat, fileNameFor, type Target } from "../target.ts";
import { planDocument } from "./document.ts";
import { tableText } from "./table.ts";
import { yamlText } from "./yaml.ts";

export const oneReg: Target = {
  name: "one-reg",
  title: "the KVM calls in order, with ids, masks and values",
  formats: [
    { name: "json", extension: "plan.json", title: "JSON, by schemas/plan.schema.json" },
    { name: "yaml", extension: "plan.yaml", title: "the same as YAML, every string quoted" },
    { name: "table", extension: "plan.txt", title: "a table for people" },
  ],
  limits: [],
  emit(plan, contract, options = {}) {
    const format = chosenFormat(oneReg, options);
    if (format === undefined) throw new RangeError(`target one-reg has no format ${options.format}`);
    const text =
      format.name === "table"
        ? tableText(plan)
        : format.name === "yaml"
          ? yamlText(planDocument(plan, contract))
          : `${JSON.stringify(planDocument(plan, contract), null, 2)}\n`;
    return { files: [{ name: fileNameFor(plan.guest, format.extension), text }], warnings: [] };
  },
};
