import { type Clock, MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator } from "../../domain/access/authenticator.ts";
import { createRateLimiter, type RateLimit } from "../../domain/access/rate-limiter.ts";
import { type Access, type Principal, refusal, type Scope } from "../../domain/access/role.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route asks of its caller; `public` for nothing. A route without it is refused at the start. */
    access?: Access | "public";
    /** Counted as a login, by address, because there is no caller yet. */
    isLogin?: boolean;
  }
  interface FastifyInstance {
    /**
     * Why the caller of an open connection may not ask once more; undefined when it may. Counts the asking, unless it
     * is only told something.
     */
    admitAgain: (request: FastifyRequest, options?: { readonly counted: boolean }) => Promise<MusterError | undefined>;
  }
  interface FastifyRequest {
    /** Who asks; undefined on public routes. */
    principal: Principal | undefined;
  }
}

export interface GuardOptions {
  /** Absent where the platform runs without users. */
  readonly authenticator: Authenticator | undefined;
  /** Who a caller without a token is; absent when there is no such caller. */
  readonly anonymous: Principal | undefined;
  /** How often a caller may ask, by what for. */
  readonly limits: Readonly<Record<Scope | "login", RateLimit>>;
  readonly clock: Clock;
}

export const SESSION_COOKIE = "muster_models_session";
/** The form of every key and session that this platform gives out. */
export const TOKEN = /^m[sk]_[A-Za-z0-9_-]{43}$/;

/** Lets a request through to its route only when its caller may use it. */
export function guardRoutes(app: FastifyInstance, { authenticator, anonymous, limits, clock }: GuardOptions): void {
  app.decorateRequest("principal", undefined);

  app.addHook("onRoute", (route) => {
    if (route.config?.access === undefined) throw new Error(`route ${route.url} does not say who may use it`);
  });

  const meters = {
    predict: createMeter("predict", limits.predict, clock),
    read: createMeter("read", limits.read, clock),
    write: createMeter("write", limits.write, clock),
  };
  const login = createMeter("login", limits.login, clock);

  app.decorate("admitAgain", async (request, options = { counted: true }) => {
    const { access } = request.routeOptions.config;
    if (access === undefined || access === "public") return undefined;
    const token = tokenOf(request);
    const found = await (token === undefined ? anonymous : authenticator?.recognise(token.text));
    const refused = admit(request, found, access, token);
    return refused ?? (options.counted ? meters[access.scope].count(callerKey(found, request)) : undefined);
  });

  app.addHook("onRequest", (request, reply, done) => {
    const { access, isLogin } = request.routeOptions.config;
    // Without a route the answer is 404, whoever asks.
    if (access === undefined || access === "public")
      return done(isLogin === true ? login.countRequest(request.ip, reply) : undefined);
    const meter = meters[access.scope];
    const token = tokenOf(request);
    const found = token === undefined ? anonymous : authenticator?.recognise(token.text);
    const decide = (principal: Principal | undefined): MusterError | undefined =>
      admit(request, principal, access, token) ?? meter.countRequest(callerKey(principal, request), reply);
    if (found instanceof Promise) {
      // oxlint-disable-next-line promise/no-callback-in-promise -- the hook is synchronous for callers that are remembered
      found.then((principal) => done(decide(principal)), done);
      return;
    }
    done(decide(found));
  });
}

/** Counts what callers ask, and refuses what is too much. */
interface Meter {
  count(caller: string): MusterError | undefined;
  /** The same, telling in headers what is left (draft-ietf-httpapi-ratelimit-headers-10). */
  countRequest(caller: string, reply: FastifyReply): MusterError | undefined;
}

function createMeter(name: string, limit: RateLimit, clock: Clock): Meter {
  const limiter = createRateLimiter(limit);
  const policy = `"${name}";q=${limit.burst};w=${Math.ceil(limit.burst / limit.perSecond)}`;

  function refusalFor(seconds: number): MusterError {
    return new MusterError(
      "too-many-requests",
      `at most ${limit.perSecond} requests a second; try again in ${seconds} s`,
    );
  }

  return {
    count(caller) {
      const left = limiter.take(caller, clock.now());
      return left >= 0 ? undefined : refusalFor(Math.ceil(-left / 1_000));
    },
    countRequest(caller, reply) {
      const left = limiter.take(caller, clock.now());
      const seconds = left >= 0 ? 0 : Math.ceil(-left / 1_000);
      void reply
        .header("ratelimit-policy", policy)
        .header("ratelimit", `"${name}";r=${Math.max(0, left)};t=${seconds || 1}`);
      if (left >= 0) return undefined;
      void reply.header("retry-after", seconds);
      return refusalFor(seconds);
    },
  };
}

/** Keys and sessions are counted each for itself; callers without one by their address. */
function callerKey(principal: Principal | undefined, request: FastifyRequest): string {
  return principal === undefined || principal.via === "anonymous" ? request.ip : principal.id;
}

/** Header in which an application says for which of its users it asks, in whatever form it likes. */
const ON_BEHALF_OF = "muster-on-behalf-of";

/** Whom a canary keeps where it is: the application's user where it names one, or else the key. */
export function stickyCaller(request: FastifyRequest): string {
  const named = request.headers[ON_BEHALF_OF];
  return typeof named === "string" ? named : callerKey(request.principal, request);
}

interface Token {
  readonly text: string;
  readonly from: "cookie" | "header";
}

/** The API key or session of a request, in the form that this platform gives out; others need no look-up. */
function tokenOf(request: FastifyRequest): Token | undefined {
  const { authorization, "x-api-key": apiKey, cookie } = request.headers;
  if (authorization?.startsWith("Bearer ") === true) return { text: authorization.slice(7), from: "header" };
  if (typeof apiKey === "string") return { text: apiKey, from: "header" };
  const session = cookie === undefined ? undefined : request.cookies[SESSION_COOKIE];
  return session === undefined ? undefined : { text: session, from: "cookie" };
}

function admit(
  request: FastifyRequest,
  principal: Principal | undefined,
  access: Access,
  token: Token | undefined,
): MusterError | undefined {
  if (principal === undefined || (token !== undefined && !TOKEN.test(token.text))) {
    return new MusterError("unauthenticated", "send an API key as Authorization: Bearer …, or sign in");
  }
  const reason = refusal(principal, access);
  if (reason !== undefined) return new MusterError("forbidden", reason);
  if (token?.from === "cookie" && isForged(request)) {
    return new MusterError("forbidden", "a page of another site may not use your session");
  }
  request.principal = principal;
  return undefined;
}

/** A change that another site's page caused in the browser of somebody who is signed in. */
function isForged({ method, headers }: FastifyRequest): boolean {
  // A WebSocket begins as GET, and whatever it carries is done in the name of the session.
  if ((method === "GET" || method === "HEAD") && headers.upgrade === undefined) return false;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const { origin, host } = headers;
  return origin !== undefined && URL.parse(origin)?.host !== host;
}

/** Who asks, on a route that is not public. */
export function callerOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw new Error("a public route has no caller");
  return request.principal;
}
