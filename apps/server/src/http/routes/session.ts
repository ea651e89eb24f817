import { redeemLink } from "@muster/application";
import { type Session, SessionSchema, SignInSchema } from "@muster/contract";
import { type SignedIn, toInstant } from "@muster/kernel";
import Type from "typebox";
import { caller, SESSION_COOKIE } from "../access.ts";
import type { App, AppSources } from "../app.ts";
import { answers } from "../problems.ts";

const SIGN_INS_PER_MINUTE = 10;

/** Signing in with a one-time link, and out. */
export function sessionRoutes(app: App, sources: AppSources): void {
  app.post(
    "/api/v1/session",
    {
      config: { role: "public", rateLimit: { max: SIGN_INS_PER_MINUTE, timeWindow: "1 minute" } },
      schema: { summary: "Sign in with a one-time link", body: SignInSchema, response: answers(201, SessionSchema) },
    },
    async (request, reply) => {
      const { secret, signedIn } = await redeemLink(request.body.token, sources);
      reply.setCookie(SESSION_COOKIE, secret, {
        path: "/",
        httpOnly: true,
        sameSite: "strict",
        secure: request.protocol === "https",
        expires: new Date(signedIn.expiresAt),
      });
      return reply.code(201).send(sessionOf(signedIn));
    },
  );
  app.get(
    "/api/v1/session",
    { config: { role: "viewer" }, schema: { summary: "Who is signed in", response: answers(200, SessionSchema) } },
    (request) => sessionOf(caller(request)),
  );
  app.delete(
    "/api/v1/session",
    { config: { role: "viewer" }, schema: { summary: "Sign out", response: answers(204, Type.Null()) } },
    async (request, reply) => {
      // The guard found the session by this cookie.
      await sources.identity.endSession(sources.sha256(request.cookies[SESSION_COOKIE] as string));
      await sources.identity.audit({
        at: toInstant(sources.clock.now()),
        actor: caller(request).name,
        action: "session.ended",
        detail: {},
      });
      reply.clearCookie(SESSION_COOKIE, { path: "/" });
      return reply.code(204).send();
    },
  );
}

function sessionOf(signedIn: SignedIn): Session {
  return { user: signedIn.name, role: signedIn.role, expiresAt: signedIn.expiresAt };
}
