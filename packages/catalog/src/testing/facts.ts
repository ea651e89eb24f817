import type { LoadResult } from "@muster/contract";
import type { HttpExchange } from "../collectors/http-exchange/facts.ts";
import type { TlsHandshake } from "../collectors/tls-handshake/facts.ts";

type Answer = NonNullable<HttpExchange["answer"]>;

/** What a test says about an answer; the rest is that of a plain, healthy one. */
export interface AnswerSays {
  readonly url?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Partial<Answer["body"]>;
  readonly tls?: Answer["tls"];
}

/** Facts of an exchange that was answered. */
export function answered(says: AnswerSays = {}, rest: Partial<HttpExchange> = {}): { "http-exchange": HttpExchange } {
  const { url = "https://service.example/", status = 200, headers = {}, body = {}, tls } = says;
  const text = body.text ?? "{}";
  return {
    "http-exchange": {
      url,
      observedAt: "2026-11-20T12:00:00.000Z",
      hops: [],
      cookies: [],
      answer: {
        url,
        status,
        httpVersion: "1.1",
        headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
        body: {
          bytes: text.length,
          cut: false,
          contentType: headers["content-type"] ?? "application/json",
          binary: false,
          text,
          whole: true,
          json: true,
          ...body,
        },
        ...(tls === undefined ? {} : { tls }),
        timings: { connectMs: 1, headersMs: 8, totalMs: 10 },
      },
      repetitions: [{ totalMs: 10, status }],
      ...rest,
    },
  };
}

/** Facts of an exchange that nobody answered. */
export function refused(url = "https://service.example/"): { "http-exchange": HttpExchange } {
  const failure = { phase: "connect" as const, code: "ECONNREFUSED", message: "the connection was refused" };
  return {
    "http-exchange": {
      url,
      observedAt: "2026-11-20T12:00:00.000Z",
      hops: [],
      cookies: [],
      failure,
      repetitions: [{ totalMs: 1, failure }],
    },
  };
}

type Session = NonNullable<TlsHandshake["session"]>;

/** Facts of a handshake with a server that does everything right, except for what the test says. */
export function shaken(
  session: Partial<Session> = {},
  certificate: Partial<Session["chain"][number]> = {},
  rest: Partial<TlsHandshake> = {},
): { "tls-handshake": TlsHandshake } {
  return {
    "tls-handshake": {
      host: "service.example",
      port: 443,
      observedAt: "2026-11-20T12:00:00.000Z",
      session: {
        protocol: "TLSv1.3",
        cipher: "TLS_AES_128_GCM_SHA256",
        trusted: true,
        nameMatches: true,
        chain: [
          {
            subject: "CN=service.example",
            issuer: "CN=Authority",
            names: ["DNS:service.example"],
            validFrom: "2026-06-01T00:00:00.000Z",
            validTo: "2027-06-01T00:00:00.000Z",
            serialNumber: "01",
            fingerprint256: "AA",
            signatureAlgorithm: "ecdsa-with-SHA256",
            keyType: "ec",
            curve: "prime256v1",
            ca: false,
            ...certificate,
          },
        ],
        handshakeMs: 5,
        ...session,
      },
      versions: [
        { version: "TLSv1", accepted: false },
        { version: "TLSv1.1", accepted: false },
        { version: "TLSv1.2", accepted: true },
        { version: "TLSv1.3", accepted: true },
      ],
      ...rest,
    },
  };
}

/** Facts of a handshake that failed in a phase. */
export function unshaken(phase: "connect" | "tls"): { "tls-handshake": TlsHandshake } {
  return {
    "tls-handshake": {
      host: "service.example",
      port: 443,
      observedAt: "2026-11-20T12:00:00.000Z",
      failure: { phase, code: "EFAILED", message: "it failed" },
      versions: [],
    },
  };
}

/** Facts of a load of 1,000 requests that went well, except for what the test says. */
export function loaded(says: Partial<LoadResult> = {}): { "load-run": LoadResult } {
  return {
    "load-run": {
      askedPerSecond: 200,
      achievedPerSecond: 200,
      durationMs: 5_000,
      scheduled: 1_000,
      answered: 1_000,
      failed: 0,
      missed: 0,
      errors: {},
      statuses: { "200": 1_000 },
      response: { min: 1, mean: 20, p50: 18, p90: 30, p95: 40, p99: 60, p999: 80, max: 90 },
      bytesIn: 1_000,
      bytesOut: 1_000,
      valid: true,
      ...says,
    },
  };
}

/** Facts of a load whose generator did not keep up. */
export function loadedBadly(): { "load-run": LoadResult } {
  return loaded({ valid: false, invalidBecause: "the generator was late by 80 ms", failed: 900, answered: 100 });
}
