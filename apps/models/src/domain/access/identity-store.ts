import type { Instant } from "@muster/kernel";
import type { Principal, Role, Scope } from "./role.ts";

export interface UserRecord {
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAt: Instant;
}

/** What a login is checked against. */
export interface Credentials extends UserRecord {
  /** In the PHC format; null until the user has chosen one. */
  readonly passwordHash: string | null;
  /** Failed logins in a row. */
  readonly failures: number;
  /** Milliseconds since the epoch until which no attempt is looked at; 0 for none. */
  readonly lockedUntil: number;
}

export interface SessionRecord {
  readonly id: string;
  readonly user: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export interface KeyRecord {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  /** Beginning of the key, for telling keys apart. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

export interface AuditRecord {
  readonly place: number;
  readonly at: Instant;
  readonly actor: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A secret as it is kept: its SHA-256, and until when it is good (milliseconds since the epoch). */
export interface KeptSecret {
  readonly hash: string;
  readonly expiresAt: number;
}

/** Users and everything that opens doors for them. Every change is audited in its transaction. */
export interface IdentityStore {
  users(): Promise<readonly UserRecord[]>;
  /** @throws {MusterError} `conflict` when the name exists. */
  createUser(name: string, role: Role, actor: string): Promise<UserRecord>;
  /** Changes role or disables; a disabled user's sessions and keys stop at once. @throws {MusterError} `not-found`. */
  changeUser(name: string, change: { role?: Role; disabled?: boolean }, actor: string): Promise<UserRecord>;
  credentials(name: string): Promise<Credentials | undefined>;
  /** Sets the password and ends the user's other sessions. */
  setPassword(name: string, passwordHash: string, actor: string): Promise<void>;
  /** Counts a failed login; `lockedUntil` tells from the new number in a row when the next one is looked at. */
  recordFailure(name: string, lockedUntil: (failures: number) => number): Promise<void>;
  /** Opens a session and forgets earlier failures. */
  openSession(user: string, secret: KeptSecret): Promise<SessionRecord>;
  sessions(user: string): Promise<readonly SessionRecord[]>;
  /** Ends one session of a user. @throws {MusterError} `not-found`. */
  endSession(user: string, id: string): Promise<void>;
  /** Makes a one-time link with which a user chooses a password. */
  createLink(user: string, secret: KeptSecret, actor: string): Promise<void>;
  /** Whose link it is, while it is good. */
  linkUser(hash: string, now: number): Promise<string | undefined>;
  /** Uses a link up; the user's name, or undefined when it is not good at `now`. */
  redeemLink(hash: string, now: number): Promise<string | undefined>;
  /** @throws {MusterError} `forbidden` when there is no such user. */
  createKey(
    user: string,
    key: KeptSecret & { name: string; prefix: string; scopes: readonly Scope[] },
  ): Promise<KeyRecord>;
  keys(user: string): Promise<readonly KeyRecord[]>;
  /** @throws {MusterError} `not-found`. */
  revokeKey(user: string, id: string): Promise<void>;
  /** Whose session or key has this hash, and until when (milliseconds since the epoch). */
  recognise(
    hash: string,
    now: number,
  ): Promise<{ readonly principal: Principal; readonly expiresAt: number } | undefined>;
  /** Newest first, before a place. */
  audit(limit: number, before?: number): Promise<readonly AuditRecord[]>;
}
