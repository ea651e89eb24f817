import type { LoadPlan } from "./scenario.ts";

/** An address to load, and whether it was written as one of HTTP/2. */
export interface Address {
  /** With the scheme http or https. */
  readonly url: URL;
  readonly http2: boolean;
}

/**
 * What a plan loads.
 * @throws {TypeError} for a plan whose addresses were not checked.
 */
export function planAddresses(plan: LoadPlan): {
  target: URL;
  allowed: ReadonlySet<string>;
  http2: ReadonlySet<string>;
} {
  const all = [plan.target, ...(plan.allow ?? [])].map((text) => {
    const address = addressOf(text);
    if (address === undefined) throw new TypeError(`"${text}" is no address`);
    return address;
  });
  const everywhere = plan.http2 !== undefined && plan.http2 !== false;
  return {
    target: (all[0] as Address).url,
    allowed: new Set(all.map(({ url }) => url.origin)),
    http2: new Set(all.filter((each) => each.http2 || everywhere).map(({ url }) => url.origin)),
  };
}

/**
 * Reads an address: `h2://` is HTTP/2 over TLS, `h2c://` HTTP/2 without TLS, `ws` and `wss` are what they are without
 * WebSocket. Undefined for what is no address.
 * @param base what a path alone is added to.
 */
export function addressOf(text: string, base?: URL): Address | undefined {
  const http2 = /^h2c?:\/\//.test(text);
  const plain = http2
    ? text.replace(/^h2(c?):/, (_, clear) => (clear === "c" ? "http:" : "https:"))
    : text.replace(/^ws(s?):\/\//, "http$1://");
  return URL.canParse(plain, base?.href) ? { url: new URL(plain, base), http2 } : undefined;
}
