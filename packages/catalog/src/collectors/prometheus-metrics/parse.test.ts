import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseExposition, type Sample } from "./parse.ts";

test("samples with and without labels, time stamps and exemplars are read", () => {
  const text = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
up 1
bucket_total{le="0.5",} 3 # {trace_id="abc"} 0.2
escaped{path="C:\\\\DIR\\n\\"x\\""} 1.5e-3
`;

  assert.deepEqual(parseExposition(text, 100), {
    samples: [
      { name: "http_requests_total", labels: { method: "post", code: "200" }, value: 1027 },
      { name: "up", labels: {}, value: 1 },
      { name: "bucket_total", labels: { le: "0.5" }, value: 3 },
      { name: "escaped", labels: { path: 'C:\\DIR\n"x"' }, value: 0.0015 },
    ],
    malformedLines: 0,
    cut: false,
  });
});

test("what JSON has no number for is a word", () => {
  const { samples } = parseExposition("a NaN\nb +Inf\nc -Inf\nd 1e999\ne -1e999\nf inf\n", 100);

  assert.deepEqual(
    samples.map(({ value }) => value),
    ["NaN", "+Inf", "-Inf", "+Inf", "-Inf", "+Inf"],
  );
});

for (const line of ["<html>", "name", "name{", 'name{a="b"', "name{a=b} 1", "name abc", "9name 1", "name{} ", "=1"]) {
  test(`"${line}" is malformed and does no harm`, () => {
    assert.deepEqual(parseExposition(`${line}\nup 1\n`, 100), {
      samples: [{ name: "up", labels: {}, value: 1 }],
      malformedLines: 1,
      cut: false,
    });
  });
}

test("no more samples are kept than the limit, and the cut is told", () => {
  assert.equal(parseExposition("a 1\nb 2\n", 2).cut, false);
  const cut = parseExposition("a 1\nb 2\nc 3\n", 2);

  assert.equal(cut.samples.length, 2);
  assert.equal(cut.cut, true);
});

const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/);
const sample: fc.Arbitrary<Sample> = fc.record(
  {
    name,
    labels: fc.dictionary(name, fc.string({ unit: "grapheme" }), { maxKeys: 4, noNullPrototype: true }),
    // Adding zero turns -0, which text does not keep, into 0.
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  },
  { noNullPrototype: true },
);

function write({ name: metric, labels, value }: Sample): string {
  const escape = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`);
  return `${metric}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

test("whatever is written in the format is read back", () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const text = samples.map((each) => `${write(each)}\n`).join("");

      assert.deepEqual(parseExposition(text, 100).samples, samples);
    }),
  );
});

test("no text makes the parser throw or hang", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
      parseExposition(text, 10);
    }),
  );
  const started = performance.now();
  parseExposition(`a{${'x="\\\\",'.repeat(100_000)}`, 10);
  assert.ok(performance.now() - started < 5_000);
});
