import { createHash } from "node:crypto";

/** A strong entity tag for bytes (RFC 9110, section 8.8.3): equal bytes have equal tags, others do not. */
export function strongTag(content: string | Uint8Array): string {
  return `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
}

/** Whether If-None-Match names a tag, so that its sender has it already. Weak and strong tags compare alike there. */
export function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((each) => each.trim().replace(/^W\//, "") === tag.replace(/^W\//, ""));
}
