import type { Instant } from "../clock/clock.ts";
import type { Role } from "./role.ts";

/** A person who may use the console and the API. */
export interface User {
  readonly name: string;
  readonly role: Role;
}

/** A user who is signed in, and until when. */
export interface SignedIn extends User {
  readonly expiresAt: Instant;
}

/** One entry of the audit log: who changed what, when. */
export interface AuditEntry {
  readonly at: Instant;
  readonly actor: string;
  /** Verb and thing: `session.created`, `waiver.granted`, `run.started`. */
  readonly action: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/**
 * Users, their sessions and one-time sign-in links. Secrets come in as the SHA-256 of the token that
 * the person holds, so that nobody who reads the database can sign in.
 */
export interface Identity {
  /** Creates the user unless the name exists; returns what is stored. */
  ensureUser(user: User): Promise<User>;
  /** Keeps a one-time link for a user. */
  createLink(tokenHash: string, user: string, expiresAt: Instant): Promise<void>;
  /**
   * Uses up a link that is neither used nor expired at `now`, and opens a session, both or neither.
   * Returns undefined when the link is not good.
   */
  redeemLink(
    tokenHash: string,
    session: { hash: string; expiresAt: Instant },
    now: Instant,
  ): Promise<SignedIn | undefined>;
  /** The user of a session that has not ended at `now`. */
  session(hash: string, now: Instant): Promise<SignedIn | undefined>;
  endSession(hash: string): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
}
