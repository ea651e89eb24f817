import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { httpBodySchema } from "./index.ts";

const schema = { type: "object", required: ["ready"], properties: { ready: { type: "boolean" } } };

test("JSON that matches the schema passes", () => {
  const judgement = judgeFacts(httpBodySchema, answered({ body: { text: '{"ready":true}' } }), { schema });

  assert.deepEqual(judgement, { outcome: "pass", summary: "JSON of 14 bytes matches the schema" });
});

test("each place that does not match is named", () => {
  const judgement = judgeFacts(httpBodySchema, answered({ body: { text: '{"ready":"yes"}' } }), { schema });

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.[0]?.resource, "https://service.example/#/ready");
  assert.match(judgement.findings?.[0]?.message ?? "", /boolean/);
});

test("a missing member fails", () => {
  assert.equal(judgeFacts(httpBodySchema, answered({ body: { text: "{}" } }), { schema }).outcome, "fail");
});

test("without a schema any JSON passes, and text or binary fails", () => {
  assert.equal(judgeFacts(httpBodySchema, answered({ body: { text: "[1]" } })).outcome, "pass");
  assert.equal(judgeFacts(httpBodySchema, answered({ body: { text: "hello", json: false } })).outcome, "fail");
  assert.equal(judgeFacts(httpBodySchema, answered({ body: { binary: true } })).outcome, "fail");
});

test("a body that is not all there is unknown", () => {
  const facts = answered({ body: { text: "[1,", whole: false } });

  assert.equal(judgeFacts(httpBodySchema, facts).outcome, "unknown");
  assert.equal(judgeFacts(httpBodySchema, refused()).outcome, "unknown");
});
