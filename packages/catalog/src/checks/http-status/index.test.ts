import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, refused } from "../../testing/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { httpStatus } from "./index.ts";

for (const [status, outcome] of [
  [199, "fail"],
  [200, "pass"],
  [399, "pass"],
  [400, "fail"],
  [503, "fail"],
] as const) {
  test(`status ${status} is a ${outcome}`, () => {
    const judgement = judgeFacts(httpStatus, answered({ status }));

    assert.equal(judgement.outcome, outcome);
    assert.equal(judgement.summary, `status ${status}, expected 200 to 399`);
  });
}

test("one answer of several that is wrong fails and is counted", () => {
  const repetitions = [200, 500, 200].map((status) => ({ totalMs: 1, status }));

  const judgement = judgeFacts(httpStatus, answered({}, { repetitions }));

  assert.equal(judgement.outcome, "fail");
  assert.deepEqual(judgement.findings, [
    { resource: "https://service.example/", message: "1 of 3 answers had status 500" },
  ]);
});

test("the expected status can be another one", () => {
  const judgement = judgeFacts(httpStatus, answered({ status: 404 }), { minimum: 404, maximum: 404 });

  assert.deepEqual(judgement, { outcome: "pass", summary: "status 404, expected 404" });
});

test("no answer is unknown", () => {
  assert.equal(judgeFacts(httpStatus, refused()).outcome, "unknown");
});
