import assert from "node:assert/strict";
import { test } from "node:test";
import type { CorsProbe } from "../../collectors/cors-probe/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { corsPolicy } from "./index.ts";

type Probe = CorsProbe["probes"][number];

function probed(...probes: Partial<Probe>[]): { "cors-probe": CorsProbe } {
  const origin = "https://stranger.com";
  return {
    "cors-probe": {
      url: "https://service.example/",
      observedAt: "2026-11-20T12:00:00.000Z",
      probes: probes.map((probe) => ({ kind: "stranger", origin, status: 200, ...probe })),
    },
  };
}

const reflected = { allowOrigin: "https://stranger.com" };

for (const [name, probe, outcome] of [
  ["no header", {}, "pass"],
  ["the service's own origin", { allowOrigin: "https://app.example", allowCredentials: "true" }, "pass"],
  ["a reflected origin with credentials", { ...reflected, allowCredentials: "true" }, "fail"],
  ["null with credentials", { kind: "null", origin: "null", allowOrigin: "null", allowCredentials: "true" }, "fail"],
  ["a reflected origin without credentials", reflected, "warn"],
  ["a star", { allowOrigin: "*" }, "warn"],
  ["a star with credentials, which browsers refuse", { allowOrigin: "*", allowCredentials: "true" }, "warn"],
] as const) {
  test(`${name} is a ${outcome}`, () => {
    assert.equal(judgeFacts(corsPolicy, probed({}, probe)).outcome, outcome);
  });
}

test("for public data a star passes, credentials never do", () => {
  assert.equal(judgeFacts(corsPolicy, probed({ allowOrigin: "*" }), { publicData: true }).outcome, "pass");
  assert.equal(
    judgeFacts(corsPolicy, probed({ ...reflected, allowCredentials: "true" }), { publicData: true }).outcome,
    "fail",
  );
});

test("the origin that gets in is named", () => {
  const judgement = judgeFacts(corsPolicy, probed({}, { ...reflected, allowCredentials: "true" }));

  assert.equal(judgement.summary, "1 of 2 foreign origins may read answers, expected 0");
  assert.deepEqual(judgement.findings, [
    {
      resource: "https://service.example/ for origin https://stranger.com",
      message: "is allowed to read with the user's credentials",
    },
  ]);
});

test("probes without an answer cannot pass", () => {
  const { status: _none, ...unanswered } = probed({})["cors-probe"].probes[0] as Probe;
  const facts = probed();

  assert.equal(judgeFacts(corsPolicy, facts).outcome, "unknown");
  facts["cors-probe"].probes.push(unanswered);
  assert.equal(judgeFacts(corsPolicy, facts).outcome, "unknown");
  facts["cors-probe"].probes.push({ kind: "null", origin: "null", status: 200 });
  assert.equal(judgeFacts(corsPolicy, facts).outcome, "unknown");
});
