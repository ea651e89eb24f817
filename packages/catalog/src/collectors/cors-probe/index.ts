import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector } from "@muster/contract";
import { exchange, headerValue } from "../../wire/exchange.ts";
import { redactUrl } from "../../wire/redact.ts";
import { type CorsProbe, corsProbeFacts, type ORIGIN_KINDS } from "./facts.ts";

const REQUEST_MS = 3_000;
/** Only the headers are wanted. */
const BODY_BYTES = 16 * 1024;

/** Asks the base address with origins that it has no reason to trust. `label` gives a host label that nobody owns. */
export function createCorsProbe(clock: Clock, label: () => string, requestMs: number = REQUEST_MS) {
  return defineCollector({
    facts: corsProbeFacts,
    title: "Answers to pages of foreign origins",
    timeoutMs: 7 * requestMs,
    permission: "audit",
    async collect(target, { signal }): Promise<CorsProbe> {
      const observedAt = toInstant(clock.now());
      const url = redactUrl(target.url);
      const probes: CorsProbe["probes"] = [];
      for (const { kind, origin } of foreignOrigins(target.url, label())) {
        const { answer, failure } = await exchange(target.url, {
          headers: { origin },
          timeoutMs: requestMs,
          maxBodyBytes: BODY_BYTES,
          signal,
        });
        if (answer === undefined && failure && probes.length === 0) return { url, observedAt, failure, probes };
        const allowOrigin = answer && headerValue(answer.headers, "access-control-allow-origin");
        const allowCredentials = answer && headerValue(answer.headers, "access-control-allow-credentials");
        probes.push({
          kind,
          origin,
          ...(answer === undefined ? {} : { status: answer.status }),
          ...(allowOrigin === undefined ? {} : { allowOrigin }),
          ...(allowCredentials === undefined ? {} : { allowCredentials }),
          ...(answer === undefined && failure ? { failure } : {}),
        });
      }
      return { url, observedAt, probes };
    },
  });
}

/**
 * Origins that a careless comparison takes for the service's own: any, the opaque one, one that
 * begins or ends with the service's host, one with a character that some parsers stop at, and the
 * service's host without encryption.
 */
export function foreignOrigins(
  service: URL,
  label: string,
): readonly { readonly kind: (typeof ORIGIN_KINDS)[number]; readonly origin: string }[] {
  const { protocol, host } = service;
  return [
    { kind: "stranger", origin: `${protocol}//${label}.com` },
    { kind: "null", origin: "null" },
    { kind: "suffix", origin: `${protocol}//${label}.${host}` },
    { kind: "prefix", origin: `${protocol}//${host}.${label}.com` },
    { kind: "backquote", origin: `${protocol}//${host}%60${label}.com` },
    ...(protocol === "https:" ? [{ kind: "insecure-twin" as const, origin: `http://${host}` }] : []),
  ];
}
