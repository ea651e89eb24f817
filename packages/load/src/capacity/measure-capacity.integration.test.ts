import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { compareTargets } from "../comparison/compare-targets.ts";
import { httpServer } from "../testing/servers.ts";
import { tokenBucketServer } from "../testing/token-bucket-server.ts";
import { measureCapacity } from "./measure-capacity.ts";

const never = new AbortController().signal;

test("the limit of a service that has one is found", async () => {
  await using server = await tokenBucketServer(400);

  const found = await measureCapacity(
    {
      request: { method: "GET", url: server.url },
      objective: ["errors < 1%", "p95 < 1s"],
      stepMs: 400,
      warmUpMs: 100,
      search: { startPerSecond: 200, precision: 0.06, confirmations: 2 },
    },
    never,
  );

  assert.equal(found.settled, true);
  assert.ok((found.holdsAt ?? 0) >= 360 && (found.holdsAt ?? 0) <= 440, `${found.holdsAt}`);
  assert.match(found.steps[0]?.summary ?? "", /^errors 0 %, p95 [\d.]+ ms$/);
});

test("an objective that no single rate can meet is refused", async () => {
  const request = { method: "GET", url: new URL("http://127.0.0.1:9/") };

  for (const that of ["rate > 5/s", "checks > 99%", "service p95 < 1s", "p97 < 1s"]) {
    await assert.rejects(measureCapacity({ request, objective: [that] }, never), MusterError);
  }
});

test("a target that is slower by half is told from the other", async () => {
  await using server = await httpServer((request, response) => {
    setTimeout(() => response.end(), request.url === "/b" ? 18 : 10);
  });

  const verdict = await compareTargets(
    {
      a: { method: "GET", url: new URL("/a", server.url) },
      b: { method: "GET", url: new URL("/b", server.url) },
      ratePerSecond: 200,
      turnMs: 100,
      effect: 0.3,
      minTurns: 8,
      maxTurns: 10,
      seed: 1,
    },
    never,
  );

  assert.equal(verdict.verdict, "worse");
  assert.ok(verdict.turns >= 8 && verdict.turns <= 10);
});

test("a comparison that could show nothing is refused", async () => {
  const request = { method: "GET", url: new URL("http://127.0.0.1:9/") };
  const base = {
    a: request,
    b: request,
    ratePerSecond: 10,
    turnMs: 10,
    effect: 0.1,
    minTurns: 4,
    maxTurns: 4,
    seed: 1,
  };

  await assert.rejects(compareTargets({ ...base, minTurns: 1 }, never), MusterError);
  await assert.rejects(compareTargets({ ...base, effect: 0 }, never), MusterError);
});
