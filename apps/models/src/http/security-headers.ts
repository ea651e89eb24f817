/**
 * Sent with every answer. The API serves data, never pages: nothing may be loaded, framed, sniffed or
 * kept by a shared cache (OWASP REST Security Cheat Sheet).
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
