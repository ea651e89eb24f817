import { defineCheck } from "@muster/contract";
import type { Finding } from "@muster/kernel";
import { Type } from "typebox";
import { tlsHandshakeFacts } from "../../collectors/tls-handshake/facts.ts";
import { unreached } from "../../collectors/tls-handshake/unreached.ts";

export const tlsCertificateValidity = defineCheck({
  id: "tls-certificate-validity",
  title: "The certificate is trusted and names the host",
  failureTitle: "The certificate is not trusted or names another host",
  why: "Clients refuse a certificate that they cannot trace to a root they trust, or that is made out to another name. Those that were told to ignore it are open to anybody on the way.",
  fix: "Install a certificate of a trusted authority for exactly this host name, with all intermediate certificates. For a private authority, trust its root on the machine that runs Muster with NODE_EXTRA_CA_CERTS.",
  category: "security",
  severity: "critical",
  requires: [tlsHandshakeFacts],
  parameters: Type.Object({
    minimumRsaBits: Type.Integer({
      default: 2048,
      minimum: 1024,
      description: "Smallest RSA key that is accepted, in bits",
    }),
  }),
  supports: [
    "pci-dss-4.0.1:4.2.1",
    "pci-dss-4.0.1:4.2.1.1",
    "iso-27001-2022:A.5.14",
    "iso-27001-2022:A.8.24",
    "soc2:CC6.7",
    "gdpr:32(1)(a)",
    "owasp-api-2023:API8",
    "owasp-asvs-5.0:12.2.2",
  ],
  references: [
    "RFC 5280 (Internet X.509 Certificates)",
    "RFC 9525 (Service Identity in TLS)",
    "Mozilla Server Side TLS 6.0",
  ],
  cwe: 295,
  judge({ "tls-handshake": seen }, { minimumRsaBits }) {
    const { session } = seen;
    if (session === undefined) return unreached(seen);
    const resource = `${seen.host}:${seen.port}`;
    const findings: Finding[] = [];
    if (!session.trusted) {
      const code = session.trustError ?? "UNKNOWN";
      findings.push({
        resource,
        message: `not trusted: ${TRUST_ERRORS[code] ?? "the chain does not verify"} (${code})`,
      });
    }
    if (!session.nameMatches) {
      const names = session.chain[0]?.names.join(", ") || "no name";
      findings.push({ resource, message: `made out to ${names}, not to ${seen.host}` });
    }
    for (const certificate of session.chain) {
      if (certificate.keyType === "rsa" && (certificate.keyBits ?? 0) < minimumRsaBits) {
        const message = `RSA key of ${certificate.keyBits} bits, at least ${minimumRsaBits} are needed`;
        findings.push({ resource: certificate.subject, message });
      }
      // What a root says of itself is not what makes it trusted.
      const isRoot = certificate.subject === certificate.issuer;
      if (!isRoot && /sha-?1(?!\d)|md5|md2/i.test(certificate.signatureAlgorithm ?? "")) {
        findings.push({ resource: certificate.subject, message: `signed with ${certificate.signatureAlgorithm}` });
      }
    }
    const [first] = findings;
    if (first) {
      return {
        outcome: "fail",
        summary: `${first.message}; expected a trusted certificate for ${seen.host}`,
        findings,
      };
    }
    const issuer = session.chain[0]?.issuer ?? "";
    return { outcome: "pass", summary: `trusted and made out to ${seen.host}, issued by ${issuer}` };
  },
});

/** Verification errors of OpenSSL that servers of the wild run into. */
const TRUST_ERRORS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  CERT_REVOKED: "it was revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its root is not one that is trusted here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not one that is trusted here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server does not send the certificates between it and a trusted root",
};
