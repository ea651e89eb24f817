import { createHash, randomBytes } from "node:crypto";
import type { FreshSecret } from "../../domain/access/access-control.ts";

/** 256 random bits behind a prefix that tells what they are: `mk_…` a key, `ms_…` a session, `ml_…` a link. */
export function freshSecret(prefix: string): FreshSecret {
  const token = `${prefix}_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashSecret(token) };
}

/** Tokens are random, so a plain digest hides them; no slow hash is needed. */
export function hashSecret(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
