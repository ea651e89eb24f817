import { randomUUID } from "node:crypto";
import { MusterError } from "@muster/kernel";
import { bodyBytes } from "./request-bytes.ts";
import { type BodyChunks, StreamedBody, streamed } from "./streamed-body.ts";

/** A file of an upload. */
export interface UploadFile {
  readonly name: string;
  readonly type?: string;
  readonly content: string | Uint8Array;
}

/** A file of an upload that is read while it is sent. */
export interface StreamedFile extends Omit<UploadFile, "content"> {
  readonly content: StreamedBody;
}

/** A body of `multipart/form-data` (RFC 7578), made by {@link multipart}. */
export class MultipartBody {
  readonly contentType: string;
  /** One character per byte. */
  readonly bytes: string;

  constructor(contentType: string, bytes: string) {
    this.contentType = contentType;
    this.bytes = bytes;
  }
}

/**
 * The body of a form with texts and files. With a file that is read while it is sent, the form is as well; its length
 * is announced when those of all its files are known.
 * @throws {MusterError} `invalid-request` for a name with a line break.
 */
export function multipart(fields: Readonly<Record<string, string | UploadFile>>): MultipartBody;
export function multipart(fields: Readonly<Record<string, string | UploadFile | StreamedFile>>): StreamedBody;
export function multipart(
  fields: Readonly<Record<string, string | UploadFile | StreamedFile>>,
): MultipartBody | StreamedBody {
  const boundary = `muster-${randomUUID()}`;
  const type = `multipart/form-data; boundary=${boundary}`;
  const parts: (string | StreamedBody)[] = [];
  let bytes = "";
  for (const [name, value] of Object.entries(fields)) {
    const file = typeof value === "string" ? undefined : value;
    let head = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    if (file !== undefined) {
      head += `; filename="${quoted(file.name)}"\r\ncontent-type: ${quoted(file.type ?? typeOf(file.content))}`;
    }
    const content = typeof value === "string" ? value : value.content;
    bytes += `${head}\r\n\r\n`;
    if (content instanceof StreamedBody) {
      parts.push(bytes, content);
      bytes = "";
    } else bytes += bodyBytes(content);
    bytes += "\r\n";
  }
  bytes += `--${boundary}--\r\n`;
  if (parts.length === 0) return new MultipartBody(type, bytes);
  parts.push(bytes);
  const lengths = parts.map(({ length }) => length);
  const known = lengths.every((length) => length !== undefined);
  const length = lengths.reduce((sum: number, each) => sum + (each ?? 0), 0);
  const options = { type, ...(known ? { length } : {}) };
  const open = (): BodyChunks => joined(parts);
  const repeatable = parts.every((part) => typeof part === "string" || part.repeatable);
  return repeatable ? streamed(open, options) : streamed(open(), options);
}

/** The parts of a form one after the other; texts are one character per byte. */
async function* joined(parts: readonly (string | StreamedBody)[]): AsyncGenerator<Uint8Array | string> {
  for (const part of parts) {
    if (typeof part === "string") yield Buffer.from(part, "latin1");
    else yield* part.open();
  }
}

function typeOf(content: UploadFile["content"] | StreamedBody): string {
  return content instanceof StreamedBody ? content.type : "application/octet-stream";
}

function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new MusterError("invalid-request", "a name in a form has a line break");
  return bodyBytes(text.replaceAll('"', "%22"));
}
