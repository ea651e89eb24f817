import { ConfigurationSchema } from "@muster/contract";
import { madeFrom, markdownTable } from "./markdown.ts";

/** The parts of JSON Schema that the configuration uses. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

interface Section {
  readonly path: string;
  readonly schema: Schema;
}

/** The page of `muster.config.ts`, from the schema that validates it. */
export function configurationPage(): string {
  const sections = collectSections({ path: "", schema: ConfigurationSchema as Schema });
  return [
    "# Configuration",
    "",
    madeFrom("packages/contract/src/configuration/schema.ts"),
    "",
    "`muster.config.ts` says what ought to be: the service, its environments, which checks look at it, which controls",
    "rest on them, and which gates they make up. `muster init` writes one with comments. Muster loads the nearest one",
    "upwards from where it is started, and reports all problems at once, each with its path.",
    "",
    "The checks and their parameters are listed in [checks](checks.md).",
    "",
    ...sections.flatMap(sectionText),
  ].join("\n");
}

function collectSections(section: Section): Section[] {
  const below = Object.entries(section.schema.properties ?? {}).flatMap(([name, member]) => {
    const path = section.path === "" ? name : `${section.path}.${name}`;
    const inner = innerObject(path, member);
    return inner ? collectSections(inner) : [];
  });
  return [section, ...below];
}

/** The object that a member holds, directly, as a list, or by name. */
function innerObject(path: string, member: Schema): Section | undefined {
  if (member.properties) return { path, schema: member };
  if (member.items?.properties) return { path: `${path}[]`, schema: member.items };
  const named = valueSchema(member);
  return named?.properties ? { path: `${path}.<name>`, schema: named } : undefined;
}

function valueSchema(member: Schema): Schema | undefined {
  const [byPattern] = Object.values(member.patternProperties ?? {});
  return byPattern ?? (typeof member.additionalProperties === "object" ? member.additionalProperties : undefined);
}

function sectionText({ path, schema }: Section): string[] {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, member]) => [
    `\`${name}\``,
    required.has(name) ? "yes" : "",
    valueText(member),
    member.description ?? "",
  ]);
  return [
    path === "" ? "## The file" : `## \`${path}\``,
    "",
    ...(schema.description === undefined ? [] : [`${schema.description}.`, ""]),
    markdownTable(["Member", "Needed", "Value", "Meaning"], rows),
    "",
  ];
}

function valueText(schema: Schema): string {
  const preset = schema.default === undefined ? "" : `, otherwise \`${JSON.stringify(schema.default)}\``;
  return `${kindText(schema)}${preset}`;
}

function kindText(schema: Schema): string {
  if (schema.enum) return schema.enum.map((each) => `\`"${each}"\``).join(" or ");
  if (schema.const !== undefined) return `\`"${schema.const}"\``;
  if (schema.anyOf) return schema.anyOf.map(kindText).join(", or ");
  switch (schema.type) {
    case "string":
      return "text";
    case "boolean":
      return "`true` or `false`";
    case "integer":
    case "number":
      return range(schema);
    case "array":
      return `list of ${schema.items?.properties ? "objects" : kindText(schema.items ?? {})}`;
    case "object": {
      const named = valueSchema(schema);
      if (!named) return "object";
      return named.properties ? "objects by name" : `${kindText(named)} by name`;
    }
    default:
      return "any JSON value";
  }
}

function range({ type, minimum, maximum }: Schema): string {
  const bounds = [minimum === undefined ? "" : `from ${minimum}`, maximum === undefined ? "" : `to ${maximum}`]
    .filter((each) => each !== "")
    .join(" ");
  return `${type === "integer" ? "whole number" : "number"}${bounds === "" ? "" : ` ${bounds}`}`;
}
