import type { Body } from "./body-facts.ts";
import { type Answer, headerValue } from "./exchange.ts";

/** Bytes of a textual body that are kept as a fact. */
const KEPT_BYTES = 64 * 1024;

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
