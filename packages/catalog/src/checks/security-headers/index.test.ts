import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnswerSays, answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { securityHeaders } from "./index.ts";

const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
};

function page(headers: Readonly<Record<string, string>> = {}, says: AnswerSays = {}) {
  return answered({ ...says, headers: { ...PAGE_HEADERS, ...headers }, body: { text: "<p>", ...says.body } });
}

function without(name: keyof typeof PAGE_HEADERS, says: AnswerSays = {}) {
  const { [name]: _left, ...headers } = PAGE_HEADERS;
  return answered({ body: { text: "<p>" }, ...says, headers });
}

test("a page with all headers passes", () => {
  assert.deepEqual(judgeFacts(securityHeaders, page()), {
    outcome: "pass",
    summary: "5 of 5 rules for a page hold, expected 5",
    findings: [],
  });
});

test("a page without any header fails, and each is named with the address", () => {
  const judgement = judgeFacts(securityHeaders, answered({ headers: { "content-type": "text/html" } }));

  assert.equal(judgement.outcome, "fail");
  assert.deepEqual(
    judgement.findings?.map((finding) => finding.resource),
    ["Strict-Transport-Security", "X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options"].map(
      (header) => `https://service.example/ ${header}`,
    ),
  );
});

test("of JSON only nosniff and, over https, HSTS are asked", () => {
  const json = { "content-type": "application/json", "x-content-type-options": "nosniff" };

  assert.equal(
    judgeFacts(securityHeaders, answered({ url: "http://service.example/", headers: json })).outcome,
    "pass",
  );
  assert.equal(judgeFacts(securityHeaders, answered({ url: "https://10.0.0.1/", headers: json })).outcome, "pass");
  const judgement = judgeFacts(securityHeaders, answered({ headers: json }));
  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.length, 1);
});

test("an answer without a body over http has nothing to set", () => {
  const facts = answered({ url: "http://service.example/", body: { bytes: 0 } });

  assert.equal(judgeFacts(securityHeaders, facts).outcome, "pass");
});

for (const [value, outcome] of [
  ["max-age=15552000", "pass"],
  ['max-age="31536000"', "pass"],
  ["includeSubDomains; max-age=31536000", "pass"],
  ["max-age=15551999", "warn"],
  ["max-age=0", "fail"],
  ["max-age=-1", "fail"],
  ["includeSubDomains", "fail"],
] as const) {
  test(`Strict-Transport-Security: ${value} is a ${outcome}`, () => {
    assert.equal(judgeFacts(securityHeaders, page({ "strict-transport-security": value })).outcome, outcome);
  });
}

for (const [policy, outcome] of [
  ["default-src 'none'; frame-ancestors 'self'", "pass"],
  ["script-src 'nonce-abc' 'unsafe-inline' 'strict-dynamic' https:; frame-ancestors 'self'", "pass"],
  ["script-src 'self', script-src *; frame-ancestors 'self'", "pass"],
  ["script-src 'self' 'unsafe-eval'; frame-ancestors 'self'", "warn"],
  ["script-src 'self' 'unsafe-inline'; frame-ancestors 'self'", "fail"],
  ["script-src https:; frame-ancestors 'self'", "fail"],
  ["default-src *; frame-ancestors 'self'", "fail"],
  ["default-src data: 'self'; frame-ancestors 'self'", "fail"],
  ["img-src 'self'; frame-ancestors 'self'", "fail"],
  ["", "fail"],
] as const) {
  test(`Content-Security-Policy: ${policy || "nothing"} is a ${outcome}`, () => {
    assert.equal(judgeFacts(securityHeaders, page({ "content-security-policy": policy })).outcome, outcome);
  });
}

test("a policy in the page counts, but cannot restrict framing", () => {
  const text = `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; frame-ancestors 'none'">`;

  const judgement = judgeFacts(securityHeaders, without("content-security-policy", { body: { text } }));

  assert.deepEqual(
    judgement.findings?.map((finding) => finding.resource),
    ["https://service.example/ X-Frame-Options"],
  );
});

test("a policy that only reports is none", () => {
  const facts = page({ "content-security-policy": "", "content-security-policy-report-only": "default-src 'self'" });

  const judgement = judgeFacts(securityHeaders, facts);

  assert.match(judgement.findings?.[0]?.message ?? "", /only reports/);
});

for (const [value, outcome] of [
  ["DENY", "pass"],
  ["sameorigin", "pass"],
  ["ALLOW-FROM https://a.example", "fail"],
] as const) {
  test(`X-Frame-Options: ${value} is a ${outcome}`, () => {
    const facts = page({ "content-security-policy": "default-src 'self'", "x-frame-options": value });

    assert.equal(judgeFacts(securityHeaders, facts).outcome, outcome);
  });
}

for (const [value, outcome] of [
  ["no-referrer", "pass"],
  ["unsafe-url, strict-origin", "pass"],
  ["unsafe-url", "warn"],
  ["no-referrer-when-downgrade", "warn"],
  ["nonsense", "warn"],
] as const) {
  test(`Referrer-Policy: ${value} is a ${outcome}`, () => {
    assert.equal(judgeFacts(securityHeaders, page({ "referrer-policy": value })).outcome, outcome);
  });
}

test("no answer is unknown", () => {
  assert.equal(judgeFacts(securityHeaders, refused()).outcome, "unknown");
});
