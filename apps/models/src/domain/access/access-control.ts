import { type Clock, MusterError } from "@muster/kernel";
import type { IdentityStore, KeyRecord, SessionRecord } from "./identity-store.ts";
import { lockoutMs } from "./lockout.ts";
import { passwordProblem } from "./password.ts";
import type { Scope } from "./role.ts";

const SESSION_MS = 12 * 3_600_000;
const LINK_MS = 60 * 60_000;

export interface PasswordHasher {
  /** @throws {MusterError} `overloaded` when too many logins are being checked. */
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
  /** A hash that no password has, to be verified against for users that do not exist. */
  readonly decoy: string;
}

/** A secret that its holder sees once, and what is kept of it. */
export interface FreshSecret {
  readonly token: string;
  readonly hash: string;
}

export interface AccessControlParts {
  readonly store: IdentityStore;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  /** 256 random bits behind a prefix. */
  freshSecret(prefix: string): FreshSecret;
  hashSecret(token: string): string;
}

export interface OpenedSession {
  readonly token: string;
  readonly record: SessionRecord;
}

/** Login, sessions, links and keys. */
export interface AccessControl {
  /**
   * @throws {MusterError} `unauthenticated` for a wrong name or password, without saying which;
   *   `too-many-requests` while the user is locked.
   */
  logIn(user: string, password: string): Promise<OpenedSession>;
  /** Makes a one-time link; returns its token. */
  makeLink(user: string, actor: string): Promise<string>;
  /**
   * Uses a link up to choose a password and open a session.
   * @throws {MusterError} `link-used`; `invalid-request` for a password that is too easy.
   */
  redeemLink(token: string, password: string): Promise<OpenedSession>;
  makeKey(
    user: string,
    key: { readonly name: string; readonly scopes: readonly Scope[]; readonly expiresAt: number },
  ): Promise<{ readonly token: string; readonly record: KeyRecord }>;
}

export function createAccessControl(parts: AccessControlParts): AccessControl {
  const { store, passwords, clock } = parts;

  async function openSession(user: string): Promise<OpenedSession> {
    const { token, hash } = parts.freshSecret("ms");
    const record = await store.openSession(user, { hash, expiresAt: clock.now() + SESSION_MS });
    return { token, record };
  }

  return {
    async logIn(user, password) {
      const known = await store.credentials(user);
      if (known && known.lockedUntil > clock.now()) {
        const seconds = Math.ceil((known.lockedUntil - clock.now()) / 1_000);
        throw new MusterError("too-many-requests", `too many failed logins; try again in ${seconds} s`);
      }
      // As much work for a user that does not exist, so that the time tells nothing.
      const right = await passwords.verify(known?.passwordHash ?? passwords.decoy, password);
      if (known && right && known.passwordHash !== null && !known.disabled) return openSession(user);
      if (known) await store.recordFailure(user, (failures) => clock.now() + lockoutMs(failures));
      throw new MusterError("unauthenticated", "the name or the password is wrong");
    },

    async makeLink(user, actor) {
      const { token, hash } = parts.freshSecret("ml");
      await store.createLink(user, { hash, expiresAt: clock.now() + LINK_MS }, actor);
      return token;
    },

    async redeemLink(token, password) {
      const hash = parts.hashSecret(token);
      const owner = await store.linkUser(hash, clock.now());
      if (owner === undefined) throw linkUsed();
      // Checked before the link is used up, so that a weak password does not cost it.
      const problem = passwordProblem(password, owner);
      if (problem) throw new MusterError("invalid-request", "the password does not hold", { problems: [problem] });
      const passwordHash = await passwords.hash(password);
      const user = await store.redeemLink(hash, clock.now());
      if (user === undefined) throw linkUsed();
      await store.setPassword(user, passwordHash, user);
      return openSession(user);
    },

    async makeKey(user, { name, scopes, expiresAt }) {
      const { token, hash } = parts.freshSecret("mk");
      const prefix = token.slice(0, 11);
      return { token, record: await store.createKey(user, { hash, expiresAt, name, prefix, scopes }) };
    },
  };
}

function linkUsed(): MusterError {
  return new MusterError("link-used", "this link was used already, or is too old");
}
