import type { FastifyInstance, onSendHookHandler } from "fastify";
import { namesTag, strongTag } from "./entity-tag.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /**
     * Who may keep the answer, asking before each use whether it still holds: the caller alone, or anybody. What
     * does not say it may be kept by nobody.
     */
    kept?: "private" | "public";
  }
}

/**
 * Gives the JSON of routes that may be kept an entity tag, unless they gave it one of their own, and answers
 * 304 to whoever has it already.
 */
export function answerRevalidations(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    const kept = route.config?.kept;
    // Only routes that may be kept carry the hook; predictions are too many for it. It goes first, because of HEAD
    // Fastify's own hook leaves nothing.
    if (kept !== undefined) route.onSend = [answerFor(kept), ...[route.onSend ?? []].flat()];
  });
}

function answerFor(kept: "private" | "public"): onSendHookHandler {
  return (request, reply, payload, done) => {
    if (reply.statusCode !== 200 || typeof payload !== "string") return done(null, payload);
    const given = reply.getHeader("etag");
    const tag = typeof given === "string" ? given : strongTag(payload);
    void reply.header("etag", tag).header("cache-control", `${kept}, no-cache`);
    if (!namesTag(request.headers["if-none-match"], tag)) return done(null, payload);
    void reply.code(304).removeHeader("content-type");
    // Of an answer to HEAD Fastify takes the length and drops the rest.
    done(null, request.method === "HEAD" ? payload : null);
  };
}
