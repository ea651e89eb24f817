import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { TestCertificate } from "./certificate.ts";
import type { TestServer } from "./servers.ts";

/** What a test's HTTP/2 server does with a stream. */
export type StreamHandler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** A server whose connections a test can break. */
export interface Http2TestServer extends TestServer {
  breakAll(): void;
}

/** Node's own HTTP/2 server on a free port, without TLS unless it has a certificate. */
export async function http2Server(
  handler: StreamHandler,
  settings: ServerOptions["settings"] = {},
  certificate?: TestCertificate,
): Promise<Http2TestServer> {
  const server: Http2Server | Http2SecureServer =
    certificate === undefined ? createServer({ settings }) : createSecureServer({ settings, ...certificate });
  const sessions = new Set<ServerHttp2Session>();
  const connections = { opened: 0, open: 0 };
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("session", (session) => {
    connections.opened += 1;
    connections.open += 1;
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => {
      connections.open -= 1;
      sessions.delete(session);
    });
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on("error", () => {});
    handler(stream, headers);
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}/`),
    connections,
    breakAll() {
      for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
