import { createCatalog } from "@muster/catalog";
import { CATEGORIES, type Json } from "@muster/kernel";
import type { CheckUnit } from "@muster/contract";
import { madeFrom, markdownTable } from "./markdown.ts";

/** The page of every check: what it looks at, why, what to do, and its parameters. */
export function checksPage(): string {
  const catalog = createCatalog({ load: () => Promise.reject(new Error("documentation runs no load")) });
  const checks = [...catalog.checks.values()];
  return [
    "# Checks",
    "",
    madeFrom("packages/catalog/src/checks"),
    "",
    "A check is a rule over facts that a collector brought home. Its outcome is `pass`, `warn`, `fail`, or `unknown` when it",
    "could not judge; `unknown` never counts as `pass`. Parameters are given in `muster.config.ts` as `with`.",
    "",
    ...CATEGORIES.flatMap((category) => [
      `## ${category}`,
      "",
      ...checks.filter((check) => check.category === category).flatMap(section),
    ]),
  ].join("\n");
}

function section(check: CheckUnit): string[] {
  const parameters = Object.entries(check.parameters.properties as Record<string, { description?: string }>);
  const rows = parameters.map(([name, schema]) => [
    `\`${name}\``,
    `\`${JSON.stringify(check.defaults[name] as Json)}\``,
    schema.description ?? "",
  ]);
  return [
    `### ${check.id}`,
    "",
    `${check.title}. Severity when it fails: ${check.severity}.`,
    "",
    check.why,
    "",
    `Fix: ${check.fix}`,
    "",
    ...(rows.length === 0 ? [] : [markdownTable(["Parameter", "Default", "Meaning"], rows), ""]),
    `Facts: ${check.requires.map((each) => `\`${each}\``).join(", ")}.`,
    ...(check.supports.length === 0 ? [] : [`Supports: ${check.supports.join(", ")}.`]),
    "",
    ...check.references.map((each) => `- ${/^https?:/.test(each) ? `<${each}>` : each}`),
    "",
  ];
}
