import { randomUUID } from "node:crypto";
import { MusterError } from "@muster/kernel";
import { bodyBytes } from "./request-bytes.ts";

/** A file of an upload. */
export interface UploadFile {
  readonly name: string;
  readonly type?: string;
  readonly content: string | Uint8Array;
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
 * The body of a form with texts and files.
 * @throws {MusterError} `invalid-request` for a name with a line break.
 */
export function multipart(fields: Readonly<Record<string, string | UploadFile>>): MultipartBody {
  const boundary = `muster-${randomUUID()}`;
  let bytes = "";
  for (const [name, value] of Object.entries(fields)) {
    const file = typeof value === "string" ? undefined : value;
    bytes += `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`;
    if (file !== undefined) {
      bytes += `; filename="${quoted(file.name)}"\r\ncontent-type: ${quoted(file.type ?? "application/octet-stream")}`;
    }
    bytes += `\r\n\r\n${bodyBytes(typeof value === "string" ? value : value.content)}\r\n`;
  }
  return new MultipartBody(`multipart/form-data; boundary=${boundary}`, `${bytes}--${boundary}--\r\n`);
}

function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new MusterError("invalid-request", "a name in a form has a line break");
  return bodyBytes(text.replaceAll('"', "%22"));
}
