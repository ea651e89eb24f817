import { type Json, MusterError } from "@muster/kernel";
import { type Resolve, type Schema, schemaExample } from "./schema-example.ts";

/** One operation of a described API, with what it takes to call it. */
export interface ApiOperation {
  readonly method: string;
  /** With parameters in braces: `/models/{name}`. */
  readonly path: string;
  readonly tag: string;
  /** What it does, in a line; empty when nothing is said. */
  readonly summary: string;
  /** An example of each parameter of the path. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Parameters of the query and fields that it cannot do without. */
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ApiBody | undefined;
  /** Statuses of success that are described; none when any of 2xx is. */
  readonly statuses: readonly number[];
  readonly signIn: readonly SignIn[];
  /** Why it is no request of a load; undefined when it is. */
  readonly unfit: string | undefined;
}

/** A body by its kind, with an example. */
export type ApiBody =
  | { readonly kind: "json"; readonly value: Json }
  | { readonly kind: "form" | "multipart"; readonly fields: Readonly<Record<string, FormValue>> }
  | { readonly kind: "text"; readonly type: string; readonly text: string };

export type FormValue = { readonly text: string } | { readonly file: string };

/** How a caller shows who it is. The secret comes from the environment. */
export interface SignIn {
  readonly kind: "bearer" | "basic" | "header" | "query" | "cookie";
  /** Name of the field, parameter or cookie. */
  readonly name: string;
}

/** An API as its OpenAPI description has it. */
export interface ApiDescription {
  readonly title: string;
  /** Complete address of the first server that has one. */
  readonly server: string | undefined;
  readonly operations: readonly ApiOperation[];
}

type Fields = Readonly<Record<string, unknown>>;

const METHODS = ["get", "head", "options", "post", "put", "patch", "delete"] as const;

/**
 * Reads an OpenAPI description of version 3.0 or 3.1, in JSON.
 * @param from where it came from, which servers may be relative to.
 * @throws {MusterError} `load-import` when it is none.
 */
export function readOpenApi(text: string, from?: URL): ApiDescription {
  let document: Fields;
  try {
    document = JSON.parse(text) as Fields;
  } catch (error) {
    const yaml = /^\s*(?:#|openapi:|---)/.test(text) ? "; YAML is not read: convert it to JSON first" : "";
    throw new MusterError("load-import", `the description is not JSON: ${(error as Error).message}${yaml}`);
  }
  const version = document?.["openapi"];
  if (typeof version !== "string" || !/^3\.[01]/.test(version)) {
    const found =
      typeof version === "string" ? `OpenAPI ${version}` : "swagger" in (document ?? {}) ? "Swagger 2" : "no OpenAPI";
    throw new MusterError("load-import", `the description is ${found}; versions 3.0 and 3.1 are read`);
  }
  const resolve = resolverOf(document);
  const schemes = signInsOf((document["components"] as Fields | undefined)?.["securitySchemes"], resolve);
  const operations: ApiOperation[] = [];
  for (const [path, written] of Object.entries(recordOf(document["paths"]))) {
    const item = recordOf(resolve(written));
    for (const method of METHODS) {
      const operation = item[method];
      if (operation !== undefined) {
        operations.push(operationOf(method, path, recordOf(operation), item, document, schemes, resolve));
      }
    }
  }
  if (operations.length === 0) throw new MusterError("load-import", "the description has no operation");
  const title = recordOf(document["info"])["title"];
  return {
    title: typeof title === "string" ? title : "an API",
    server: serverOf(document["servers"], from),
    operations,
  };
}

function operationOf(
  method: string,
  path: string,
  operation: Fields,
  item: Fields,
  document: Fields,
  schemes: Readonly<Record<string, SignIn>>,
  resolve: Resolve,
): ApiOperation {
  const parameters = new Map<string, Fields>();
  // Those of the operation replace those of the path.
  for (const each of [...listOf(item["parameters"]), ...listOf(operation["parameters"])]) {
    const parameter = recordOf(resolve(each));
    parameters.set(`${String(parameter["in"])} ${String(parameter["name"])}`, parameter);
  }
  const examples = (place: string, all: boolean): Record<string, string> =>
    Object.fromEntries(
      [...parameters.values()]
        .filter((each) => each["in"] === place && (all || each["required"] === true))
        .map((each) => [String(each["name"]), parameterExample(each, resolve)]),
    );
  const pathParameters = examples("path", true);
  // A description may forget what its own path has.
  for (const [, name = ""] of path.matchAll(/\{([^{}]+)\}/g)) pathParameters[name] ??= "example";
  const responses = Object.entries(recordOf(operation["responses"]));
  const tag = listOf(operation["tags"])[0];
  const { body, unfit } = bodyOf(resolve(operation["requestBody"]), resolve);
  return {
    method: method.toUpperCase(),
    path,
    tag: typeof tag === "string" && tag !== "" ? tag : "api",
    summary: firstLine(operation["summary"] ?? operation["description"] ?? ""),
    pathParameters,
    query: examples("query", false),
    headers: examples("header", false),
    body,
    statuses: responses.flatMap(([status]) => (/^2\d\d$/.test(status) ? [Number(status)] : [])),
    signIn: signInOf(operation["security"] ?? document["security"], schemes),
    unfit: unfit ?? endless(responses, resolve),
  };
}

function parameterExample(parameter: Fields, resolve: Resolve): string {
  const [first] = Object.values(recordOf(parameter["examples"]));
  const example =
    (parameter["example"] as Json | undefined) ??
    (recordOf(resolve(first))["value"] as Json | undefined) ??
    schemaExample((parameter["schema"] as Schema | undefined) ?? { type: "string" }, resolve);
  return typeof example === "string" ? example : example === null ? "example" : JSON.stringify(example);
}

function bodyOf(written: unknown, resolve: Resolve): { body: ApiBody | undefined; unfit?: string } {
  const content = recordOf(recordOf(written)["content"]);
  const types = Object.keys(content);
  if (types.length === 0) return { body: undefined };
  const type = types.find((each) => /[/+]json\b/.test(each)) ?? types[0] ?? "";
  const media = recordOf(content[type]);
  const [first] = Object.values(recordOf(media["examples"]));
  const schema = resolve((media["schema"] ?? {}) as Schema);
  const value =
    (media["example"] as Json | undefined) ??
    (recordOf(resolve(first))["value"] as Json | undefined) ??
    schemaExample(schema, resolve);
  if (/[/+]json\b/.test(type)) return { body: { kind: "json", value } };
  if (type === "multipart/form-data" || type === "application/x-www-form-urlencoded") {
    const properties = recordOf(schema?.properties);
    const fields = Object.entries(recordOf(value)).map(([name, each]): [string, FormValue] => {
      const { format, contentMediaType } = recordOf(resolve(properties[name]));
      const file = format === "binary" || contentMediaType !== undefined;
      return [name, file ? { file: `${name}.bin` } : { text: typeof each === "string" ? each : JSON.stringify(each) }];
    });
    return {
      body: { kind: type === "multipart/form-data" ? "multipart" : "form", fields: Object.fromEntries(fields) },
    };
  }
  const text = typeof value === "string" ? value : value === null ? "example" : JSON.stringify(value);
  return { body: { kind: "text", type, text } };
}

/** A stream of events has no end that could be waited for. */
function endless(responses: readonly (readonly [string, unknown])[], resolve: Resolve): string | undefined {
  const success = responses.find(([status]) => status.startsWith("2"))?.[1];
  const types = Object.keys(recordOf(recordOf(resolve(success))["content"]));
  return types.length === 1 && types[0] === "text/event-stream"
    ? "its answer is a stream of events without end"
    : undefined;
}

function signInsOf(written: unknown, resolve: Resolve): Record<string, SignIn> {
  const found: Record<string, SignIn> = {};
  for (const [name, each] of Object.entries(recordOf(written))) {
    const scheme = recordOf(resolve(each));
    const field = String(scheme["name"]);
    if (scheme["type"] === "apiKey" && ["header", "query", "cookie"].includes(String(scheme["in"]))) {
      found[name] = { kind: scheme["in"] as "header" | "query" | "cookie", name: field };
    } else if (scheme["type"] === "http" && String(scheme["scheme"]).toLowerCase() === "basic") {
      found[name] = { kind: "basic", name: "authorization" };
    } else if (["http", "oauth2", "openIdConnect"].includes(String(scheme["type"]))) {
      found[name] = { kind: "bearer", name: "authorization" };
    }
  }
  return found;
}

/** What the first of several ways to sign in asks for. */
function signInOf(security: unknown, schemes: Readonly<Record<string, SignIn>>): readonly SignIn[] {
  const [first] = listOf(security);
  return Object.keys(recordOf(first)).flatMap((name) => schemes[name] ?? []);
}

function serverOf(servers: unknown, from: URL | undefined): string | undefined {
  for (const each of listOf(servers)) {
    const { url, variables } = recordOf(each);
    if (typeof url !== "string") continue;
    const complete = url.replaceAll(/\{([^{}]+)\}/g, (_, name: string) =>
      textOf(recordOf(recordOf(variables)[name])["default"]),
    );
    if (URL.canParse(complete, from?.href) && /^https?:/.test(new URL(complete, from).href)) {
      return new URL(complete, from).href;
    }
  }
  return from === undefined ? undefined : from.origin;
}

/** Follows references within a document; those that lead out of it, or nowhere, are an error. */
function resolverOf(document: Fields): Resolve {
  const follow = (value: unknown, hops: number): unknown => {
    const reference = typeof value === "object" && value !== null ? (value as Fields)["$ref"] : undefined;
    if (typeof reference !== "string") return value;
    if (!reference.startsWith("#/")) {
      throw new MusterError("load-import", `the description refers to ${reference}; put all of it into one file`);
    }
    if (hops > 20) throw new MusterError("load-import", `the reference ${reference} leads in a circle`);
    let at: unknown = document;
    for (const part of reference.slice(2).split("/")) {
      at = (at as Fields | undefined)?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    if (at === undefined) throw new MusterError("load-import", `the reference ${reference} leads nowhere`);
    return follow(at, hops + 1);
  };
  return <T>(value: T) => follow(value, 0) as T;
}

function recordOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function firstLine(text: unknown): string {
  return typeof text === "string" ? (text.trim().split(/[\r\n\u2028\u2029]/)[0] ?? "").slice(0, 100) : "";
}
