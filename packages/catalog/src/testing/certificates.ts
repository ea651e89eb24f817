import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import net from "node:net";

/** What a test certificate says. */
export interface CertificateRequest {
  readonly name: string;
  /** Host names and addresses that it is good for. */
  readonly hosts?: readonly string[];
  readonly validFrom?: Date;
  readonly validTo?: Date;
  /** Whether it may sign others. */
  readonly ca?: boolean;
  /** Who signs it; itself unless given. */
  readonly signedBy?: TestCertificate;
}

/** A certificate and its key, in PEM, as TLS servers take them. */
export interface TestCertificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;

/**
 * Makes an X.509 certificate (RFC 5280) with a key on P-256. Written here, so that tests need no
 * OpenSSL on the machine, and can make certificates that no decent tool would.
 */
export function makeCertificate(request: CertificateRequest): TestCertificate {
  const { name, hosts = [], ca = false, signedBy } = request;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const validFrom = request.validFrom ?? new Date(Date.now() - DAY_MS);
  const validTo = request.validTo ?? new Date(Date.now() + 200 * DAY_MS);
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(8)),
    ECDSA_WITH_SHA256,
    distinguishedName(signedBy?.name ?? name),
    sequence(time(validFrom), time(validTo)),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(basicConstraints(ca), ...(hosts.length > 0 ? [subjectAltName(hosts)] : []))),
  );
  const signature = sign("sha256", toBeSigned, signedBy?.privateKey ?? privateKey);
  const certificate = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signature));
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    privateKey,
  };
}

// DER (ITU-T X.690), as much of it as a certificate needs.

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function integer(value: Buffer): Buffer {
  // A leading zero keeps it positive.
  return tagged(0x02, Buffer.from([0]).subarray(0, (value[0] ?? 0) & 0x80 ? 1 : 0), value);
}

function bitString(value: Buffer): Buffer {
  return tagged(0x03, Buffer.from([0]), value);
}

function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x18, Buffer.from(digits, "ascii"));
}

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(identifier("2a8648ce3d040302"));

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier("550403"), tagged(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(identifier(id), tagged(0x04, value));
}

function basicConstraints(ca: boolean): Buffer {
  return extension("551d13", sequence(...(ca ? [tagged(0x01, Buffer.from([0xff]))] : [])));
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    net.isIPv4(host) ? tagged(0x87, Buffer.from(host.split(".").map(Number))) : tagged(0x82, Buffer.from(host)),
  );
  return extension("551d11", sequence(...names));
}
