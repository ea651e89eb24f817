const ANY_ADDRESS = ["http-availability", "http-status", "http-latency"] as const;
const HTTPS_ONLY = [] as const;

/**
 * Ids of the checks that make sense for an address about which nothing else is known: what
 * `muster check URL` runs without a configuration.
 */
export function externalChecks(address: URL): readonly string[] {
  return address.protocol === "https:" ? [...ANY_ADDRESS, ...HTTPS_ONLY] : ANY_ADDRESS;
}
