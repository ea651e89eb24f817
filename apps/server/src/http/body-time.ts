import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the body may take as long as the server lets any request take: an upload. */
    slowBody?: boolean;
  }
}

const BODY_WITHIN_MS = 30_000;

/** Ends connections whose request is still not complete after a while, so that slow senders cannot hold them all. */
export function limitBodyTime(app: FastifyInstance, withinMs = BODY_WITHIN_MS): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { raw, ws } = request;
    if (ws || raw.complete || request.routeOptions.config.slowBody === true) return done();
    const timer = setTimeout(() => {
      // One that has come whole, and whose answer takes its time, is none of this.
      if (!raw.complete) raw.destroy();
    }, withinMs);
    timer.unref();
    const clear = (): void => clearTimeout(timer);
    raw.once("end", clear);
    raw.once("close", clear);
    done();
  });
}
