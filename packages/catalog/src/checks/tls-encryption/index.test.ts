import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { tlsEncryption } from "./index.ts";

test("an answer over https passes", () => {
  const judgement = judgeFacts(tlsEncryption, answered({ tls: { protocol: "TLSv1.3", authorized: true } }));

  assert.deepEqual(judgement, { outcome: "pass", summary: "answers at https://service.example/ with TLSv1.3" });
});

test("an answer over http fails, on loopback as well", () => {
  const judgement = judgeFacts(tlsEncryption, answered({ url: "http://127.0.0.1:8080/" }));

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.summary, "answers at http://127.0.0.1:8080/ over http, expected https");
});

test("http that leads to https on the same host passes", () => {
  const judgement = judgeFacts(tlsEncryption, answered({}, { url: "http://service.example/" }));

  assert.equal(judgement.outcome, "pass");
  assert.match(judgement.summary, /redirected from http:\/\/service\.example\//);
});

test("http that leads to https elsewhere warns", () => {
  const hops = [{ url: "http://service.example/", status: 301, location: "https://www.service.example/" }];
  const facts = answered({ url: "http://service.example/", status: 301 }, { hops, stopped: "elsewhere" });

  assert.equal(judgeFacts(tlsEncryption, facts).outcome, "warn");
});

test("no answer is unknown", () => {
  assert.equal(judgeFacts(tlsEncryption, refused()).outcome, "unknown");
});
