import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { parseSetCookie } from "../../wire/cookie.ts";
import { cookieFlags } from "./index.ts";

function setting(...headers: string[]) {
  const cookies = headers.map((header) => ({ url: "https://service.example/", ...parseSetCookie(header) }));
  return answered({}, { cookies });
}

for (const [header, outcome] of [
  ["__Host-session=1; Path=/; Secure; HttpOnly; SameSite=Lax", "pass"],
  ["theme=dark; Secure; SameSite=Strict", "pass"],
  ["theme=dark; Secure", "warn"],
  ["theme=dark; SameSite=Lax", "fail"],
  ["sessionid=1; Secure; SameSite=Lax", "fail"],
  ["sessionid=1; Secure; HttpOnly", "warn"],
  ["csrftoken=1; Secure; SameSite=Strict", "pass"],
  ["csrftoken=1; Secure", "fail"],
  ["theme=dark; Secure; SameSite=Sometimes", "fail"],
  ["theme=dark; SameSite=None", "fail"],
  ["__Host-id=1; Secure; HttpOnly; SameSite=Lax; Path=/app", "fail"],
] as const) {
  test(`"${header}" is a ${outcome}`, () => {
    assert.equal(judgeFacts(cookieFlags, setting(header)).outcome, outcome);
  });
}

test("the cookie is named, its value is not", () => {
  const judgement = judgeFacts(cookieFlags, setting("a=1; Secure; SameSite=Lax", "sid=geheim; Secure"));

  assert.equal(judgement.summary, "1 of 2 cookies protected, expected 2");
  assert.deepEqual(judgement.findings, [
    { resource: 'cookie "sid" of https://service.example/', message: "carries a session and has no HttpOnly" },
    { resource: 'cookie "sid" of https://service.example/', message: "has no SameSite" },
  ]);
});

test("which cookies carry a session can be said", () => {
  const facts = setting("ticket=1; Secure; SameSite=Lax");

  assert.equal(judgeFacts(cookieFlags, facts).outcome, "pass");
  assert.equal(judgeFacts(cookieFlags, facts, { sessionPattern: "^ticket$" }).outcome, "fail");
});

test("no cookie passes, no answer is unknown", () => {
  assert.deepEqual(judgeFacts(cookieFlags, setting()), { outcome: "pass", summary: "no cookie is set" });
  assert.equal(judgeFacts(cookieFlags, refused()).outcome, "unknown");
});
