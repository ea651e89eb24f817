import { MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator } from "../../domain/access/authenticator.ts";
import { type Access, type Principal, refusal } from "../../domain/access/role.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route asks of its caller; `public` for nothing. A route without it is refused at the start. */
    access?: Access | "public";
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
}

export const SESSION_COOKIE = "muster_models_session";
const TOKEN = /^m[sk]_[A-Za-z0-9_-]{43}$/;

/** Lets a request through to its route only when its caller may use it. */
export function guardRoutes(app: FastifyInstance, { authenticator, anonymous }: GuardOptions): void {
  app.decorateRequest("principal", undefined);

  app.addHook("onRoute", (route) => {
    if (route.config?.access === undefined) throw new Error(`route ${route.url} does not say who may use it`);
  });

  app.addHook("onRequest", (request, _reply, done) => {
    const access = request.routeOptions.config.access;
    // Without a route the answer is 404, whoever asks.
    if (access === undefined || access === "public") return done();
    const token = tokenOf(request);
    const found = token === undefined ? anonymous : authenticator?.recognise(token.text);
    if (found instanceof Promise) {
      // oxlint-disable-next-line promise/no-callback-in-promise -- the hook is synchronous for every caller that is remembered
      found.then((principal) => done(admit(request, principal, access, token)), done);
      return;
    }
    done(admit(request, found, access, token));
  });
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
  if (method === "GET" || method === "HEAD") return false;
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
