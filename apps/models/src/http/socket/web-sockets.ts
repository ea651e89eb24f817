import websocket from "@fastify/websocket";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Set for routes that open a WebSocket. */
    opensSocket?: boolean;
  }
}

/** Errors that the other side of a connection causes: frames that are not allowed, and going away. */
const FROM_OUTSIDE = /^(?:WS_ERR_|ECONNRESET$|ECONNABORTED$|EPIPE$|ETIMEDOUT$)/;
/** RFC 6455, section 7.4.1: something unexpected on our side. */
const FAILED_INSIDE = 1011;

/** Lets routes that are registered after it open WebSockets, and nothing else. */
export async function openWebSockets(app: FastifyInstance, maxMessageBytes: number): Promise<void> {
  app.addHook("onRoute", (route) => {
    if (route.websocket === true) route.config = { ...route.config, opensSocket: true };
  });
  await app.register(websocket, {
    options: { maxPayload: maxMessageBytes },
    errorHandler(error, socket, request) {
      // The connection closes by itself, with the code that says why; it is no news to anybody here.
      if (FROM_OUTSIDE.test((error as { code?: string }).code ?? "")) return;
      request.log.error({ err: error, requestId: request.id }, "a connection failed inside");
      socket.close(FAILED_INSIDE, "it failed inside");
    },
  });
  // Otherwise a connection would be opened wherever one is asked for, to be closed at once.
  app.addHook("preHandler", (request, _reply, done) => {
    const { opensSocket = false, access } = request.routeOptions.config;
    if (opensSocket === request.ws || access === undefined) return done();
    done(
      opensSocket
        ? new MusterError("upgrade-needed", "open a WebSocket here, with Connection: Upgrade and Upgrade: websocket")
        : new MusterError("invalid-request", "this address opens no WebSocket; ask without Upgrade"),
    );
  });
}
