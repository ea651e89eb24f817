import type { Json } from "@muster/kernel";

/** The parts of a JSON Schema, as OpenAPI 3.0 and 3.1 have it, that a value is made from. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly default?: Json;
  readonly example?: Json;
  readonly examples?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number | boolean;
  readonly maximum?: number;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly readOnly?: boolean;
}

/** Resolves a reference within the document; gives anything else back as it is. */
export type Resolve = <T>(value: T) => T;

/** Schemas may contain themselves; beyond this nothing more is made. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  uuid: "00000000-0000-4000-8000-000000000000",
  email: "somebody@example.org",
  uri: "https://example.org/",
  hostname: "example.org",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  byte: "ZXhhbXBsZQ==",
};

/** A value that a schema describes: its example if there is one, else the smallest that it allows. */
export function schemaExample(written: Schema | undefined, resolve: Resolve, depth = 0): Json {
  const schema = resolve(written);
  if (typeof schema !== "object" || schema === null || depth > MAX_DEPTH) return null;
  const given = schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (given !== undefined) return given;
  if (schema.allOf !== undefined) return allOf(schema, resolve, depth);
  const choices = schema.oneOf ?? schema.anyOf ?? [];
  const choice = choices.find((each) => resolve(each)?.type !== "null") ?? choices[0];
  if (choice !== undefined) {
    const rest = schema.properties === undefined ? {} : objectExample(schema, resolve, depth);
    const chosen = schemaExample(choice, resolve, depth + 1);
    return isRecord(chosen) ? { ...rest, ...chosen } : chosen;
  }
  const type = Array.isArray(schema.type) ? (schema.type.find((each) => each !== "null") as string) : schema.type;
  switch (type ?? (schema.properties === undefined ? undefined : "object")) {
    case "object":
      return objectExample(schema, resolve, depth);
    case "array": {
      const items = Math.min(Math.max(1, schema.minItems ?? 1), MAX_ITEMS);
      const item = schemaExample(schema.items ?? {}, resolve, depth + 1);
      return schema.items === undefined ? [] : Array.from({ length: items }, () => item);
    }
    case "integer":
    case "number":
      return numberExample(schema, type === "integer");
    case "boolean":
      return true;
    case "string":
      return stringExample(schema);
    default:
      return null;
  }
}

function objectExample(schema: Schema, resolve: Resolve, depth: number): Readonly<Record<string, Json>> {
  const required = new Set(schema.required);
  const made: Record<string, Json> = {};
  for (const [name, written] of Object.entries(schema.properties ?? {})) {
    const property = resolve(written);
    const wanted = required.has(name) || property?.example !== undefined || property?.examples !== undefined;
    if (wanted && property?.readOnly !== true) made[name] = schemaExample(property, resolve, depth + 1);
  }
  return made;
}

function allOf(schema: Schema, resolve: Resolve, depth: number): Json {
  const { allOf: parts = [], ...rest } = schema;
  let made: Readonly<Record<string, Json>> = schema.properties === undefined ? {} : objectExample(rest, resolve, depth);
  let plain: Json = null;
  for (const part of parts) {
    const example = schemaExample(part, resolve, depth + 1);
    if (isRecord(example)) made = { ...made, ...example };
    else plain = example;
  }
  return Object.keys(made).length === 0 ? plain : made;
}

function numberExample({ minimum, exclusiveMinimum, maximum }: Schema, whole: boolean): number {
  const least = typeof exclusiveMinimum === "number" ? exclusiveMinimum + (whole ? 1 : 0.5) : minimum;
  const above = exclusiveMinimum === true ? (least ?? 0) + (whole ? 1 : 0.5) : least;
  const number = above === undefined || above < 1 ? Math.max(above ?? 1, 1) : above;
  return maximum === undefined ? number : Math.min(number, maximum);
}

function stringExample({ format, minLength = 0, maxLength }: Schema): string {
  const text = FORMATS[format ?? ""] ?? "example";
  return text.padEnd(minLength, "x").slice(0, maxLength ?? Number.POSITIVE_INFINITY);
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
