import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExposureProbe } from "../../collectors/exposure-probe/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { exposedFiles } from "./index.ts";

type Probe = ExposureProbe["probes"][number];

function probed(probes: readonly Partial<Probe>[], notAsked: string[] = []): { "exposure-probe": ExposureProbe } {
  return {
    "exposure-probe": {
      url: "https://service.example/app/",
      observedAt: "2026-11-20T12:00:00.000Z",
      probes: probes.map((probe) => ({ path: "/.env", kind: "environment file", status: 404, bytes: 10, ...probe })),
      notAsked,
    },
  };
}

const absent = { recognised: false };
const open = { status: 200, bytes: 120, recognised: true, control: { path: "/.nobody", recognised: false } };

test("nothing open passes", () => {
  assert.deepEqual(judgeFacts(exposedFiles, probed([absent, absent])), {
    outcome: "pass",
    summary: "0 of 2 places are open, expected 0",
  });
});

test("one open place fails with its address", () => {
  const judgement = judgeFacts(exposedFiles, probed([absent, open]));

  assert.equal(judgement.outcome, "fail");
  assert.deepEqual(judgement.findings, [
    { resource: "https://service.example/.env", message: "environment file, at least 120 bytes" },
  ]);
});

test("a server that gives the same to a name that cannot exist has nothing open", () => {
  const same = { ...open, control: { path: "/.nobody", recognised: true } };

  assert.equal(judgeFacts(exposedFiles, probed([same])).outcome, "pass");
});

test("what could not be asked cannot pass, but what is open still fails", () => {
  const unclear = { ...open, control: { path: "/.nobody" } };

  assert.equal(judgeFacts(exposedFiles, probed([{}])).outcome, "unknown");
  assert.equal(judgeFacts(exposedFiles, probed([absent], ["/id_rsa"])).outcome, "unknown");
  assert.equal(judgeFacts(exposedFiles, probed([unclear])).outcome, "unknown");
  assert.equal(judgeFacts(exposedFiles, probed([open], ["/id_rsa"])).outcome, "fail");
});
