import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import type { Readiness } from "@muster/contract";
import type { Run } from "@muster/kernel";
import { sampleReadiness, sampleReport, sampleRun } from "@muster/report/sample";
import { QueryClient } from "@tanstack/react-query";
import { KEYS } from "../api/keys.ts";
import { applyLiveEvent } from "./apply.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const AT = Date.UTC(2026, 10, 21, 21);
const readiness = sampleReadiness(sampleReport(sha256).records, undefined, AT);
const run: Run = { ...sampleRun("run-2", AT), state: "running" };

function known(): { queries: QueryClient; refreshes: () => number; refresh: () => void } {
  const queries = new QueryClient();
  queries.setQueryData(KEYS.readiness(undefined), readiness);
  let asked = 0;
  return {
    queries,
    refreshes: () => asked,
    refresh: () => {
      asked += 1;
    },
  };
}

describe("an event", () => {
  test("of a run puts the run in place without asking the server", () => {
    const { queries, refresh, refreshes } = known();

    applyLiveEvent({ type: "run.changed", id: 1, run }, queries, refresh);

    assert.deepEqual(queries.getQueryData<Readiness>(KEYS.readiness(undefined))?.run, run);
    assert.equal(refreshes(), 0);
  });

  test("of a run that ended asks for the verdict", () => {
    const { queries, refresh, refreshes } = known();

    applyLiveEvent({ type: "run.changed", id: 1, run: { ...run, state: "completed" } }, queries, refresh);

    assert.equal(refreshes(), 1);
  });

  test("of another environment's run changes nothing here", () => {
    const { queries, refresh } = known();

    applyLiveEvent({ type: "run.changed", id: 1, run: { ...run, environment: "production" } }, queries, refresh);

    assert.equal(queries.getQueryData<Readiness>(KEYS.readiness(undefined))?.run, undefined);
  });

  test("of new evidence asks for the verdict and remembers where the ledger ends", () => {
    const { queries, refresh, refreshes } = known();

    applyLiveEvent({ type: "evidence.appended", id: 1, from: 18, to: 21 }, queries, refresh);
    applyLiveEvent({ type: "evidence.appended", id: 2, from: 17, to: 17 }, queries, refresh);

    assert.deepEqual(queries.getQueryData(KEYS.ledgerEnd), { before: 17, end: 21 });
    assert.equal(refreshes(), 2);
  });
});
