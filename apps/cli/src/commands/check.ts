import { MusterError } from "@muster/kernel";
import { defineCommand } from "../program/command.ts";
import { chosenReporter, REPORTER_OPTIONS } from "../program/reporter.ts";

export const check = defineCommand({
  name: "check",
  summary: "Judge one address from outside, or saved facts again",
  description:
    "Looks at an address as a visitor would and judges what it sees, without any configuration. With --replay it judges saved facts instead, offline: the same facts and the same Muster give the same evidence, byte for byte. It exits 0 when nothing failed, 1 when something failed, 3 when nothing could be judged.",
  args: [{ value: "URL", summary: "A complete http or https address", required: false }],
  options: {
    replay: { kind: "text", value: "FILE", hint: "file", summary: "Judge these saved facts instead of an address" },
    save: { kind: "text", value: "FILE", hint: "file", summary: "Keep the facts, for --replay" },
    html: { kind: "text", value: "FILE", hint: "file", summary: "Write a report as one self-contained page" },
    audit: {
      kind: "flag",
      summary: "Also ask what no visitor asks, such as with a foreign origin; only for services that are yours",
    },
    timeout: { kind: "duration", value: "TIME", summary: "Longest time for any one look, such as 5s" },
    ...REPORTER_OPTIONS,
  },
  examples: [
    { line: "muster check https://example.org", says: "what an outsider can see" },
    {
      line: "muster check http://127.0.0.1:8080 --save facts.json --html report.html",
      says: "keep facts and a report",
    },
    { line: "muster check --replay facts.json", says: "judge the saved facts again, offline" },
    { line: "muster check https://example.org --sarif > muster.sarif", says: "for a code-scanning service" },
  ],
  async run({ options, args, io }) {
    const [url] = args;
    if ((url === undefined) === (options.replay === undefined)) {
      throw new MusterError(
        "usage",
        url === undefined ? "muster check needs a URL, or --replay FILE" : "a URL and --replay cannot be used together",
      );
    }
    const reporter = chosenReporter(options);
    const { runCheck } = await import("../check/run-check.ts");
    const { replay, audit, timeout, save, html } = options;
    return runCheck({ url, replay, audit, timeoutMs: timeout, save, html, reporter }, io);
  },
});
