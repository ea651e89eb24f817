import assert from "node:assert/strict";
import { test } from "node:test";
import { TLS_VERSIONS } from "../../collectors/tls-handshake/facts.ts";
import { shaken, unshaken } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { tlsProtocol } from "./index.ts";

function accepting(...accepted: string[]) {
  const versions = TLS_VERSIONS.map((version) => ({ version, accepted: accepted.includes(version) }));
  return shaken({}, {}, { versions });
}

test("TLS 1.2 and 1.3 alone pass, and the guideline is named", () => {
  assert.deepEqual(judgeFacts(tlsProtocol, accepting("TLSv1.2", "TLSv1.3")), {
    outcome: "pass",
    summary: "accepts TLSv1.2, TLSv1.3; Mozilla 6.0 intermediate allows TLSv1.2 and TLSv1.3",
  });
});

test("every outdated version that is accepted is a finding", () => {
  const judgement = judgeFacts(tlsProtocol, accepting("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"));

  assert.equal(judgement.outcome, "fail");
  assert.deepEqual(
    judgement.findings?.map((finding) => finding.message),
    ["accepts TLSv1", "accepts TLSv1.1"],
  );
});

test("without TLS 1.3 it warns", () => {
  assert.equal(judgeFacts(tlsProtocol, accepting("TLSv1.2")).outcome, "warn");
});

test("the modern profile fails TLS 1.2", () => {
  assert.equal(judgeFacts(tlsProtocol, accepting("TLSv1.3"), { profile: "modern" }).outcome, "pass");
  assert.equal(judgeFacts(tlsProtocol, accepting("TLSv1.2", "TLSv1.3"), { profile: "modern" }).outcome, "fail");
});

test("a version that could not be asked about leaves it unknown, unless another one fails", () => {
  const facts = accepting("TLSv1.2", "TLSv1.3");
  const untold = facts["tls-handshake"].versions.map((each) =>
    each.version === "TLSv1" ? { version: each.version, reason: "timeout" } : each,
  );

  assert.equal(judgeFacts(tlsProtocol, shaken({}, {}, { versions: untold })).outcome, "unknown");
  const worse = untold.map((each) => (each.version === "TLSv1.1" ? { ...each, accepted: true } : each));
  assert.equal(judgeFacts(tlsProtocol, shaken({}, {}, { versions: worse })).outcome, "fail");
});

test("a refused handshake fails, an unreachable host is unknown", () => {
  assert.equal(judgeFacts(tlsProtocol, unshaken("tls")).outcome, "fail");
  assert.equal(judgeFacts(tlsProtocol, unshaken("connect")).outcome, "unknown");
});
