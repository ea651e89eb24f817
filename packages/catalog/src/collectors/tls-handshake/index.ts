import type { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector, Unavailable } from "@muster/contract";
import type { Static } from "typebox";
import { bareHost, roundMs } from "../../wire/exchange.ts";
import { failureText } from "../../wire/failure.ts";
import { handshake, type HandshakeOptions } from "../../wire/handshake.ts";
import { type CertificateSchema, TLS_VERSIONS, type TlsHandshake, tlsHandshakeFacts } from "./facts.ts";

const HANDSHAKE_MS = 5_000;
/** A chain is three or four long; a longer one is cut here. */
const LONGEST_CHAIN = 10;

/** What may be set of the collector beside its clock. */
export interface TlsHandshakeOptions {
  /** Milliseconds that one handshake may take. */
  readonly handshakeMs?: number;
  /** Trusted roots in PEM, for a private authority; those of Node unless given. */
  readonly roots?: string;
}

/** Shakes hands as a browser does, then once for each version of TLS. */
export function createTlsHandshake(clock: Clock, options: TlsHandshakeOptions = {}) {
  const { handshakeMs = HANDSHAKE_MS, roots } = options;
  return defineCollector({
    facts: tlsHandshakeFacts,
    title: "TLS certificate and versions",
    timeoutMs: 2 * handshakeMs + 1_000,
    async collect(target, { signal }): Promise<TlsHandshake> {
      if (target.url.protocol !== "https:") throw new Unavailable("the address is http, so there is no TLS");
      const observedAt = toInstant(clock.now());
      const host = bareHost(target.url);
      const port = target.url.port === "" ? 443 : Number(target.url.port);
      const attempt = { host, port, timeoutMs: handshakeMs, signal, ...(roots === undefined ? {} : { roots }) };

      const first = await handshake(attempt, (socket) => sessionOf(socket, host));
      if ("failure" in first && first.failure.phase !== "tls") {
        return { host, port, observedAt, failure: first.failure, versions: [] };
      }
      const versions = await Promise.all(TLS_VERSIONS.map((version) => tryVersion(version, attempt)));
      if ("failure" in first) return { host, port, observedAt, failure: first.failure, versions };
      return { host, port, observedAt, session: { ...first.seen, handshakeMs: roundMs(first.elapsedMs) }, versions };
    },
  });
}

async function tryVersion(
  version: (typeof TLS_VERSIONS)[number],
  attempt: HandshakeOptions,
): Promise<TlsHandshake["versions"][number]> {
  const result = await handshake({ ...attempt, only: version }, () => true);
  if ("seen" in result) return { version, accepted: true };
  const reason = failureText(result.failure);
  // Only a refusal during the handshake is an answer to the question.
  return result.failure.phase === "tls" ? { version, accepted: false, reason } : { version, reason };
}

function sessionOf(socket: tls.TLSSocket, host: string): Omit<NonNullable<TlsHandshake["session"]>, "handshakeMs"> {
  const keyExchange = keyExchangeOf(socket);
  const nameError = tls.checkServerIdentity(host, socket.getPeerCertificate());
  const trustError = codeOf(socket.authorizationError);
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    ...(keyExchange === undefined ? {} : { keyExchange }),
    ...(socket.alpnProtocol ? { alpn: socket.alpnProtocol } : {}),
    trusted: socket.authorized,
    ...(trustError === undefined ? {} : { trustError }),
    nameMatches: nameError === undefined,
    ...(nameError === undefined ? {} : { nameError: nameError.message }),
    chain: chainOf(socket.getPeerX509Certificate()),
  };
}

function keyExchangeOf(socket: tls.TLSSocket): string | undefined {
  const key = socket.getEphemeralKeyInfo();
  if (key === null || !("type" in key)) return undefined;
  return "name" in key && typeof key.name === "string" ? key.name : `${key.type}-${key.size}`;
}

/** The error as a code such as `CERT_HAS_EXPIRED`: Node hands over the code itself, whatever its type says. */
function codeOf(error: unknown): string | undefined {
  if (typeof error === "string") return error;
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function chainOf(leaf: X509Certificate | undefined): Static<typeof CertificateSchema>[] {
  const chain: Static<typeof CertificateSchema>[] = [];
  const known = new Set<string>();
  for (let each = leaf; each && chain.length < LONGEST_CHAIN; each = each.issuerCertificate) {
    if (known.has(each.fingerprint256)) break;
    known.add(each.fingerprint256);
    chain.push(certificateOf(each));
  }
  return chain;
}

function certificateOf(certificate: X509Certificate): Static<typeof CertificateSchema> {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== ""),
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
    ...(certificate.signatureAlgorithm ? { signatureAlgorithm: certificate.signatureAlgorithm } : {}),
    ...keyOf(certificate),
    ca: certificate.ca,
  };
}

function keyOf(certificate: X509Certificate): { keyType: string; keyBits?: number; curve?: string } {
  try {
    const { asymmetricKeyType = "unknown", asymmetricKeyDetails } = certificate.publicKey;
    const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
    return {
      keyType: asymmetricKeyType,
      ...(modulusLength === undefined ? {} : { keyBits: modulusLength }),
      ...(namedCurve === undefined ? {} : { curve: namedCurve }),
    };
  } catch {
    // A kind of key that the library does not know is still a certificate.
    return { keyType: "unknown" };
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}
