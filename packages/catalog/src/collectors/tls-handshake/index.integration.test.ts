import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import type tls from "node:tls";
import { type Check, type Outcome, toInstant } from "@muster/kernel";
import { Unavailable } from "@muster/contract";
import { Value } from "typebox/value";
import { tlsCertificateExpiry } from "../../checks/tls-certificate-expiry/index.ts";
import { tlsCertificateValidity } from "../../checks/tls-certificate-validity/index.ts";
import { tlsProtocol } from "../../checks/tls-protocol/index.ts";
import { makeCertificate, type TestCertificate } from "../../testing/certificates.ts";
import { serveHostile } from "../../testing/hostile-server.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { serveSockets } from "../../testing/socket-server.ts";
import type { TlsHandshake } from "./facts.ts";
import { createTlsHandshake } from "./index.ts";

const HANDSHAKE_MS = 1_500;
const DAY_MS = 86_400_000;
const clock = { now: () => Date.now() };
const authority = makeCertificate({ name: "Test authority", ca: true });
const good = makeCertificate({ name: "good", hosts: ["localhost", "127.0.0.1"], signedBy: authority });

async function look(url: string, roots = authority.cert): Promise<TlsHandshake> {
  const collector = createTlsHandshake(clock, { handshakeMs: HANDSHAKE_MS, roots });
  const target = { url: new URL(url), paths: { readiness: "/", metrics: "/" } };
  const facts = await collector.collect(target, { signal: new AbortController().signal });
  assert.deepEqual(Value.Errors(collector.facts.schema, JSON.parse(JSON.stringify(facts))), []);
  return facts;
}

async function lookAt(certificate: TestCertificate, options: tls.TlsOptions = {}): Promise<TlsHandshake> {
  const server = await serveSockets((socket: Socket) => socket.resume(), { certificate, ...options });
  try {
    const facts = await look(`https://localhost:${server.port}/`);
    await server.idle();
    return facts;
  } finally {
    await server.close();
  }
}

function outcomes(facts: TlsHandshake): Record<string, Outcome> {
  const checks = [tlsCertificateValidity, tlsCertificateExpiry, tlsProtocol];
  const judged = checks.map((check: Check & (typeof checks)[number]) => [
    check.id,
    judgeFacts(check, { "tls-handshake": facts }).outcome,
  ]);
  return Object.fromEntries(judged) as Record<string, Outcome>;
}

const ALL_PASS = { "tls-certificate-validity": "pass", "tls-certificate-expiry": "pass", "tls-protocol": "pass" };

describe("a TLS server", { concurrency: true }, () => {
  test("with a good certificate and current versions passes everything", async () => {
    const facts = await lookAt(good);

    assert.deepEqual(outcomes(facts), ALL_PASS);
    assert.equal(facts.session?.protocol, "TLSv1.3");
    assert.deepEqual(facts.session?.chain[0]?.names, ["DNS:localhost", "IP Address:127.0.0.1"]);
    assert.equal(facts.session?.chain[0]?.curve, "prime256v1");
    assert.deepEqual(
      facts.versions.map(({ accepted }) => accepted),
      [false, false, true, true],
    );
  });

  test("reached by its address is compared by its address", async () => {
    const server = await serveSockets((socket: Socket) => socket.resume(), { certificate: good });
    try {
      const facts = await look(`https://127.0.0.1:${server.port}/`);

      assert.deepEqual(outcomes(facts), ALL_PASS);
    } finally {
      await server.close();
    }
  });

  test("with a certificate that it signed itself fails validity only", async () => {
    const facts = await lookAt(makeCertificate({ name: "self", hosts: ["localhost"] }));

    assert.equal(facts.session?.trustError, "DEPTH_ZERO_SELF_SIGNED_CERT");
    assert.deepEqual(outcomes(facts), { ...ALL_PASS, "tls-certificate-validity": "fail" });
  });

  test("with a certificate for another name fails validity only", async () => {
    const facts = await lookAt(makeCertificate({ name: "other", hosts: ["other.example"], signedBy: authority }));

    assert.equal(facts.session?.trusted, true);
    assert.equal(facts.session?.nameMatches, false);
    assert.deepEqual(outcomes(facts), { ...ALL_PASS, "tls-certificate-validity": "fail" });
  });

  test("with an expired certificate fails validity and expiry", async () => {
    const validFrom = new Date(Date.now() - 100 * DAY_MS);
    const validTo = new Date(Date.now() - 10 * DAY_MS);
    const request = { name: "old", hosts: ["localhost"], validFrom, validTo, signedBy: authority };

    const facts = await lookAt(makeCertificate(request));

    assert.equal(facts.session?.trustError, "CERT_HAS_EXPIRED");
    assert.equal(facts.session?.chain[0]?.validTo, toInstant(Math.floor(validTo.getTime() / 1_000) * 1_000));
    assert.deepEqual(outcomes(facts), {
      ...ALL_PASS,
      "tls-certificate-validity": "fail",
      "tls-certificate-expiry": "fail",
    });
  });

  test("that speaks old versions only is seen to, and fails", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;

    const facts = await lookAt(good, old);

    assert.deepEqual(
      facts.versions.map(({ accepted }) => accepted),
      [true, true, false, false],
    );
    assert.equal(outcomes(facts)["tls-protocol"], "fail");
  });

  test("that speaks old versions beside current ones fails the protocol only", async () => {
    const facts = await lookAt(good, { minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" });

    assert.deepEqual(outcomes(facts), { ...ALL_PASS, "tls-protocol": "fail" });
  });
});

describe("an https address without TLS behind it", { concurrency: true }, () => {
  const NOTHING_KNOWN = {
    "tls-certificate-validity": "unknown",
    "tls-certificate-expiry": "unknown",
    "tls-protocol": "unknown",
  };

  test("a plain server fails", async () => {
    const server = await serveHostile("another protocol");
    try {
      const facts = await look(`https://localhost:${server.port}/`);

      assert.match(facts.failure?.message ?? "", /does not speak TLS/);
      assert.equal(outcomes(facts)["tls-certificate-validity"], "fail");
      await server.idle();
    } finally {
      await server.close();
    }
  });

  test("a server that says nothing is unknown after the time for one handshake", async () => {
    const server = await serveHostile("silence");
    const started = performance.now();
    try {
      const facts = await look(`https://localhost:${server.port}/`);

      assert.equal(facts.failure?.message, `no TLS handshake within ${HANDSHAKE_MS} ms`);
      assert.ok(performance.now() - started < 2 * HANDSHAKE_MS + 3_000);
      assert.deepEqual(outcomes(facts), NOTHING_KNOWN);
      await server.idle();
    } finally {
      await server.close();
    }
  });

  test("a port on which nothing listens is unknown", async () => {
    const server = await serveSockets(() => undefined);
    await server.close();

    const facts = await look(`https://127.0.0.1:${server.port}/`);

    assert.equal(facts.failure?.phase, "connect");
    assert.deepEqual(outcomes(facts), NOTHING_KNOWN);
  });

  test("an http address has no facts at all", async () => {
    await assert.rejects(look("http://localhost:1/"), new Unavailable("the address is http, so there is no TLS"));
  });
});
