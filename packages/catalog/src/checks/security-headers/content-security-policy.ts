/** Directives of one policy: name to sources, both as written but in lower case. */
export type Policy = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the value of a Content-Security-Policy header, which may hold several policies separated by
 * commas (CSP 3 §2.2.2). The first of equal directives counts.
 */
export function parsePolicies(header: string): readonly Policy[] {
  return header
    .split(",")
    .map((text) => {
      const policy = new Map<string, readonly string[]>();
      for (const part of text.split(";")) {
        const [name, ...sources] = part.trim().split(/\s+/);
        if (name !== undefined && name !== "" && !policy.has(name.toLowerCase())) {
          policy.set(
            name.toLowerCase(),
            sources.map((source) => source.toLowerCase()),
          );
        }
      }
      return policy;
    })
    .filter((policy) => policy.size > 0);
}

/** Policies in `<meta http-equiv>` elements of a page. They cannot restrict framing (CSP 3 §3.3). */
export function metaPolicies(html: string): readonly Policy[] {
  const policies: Policy[] = [];
  for (const [tag] of html.matchAll(/<meta\s[^>]{1,8192}>/gi)) {
    if (!/http-equiv\s*=\s*["']?content-security-policy["'\s/>]/i.test(tag)) continue;
    const content = /content\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag);
    policies.push(...parsePolicies(content?.[1] ?? content?.[2] ?? ""));
  }
  return policies;
}

/** Sources that let any site, or any text in the page, become a script. */
const ANYTHING = ["*", "http:", "https:", "data:", "blob:", "filesystem:"];

/** Why a policy does not stop foreign scripts, or undefined when it does. */
export function scriptWeakness(policy: Policy): string | undefined {
  const directive = policy.has("script-src") ? "script-src" : "default-src";
  const sources = policy.get(directive);
  if (sources === undefined) return "has neither script-src nor default-src";
  const trustsByMark = sources.some((source) => /^'(nonce-|sha(256|384|512)-)/.test(source));
  if (sources.includes("'unsafe-inline'") && !trustsByMark) return `allows 'unsafe-inline' in ${directive}`;
  // With 'strict-dynamic' and a nonce or hash, browsers pass over all hosts and schemes.
  if (sources.includes("'strict-dynamic'") && trustsByMark) return undefined;
  const anything = sources.find((source) => ANYTHING.includes(source));
  return anything === undefined ? undefined : `allows ${anything} in ${directive}`;
}

/** Whether a policy lets strings be run as code. */
export function allowsEval(policy: Policy): boolean {
  return (policy.get("script-src") ?? policy.get("default-src") ?? []).includes("'unsafe-eval'");
}
