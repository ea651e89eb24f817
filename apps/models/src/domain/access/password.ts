import type { Problem } from "@muster/kernel";

/** Bits of guessing that a password must cost; about what NIST SP 800-63B's 12 to 15 characters give. */
const ENOUGH_BITS = 45;
const MAX_LENGTH = 256;

/** Words that guessing programs try first. */
const COMMON =
  /password|passwort|letmein|welcome|qwerty|qwertz|azerty|asdf|admin|login|iloveyou|dragon|monkey|football|muster|secret|summer|winter|master|abc|123/gi;

/**
 * What is wrong with a password, if anything. It is judged by how hard it is to guess, not by which
 * kinds of characters it has (NIST SP 800-63B §5.1.1.2 advises against such rules).
 */
export function passwordProblem(password: string, user: string): Problem | undefined {
  const path = "password";
  if (password.length > MAX_LENGTH) return { path, message: `must have at most ${MAX_LENGTH} characters` };
  if (guessingBits(password, user) >= ENOUGH_BITS) return undefined;
  return { path, message: "is too easy to guess; use four words that do not belong together, or a password manager" };
}

/** An estimate from below: what is common, repeated, in a row or the user's own name counts as one character. */
export function guessingBits(password: string, user: string): number {
  const own = user.length >= 3 ? new RegExp(user.replaceAll(/[^a-z0-9]/gi, "."), "gi") : /$^/g;
  const reduced = withoutRows(password.normalize("NFKC").replaceAll(own, "*").replaceAll(COMMON, "*"));
  const distinct = new Set(reduced).size;
  return reduced.length * Math.min(Math.log2(alphabetOf(reduced)), Math.log2(distinct * 4 + 1));
}

/** Drops characters that repeat or continue the one before them: aaaa, 1234, zyxw. */
function withoutRows(text: string): string {
  let result = "";
  let last = Number.NaN;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (Math.abs(code - last) > 1 || Number.isNaN(last)) result += character;
    last = code;
  }
  return result;
}

function alphabetOf(text: string): number {
  let size = 1;
  if (/[a-z]/.test(text)) size += 26;
  if (/[A-Z]/.test(text)) size += 26;
  if (/[0-9]/.test(text)) size += 10;
  if (/[^a-zA-Z0-9]/.test(text)) size += 32;
  return size;
}
