import assert from "node:assert/strict";
import { test } from "node:test";
import { shaken, unshaken } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { tlsCertificateValidity } from "./index.ts";

test("a trusted certificate for the host passes", () => {
  assert.deepEqual(judgeFacts(tlsCertificateValidity, shaken()), {
    outcome: "pass",
    summary: "trusted and made out to service.example, issued by CN=Authority",
  });
});

test("a chain that is not trusted fails in words", () => {
  const judgement = judgeFacts(
    tlsCertificateValidity,
    shaken({ trusted: false, trustError: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
  );

  assert.equal(judgement.outcome, "fail");
  assert.match(judgement.summary, /not trusted: it is signed by itself \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
});

test("a certificate for another name fails and says for which", () => {
  const judgement = judgeFacts(
    tlsCertificateValidity,
    shaken({ nameMatches: false }, { names: ["DNS:other.example"] }),
  );

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.[0]?.message, "made out to DNS:other.example, not to service.example");
});

test("an RSA key is long enough from the minimum on", () => {
  assert.equal(judgeFacts(tlsCertificateValidity, shaken({}, { keyType: "rsa", keyBits: 2048 })).outcome, "pass");
  assert.equal(judgeFacts(tlsCertificateValidity, shaken({}, { keyType: "rsa", keyBits: 2047 })).outcome, "fail");
});

test("a signature with SHA-1 fails, with SHA-256 or of a root it does not matter", () => {
  const sha1 = "sha1WithRSAEncryption";

  assert.equal(judgeFacts(tlsCertificateValidity, shaken({}, { signatureAlgorithm: sha1 })).outcome, "fail");
  assert.equal(
    judgeFacts(tlsCertificateValidity, shaken({}, { signatureAlgorithm: sha1, issuer: "CN=service.example" })).outcome,
    "pass",
  );
});

test("a refused handshake fails, an unreachable host is unknown", () => {
  assert.equal(judgeFacts(tlsCertificateValidity, unshaken("tls")).outcome, "fail");
  assert.equal(judgeFacts(tlsCertificateValidity, unshaken("connect")).outcome, "unknown");
});
