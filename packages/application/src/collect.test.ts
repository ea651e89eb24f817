import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CollectContext, type Collector, defineCollector, defineFacts, Unavailable } from "@muster/contract";
import Type from "typebox";
import { collect } from "./collect.ts";
import { targetAt } from "./environment.ts";

const target = targetAt(new URL("http://127.0.0.1:1"));

function collector(
  id: string,
  run: (context: CollectContext) => Promise<{ seen: number }>,
  rest: Partial<Collector> = {},
): Collector {
  const facts = defineFacts(id, Type.Object({ seen: Type.Integer() }));
  return defineCollector({ facts, title: id, timeoutMs: 1_000, collect: (_target, context) => run(context), ...rest });
}

async function collectFrom(
  collectors: readonly Collector[],
  more: { signal?: AbortSignal; concurrency?: number } = {},
) {
  return collect({
    target,
    collectors: new Map(collectors.map((each) => [each.id, each])),
    kinds: collectors.map((each) => each.id),
    allowed: [],
    signal: more.signal ?? new AbortController().signal,
    ...(more.concurrency === undefined ? {} : { concurrency: more.concurrency }),
  });
}

const never = () => new Promise<never>(() => {});

describe("collect", () => {
  it("brings home what collectors saw", async () => {
    const facts = await collectFrom([collector("door", async () => ({ seen: 3 }))]);

    assert.deepEqual(facts, { door: { status: "collected", value: { seen: 3 } } });
  });

  it("leaves a failing collector unavailable with its reason and lets the others go on", async () => {
    const facts = await collectFrom([
      collector("broken", async () => {
        throw new Error("the lens is dirty");
      }),
      collector("idle", async () => {
        throw new Unavailable("no door is configured");
      }),
      collector("door", async () => ({ seen: 1 })),
    ]);

    assert.deepEqual(facts["broken"], { status: "unavailable", reason: "could not be collected: the lens is dirty" });
    assert.deepEqual(facts["idle"], { status: "unavailable", reason: "no door is configured" });
    assert.equal(facts["door"]?.status, "collected");
  });

  it("does not wait for a collector that ignores its signal", async () => {
    const facts = await collectFrom([collector("stuck", never, { timeoutMs: 5 })]);

    assert.deepEqual(facts["stuck"], { status: "unavailable", reason: "not done within 5 ms" });
  });

  it("refuses facts of the wrong shape and names the place", async () => {
    const wrong = collector("door", async () => ({ seen: "three" }) as unknown as { seen: number });

    const facts = await collectFrom([wrong]);

    assert.deepEqual(facts["door"], {
      status: "unavailable",
      reason: "collected something unexpected at /seen: must be integer",
    });
  });

  it("does not run a collector that needs a permission which the environment does not give", async () => {
    let ran = false;
    const load = collector(
      "load",
      async () => {
        ran = true;
        return { seen: 1 };
      },
      { permission: "load" },
    );

    const facts = await collectFrom([load]);

    assert.deepEqual(facts["load"], { status: "unavailable", reason: 'the environment does not allow "load"' });
    assert.equal(ran, false);
  });

  it("says of an unknown kind that nobody collects it", async () => {
    const facts = await collect({
      target,
      collectors: new Map(),
      kinds: ["moon-phase"],
      allowed: [],
      signal: new AbortController().signal,
    });

    assert.deepEqual(facts["moon-phase"], { status: "unavailable", reason: "no collector brings these facts" });
  });

  it("stops everything when it is cancelled", async () => {
    const cancel = new AbortController();
    const collecting = collectFrom([collector("stuck", never), collector("other", never)], {
      signal: cancel.signal,
      concurrency: 1,
    });

    cancel.abort();

    assert.deepEqual(await collecting, {
      stuck: { status: "unavailable", reason: "cancelled" },
      other: { status: "unavailable", reason: "cancelled" },
    });
  });

  it("runs no more collectors at once than it may", async () => {
    let running = 0;
    let most = 0;
    const counting = (id: string) =>
      collector(id, async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        return { seen: running };
      });

    await collectFrom(["a", "b", "c", "d", "e"].map(counting), { concurrency: 2 });

    assert.equal(most, 2);
  });
});
