interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** Whether only the host that set it may have it back. */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** Milliseconds since the epoch; infinite for a cookie of the session. */
  readonly expiresAt: number;
}

const MAX_COOKIES = 180;

/** The cookies of one user: what RFC 6265 §5 asks of a client, without a list of public suffixes. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Whether there is no cookie; kept up to date, because it is asked at every request. */
  empty = true;

  /** Keeps, replaces or forgets a cookie as a `Set-Cookie` value says. What the rules do not allow is ignored. */
  store(setCookie: string, url: URL, now: number): void {
    const cookie = parseCookie(setCookie, url, now);
    if (cookie === undefined) return;
    const key = `${cookie.domain};${cookie.path};${cookie.name}`;
    this.#cookies.delete(key);
    if (cookie.expiresAt > now) this.#cookies.set(key, cookie);
    if (this.#cookies.size > MAX_COOKIES) this.#cookies.delete(this.#cookies.keys().next().value as string);
    this.empty = this.#cookies.size === 0;
  }

  /** The value of the `Cookie` field for a request; empty when no cookie applies. */
  fieldFor(url: URL, now: number): string {
    const applying: Cookie[] = [];
    for (const cookie of this.#cookies.values()) {
      if (cookie.expiresAt > now && applies(cookie, url)) applying.push(cookie);
    }
    // Longer paths first, then those that were set first (RFC 6265 §5.4).
    applying.sort((a, b) => b.path.length - a.path.length);
    return applying.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  }

  /** Sets a cookie for a host by hand. */
  set(name: string, value: string, url: URL): void {
    this.store(`${name}=${value}; Path=/`, url, 0);
  }

  clear(): void {
    this.#cookies.clear();
    this.empty = true;
  }
}

function parseCookie(text: string, url: URL, now: number): Cookie | undefined {
  const [pair = "", ...attributes] = text.split(";");
  const equals = pair.indexOf("=");
  if (equals <= 0) return undefined;
  const name = pair.slice(0, equals).trim();
  const value = pair.slice(equals + 1).trim();
  // A cookie goes back into a header of ours, so it must not bring a line break along.
  if (name === "" || /[\x00-\x08\x0a-\x1f\x7f]/.test(name + value)) return undefined;
  const host = url.hostname;
  let domain = host;
  let hostOnly = true;
  let path = defaultPath(url.pathname);
  let secure = false;
  let expiresAt = Number.POSITIVE_INFINITY;
  let maxAge: number | undefined;
  for (const attribute of attributes) {
    const at = attribute.indexOf("=");
    const key = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    const setting = at < 0 ? "" : attribute.slice(at + 1).trim();
    if (key === "domain" && setting !== "") {
      domain = setting.replace(/^\./, "").toLowerCase();
      hostOnly = false;
    } else if (key === "path" && setting.startsWith("/")) path = setting;
    else if (key === "secure") secure = true;
    else if (key === "max-age" && /^-?\d+$/.test(setting)) maxAge = Number(setting);
    else if (key === "expires" && !Number.isNaN(Date.parse(setting))) expiresAt = Date.parse(setting);
  }
  if (maxAge !== undefined) expiresAt = maxAge <= 0 ? 0 : now + maxAge * 1_000;
  if (!hostOnly && host !== domain && !host.endsWith(`.${domain}`)) return undefined;
  if (secure && url.protocol !== "https:") return undefined;
  return { name, value, domain, hostOnly, path, secure, expiresAt };
}

function applies(cookie: Cookie, url: URL): boolean {
  if (cookie.secure && url.protocol !== "https:") return false;
  const host = url.hostname;
  if (host !== cookie.domain && (cookie.hostOnly || !host.endsWith(`.${cookie.domain}`))) return false;
  const { pathname } = url;
  if (!pathname.startsWith(cookie.path)) return false;
  return pathname.length === cookie.path.length || cookie.path.endsWith("/") || pathname[cookie.path.length] === "/";
}

/** The folder of a request's path: RFC 6265 §5.1.4. */
function defaultPath(pathname: string): string {
  const slash = pathname.lastIndexOf("/");
  return slash <= 0 ? "/" : pathname.slice(0, slash);
}
