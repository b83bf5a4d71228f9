/** SVE and SVE2: ops of decoded instructions. */
import type { SveShape } from "../decode/sve-shapes.ts";
import type { Op } from "./machine.ts";
import { compileSveMap } from "./sve-map.ts";
import { compileSveMemory } from "./sve-memory.ts";
import { compileSvePermute } from "./sve-permute.ts";
import { compileSvePredicate } from "./sve-predicate.ts";
import { compileSveProduct } from "./sve-product.ts";

export function compileSve(shape: SveShape): Op {
  switch (shape.kind) {
    case "map":
    case "compare":
    case "narrow":
    case "pairwise":
      return compileSveMap(shape);
    case "product":
      return compileSveProduct(shape);
    case "reduce":
    case "permute":
    case "index":
    case "broadcast":
      return compileSvePermute(shape);
    case "transfer":
    case "replicated":
    case "whole":
    case "prefetch":
      return compileSveMemory(shape);
    default:
      return compileSvePredicate(shape);
  }
}
