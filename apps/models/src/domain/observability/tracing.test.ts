import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readTraceparent, type TraceContext, writeTraceContext } from "./trace-context.ts";
import { createTracing, type SpanRecorder, UNRECORDED } from "./tracing.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

function setUp(options: { ratio?: number; random?: () => number } = {}) {
  const parents: (TraceContext | undefined)[] = [];
  let now = 0;
  const recorder: SpanRecorder = {
    request(parent) {
      parents.push(parent);
      return UNRECORDED.request(parent);
    },
    close: () => Promise.resolve(),
  };
  const tracing = createTracing({
    ratio: options.ratio ?? 0,
    recorder,
    clock: { now: () => now },
    random: options.random ?? (() => 0.5),
  });
  return { tracing, parents, passes: (milliseconds: number) => (now += milliseconds) };
}

test("a context is read as it was written", () => {
  const id = (bytes: number) =>
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .filter((drawn) => drawn.some((byte) => byte !== 0))
      .map((drawn) => drawn.toHex());
  const context = fc.record({ traceId: id(16), spanId: id(8), sampled: fc.boolean() });
  fc.assert(fc.property(context, (each) => assert.deepEqual(readTraceparent(writeTraceContext(each)), { ...each })));
});

for (const [what, text] of [
  ["nothing", ""],
  ["another text", "hello"],
  ["capital letters", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
  ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["the version that is forbidden", `ff-${TRACE}-${SPAN}-01`],
  ["a field too many", `00-${TRACE}-${SPAN}-01-x`],
] as const) {
  test(`${what} is no traceparent`, () => assert.equal(readTraceparent(text), undefined));
}

test("a later version with more fields is read as far as it is known", () => {
  assert.deepEqual(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-comes`), {
    traceId: TRACE,
    spanId: SPAN,
    sampled: true,
  });
});

test("the caller's decision holds, whatever the ratio", () => {
  const none = setUp({ ratio: 0 });
  const all = setUp({ ratio: 1 });

  assert.ok(none.tracing.begin(`00-${TRACE}-${SPAN}-01`));
  assert.equal(all.tracing.begin(`00-${TRACE}-${SPAN}-00`), undefined);
  assert.deepEqual(none.parents, [{ traceId: TRACE, spanId: SPAN, sampled: true }]);
});

test("without a caller's decision the ratio decides, and what cannot be read decides nothing", () => {
  const draws = [0.009, 0.01, 0.5, 0.001];
  const { tracing, parents } = setUp({ ratio: 0.01, random: () => draws.shift() ?? 1 });

  const begun = [undefined, undefined, "nonsense", "nonsense"].map((given) => tracing.begin(given) !== undefined);

  assert.deepEqual(begun, [true, false, false, true]);
  assert.deepEqual(parents, [undefined, undefined]);
});

test("nobody can make the service trace more than 500 requests a second", () => {
  const { tracing, parents, passes } = setUp();

  for (let nth = 0; nth < 2_000; nth += 1) tracing.begin(`00-${TRACE}-${SPAN}-01`);
  assert.equal(parents.length, 500);

  passes(100);
  for (let nth = 0; nth < 2_000; nth += 1) tracing.begin(`00-${TRACE}-${SPAN}-01`);
  assert.equal(parents.length, 550);
});
