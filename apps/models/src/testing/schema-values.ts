import fc from "fast-check";

/** The keywords of JSON Schema that our API's document uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Long enough to be interesting, short enough for thousands of them. */
const LONGEST = 12;

/** Values that hold against a schema, or nearly; what it does not say is anything. */
export function valuesOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(valuesOf));
  switch (schema.type) {
    case "object":
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, valuesOf(each)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case "array": {
      const { minItems = 0, maxItems = LONGEST } = schema;
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: minItems,
        maxLength: Math.min(maxItems, minItems + 3),
      });
    }
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer({
        min: Math.max(schema.minimum ?? -100, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 100, 2 ** 31 - 1),
      });
    case "number":
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textOf({ pattern, minLength = 0, maxLength = LONGEST }: JsonSchema): fc.Arbitrary<string> {
  // Generators know no look-ahead; without it a pattern is a little wider.
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern.replaceAll(/\(\?[=!][^)]*\)/g, "")));
  return fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, LONGEST)) });
}

/** A value with one place in it replaced, removed or added to. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .record({ steps: fc.array(fc.nat(7), { maxLength: 4 }), by: fc.jsonValue({ maxDepth: 3 }), how: fc.nat(2) })
    .map(({ steps, by, how }) => changed(value, steps, by, how));
}

function changed(value: unknown, steps: readonly number[], by: unknown, how: number): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== "object" || value === null) return by;
  if (Array.isArray(value)) {
    if (value.length === 0) return [by];
    return value.map((each: unknown, index) => (index === step % value.length ? changed(each, rest, by, how) : each));
  }
  const names = Object.keys(value);
  const name = names[step % Math.max(1, names.length)];
  if (name === undefined || how === 0) return { ...value, surplus: by };
  if (how === 1 && rest.length === 0)
    return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  return { ...value, [name]: changed((value as Record<string, unknown>)[name], rest, by, how) };
}
