import {
  type Clock,
  durationMs,
  type Identity,
  MusterError,
  type Sha256,
  type SignedIn,
  toInstant,
} from "@muster/kernel";

const LINK_LASTS = "1h";
const SESSION_LASTS = "12h";

/** What signing in needs. `randomToken` gives 256 bits from a cryptographic source, base64url. */
export interface SignInSources {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly randomToken: () => string;
}

/** The user that exists from the first start. There is no password, only links from whoever has the machine. */
const FIRST_ADMIN = { name: "admin", role: "admin" } as const;

/** Makes a one-time sign-in link's secret for the first admin, who is created when missing. */
export async function issueAdminLink({ identity, clock, sha256, randomToken }: SignInSources): Promise<string> {
  const token = randomToken();
  const now = clock.now();
  const user = await identity.ensureUser(FIRST_ADMIN);
  await identity.createLink(sha256(token), user.name, toInstant(now + durationMs(LINK_LASTS)));
  await identity.audit({ at: toInstant(now), actor: "muster", action: "link.issued", detail: { user: user.name } });
  return token;
}

/** The path of the console that a link opens. The secret stands in the fragment, which no server or proxy logs. */
export function signInPath(token: string): string {
  return `/sign-in#token=${token}`;
}

/**
 * Trades a link's secret for a session; the link is used up.
 * @returns the session's secret, for the cookie, and who is signed in.
 * @throws {MusterError} `link-used` when the link was used or is too old.
 */
export async function redeemLink(
  token: string,
  { identity, clock, sha256, randomToken }: SignInSources,
): Promise<{ secret: string; signedIn: SignedIn }> {
  const secret = randomToken();
  const now = clock.now();
  const session = { hash: sha256(secret), expiresAt: toInstant(now + durationMs(SESSION_LASTS)) };
  const signedIn = await identity.redeemLink(sha256(token), session, toInstant(now));
  if (!signedIn) throw new MusterError("link-used", "this sign-in link was used already or is too old");
  await identity.audit({ at: toInstant(now), actor: signedIn.name, action: "session.created", detail: {} });
  return { secret, signedIn };
}
