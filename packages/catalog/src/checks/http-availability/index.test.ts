import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { httpAvailability } from "./index.ts";

const timedOut = { phase: "timeout", code: "TIMEOUT", message: "no answer within 5000 ms" } as const;
const good = { totalMs: 10, status: 200 };
const bad = { totalMs: 5_000, failure: timedOut };

test("a service that answers every time passes", () => {
  const judgement = judgeFacts(httpAvailability, answered({}, { repetitions: [good, good] }));

  assert.equal(judgement.outcome, "pass");
  assert.equal(judgement.summary, "2 of 2 requests answered, allowed to fail 0");
});

test("a service that cannot be reached fails, and the reason is named", () => {
  const judgement = judgeFacts(httpAvailability, refused());

  assert.equal(judgement.outcome, "fail");
  assert.match(judgement.summary, /0 of 1 requests answered.*connect: the connection was refused \(ECONNREFUSED\)/);
  assert.equal(judgement.findings?.[0]?.resource, "https://service.example/");
});

test("one failure more than allowed fails", () => {
  const facts = answered({}, { repetitions: [good, bad, bad] });

  assert.equal(judgeFacts(httpAvailability, facts, { allowedFailures: 2 }).outcome, "pass");
  assert.equal(judgeFacts(httpAvailability, facts, { allowedFailures: 1 }).outcome, "fail");
});

test("redirects that never arrive fail", () => {
  const hops = [{ url: "https://service.example/", status: 302, location: "https://service.example/" }];

  for (const stopped of ["loop", "too-many", "invalid"] as const) {
    assert.equal(judgeFacts(httpAvailability, answered({ status: 302 }, { hops, stopped })).outcome, "fail");
  }
});

test("a redirect to another host warns and names the host", () => {
  const hops = [{ url: "https://service.example/", status: 301, location: "https://elsewhere.example/" }];

  const judgement = judgeFacts(httpAvailability, answered({ status: 301 }, { hops, stopped: "elsewhere" }));

  assert.equal(judgement.outcome, "warn");
  assert.match(judgement.summary, /elsewhere\.example/);
});

test("an answer behind a certificate that clients refuse warns", () => {
  const tls = { protocol: "TLSv1.3", authorized: false, error: "CERT_HAS_EXPIRED" };

  const judgement = judgeFacts(httpAvailability, answered({ tls }));

  assert.equal(judgement.outcome, "warn");
  assert.match(judgement.summary, /CERT_HAS_EXPIRED/);
});
