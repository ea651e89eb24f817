import { type Clock, MusterError } from "@muster/kernel";
import type { IdentityStore } from "./identity-store.ts";
import type { Principal } from "./role.ts";

/** Longest time for which a recognition holds without being asked for again. */
const REMEMBER_MS = 10_000;
/** Longest time for which it is used beyond that while the store cannot be asked. */
const OUTAGE_MS = 900_000;
/** After the store could not be asked, how long it is left alone. */
const ASK_AGAIN_MS = 1_000;
/** Also for tokens that nobody has, so that guessing does not reach the database each time. */
const MAX_REMEMBERED = 10_000;

/** Recognises the holders of tokens. Asked by every prediction, so it remembers. */
export interface Authenticator {
  /**
   * At once when it is remembered. While the store cannot be asked, what it said last holds on for a quarter of an
   * hour, so that whoever predicts does not notice.
   */
  recognise(token: string): Principal | undefined | Promise<Principal | undefined>;
  /** Who has a token, as far as that is remembered; never asks the store. */
  remembered(token: string): Principal | undefined;
  /** Forgets everything: a user, session or key has changed. */
  forget(): void;
  /** Asks for everything again: changes may have been missed. */
  recheck(): void;
}

interface Remembered {
  readonly principal: Principal | undefined;
  /** Until when it holds without being asked for again. */
  until: number;
  /** Until when it is used while the store cannot be asked. */
  readonly atMost: number;
  asking: Promise<Principal | undefined> | undefined;
}

/**
 * @param patience resolves when a caller who was recognised before has waited long enough for the store.
 */
export function createAuthenticator(
  store: Pick<IdentityStore, "recognise">,
  clock: Clock,
  hashSecret: (token: string) => string,
  patience: () => Promise<unknown>,
): Authenticator {
  let remembered = new Map<string, Remembered>();

  async function lookUp(hash: string): Promise<Principal | undefined> {
    const memory = remembered;
    const now = clock.now();
    const found = await store.recognise(hash, now);
    // When something changed while the database was asked, the answer may be old: it is used once and not kept.
    if (memory === remembered) {
      if (memory.size >= MAX_REMEMBERED) memory.delete(memory.keys().next().value as string);
      const expires = found?.expiresAt ?? Number.POSITIVE_INFINITY;
      memory.set(hash, {
        principal: found?.principal,
        until: Math.min(now + REMEMBER_MS, expires),
        atMost: Math.min(now + OUTAGE_MS, expires),
        asking: undefined,
      });
    }
    return found?.principal;
  }

  /** Asks again for who was recognised before; without an answer, that holds on. */
  function askAgain(hash: string, known: Remembered): Promise<Principal | undefined> {
    known.asking = lookUp(hash)
      .catch((error: unknown) => {
        if (!(error instanceof MusterError) || error.code !== "database-unreachable") throw error;
        known.until = clock.now() + ASK_AGAIN_MS;
        return known.principal;
      })
      .finally(() => {
        known.asking = undefined;
      });
    const impatient = patience().then(() => {
      // Nobody else waits for this answer either; whatever comes of it is remembered.
      if (known.asking !== undefined) known.until = clock.now() + ASK_AGAIN_MS;
      return known.principal;
    });
    return Promise.race([known.asking, impatient]);
  }

  return {
    recognise(token) {
      const hash = hashSecret(token);
      const known = remembered.get(hash);
      const now = clock.now();
      if (known === undefined || now >= known.atMost) return lookUp(hash);
      if (known.until > now) return known.principal;
      // A token that nobody had may be somebody's by now.
      if (known.principal === undefined) return lookUp(hash);
      // The store is still being asked, and did not answer in time.
      if (known.asking !== undefined) return known.principal;
      return askAgain(hash, known);
    },
    remembered(token) {
      const known = remembered.get(hashSecret(token));
      return known !== undefined && clock.now() < known.atMost ? known.principal : undefined;
    },
    forget() {
      remembered = new Map();
    },
    recheck() {
      for (const known of remembered.values()) known.until = 0;
    },
  };
}
