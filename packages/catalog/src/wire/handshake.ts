import net from "node:net";
import { performance } from "node:perf_hooks";
import tls from "node:tls";
import { type Failure, failureOf, type Phase, timedOut } from "./failure.ts";

/** One TLS handshake to attempt. */
export interface HandshakeOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** Cancels it; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Offer this version of TLS and no other. */
  readonly only?: tls.SecureVersion;
  /** Trusted roots, in PEM; those of Node unless given. */
  readonly roots?: string;
}

/** How a handshake ended: with what `read` saw of the open socket, or with a failure. */
export type Handshake<T> =
  | { readonly seen: T; readonly elapsedMs: number }
  | { readonly failure: Failure; readonly elapsedMs: number };

/**
 * Opens a TLS connection, reads from it and closes it. The certificate is not enforced here, it is
 * what is looked at; whether the chain is trusted stands in the socket's `authorized`.
 */
export function handshake<T>(options: HandshakeOptions, read: (socket: tls.TLSSocket) => T): Promise<Handshake<T>> {
  const { host, port, timeoutMs, signal, only, roots } = options;
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<Handshake<T>>();
  const started = performance.now();
  let phase: Exclude<Phase, "timeout"> = net.isIP(host) === 0 ? "dns" : "connect";

  const socket = tls.connect({
    host,
    port,
    // RFC 6066 §3 forbids addresses in the server name indication.
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: false,
    // Names are compared by the collector, so that trust and name are two facts and not one.
    checkServerIdentity: () => undefined,
    ALPNProtocols: ["h2", "http/1.1"],
    ...(roots === undefined ? {} : { ca: roots }),
    // Security level 0 lets OpenSSL speak the versions and ciphers that are asked about, weak as they are.
    ...(only === undefined ? {} : { minVersion: only, maxVersion: only, ciphers: "ALL:@SECLEVEL=0" }),
  });
  const finish = (result: { seen: T } | { failure: Failure }): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
    resolve({ ...result, elapsedMs: performance.now() - started });
  };
  const onAbort = (): void => {
    clearTimeout(timer);
    socket.destroy();
    reject(signal.reason);
  };
  const timer = setTimeout(() => finish({ failure: timedOut(timeoutMs, WAITING_FOR[phase]) }), timeoutMs);
  signal.addEventListener("abort", onAbort, { once: true });

  socket.once("lookup", (error: Error | null) => {
    if (!error) phase = "connect";
  });
  socket.once("connect", () => {
    phase = "tls";
  });
  socket.once("secureConnect", () => {
    try {
      finish({ seen: read(socket) });
    } catch (error) {
      finish({ failure: failureOf("tls", error) });
    }
  });
  socket.on("error", (error) => finish({ failure: failureOf(phase, error) }));
  socket.once("close", () =>
    finish({ failure: { phase, code: "CLOSED", message: "the other side closed the connection" } }),
  );
  return promise;
}

const WAITING_FOR: Readonly<Record<Exclude<Phase, "timeout">, string>> = {
  dns: "address for the name",
  connect: "connection",
  tls: "TLS handshake",
  protocol: "answer",
  body: "answer",
};
