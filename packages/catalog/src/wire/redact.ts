const REDACTED = "[redacted]";

/** Names of headers whose values may be a key to something. Their presence is a fact, their value is not. */
const SECRET_HEADER = /(^|-)(authorization|cookie|cookie2|token|secret|session|apikey|api-key|password)(-|$)/i;

/** A header's value as it may be kept in facts. */
export function redactHeader(name: string, value: string): string {
  return SECRET_HEADER.test(name) ? REDACTED : value;
}

/** An address as it may be kept in facts: without user, password and the values of its query. */
export function redactUrl(url: URL): string {
  const clean = new URL(url);
  clean.username = "";
  clean.password = "";
  clean.hash = "";
  for (const name of new Set(clean.searchParams.keys())) clean.searchParams.set(name, "redacted");
  return clean.href;
}
