/** Pages of SMCCC: function ids and names, owners, conventions, services. */
import {
  capability,
  describeSmcccId,
  reservedFilterRanges,
  type Service,
  type SmcccFunction,
  type SmcccOwner,
  service,
  services,
  smcccConventions,
  smcccFunction,
  smcccFunctions,
  smcccOwners,
  smcccYieldingRanges,
} from "../tables/index.ts";
import { fact, type Page, table } from "./page.ts";
import { functionId, hex, sourceWords } from "./words.ts";

/** Who answers, by the row's gate. */
function gateWords(found: SmcccFunction): string {
  const [kind, name] = found.gate.split(" ", 2);
  switch (kind) {
    case "service":
      return `the service \`${name ?? ""}\`: KVM answers a guest that names it, else NOT_SUPPORTED`;
    case "default":
      return "none: KVM answers every guest, unless a filter denies or forwards the call";
    case "el2":
      return "none: answered at EL2 before the filter is asked";
    default:
      return "none: KVM has no handler; a filter can forward it to user space";
  }
}

const conventionWords = (bits: number): string => (bits === 64 ? "SMC64" : "SMC32");

function idWords(id: number): string {
  const said = describeSmcccId(id);
  return said === undefined ? functionId(id) : `${functionId(id)} (${conventionWords(said.convention.bits)})`;
}

const containing = (id: number) => (range: { readonly first: number; readonly last: number }) =>
  range.first <= id && id <= range.last;

/** What the filter of the language says for one id. */
function filterWords(id: number): string {
  const reserved = reservedFilterRanges().find(containing(id));
  if (reserved !== undefined) return `cannot be filtered: ${reserved.why}`;
  return `\`deny ${functionId(id)}\` or \`forward ${functionId(id)}\` in an \`smccc\` block`;
}

export function functionPage(id: number): Page | undefined {
  const said = describeSmcccId(id);
  if (said === undefined) return undefined;
  const found = smcccFunction(id);
  const { convention, owner, entity, number } = said;
  const yielding = convention.fast ? undefined : smcccYieldingRanges().find(containing(id));
  return {
    kind: "smccc-function",
    name: found?.name ?? functionId(id),
    title: `${found === undefined ? "" : `function ${functionId(id)}, `}${convention.fast ? "fast" : "yielding"} call, ${conventionWords(convention.bits)}`,
    facts: [
      fact("id", "function id", functionId(id)),
      fact("ids", "all its ids", found?.ids.map(idWords)),
      fact("convention", "convention", `${convention.name}: ${convention.title}`),
      convention.fast
        ? fact(
            "owner",
            "owner",
            owner === undefined
              ? `${entity}: no owner has this number`
              : `${owner.name} (${entity}): ${owner.title}`,
          )
        : fact("owner", "range", yielding?.why),
      fact("number", "number", hex(number)),
      fact("answers", "gate", found === undefined ? undefined : gateWords(found)),
      fact(
        "result",
        "answer in x0",
        found?.result ??
          "-1 (NOT_SUPPORTED): the tables know no such call, and KVM answers so what it does not know",
      ),
      fact("since", "since", found?.since === undefined ? undefined : `Linux ${found.since}`),
      fact("psci", "PSCI", found?.psci === undefined ? undefined : `from version ${found.psci}`),
      fact(
        "capability",
        "capability",
        found?.capability === undefined
          ? undefined
          : (capability(found.capability)?.word ?? found.capability),
      ),
      fact(
        "forwardFor",
        "belongs to",
        found?.forwardFor === undefined ? undefined : `the service \`${found.forwardFor}\``,
      ),
      fact("filter", "filter", filterWords(id)),
      fact("source", "source", found === undefined ? undefined : sourceWords(found.source)),
    ],
  };
}

function ownerPage(owner: SmcccOwner): Page {
  const own = smcccFunctions().flatMap((found) =>
    found.ids
      .filter((id) => {
        const said = describeSmcccId(id);
        return said?.convention.fast === true && said.owner?.name === owner.name;
      })
      .map((id) => ({ id: functionId(id), name: found.name, result: found.result })),
  );
  return {
    kind: "smccc-owner",
    name: owner.name,
    title: owner.title,
    facts: [
      fact(
        "entities",
        "entities",
        owner.first === owner.last ? String(owner.first) : `${owner.first} to ${owner.last}`,
      ),
      fact(
        "ranges",
        "ids",
        smcccConventions()
          .filter(({ fast }) => fast)
          .map(
            ({ name, base }) =>
              `${name} ${functionId(base + owner.first * 0x100_0000)} to ${functionId(base + owner.last * 0x100_0000 + 0xffff)}`,
          ),
      ),
      fact("filter", "filter", `\`deny ${owner.name} fast64\` and the like in an \`smccc\` block`),
      fact("source", "source", sourceWords(owner.source)),
    ],
    sections: [table("functions", "Known calls", ["id", "name", "result"], own)],
  };
}

function servicePage(of: Service): Page {
  const needers = services().filter((other) => other.needs.includes(of.name));
  return {
    kind: "service",
    name: of.name,
    title: of.title,
    facts: [
      fact("register", "register", `bit ${of.bit} of ${of.register}`),
      fact("kernelName", "in Linux", of.kernelName),
      fact("since", "since", `Linux ${of.since}`),
      fact("needs", "needs", of.needs),
      fact(
        "neededBy",
        "needed by",
        needers.map(({ name }) => name),
      ),
      fact(
        "handler",
        "answered by",
        of.forwardOnly === true ? "user space: KVM has no handler, a filter must forward the calls" : "KVM",
      ),
      fact(
        "statement",
        "statement",
        `\`services ${of.name}\` in a guest; cleared where no statement names it`,
      ),
      fact("source", "source", sourceWords(of.source)),
    ],
    sections: [
      table(
        "functions",
        "Calls",
        ["id", "name", "result"],
        of.functions.map((id) => ({
          id: functionId(id),
          name: smcccFunction(id)?.name ?? "",
          result: smcccFunction(id)?.result ?? "",
        })),
      ),
    ],
  };
}

/** By function id (`0xc4000003`), or the name of a function, an owner, a convention or a service. */
export function smcccPages(subject: string): readonly Page[] {
  if (/^0x[0-9a-f_]+$/i.test(subject)) {
    const id = Number(subject.replaceAll("_", ""));
    const page = id <= 0xffff_ffff ? functionPage(id) : undefined;
    return page === undefined ? [] : [page];
  }
  const named = smcccFunction(subject);
  const owner = smcccOwners().find(({ name }) => name === subject);
  const convention = smcccConventions().find(({ name }) => name === subject);
  const found = service(subject);
  const [first] = named?.ids ?? [];
  const functionOf = first === undefined ? undefined : functionPage(first);
  return [
    ...(functionOf === undefined ? [] : [functionOf]),
    ...(found === undefined ? [] : [servicePage(found)]),
    ...(owner === undefined ? [] : [ownerPage(owner)]),
    ...(convention === undefined
      ? []
      : [
          {
            kind: "smccc-convention",
            name: convention.name,
            title: convention.title,
            facts: [
              fact("base", "first id", functionId(convention.base)),
              fact("bits", "registers", `${convention.bits} bits`),
              fact("filter", "filter", `\`deny oem ${convention.name}\` and the like in an \`smccc\` block`),
            ],
          },
        ]),
  ];
}

export const smcccNames = (): readonly string[] => [
  ...services().map(({ name }) => name),
  ...smcccFunctions().map(({ name }) => name),
  ...smcccOwners().map(({ name }) => name),
  ...smcccConventions().map(({ name }) => name),
];
