/** The shortest secret that a link can carry, as the contract has it. */
const SHORTEST = 20;
const LONGEST = 200;

/** The secret in the fragment of a sign-in link: `#token=…`. Undefined when there is none. */
export function tokenOfFragment(fragment: string): string | undefined {
  const token = new URLSearchParams(fragment.replace(/^#/, "")).get("token");
  return token === null || token === "" ? undefined : token;
}

/** The secret in what somebody pasted: a whole link, its fragment, or the secret alone. */
export function tokenOfPaste(pasted: string): string | undefined {
  const text = pasted.trim();
  const hash = text.indexOf("#");
  const token =
    hash >= 0 ? tokenOfFragment(text.slice(hash)) : text.startsWith("token=") ? tokenOfFragment(text) : text;
  if (token === undefined || token.length < SHORTEST || token.length > LONGEST) return undefined;
  return /^[\w-]+$/.test(token) ? token : undefined;
}
