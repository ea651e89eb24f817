import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { TestCertificate } from "./certificate.ts";

/** A server of a test, with what it saw. Disposing it closes every connection. */
export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  /** Connections that were ever opened, and those open now. */
  readonly connections: { opened: number; open: number };
}

/** What a test's server does with a request. When it throws, the connection is closed. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

function listenerOf(handler: Handler): RequestListener {
  return (request, response) => {
    const run = async (): Promise<unknown> => handler(request, response);
    run().catch(() => response.destroy());
  };
}

/** An HTTP server on a free port of the loopback interface. */
export async function httpServer(handler: Handler): Promise<TestServer> {
  return serve(createHttpServer({ keepAliveTimeout: 60_000 }, listenerOf(handler)));
}

/** An HTTPS server on a free port of the loopback interface. */
export async function httpsServer(certificate: TestCertificate, handler: Handler): Promise<TestServer> {
  return serve(createHttpsServer({ ...certificate, keepAliveTimeout: 60_000 }, listenerOf(handler)), "https");
}

/** A TCP server that does to each connection what a test wants, however wrong. */
export async function rawServer(onSocket: (socket: Socket, nth: number) => void): Promise<TestServer> {
  let nth = 0;
  return serve(
    createTcpServer((socket) => {
      nth += 1;
      onSocket(socket, nth);
    }),
  );
}

async function serve(server: Server, scheme = "http"): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const connections = { opened: 0, open: 0 };
  server.on("connection", (socket: Socket) => {
    connections.opened += 1;
    connections.open += 1;
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      connections.open -= 1;
      sockets.delete(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${scheme}://127.0.0.1:${port}/`),
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits until a condition holds; fails the test after a deadline. */
export async function eventually(holds: () => boolean, what: string, withinMs = 2_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${withinMs} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
