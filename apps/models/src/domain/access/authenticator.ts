import type { Clock } from "@muster/kernel";
import type { IdentityStore } from "./identity-store.ts";
import type { Principal } from "./role.ts";

/** Longest time for which a recognition is remembered without being told of changes. */
const REMEMBER_MS = 10_000;
/** Also for tokens that nobody has, so that guessing does not reach the database each time. */
const MAX_REMEMBERED = 10_000;

/** Recognises the holders of tokens. Asked by every prediction, so it remembers. */
export interface Authenticator {
  /** At once when it is remembered. */
  recognise(token: string): Principal | undefined | Promise<Principal | undefined>;
  /** Forgets everything: a user, session or key has changed. */
  forget(): void;
}

interface Remembered {
  readonly principal: Principal | undefined;
  readonly until: number;
}

export function createAuthenticator(
  store: Pick<IdentityStore, "recognise">,
  clock: Clock,
  hashSecret: (token: string) => string,
): Authenticator {
  let remembered = new Map<string, Remembered>();

  async function lookUp(hash: string): Promise<Principal | undefined> {
    const memory = remembered;
    const now = clock.now();
    const found = await store.recognise(hash, now);
    // When something changed while the database was asked, the answer may be old: it is used once and not kept.
    if (memory === remembered) {
      if (memory.size >= MAX_REMEMBERED) memory.delete(memory.keys().next().value as string);
      const until = Math.min(now + REMEMBER_MS, found?.expiresAt ?? Number.POSITIVE_INFINITY);
      memory.set(hash, { principal: found?.principal, until });
    }
    return found?.principal;
  }

  return {
    recognise(token) {
      const hash = hashSecret(token);
      const known = remembered.get(hash);
      return known !== undefined && known.until > clock.now() ? known.principal : lookUp(hash);
    },
    forget() {
      remembered = new Map();
    },
  };
}
