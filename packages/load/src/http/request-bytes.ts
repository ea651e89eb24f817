import { MusterError } from "@muster/kernel";

/** What a request says, before it is bytes. */
export interface RequestDescription {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Methods of which a request may be sent twice: RFC 9110 §9.2.2. */
export const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Methods whose requests say that they have no body, when they have none: RFC 9110 §8.6. */
export const WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

const TOKEN_PATTERN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, space, tab and bytes above 127; never a line break, which would begin another field. */
const VALUE_PATTERN = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A request as text of one character per byte, which Node writes to a socket without an intermediate buffer.
 * @throws {MusterError} `invalid-request` when the method or a field could not be sent as it is.
 */
export function requestBytes(request: RequestDescription): string {
  if (!TOKEN_PATTERN.test(request.method)) {
    throw new MusterError("invalid-request", `"${request.method}" is not an HTTP method`);
  }
  const { url, body } = request;
  const names = new Set<string>();
  let head = `${request.method} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    names.add(name.toLowerCase());
    head += fieldLine(name, value);
  }
  if (!names.has("host")) head += `host: ${url.host}\r\n`;
  if (!names.has("user-agent")) head += "user-agent: muster-load\r\n";
  if (!names.has("accept")) head += "accept: */*\r\n";
  if (url.username !== "" && !names.has("authorization")) head += `authorization: ${basicCredentials(url)}\r\n`;
  if (body === undefined) {
    return WITH_BODY.has(request.method) ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
  }
  const content = bodyBytes(body);
  if (typeof body === "string" && !names.has("content-type")) head += "content-type: application/json\r\n";
  return `${head}content-length: ${content.length}\r\n\r\n${content}`;
}

/**
 * A field as it goes out.
 * @throws {MusterError} `invalid-request` when HTTP cannot carry it, or when the engine sets it itself.
 */
export function fieldLine(name: string, value: string): string {
  if (!TOKEN_PATTERN.test(name)) throw new MusterError("invalid-request", `"${name}" is not a field name`);
  if (!VALUE_PATTERN.test(value)) {
    throw new MusterError("invalid-request", `the value of the field "${name}" has a character that HTTP cannot carry`);
  }
  if (/^(?:content-length|transfer-encoding)$/i.test(name)) {
    throw new MusterError("invalid-request", `"${name}" is set by the engine`);
  }
  return `${name}: ${value}\r\n`;
}

/** The value of `Authorization` for the user and password of an address. */
export function basicCredentials(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** A body as text of one character per byte. */
export function bodyBytes(body: string | Uint8Array): string {
  if (typeof body !== "string") return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  // Plain ASCII, which most bodies are, is its own UTF-8. Counting bytes is the fastest way to tell.
  return Buffer.byteLength(body) === body.length ? body : Buffer.from(body).toString("latin1");
}
