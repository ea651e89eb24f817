import http from "node:http";
import https from "node:https";
import net from "node:net";
import { performance } from "node:perf_hooks";
import tls from "node:tls";
import { type Failure, failureOf, type Phase, timedOut } from "./failure.ts";

/** Bounds and content of one request. */
export interface ExchangeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds from the start to the last byte. */
  readonly timeoutMs: number;
  /** Bytes of the body after which reading stops. */
  readonly maxBodyBytes: number;
  /** Cancels the exchange; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** What one request saw on the wire. An exchange that broke off has a failure, and what came before it. */
export interface Exchange {
  readonly failure?: Failure;
  readonly answer?: Answer;
  readonly timings: Timings;
}

/** Milliseconds. A phase that was not reached, or not needed, is absent. */
export interface Timings {
  readonly dnsMs?: number;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  /** From the start until status and headers were there. */
  readonly headersMs?: number;
  /** From the start until the end, good or bad. */
  readonly totalMs: number;
}

export interface Answer {
  readonly status: number;
  readonly httpVersion: string;
  /** In the order and with the repetitions of the wire; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Whether reading stopped at the limit, so that there was more. */
  readonly cut: boolean;
  readonly tls?: { readonly protocol: string; readonly authorized: boolean; readonly error?: string };
}

const WAITING_FOR: Readonly<Record<Exclude<Phase, "timeout">, string>> = {
  dns: "address for the name",
  connect: "connection",
  tls: "TLS handshake",
  protocol: "complete answer header",
  body: "end of the body",
};

const USER_AGENT = "muster/0.1 (production readiness check)";

/**
 * Sends one GET request on a connection of its own and reads what comes back, within bounds of time
 * and size. Whatever the other side does is a result. Certificates are looked at, not enforced: a
 * service with an expired one still has headers to judge, and nothing secret is sent.
 *
 * @throws the signal's reason when it is aborted, since a cancelled look says nothing about the service.
 */
export function exchange(url: URL, options: ExchangeOptions): Promise<Exchange> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
  const { signal, timeoutMs, maxBodyBytes } = options;
  if (signal.aborted) return Promise.reject(signal.reason as Error);

  const started = performance.now();
  const marks: { dns?: number; connect?: number; tls?: number; headers?: number } = {};
  let phase: Exclude<Phase, "timeout"> = net.isIP(bareHost(url)) === 0 ? "dns" : "connect";
  let response: http.IncomingMessage | undefined;
  let tlsSeen: Answer["tls"];
  const chunks: Buffer[] = [];
  let bytes = 0;

  const request = (url.protocol === "https:" ? https : http).request(url, {
    method: "GET",
    // A connection of its own, so that every timing is seen and nothing stays open.
    agent: false,
    rejectUnauthorized: false,
    headers: {
      accept: "*/*",
      // Compressed bodies would have to be unpacked, and a small one can unpack to gigabytes.
      "accept-encoding": "identity",
      "user-agent": USER_AGENT,
      ...options.headers,
    },
  });

  const finish = (failure: Failure | undefined, cut = false): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    request.destroy();
    resolve({
      ...(failure === undefined ? {} : { failure }),
      ...(response === undefined ? {} : { answer: answerOf(response, Buffer.concat(chunks), cut, tlsSeen) }),
      timings: timingsOf(started, marks, performance.now()),
    });
  };
  const onAbort = (): void => {
    clearTimeout(timer);
    request.destroy();
    reject(signal.reason as Error);
  };
  const timer = setTimeout(() => finish(timedOut(timeoutMs, WAITING_FOR[phase])), timeoutMs);
  signal.addEventListener("abort", onAbort, { once: true });

  // Listeners stay attached after the end: a late error of a destroyed socket must find one.
  request.on("error", (error) => finish(failureOf(phase, error)));
  request.on("socket", (socket) => {
    socket.once("lookup", (error: Error | null) => {
      if (error) return;
      marks.dns = performance.now();
      phase = "connect";
    });
    socket.once("connect", () => {
      marks.connect = performance.now();
      phase = url.protocol === "https:" ? "tls" : "protocol";
    });
    socket.once("secureConnect", () => {
      marks.tls = performance.now();
      phase = "protocol";
      if (socket instanceof tls.TLSSocket) tlsSeen = tlsOf(socket);
    });
  });
  request.on("upgrade", (_response, socket) => {
    socket.destroy();
    finish({ phase: "protocol", code: "UPGRADE", message: "the other side switched to another protocol unasked" });
  });
  request.on("response", (incoming) => {
    marks.headers = performance.now();
    phase = "body";
    response = incoming;
    incoming.on("data", (chunk: Buffer) => {
      if (bytes > maxBodyBytes) return;
      chunks.push(chunk.subarray(0, maxBodyBytes - bytes));
      bytes += chunk.length;
      if (bytes > maxBodyBytes) finish(undefined, true);
    });
    incoming.on("end", () => finish(undefined));
    incoming.on("error", (error) => finish(failureOf("body", error)));
  });
  request.end();
  return promise;
}

/** Host name of an address, IPv6 without its brackets. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The value of a header, several joined as HTTP allows (RFC 9110 §5.3). */
export function headerValue(headers: Answer["headers"], name: string): string | undefined {
  const values = headers.filter(([each]) => each === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function answerOf(response: http.IncomingMessage, body: Buffer, cut: boolean, seen: Answer["tls"]): Answer {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    headers.push([(response.rawHeaders[index] as string).toLowerCase(), response.rawHeaders[index + 1] as string]);
  }
  return {
    status: response.statusCode ?? 0,
    httpVersion: response.httpVersion,
    headers,
    body,
    cut,
    ...(seen === undefined ? {} : { tls: seen }),
  };
}

function tlsOf(socket: tls.TLSSocket): NonNullable<Answer["tls"]> {
  const error = socket.authorizationError as (Error & { code?: string }) | string | null | undefined;
  return {
    protocol: socket.getProtocol() ?? "unknown",
    authorized: socket.authorized,
    // The type says Error; in practice it is mostly the code as a string.
    ...(error ? { error: typeof error === "string" ? error : (error.code ?? error.message) } : {}),
  };
}

function timingsOf(
  started: number,
  marks: { dns?: number; connect?: number; tls?: number; headers?: number },
  ended: number,
): Timings {
  const { dns, connect, tls: secured, headers } = marks;
  return {
    ...(dns === undefined ? {} : { dnsMs: roundMs(dns - started) }),
    ...(connect === undefined ? {} : { connectMs: roundMs(connect - (dns ?? started)) }),
    ...(secured === undefined || connect === undefined ? {} : { tlsMs: roundMs(secured - connect) }),
    ...(headers === undefined ? {} : { headersMs: roundMs(headers - started) }),
    totalMs: roundMs(ended - started),
  };
}

/** Hundredths of a millisecond: finer would only be noise in the facts. */
export function roundMs(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 100) / 100);
}
