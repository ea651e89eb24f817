import type { AddressInfo, Socket } from "node:net";
import net from "node:net";
import tls from "node:tls";
import type { TestCertificate } from "./certificates.ts";

/** A server on loopback that does with each connection what a test says. */
export interface SocketServer {
  readonly port: number;
  /** Resolves once no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one, with TLS when a certificate is given. */
export async function serveSockets(
  behave: (socket: Socket) => void,
  { certificate, ...options }: tls.TlsOptions & { readonly certificate?: TestCertificate } = {},
): Promise<SocketServer> {
  const open = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const server = certificate
    ? tls.createServer({ ...options, key: certificate.key, cert: certificate.cert }, behave)
    : net.createServer(behave);
  server.on("tlsClientError", () => undefined);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    // Clients that have seen enough cut the connection; that is what they should do.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      open.delete(socket);
      if (open.size > 0) return;
      for (const done of waiting) done();
      waiting = [];
    });
  });
  server.on("secureConnection", (socket: Socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    // A TCP server's address is an object once it listens.
    port: (server.address() as AddressInfo).port,
    idle: () => new Promise((resolve) => (open.size === 0 ? resolve() : waiting.push(resolve))),
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
