import assert from "node:assert/strict";
import { test } from "node:test";
import { shaken, unshaken } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { tlsCertificateExpiry } from "./index.ts";

const OBSERVED = Date.parse("2026-11-20T12:00:00.000Z");
const DAY = 86_400_000;

/** A certificate that lived for a year, or less, and has so many days left. */
function left(days: number, life = 366) {
  const validTo = new Date(OBSERVED + days * DAY);
  const validFrom = new Date(validTo.getTime() - life * DAY);
  return shaken({}, { validFrom: validFrom.toISOString(), validTo: validTo.toISOString() });
}

for (const [days, outcome] of [
  [200, "pass"],
  [30, "pass"],
  [29.9, "warn"],
  [14, "warn"],
  [13.9, "fail"],
  [0, "fail"],
  [-3, "fail"],
] as const) {
  test(`${days} days left is a ${outcome}`, () => {
    assert.equal(judgeFacts(tlsCertificateExpiry, left(days)).outcome, outcome);
  });
}

test("the summary shows days left and both bounds", () => {
  assert.equal(
    judgeFacts(tlsCertificateExpiry, left(13.9)).summary,
    "13 days left, warns below 30 days, fails below 14 days",
  );
  assert.match(judgeFacts(tlsCertificateExpiry, left(-3)).summary, /^expired 3 days ago/);
});

test("a certificate that lives for six days is judged by its own life", () => {
  assert.equal(judgeFacts(tlsCertificateExpiry, left(5, 6)).outcome, "pass");
  assert.equal(judgeFacts(tlsCertificateExpiry, left(1.9, 6)).outcome, "warn");
  assert.equal(judgeFacts(tlsCertificateExpiry, left(0.9, 6)).outcome, "fail");
});

test("a certificate that is not valid yet fails", () => {
  assert.equal(judgeFacts(tlsCertificateExpiry, left(400)).outcome, "fail");
});

test("an intermediate that expires first is the one that counts, a root does not", () => {
  const [leaf] = left(200)["tls-handshake"].session?.chain ?? [];
  const [soon] = left(3)["tls-handshake"].session?.chain ?? [];
  assert.ok(leaf && soon);
  const intermediate = { ...soon, subject: "CN=Intermediate", issuer: "CN=Root" };
  const root = { ...soon, subject: "CN=Root", issuer: "CN=Root" };

  const judgement = judgeFacts(tlsCertificateExpiry, shaken({ chain: [leaf, intermediate] }));

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.[0]?.resource, "CN=Intermediate");
  assert.equal(judgeFacts(tlsCertificateExpiry, shaken({ chain: [leaf, root] })).outcome, "pass");
});

test("a refused handshake fails, an unreachable host or a missing certificate is unknown", () => {
  assert.equal(judgeFacts(tlsCertificateExpiry, unshaken("tls")).outcome, "fail");
  assert.equal(judgeFacts(tlsCertificateExpiry, unshaken("connect")).outcome, "unknown");
  assert.equal(judgeFacts(tlsCertificateExpiry, shaken({ chain: [] })).outcome, "unknown");
});
