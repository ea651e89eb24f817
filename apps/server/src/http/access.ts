import {
  type Clock,
  type Identity,
  includesRole,
  MusterError,
  type Role,
  type Sha256,
  type SignedIn,
  toInstant,
} from "@muster/kernel";
import type { FastifyInstance, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The least role that may call the route; `public` for everybody. A route without one is refused at start. */
    role?: Role | "public";
  }
  interface FastifyInstance {
    /** Every route with the role it needs, for whoever reviews them. */
    guardedRoutes: readonly GuardedRoute[];
  }
  interface FastifyRequest {
    /** Who calls, on every route but public ones. */
    signedIn: SignedIn | null;
  }
}

/** A route as the guard knows it. */
export interface GuardedRoute {
  readonly method: string;
  readonly url: string;
  readonly role: Role | "public";
}

export const SESSION_COOKIE = "muster_session";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Default deny: every route must name its role, and no handler runs before the caller was shown to
 * have it. Requests that change something must come from the console's own origin (Fetch Metadata,
 * or the Origin header), so that another site cannot use a visitor's session.
 */
export function guardRoutes(app: FastifyInstance, sources: { identity: Identity; clock: Clock; sha256: Sha256 }): void {
  const table: GuardedRoute[] = [];
  app.decorate("guardedRoutes", table);
  app.decorateRequest("signedIn", null);
  app.addHook("onRoute", (route) => {
    const role = route.config?.role;
    if (role === undefined) throw new Error(`${String(route.method)} ${route.url} names no role`);
    for (const method of [route.method].flat()) table.push({ method, url: route.url, role });
  });
  app.addHook("onRequest", async (request) => {
    if (!SAFE_METHODS.has(request.method) || request.ws) refuseForeignOrigin(request);
    const role = request.routeOptions.config.role;
    // No route matched: the not-found handler answers, which tells nothing.
    if (role === undefined || role === "public") return;
    const secret = request.cookies[SESSION_COOKIE];
    const signedIn = secret
      ? await sources.identity.session(sources.sha256(secret), toInstant(sources.clock.now()))
      : undefined;
    if (!signedIn) throw new MusterError("unauthenticated", "this needs a signed-in user");
    if (!includesRole(signedIn.role, role)) {
      throw new MusterError("forbidden", `this needs the role ${role}; you have ${signedIn.role}`);
    }
    request.signedIn = signedIn;
  });
}

/** Who calls a route that is not public. */
export function caller(request: FastifyRequest): SignedIn {
  // The guard has run, or the handler would not.
  return request.signedIn as SignedIn;
}

function refuseForeignOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  const foreignOrigin = origin !== undefined && !sameHost(origin, request.host);
  if (foreignSite || foreignOrigin)
    throw new MusterError("forbidden", "this can only be called from the console's own pages");
}

function sameHost(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
