const ANY_ADDRESS = [
  "http-availability",
  "http-status",
  "http-latency",
  "tls-encryption",
  "security-headers",
  "cookie-flags",
  "version-disclosure",
  "cors-policy",
] as const;

const HTTPS_ONLY = ["tls-certificate-validity", "tls-certificate-expiry", "tls-protocol"] as const;

/**
 * Ids of the checks that make sense for an address about which nothing else is known: what
 * `muster check URL` runs without a configuration. `cors-policy` needs the permission `audit`.
 */
export function externalChecks(address: URL): readonly string[] {
  return address.protocol === "https:" ? [...ANY_ADDRESS, ...HTTPS_ONLY] : ANY_ADDRESS;
}
