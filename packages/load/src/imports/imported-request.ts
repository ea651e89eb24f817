import { MusterError } from "@muster/kernel";

/** One request as some other tool wrote it down. */
export interface ImportedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ms after the request before it, if that is known. */
  readonly afterMs?: number;
}

/** Fields that belong to one connection or one recording, or that the engine writes itself. */
const DROPPED = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "cookie",
  "host",
  "if-modified-since",
  "if-none-match",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Fields whose values are credentials; they are read from the environment instead of being written into a file. */
const SECRET = new Set(["authorization", "proxy-authorization", "x-api-key"]);
const SHORTEST_THINK_MS = 50;
const LONGEST_THINK_MS = 30_000;

/** The fields of a recording that a scenario should send again, names in lower case. */
export function keptHeaders(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [written, value] of pairs) {
    const name = written.toLowerCase();
    if (!DROPPED.has(name) && !name.startsWith(":") && !name.startsWith("sec-")) kept[name] = value;
  }
  return kept;
}

/**
 * The source of a plan that sends the requests again, one after the other, as one user would. It is meant to be read
 * and changed: requests to other origins are left out and said so, credentials come from the environment.
 * @throws {MusterError} `load-import` when there is nothing to write.
 */
export function planSource(requests: readonly ImportedRequest[], source: string): string {
  const [first] = requests;
  if (first === undefined) throw new MusterError("load-import", `${source} has no request that could be sent again`);
  const { origin } = first.url;
  const own = requests.filter((request) => request.url.origin === origin);
  const others = new Set(requests.filter((request) => request.url.origin !== origin).map(({ url }) => url.origin));
  const steps = own.flatMap((request, index) => stepSource(request, index > 0));
  return [
    'import { defineLoad, defineScenario } from "@muster/load";',
    "",
    `// Written from ${commentText(source)}.`,
    ...[...others].map((other) => `// Left out: requests to ${commentText(other)}, which this plan does not load.`),
    "const journey = defineScenario({",
    '  name: "journey",',
    "  async run(user) {",
    ...steps.map((line) => (line === "" ? "" : `    ${line}`)),
    "  },",
    "});",
    "",
    "export default defineLoad({",
    `  target: ${JSON.stringify(origin)},`,
    '  workloads: [{ scenarios: [journey], model: { users: 1, for: "1m" } }],',
    '  thresholds: ["p95 < 500ms", "errors < 1%"],',
    "});",
    "",
  ].join("\n");
}

function stepSource({ method, url, headers, body, afterMs }: ImportedRequest, follows: boolean): string[] {
  const lines: string[] = [];
  if (follows && afterMs !== undefined && afterMs >= SHORTEST_THINK_MS) {
    lines.push(`await user.think(${Math.round(Math.min(afterMs, LONGEST_THINK_MS))});`);
  }
  const path = JSON.stringify(url.pathname + url.search);
  const words = [JSON.stringify(method), path, body === undefined ? "undefined" : JSON.stringify(body)];
  const fields = Object.entries(headers);
  if (fields.length === 0) {
    if (body === undefined) words.pop();
    lines.push(`await user.http.request(${words.join(", ")});`);
    return lines;
  }
  lines.push(`await user.http.request(${words.join(", ")}, {`, "  headers: {");
  for (const [name, value] of fields) lines.push(`    ${JSON.stringify(name)}: ${headerSource(name, value)},`);
  lines.push("  },", "});");
  return lines;
}

function headerSource(name: string, value: string): string {
  if (!SECRET.has(name)) return JSON.stringify(value);
  return `process.env[${JSON.stringify(name.toUpperCase().replaceAll("-", "_"))}] ?? ""`;
}

/** Text that cannot end a comment or begin a new line of code. */
export function commentText(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}
