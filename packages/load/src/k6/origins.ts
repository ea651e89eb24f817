/** An address in quotes whose host is complete: what follows is its end, a path, a query, or a port that is complete. */
const QUOTED_ADDRESS = /["'`](https?:\/\/[^\s"'`$/?#\\]+)(?=["'`/?#])/g;
const READ_FROM_ENVIRONMENT = /__ENV(?:\.([A-Za-z_]\w*)|\[\s*["'`]([^"'`]+)["'`]\s*\])/g;

/**
 * The origins that a script means to load: those of addresses that stand in it as text, and of addresses in the
 * variables of the environment that it reads.
 */
export function originsIn(
  sources: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const addresses: string[] = [];
  for (const source of sources) {
    for (const [, name, quoted] of source.matchAll(READ_FROM_ENVIRONMENT)) {
      const value = environment[name ?? quoted ?? ""];
      if (value !== undefined && /^https?:\/\//.test(value)) addresses.push(value);
    }
  }
  for (const source of sources) {
    for (const [, address = ""] of source.matchAll(QUOTED_ADDRESS)) addresses.push(address);
  }
  return [...new Set(addresses.filter((address) => URL.canParse(address)).map((address) => new URL(address).origin))];
}
