import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { canonicalJson, type Collected, type Collection, judgeCollection, type JsonObject } from "@muster/kernel";
import type { Target } from "@muster/contract";
import { createCatalog } from "./catalog.ts";
import { makeCertificate } from "./testing/certificates.ts";
import { loaded } from "./testing/facts.ts";
import { serveSockets } from "./testing/socket-server.ts";

const catalog = createCatalog({ load: () => Promise.resolve(loaded()["load-run"]) });
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const BODY = "up 1\nnodejs_eventloop_lag_p99_seconds 0.0123456789\nodd NaN\n";
const ANSWER = `HTTP/1.1 200 OK\r
Content-Type: text/plain\r
Set-Cookie: sid=1; Secure\r
Server: caf\u00e9/1.0\r
Content-Length: ${BODY.length}\r
\r
${BODY}`;

/** Collects everything that the catalogue can, as the runner would, but all at once. */
async function collectAll(target: Target): Promise<Record<string, Collected>> {
  const signal = AbortSignal.timeout(30_000);
  const looking = [...catalog.collectors.values()].map(async (collector): Promise<[string, Collected]> => {
    try {
      const value = JSON.parse(JSON.stringify(await collector.collect(target, { signal }))) as JsonObject;
      return [collector.id, { status: "collected", value }];
    } catch (error) {
      return [collector.id, { status: "unavailable", reason: (error as Error).message }];
    }
  });
  return Object.fromEntries(await Promise.all(looking));
}

for (const scheme of ["http", "https"] as const) {
  test(`facts of a real ${scheme} service, saved and read again, judge to the same evidence byte for byte`, async () => {
    const certificate = makeCertificate({ name: "replay", hosts: ["127.0.0.1"] });
    const server = await serveSockets(
      (socket) => socket.once("data", () => socket.end(ANSWER, "latin1")),
      scheme === "https" ? { certificate } : {},
    );
    const collection: Collection = {
      run: "01",
      actor: "test",
      subject: { service: "service", environment: "staging" },
      at: "2026-11-20T12:00:00.000Z",
      facts: await collectAll({
        url: new URL(`${scheme}://127.0.0.1:${server.port}/`),
        paths: { readiness: "/readyz", metrics: "/metrics" },
        storage: import.meta.dirname,
        load: { method: "GET", path: "/", ratePerSecond: 1, durationMs: 1 },
      }),
      plan: [...catalog.checks.values()].map((check) => ({
        check: check.id,
        parameters: check.defaults,
        validForMs: 86_400_000,
      })),
    };
    await server.close();

    const judged = judgeCollection(collection, catalog.checks, sha256);
    const saved = JSON.parse(JSON.stringify(collection, null, 2)) as Collection;
    const again = judgeCollection(saved, catalog.checks, sha256);

    const bytes = (evidence: unknown): string => canonicalJson(evidence as JsonObject);
    assert.equal(bytes(again), bytes(judged));
    const outcomes = new Set(judged.evidence.map((each) => each.outcome));
    assert.ok(outcomes.has("pass") && outcomes.has("fail"), "a replay of nothing would prove nothing");
    const seen = Object.values(collection.facts).filter((each) => each.status === "collected");
    assert.equal(seen.length, scheme === "https" ? 8 : 7);
    assert.doesNotMatch(JSON.stringify(judged), /the check itself failed/);
  });
}
