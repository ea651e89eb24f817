import { createHash, randomBytes } from "node:crypto";
import { Secret } from "@muster/kernel";

/** A key in the form that the model platform gives out itself: `mk_` and 256 random bits. */
export function freshPlatformKey(): Secret {
  return new Secret(`mk_${randomBytes(32).toString("base64url")}`);
}

/** What the platform is told of a key, so that it recognises it: its SHA-256 in base64url. */
export function platformKeyDigest(key: Secret): string {
  return createHash("sha256").update(key.reveal()).digest("base64url");
}
