import type { IdentityStore } from "./identity-store.ts";
import { type Principal, SCOPES } from "./role.ts";

/**
 * Whoever started the platform, such as Muster. No user can have this name, so the audit log is never ambiguous.
 * It may do what an operator may and nothing of an admin's: no users, and no keys that outlive it.
 */
const OPERATOR: Principal = { user: "operator key", role: "operator", scopes: SCOPES, via: "key", id: "operator-key" };

/**
 * Recognises, beside whom the store knows, the holder of the key whose digest the platform was started
 * with. It is in no database: it is good for as long as the process runs that was given its digest.
 *
 * @param store absent where the platform runs without users.
 */
export function withOperatorKey(
  store: Pick<IdentityStore, "recognise"> | undefined,
  keyHash: string,
): Pick<IdentityStore, "recognise"> {
  return {
    async recognise(hash, now) {
      if (hash === keyHash) return { principal: OPERATOR, expiresAt: Number.POSITIVE_INFINITY };
      return store?.recognise(hash, now);
    },
  };
}
