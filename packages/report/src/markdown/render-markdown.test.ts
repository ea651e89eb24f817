import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { withText } from "../sample/hostile-report.ts";
import { sampleReport } from "../sample/index.ts";
import { code, plain } from "./escape.ts";
import { renderMarkdown } from "./render-markdown.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const report = sampleReport(sha256);

describe("the Markdown report", () => {
  test("begins with the verdict and what blocks, and folds the rest", () => {
    const text = renderMarkdown(report);

    assert.equal(
      text.slice(0, text.indexOf("- Why")),
      `# NOT READY: 8 of 12 controls met; 2 failed, 1 missing, 1 waived

**Model platform**, staging, gate Production, judged 2026-11-21 21:04:32 UTC

## What blocks (3)

### failed: Browsers are told how to protect users

Owner: security team

**Answers lack security headers**: \`1 of 3 required headers present, required all\`

- \`GET /readyz\` Content-Security-Policy is not sent
- \`GET /readyz\` Referrer-Policy is not sent
`,
    );
    assert.deepEqual(
      [...text.matchAll(/<summary>(.*?)<\/summary>/g)].map((each) => each[1]),
      ["What holds (8)", "The run", "Evidence (17)"],
    );
  });

  test("names who waived what, until when and why", () => {
    assert.match(
      renderMarkdown(report),
      /- Traffic is encrypted: by dana until 2026-12-19 19:04:12 UTC, record 1\. Staging listens/,
    );
  });

  test("ends with the head of the chain and how to verify it", () => {
    const last = renderMarkdown(report).trimEnd().split("\n").at(-1);

    assert.equal(last, `Chain head: record 17, \`${report.head.hash}\`. Verify with \`muster evidence verify\`.`);
  });

  test("keeps its lines whatever the texts in it are", () => {
    const shape = (text: string): string[] =>
      text.split("\n").map((line) => /^(#+ |- |\| |<\/?[a-z]+>|\*\*)?/.exec(line)?.[0] ?? "");
    const expected = shape(renderMarkdown(withText(report, "x")));

    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), (text) => {
        assert.deepEqual(shape(renderMarkdown(withText(report, `x${text}`))), expected);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a text in Markdown", () => {
  const cases: readonly (readonly [text: string, written: string])[] = [
    ["<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"],
    ["[click](https://attacker.example)", "\\[click\\](https:&#47;/attacker.example)"],
    ["**bold** _it_ ~~gone~~ `code`", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~gone\\~\\~ \\`code\\`"],
    ["a | b\n# heading", "a \\| b &#35; heading"],
    ["thanks @octocat, closes #1", "thanks &#64;octocat, closes &#35;1"],
    ["&lt; stays as it was written", "&amp;lt; stays as it was written"],
    ["www.attacker.example", "www&#46;attacker.example"],
  ];
  for (const [text, written] of cases) {
    test(`writes ${JSON.stringify(text)} without effect`, () => {
      assert.equal(plain(text), written);
    });
  }

  test("stays inside its code span whatever backticks it has", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "a", " ", "\n"), maxLength: 12 }), (text) => {
        const span = code(text);
        const fence = /^`+/.exec(span)?.[0] ?? "";

        assert.ok(fence.length > 0 && span.endsWith(fence));
        assert.ok(!span.slice(fence.length, -fence.length).split(/[^`]+/).includes(fence));
      }),
    );
  });
});
