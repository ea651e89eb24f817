import { type Json, MusterError } from "@muster/kernel";
import type { ApiBody, ApiDescription, ApiOperation, SignIn } from "./openapi.ts";
import { commentText } from "./imported-request.ts";

/** Longer lines are broken. */
const LINE_LENGTH = 110;

/**
 * The source of a plan that calls every operation of an API: a scenario for each tag, a step for each operation. It is
 * meant to be read and changed: examples stand where a real load needs real data, secrets come from the environment,
 * and whatever deletes is done only when the environment says so.
 *
 * @param target complete address to load, in place of the one that the description names.
 * @throws {MusterError} `load-import` when no address is known.
 */
export function apiPlanSource(api: ApiDescription, source: string, target?: string): string {
  const address = target ?? api.server;
  if (address === undefined) {
    throw new MusterError("load-import", `${source} names no server: give the address to load with --target`);
  }
  const url = new URL(address);
  const base = url.pathname.replace(/\/$/, "");
  const operations = api.operations.filter(({ unfit }) => unfit === undefined);
  const signIns = signInsOf(operations);
  const parameters = parametersOf(operations);
  const deletes = operations.some(({ method }) => method === "DELETE");
  const uploads = operations.some(({ body }) => body?.kind === "multipart");
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const names = namesOf(tags);
  const lines = [
    `import { defineLoad, defineScenario${uploads ? ", multipart" : ""} } from "@muster/load";`,
    "",
    `// Written from ${commentText(source)}: ${commentText(api.title)}.`,
    ...signIns.map((each) => `const ${constantOf(each)} = process.env[${JSON.stringify(variableOf(each))}] ?? "";`),
    ...(deletes
      ? [
          "// Requests that delete are sent only with LOAD_DELETES=yes in the environment.",
          'const deletes = process.env["LOAD_DELETES"] === "yes";',
        ]
      : []),
    "",
    ...(parameters.size === 0
      ? []
      : [
          "// Parts of paths. Examples: put in what the service has.",
          "const given = {",
          ...[...parameters].map(([name, value]) => `  ${keyOf(name)}: ${JSON.stringify(value)},`),
          "};",
          "",
        ]),
    ...api.operations
      .filter(({ unfit }) => unfit !== undefined)
      .map(({ method, path, unfit }) => `// Left out: ${method} ${commentText(path)}, because ${unfit}.`),
  ];
  for (const tag of tags) {
    lines.push(
      `const ${names.get(tag)} = defineScenario({`,
      `  name: ${JSON.stringify(tag)},`,
      "  async run(user) {",
      ...operations
        .filter((each) => each.tag === tag)
        .flatMap((each) => stepSource(each, base).map((line) => `    ${line}`)),
      "  },",
      "});",
      "",
    );
  }
  const standing = signIns.filter(({ kind }) => kind === "bearer" || kind === "basic" || kind === "header");
  lines.push(
    "export default defineLoad({",
    `  target: ${JSON.stringify(url.origin)},`,
    ...(standing.length === 0
      ? []
      : ["  headers: {", ...standing.map((each) => `    ...${fieldSource(each)},`), "  },"]),
    `  workloads: [{ scenarios: [${tags.map((tag) => names.get(tag)).join(", ")}], model: { users: 1, for: "1m" } }],`,
    '  thresholds: ["p95 < 500ms", "errors < 1%"],',
    "});",
    "",
  );
  return lines.join("\n");
}

function stepSource(operation: ApiOperation, base: string): string[] {
  const { method, path, summary, headers, body, statuses, signIn } = operation;
  const fields: Record<string, string> = { ...headers };
  if (body?.kind === "text") fields["content-type"] ??= body.type;
  if (body?.kind === "form") fields["content-type"] = "application/x-www-form-urlencoded";
  const entries = Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  for (const each of signIn) {
    if (each.kind === "cookie") entries.push(`cookie: \`${templateText(each.name)}=\${${constantOf(each)}}\``);
  }
  const name = `${method} ${path}`;
  const options = [
    `name: ${JSON.stringify(name)}`,
    ...(entries.length === 0 ? [] : [`headers: { ${entries.join(", ")} }`]),
  ];
  const takesBody = method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
  const words = [
    addressSource(operation, base),
    ...(takesBody ? [body === undefined ? "undefined" : bodySource(body)] : []),
    `{ ${options.join(", ")} }`,
  ];
  const condition = statuses.length === 0 ? "ok" : statuses.map((status) => `status === ${status}`).join(" || ");
  const seen = statuses.length === 0 ? "ok" : "status";
  const answers = statuses.length === 0 ? "answers well" : `answers ${statuses.join(" or ")}`;
  const short = `user.check(await user.http.${method.toLowerCase()}(${words.join(", ")}), {`;
  const call = [
    ...(short.length <= LINE_LENGTH
      ? [short]
      : [
          "user.check(",
          `  await user.http.${method.toLowerCase()}(`,
          ...words.map((word) => `    ${word},`),
          "  ),",
          "  {",
        ]),
    `${short.length <= LINE_LENGTH ? "" : "  "}  ${JSON.stringify(`${name} ${answers}`)}: ({ ${seen} }) => ${condition},`,
    ...(short.length <= LINE_LENGTH ? ["});"] : ["  },", ");"]),
  ];
  const comment = summary === "" ? [] : [`// ${commentText(summary)}`];
  return method === "DELETE"
    ? [...comment, "if (deletes) {", ...call.map((line) => `  ${line}`), "}"]
    : [...comment, ...call];
}

/** The path as a text, or as a template where it has parameters or a secret. */
function addressSource({ path, query, pathParameters, signIn }: ApiOperation, base: string): string {
  let template = templateText(base);
  let whole = base;
  let plain = true;
  for (const [at, part] of path.split(/\{([^{}]+)\}/).entries()) {
    const isParameter = at % 2 === 1 && part in pathParameters;
    template += isParameter ? `\${${memberOf(part)}}` : templateText(part);
    whole += part;
    plain &&= !isParameter;
  }
  let separator = "?";
  for (const [name, value] of Object.entries(query)) {
    const text = `${separator}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
    template += templateText(text);
    whole += text;
    separator = "&";
  }
  for (const each of signIn) {
    if (each.kind !== "query") continue;
    template += `${separator}${encodeURIComponent(each.name)}=\${encodeURIComponent(${constantOf(each)})}`;
    separator = "&";
    plain = false;
  }
  return plain ? JSON.stringify(whole) : `\`${template}\``;
}

/** Text that stays text within a template, whatever a description writes. */
function templateText(text: string): string {
  return text.replaceAll(/[\\`$]/g, (character) => `\\${character}`);
}

function bodySource(body: ApiBody): string {
  if (body.kind === "json")
    return isComposite(body.value) ? literal(body.value) : JSON.stringify(JSON.stringify(body.value));
  if (body.kind === "text") return JSON.stringify(body.text);
  const fields = Object.entries(body.fields);
  if (body.kind === "form") {
    const form = new URLSearchParams(fields.map(([name, value]) => [name, "text" in value ? value.text : value.file]));
    return JSON.stringify(form.toString());
  }
  const parts = fields.map(([name, value]) => {
    const content =
      "text" in value ? JSON.stringify(value.text) : `{ name: ${JSON.stringify(value.file)}, content: "example" }`;
    return `${keyOf(name)}: ${content}`;
  });
  return `multipart({ ${parts.join(", ")} })`;
}

function isComposite(value: Json): boolean {
  return typeof value === "object" && value !== null;
}

function literal(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((each) => literal(each as Json)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${keyOf(name)}: ${literal(each as Json)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** Ways to sign in that the operations name; when there is none, a token that may be set. */
function signInsOf(operations: readonly ApiOperation[]): readonly SignIn[] {
  const found = new Map<string, SignIn>();
  for (const each of operations.flatMap(({ signIn }) => signIn)) found.set(constantOf(each), each);
  return found.size === 0 ? [{ kind: "bearer", name: "authorization" }] : [...found.values()];
}

function variableOf({ kind, name }: SignIn): string {
  if (kind === "bearer") return "API_TOKEN";
  return kind === "basic" ? "API_USER_AND_PASSWORD" : name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}

function constantOf(signIn: SignIn): string {
  const words = variableOf(signIn)
    .toLowerCase()
    .split("_")
    .filter((word) => word !== "");
  const name = words.map((word, at) => (at === 0 ? word : word[0]?.toUpperCase() + word.slice(1))).join("");
  return /^[a-z]/.test(name) ? name : `key${name}`;
}

function fieldSource(signIn: SignIn): string {
  const constant = constantOf(signIn);
  const value =
    signIn.kind === "bearer"
      ? `\`Bearer \${${constant}}\``
      : signIn.kind === "basic"
        ? `\`Basic \${Buffer.from(${constant}).toString("base64")}\``
        : constant;
  return `(${constant} === "" ? {} : { ${keyOf(signIn.name.toLowerCase())}: ${value} })`;
}

/** Every parameter of a path once, with its first example. */
function parametersOf(operations: readonly ApiOperation[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { pathParameters } of operations) {
    for (const [name, value] of Object.entries(pathParameters)) {
      if (!all.has(name)) all.set(name, encodeURIComponent(value));
    }
  }
  return all;
}

/** A name of a constant for each tag. */
function namesOf(tags: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const tag of tags) {
    const words = tag.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
    const joined = words
      .map((word, at) => (at === 0 ? word.toLowerCase() : (word[0] ?? "").toUpperCase() + word.slice(1).toLowerCase()))
      .join("");
    const base = `${/^[a-z]/.test(joined) ? joined : `tag${joined}`}Calls`;
    let name = base;
    for (let nth = 2; taken.has(name); nth += 1) name = `${base}${nth}`;
    taken.add(name);
    names.set(tag, name);
  }
  return names;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function memberOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `given.${name}` : `given[${JSON.stringify(name)}]`;
}
