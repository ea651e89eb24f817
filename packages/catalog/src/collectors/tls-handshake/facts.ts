import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

/** Versions that are asked about. SSL 2 and 3 cannot be spoken by the TLS library that is used. */
export const TLS_VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

export const CertificateSchema = Type.Object({
  subject: Type.String(),
  issuer: Type.String(),
  /** Names that the certificate is good for. */
  names: Type.Array(Type.String()),
  validFrom: Type.String(),
  validTo: Type.String(),
  serialNumber: Type.String(),
  fingerprint256: Type.String(),
  signatureAlgorithm: Type.Optional(Type.String()),
  keyType: Type.String(),
  keyBits: Type.Optional(Type.Integer()),
  curve: Type.Optional(Type.String()),
  ca: Type.Boolean(),
});

/** Facts of TLS handshakes with the service: one as a browser does it, and one for each version alone. */
export const tlsHandshakeFacts = defineFacts(
  "tls-handshake",
  Type.Object({
    host: Type.String(),
    port: Type.Integer(),
    /** The time against which validity is judged. */
    observedAt: Type.String(),
    failure: Type.Optional(FailureSchema),
    session: Type.Optional(
      Type.Object({
        protocol: Type.String(),
        cipher: Type.String(),
        /** Key of this session's key exchange, such as `X25519`. */
        keyExchange: Type.Optional(Type.String()),
        alpn: Type.Optional(Type.String()),
        /** Whether the chain leads to a root that is trusted here, within its dates. */
        trusted: Type.Boolean(),
        trustError: Type.Optional(Type.String()),
        nameMatches: Type.Boolean(),
        nameError: Type.Optional(Type.String()),
        /** The server's own certificate first. */
        chain: Type.Array(CertificateSchema),
        handshakeMs: Type.Number({ minimum: 0 }),
      }),
    ),
    /** Whether each version is accepted when it is the only one offered; absent where that could not be told. */
    versions: Type.Array(
      Type.Object({
        version: Type.Enum([...TLS_VERSIONS]),
        accepted: Type.Optional(Type.Boolean()),
        reason: Type.Optional(Type.String()),
      }),
    ),
  }),
);

export type TlsHandshake = FactsOf<typeof tlsHandshakeFacts>;
