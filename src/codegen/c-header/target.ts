/** Target `c-header`: one self-contained header that configures the guest. */
import { templates } from "../../generated/templates.js";
import type { Limit } from "../limits.ts";
import { judge } from "../limits.ts";
import { fileNameFor, type Target } from "../target.ts";
import { headerModel } from "./model.ts";
import runtime from "./runtime.h?raw";

/** Which descriptors each function has. */
const limits: readonly Limit[] = [
  {
    on: "operation",
    phases: ["create"],
    carried: ["kvm"],
    why: "the header's create_vm function has the descriptor of /dev/kvm only",
  },
  {
    on: "operation",
    phases: ["check", "vm"],
    carried: ["kvm", "vm"],
    why: "the header's configure_vm function is called before a vCPU exists",
  },
  {
    on: "operation",
    phases: ["init", "lengths", "finalize", "registers", "devices", "verify"],
    carried: ["vcpu"],
    why: "the header's functions for a vCPU are called on each one, so that they cannot act on the VM once",
  },
];

export const cHeader: Target = {
  name: "c-header",
  title: "a C11 and C++17 header that configures a VM and its vCPUs and reads back what it wrote",
  formats: [{ name: "header", extension: "h", title: "C and C++ header" }],
  limits,
  emit(plan, contract) {
    const { errors, warnings } = judge(cHeader, plan, contract);
    if (errors.length > 0) return { diagnostics: errors };
    const text = templates["c-header/header"](headerModel(plan, contract, runtime));
    return { files: [{ name: fileNameFor(plan.guest, "h"), text }], warnings };
  },
};
