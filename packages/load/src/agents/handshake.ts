import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { MusterError, type Secret } from "@muster/kernel";

/**
 * Agent and coordinator show each other that they know the same token without sending it: each answers the other's
 * random challenge with a keyed digest (HMAC-SHA-256) over both challenges, its own role and the plan's digest.
 */
export type Role = "agent" | "coordinator";

const SHORTEST_TOKEN = 16;

/** @throws {MusterError} `usage` for a token that could be guessed. */
export function checkToken(token: Secret): Secret {
  if (token.reveal().length < SHORTEST_TOKEN) {
    throw new MusterError("usage", `the token of load agents needs at least ${SHORTEST_TOKEN} characters`);
  }
  return token;
}

export function newChallenge(): string {
  return randomBytes(32).toString("hex");
}

/** What proves that `role` knows the token and has the plan. */
export function proofOf(role: Role, token: Secret, coordinators: string, agents: string, hash: string): string {
  const text = `muster-load/1 ${role} ${coordinators} ${agents} ${hash}`;
  return createHmac("sha256", token.reveal()).update(text).digest("hex");
}

/** Compares proofs in a time that does not depend on where they differ. */
export function sameProof(a: string, b: unknown): boolean {
  if (typeof b !== "string" || a.length !== b.length) return false;
  return timingSafeEqual(Buffer.from(a), Buffer.from(b, "latin1"));
}

/** The digest that tells whether two machines have the same plan. */
export function planHash(source: Uint8Array): string {
  return createHash("sha256").update(source).digest("hex");
}
