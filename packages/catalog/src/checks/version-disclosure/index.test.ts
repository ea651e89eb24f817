import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { versionDisclosure } from "./index.ts";

for (const [name, value, outcome] of [
  ["server", "nginx", "pass"],
  ["server", "AmazonS3", "pass"],
  ["server", "nginx/1.24.0", "fail"],
  ["server", "Apache/2 (Debian)", "fail"],
  ["x-powered-by", "Express", "warn"],
  ["x-powered-by", "PHP/8.1.2", "fail"],
  ["x-aspnet-version", "4", "fail"],
  ["content-type", "application/json; version=1.2", "pass"],
] as const) {
  test(`${name}: ${value} is a ${outcome}`, () => {
    assert.equal(judgeFacts(versionDisclosure, answered({ headers: { [name]: value } })).outcome, outcome);
  });
}

test("the header is named with what it tells", () => {
  const judgement = judgeFacts(versionDisclosure, answered({ headers: { server: "nginx/1.24.0" } }));

  assert.equal(judgement.summary, "headers that tell a version: 1, that name a product: 0, expected none");
  assert.deepEqual(judgement.findings, [
    { resource: "https://service.example/ server", message: 'tells "nginx/1.24.0"' },
  ]);
});

test("no answer is unknown", () => {
  assert.equal(judgeFacts(versionDisclosure, refused()).outcome, "unknown");
});
