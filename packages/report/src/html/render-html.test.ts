import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { withText } from "../sample/hostile-report.ts";
import { sampleReport } from "../sample/index.ts";
import { renderHtml } from "./render-html.ts";
import { structureOf } from "./structure.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);
const page = renderHtml(report);

/** The page's text in reading order, tags and the style sheet left out. */
function textOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

describe("the HTML report", () => {
  test("says the verdict before anything else, as its only first heading", () => {
    const headings = page.match(/<h1[\s\S]*?<\/h1>/g) ?? [];

    assert.equal(headings.length, 1);
    assert.equal(textOf(headings[0] ?? "").trim(), "NOT READY : 8 of 12 controls met; 2 failed, 1 missing, 1 waived");
    assert.ok(page.indexOf("<h1") < page.indexOf("<h2"));
  });

  test("shows what blocks before what is waived, what holds, the run and the records", () => {
    const order = ["What blocks", "What is waived", "What holds", "The run", "Evidence"];

    const headings = [...page.matchAll(/<h2[^>]*>\s*([A-Za-z ]+)/g)].map((each) => each[1]?.trim());

    assert.deepEqual(headings, order);
  });

  test("gives each blocker with the resolved value, why, the fix, the age of the evidence and its record", () => {
    const block = textOf(page.slice(page.indexOf('id="control-fast-enough"'), page.indexOf('id="control-observable"')));

    assert.match(block, /p95 812 ms, allowed 500 ms/);
    assert.match(block, /Why Half of the users wait longer/);
    assert.match(block, /Fix Open the load result/);
    assert.match(block, /record #15 , seen now, good until 2026-11-22 21:04:32 UTC/);
    assert.match(block, new RegExp(report.records[14]?.hash.slice(0, 12) ?? "absent"));
  });

  test("folds what holds and leaves what blocks open", () => {
    assert.match(page, /id="control-fast-enough"[^>]*\sopen/);
    assert.doesNotMatch(page, /id="control-database"[^>]*\sopen/);
  });

  test("shows every record with its hash and the hash that it follows", () => {
    for (const { seq, hash, prev } of report.records) {
      const at = page.indexOf(`id="record-${seq}"`);
      const row = page.slice(at, page.indexOf("</details>", at));

      assert.ok(at > 0, `record ${seq} is on the page`);
      assert.ok(row.includes(hash) && row.includes(prev), `record ${seq} shows its hashes`);
    }
  });

  test("shows facts once and points at them from other records that rest on them", () => {
    const digests = new Set(
      report.records.flatMap(({ evidence }) => (evidence.kind === "judgement" ? Object.values(evidence.facts) : [])),
    );
    digests.delete(null);

    for (const digest of digests) assert.equal(page.split(`id="facts-${digest}"`).length, 2);
    assert.match(textOf(page), /http-exchange the same as under record #3/);
  });

  test("says so where facts could not be collected or are not kept", () => {
    const without = textOf(renderHtml({ ...report, facts: {} }));

    assert.match(textOf(page), /http-metrics could not be collected/);
    assert.match(without, /http-exchange not in this report; digest/);
  });

  test("asks for nothing from anywhere and runs no script", () => {
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? "";

    assert.match(policy, /^default-src 'none'; style-src 'sha256-/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.doesNotMatch(page, /<(script|link|img|iframe|object|embed|base|form)\b/i);
    assert.doesNotMatch(page.replace(/<style>[\s\S]*?<\/style>/, ""), /\s(style|on[a-z]+)\s*=/i);
    assert.doesNotMatch(page, /url\((?!data:)/);
  });

  test("names in its policy the digest of exactly the style sheet that it carries", () => {
    const sheet = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";

    assert.ok(page.includes(`'sha256-${createHash("sha256").update(sheet).digest("base64")}'`));
  });

  test("writes out characters that would make a text read differently from what it is", () => {
    const text = textOf(renderHtml(withText(report, "\u202Egpj.exe\u0000\u200B")));

    assert.ok(text.includes("‹U+202E›gpj.exe‹U+0000›‹U+200B›"));
    assert.doesNotMatch(text, /[\u202E\u0000\u200B]/);
  });

  test("is written also when there is no run, no record and no control", () => {
    const empty = renderHtml({
      ...report,
      records: [],
      facts: {},
      checks: [],
      verdict: {
        ...report.verdict,
        sentence: "NOT READY: the gate has no controls, so nothing was shown",
        controls: [],
      },
    });

    assert.match(empty, /the gate has no controls/);
  });

  test("keeps its structure whatever the texts in it are", () => {
    const expected = structureOf(renderHtml(withText(report, "x")));
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc
        .array(
          fc.constantFrom("<", ">", '"', "'", "&", "</style>", "<script>alert(1)</script>", "-->", "`", "=", " "),
          {
            minLength: 1,
            maxLength: 8,
          },
        )
        .map((parts) => parts.join("")),
    );

    fc.assert(
      fc.property(hostile, (text) => {
        fc.pre(text !== "");
        assert.deepEqual(structureOf(renderHtml(withText(report, text))), expected);
      }),
      { numRuns: 60 },
    );
  });

  test("the structure that the property compares does change with an unescaped tag", () => {
    const planted = page.replace("p95 812 ms", "p95 <script>812</script> ms");

    assert.notDeepEqual(structureOf(planted), structureOf(page));
  });
});
