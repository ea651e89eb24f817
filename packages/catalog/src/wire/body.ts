import { type Static, Type } from "typebox";
import { type Answer, headerValue } from "./exchange.ts";

/** Characters of a textual body that are kept as a fact. */
export const KEPT_BYTES = 64 * 1024;

export const BodySchema = Type.Object({
  /** Bytes that were read; with `cut`, the limit at which reading stopped. */
  bytes: Type.Integer(),
  /** Whether there was more than was read. */
  cut: Type.Boolean(),
  contentType: Type.Optional(Type.String()),
  /** Compressed in spite of our asking for identity, so not looked into. */
  encoding: Type.Optional(Type.String()),
  binary: Type.Boolean(),
  /** The beginning of a textual body. */
  text: Type.Optional(Type.String()),
  /** Whether `text` is the whole body. */
  whole: Type.Boolean(),
  /** Whether the whole body is JSON. Absent where it is not all there. */
  json: Type.Optional(Type.Boolean()),
});

/** What is kept of a body. */
export type Body = Static<typeof BodySchema>;

const TEXTUAL =
  /^(text\/|application\/([a-z0-9.+-]*[+.-])?(json|xml|javascript|ecmascript|yaml|x-www-form-urlencoded|openmetrics-text)\b)/i;

/** Describes a body: its size and kind, and its beginning where it is text. */
export function bodyOf(answer: Answer): Body {
  const contentType = headerValue(answer.headers, "content-type");
  const encoding = headerValue(answer.headers, "content-encoding")?.toLowerCase();
  const packed = encoding !== undefined && encoding !== "identity";
  const claimsText = contentType === undefined || TEXTUAL.test(contentType.trim());
  const text = packed || !claimsText ? undefined : decode(answer.body.subarray(0, KEPT_BYTES));
  const whole = text !== undefined && !answer.cut && answer.body.length <= KEPT_BYTES;
  return {
    bytes: answer.body.length,
    cut: answer.cut,
    ...(contentType === undefined ? {} : { contentType }),
    ...(packed ? { encoding } : {}),
    binary: text === undefined,
    ...(text === undefined ? {} : { text }),
    whole,
    ...(whole ? { json: isJson(text) } : {}),
  };
}

/** The text of UTF-8 bytes that may end within a character, or undefined when they are no text. */
function decode(bytes: Buffer): string | undefined {
  // A NUL is no text, and PostgreSQL cannot store one in JSON.
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
