import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createAdmission } from "./admission.ts";

const WAIT_MS = 15;
/** What reading a request and refusing it costs, in milliseconds. */
const REFUSAL_MS = 0.01;

interface Request {
  readonly at: number;
  readonly caller: string;
  /** Milliseconds of work. */
  readonly cost: number;
}

interface Outcome extends Request {
  readonly number: number;
  /** When the refusal was written, or the work on the answer begun. */
  readonly done: number;
}

/** An event loop in thought: reads what has arrived, then calls back what was scheduled, and does both in time that passes. */
function serve(requests: readonly Request[]) {
  let now = 0;
  let callbacks: (() => void)[] = [];
  const served: Outcome[] = [];
  const refused: Outcome[] = [];
  const admission = createAdmission<Request & { readonly number: number }>({
    waitMs: WAIT_MS,
    now: () => now,
    schedule: (callback) => callbacks.push(callback),
    callerOf: ({ caller }) => caller,
    run(item) {
      served.push({ ...item, done: now });
      now += item.cost;
    },
  });
  let next = 0;
  while (next < requests.length || callbacks.length > 0) {
    const arrived = requests[next];
    if (callbacks.length === 0 && arrived) now = Math.max(now, arrived.at);
    // Only what is there when the loop looks; the rest is read at the next turn.
    const lookedAt = now;
    for (let request = requests[next]; request && request.at <= lookedAt; request = requests[next]) {
      now += REFUSAL_MS;
      const item = { ...request, number: next };
      next += 1;
      if (!admission.arrive(item)) refused.push({ ...item, done: now });
    }
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  }
  assert.equal(admission.waiting(), 0);
  return { served, refused };
}

/** So many requests a second at even distances. */
function steady(caller: string, perSecond: number, seconds: number, cost: number): Request[] {
  return Array.from({ length: Math.round(perSecond * seconds) }, (_, nth) => ({
    at: (nth * 1_000) / perSecond,
    caller,
    cost,
  }));
}

function merged(...streams: readonly Request[][]): Request[] {
  return streams.flat().toSorted((a, b) => a.at - b.at);
}

function percentile(outcomes: readonly Outcome[], share: number): number {
  const waits = outcomes.map(({ at, done }) => done - at).toSorted((a, b) => a - b);
  return waits[Math.ceil(waits.length * share) - 1] ?? 0;
}

const costs = fc.double({ min: 0.02, max: 2, noNaN: true });

test("nobody is refused, and nobody waits for more than the others' work, while there is capacity", () => {
  fc.assert(
    fc.property(costs, fc.double({ min: 0.05, max: 0.9, noNaN: true }), (cost, load) => {
      const perSecond = (load * 1_000) / (cost + REFUSAL_MS);

      const { served, refused } = serve(steady("a", perSecond, 0.5, cost));

      assert.equal(refused.length, 0);
      assert.ok(percentile(served, 1) <= 2 * cost + 1);
    }),
    { numRuns: 30 },
  );
});

test("at twice the capacity refusals are quick, what is admitted waits about as long as allowed, and the work goes on", () => {
  fc.assert(
    fc.property(costs, (cost) => {
      const perSecond = 2_000 / (cost + REFUSAL_MS);

      const { served, refused } = serve(steady("a", perSecond, 2, cost));

      const standing = served.filter(({ at }) => at > 300);
      assert.ok(percentile(refused, 0.95) <= 5, `refused within ${percentile(refused, 0.95)} ms`);
      assert.ok(
        percentile(standing, 0.95) <= Math.max(1.5 * WAIT_MS, 70 * cost),
        `began within ${percentile(standing, 0.95)} ms`,
      );
      const worked = served.length * cost + (served.length + refused.length) * REFUSAL_MS;
      assert.ok(worked >= 0.95 * 2_000, `${worked} ms of 2,000 were used`);
    }),
    { numRuns: 20 },
  );
});

test("64 callers who wait for their answer before they ask again are never refused, however much they ask for", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.02, max: 50, noNaN: true }), (cost) => {
      let now = 0;
      let callbacks: (() => void)[] = [];
      let unanswered = 64;
      const admission = createAdmission<number>({
        waitMs: WAIT_MS,
        now: () => now,
        schedule: (callback) => callbacks.push(callback),
        callerOf: () => "a",
        run() {
          now += cost;
          unanswered += 1;
        },
      });
      for (let turn = 0; turn < 500; turn += 1) {
        // Those who have their answer ask again, before the loop goes on.
        for (; unanswered > 0; unanswered -= 1) assert.ok(admission.arrive(unanswered), "refused");
        const due = callbacks;
        callbacks = [];
        for (const callback of due) callback();
      }
    }),
    { numRuns: 30 },
  );
});

test("what is admitted is answered once and in the order of arrival, and what is refused never", () => {
  const request = fc.record({
    gap: fc.double({ min: 0, max: 3, noNaN: true }),
    caller: fc.constantFrom("a", "b", "c"),
    cost: fc.double({ min: 0, max: 30, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 400 }), (gaps) => {
      let at = 0;
      const requests = gaps.map(({ gap, caller, cost }) => ({ at: (at += gap), caller, cost }));

      const { served, refused } = serve(requests);

      const numbers = served.map(({ number }) => number);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
      assert.deepEqual(
        [...numbers, ...refused.map(({ number }) => number)].toSorted((a, b) => a - b),
        [...requests.keys()],
      );
    }),
  );
});

test("a burst after a pause may wait longer than a queue that stands", () => {
  const cost = 0.1;
  const burst = Array.from({ length: 700 }, () => ({ at: 0, caller: "a", cost }));
  const standing = steady("a", 40_000, 1, cost);

  assert.equal(serve(burst).refused.length, 0);

  const late = serve(standing).served.filter(({ at }) => at > 500);
  assert.ok(percentile(late, 1) < 1.5 * WAIT_MS);
});

test("a caller who asks for little is not refused because of one who asks for far too much", () => {
  const cost = 0.1;
  const modest = steady("modest", 1_000, 2, cost);
  const hog = steady("hog", 50_000, 2, cost);

  const { served, refused } = serve(merged(modest, hog));

  assert.deepEqual(
    // Until the burst at the beginning turns out to be an overload, the queue is too long for anybody.
    refused.filter(({ caller, at }) => caller === "modest" && at > 250),
    [],
  );
  assert.ok(served.filter(({ caller }) => caller === "hog").length > 4_000);
});

test("two callers who both ask for too much get the same, however different their greed", () => {
  const cost = 0.1;
  const { served } = serve(merged(steady("a", 12_000, 2, cost), steady("b", 48_000, 2, cost)));

  const of = (name: string): number => served.filter(({ caller, at }) => caller === name && at > 500).length;
  const ratio = of("a") / of("b");
  assert.ok(ratio > 0.8 && ratio < 1.25, `${of("a")} and ${of("b")}`);
});

test("thousands of callers at once do not make anybody wait much more than three times as long", () => {
  const cost = 0.1;
  const crowd = Array.from({ length: 60_000 }, (_, nth) => ({ at: nth / 60, caller: `caller ${nth}`, cost }));

  const late = serve(crowd).served.filter(({ at }) => at > 300);

  assert.ok(percentile(late, 0.95) <= 3.5 * WAIT_MS, `${percentile(late, 0.95)} ms`);
});

test("a process that stood still for a moment does not refuse those who waited for it", () => {
  const cost = 0.1;
  const stall: Request = { at: 500, caller: "somebody", cost: 60 };

  const { refused } = serve(merged(steady("a", 5_000, 1, cost), [stall]));

  assert.deepEqual(refused, []);
});

test("when the load goes, so does the queue, and the next one is answered at once", () => {
  const cost = 0.1;
  const after: Request = { at: 2_000, caller: "a", cost };

  const { served } = serve([...steady("a", 20_000, 1, cost), after]);

  const last = served.at(-1);
  assert.ok(last && last.done - last.at <= REFUSAL_MS);
});
