import { type Static, Type } from "typebox";

/** What a Set-Cookie header says beside its value, which is never kept. */
export const CookieSchema = Type.Object({
  name: Type.String(),
  secure: Type.Boolean(),
  httpOnly: Type.Boolean(),
  /** As the server wrote it, in lower case. */
  sameSite: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  domain: Type.Optional(Type.String()),
  /** Whether it outlives the browser: it has Expires or Max-Age. */
  persistent: Type.Boolean(),
});

export type Cookie = Static<typeof CookieSchema>;

/** Reads a Set-Cookie header (RFC 6265 §5.2). A header without a name gives a cookie that is called "". */
export function parseSetCookie(header: string): Cookie {
  const [pair = "", ...attributes] = header.split(";");
  const equals = pair.indexOf("=");
  const said = new Map<string, string>();
  for (const attribute of attributes) {
    const at = attribute.indexOf("=");
    const name = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    said.set(name, at < 0 ? "" : attribute.slice(at + 1).trim());
  }
  const sameSite = said.get("samesite")?.toLowerCase();
  const path = said.get("path");
  const domain = said.get("domain");
  return {
    // A pair without "=" is a value without a name, so nothing of it may be kept.
    name: equals < 0 ? "" : pair.slice(0, equals).trim(),
    secure: said.has("secure"),
    httpOnly: said.has("httponly"),
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(path === undefined ? {} : { path }),
    ...(domain === undefined ? {} : { domain }),
    persistent: said.has("expires") || said.has("max-age"),
  };
}
