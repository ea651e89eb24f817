import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MusterError } from "@muster/kernel";
import { defineCommand, EXIT } from "../program/command.ts";
import { runProgram } from "../program/run.ts";
import { testIo } from "../testing/test-io.ts";

function failing(error: unknown) {
  return defineCommand({
    name: "fail",
    summary: "",
    description: "",
    args: [],
    options: { json: { kind: "flag", summary: "" } },
    examples: [],
    run: () => Promise.reject(error),
  });
}

describe("an error", () => {
  const invalid = new MusterError("config-invalid", "two things are wrong", {
    problems: [
      { path: "checks.0.check", message: "is missing" },
      { path: "", message: "must be an object" },
    ],
  });

  it("shows the sentence, every problem with its place, the fix and the code, and exits as the catalogue says", async () => {
    const io = testIo();

    const code = await runProgram(["fail"], [failing(invalid)], io);

    assert.equal(code, EXIT.usage);
    assert.equal(io.written.out, "");
    assert.equal(
      io.written.err,
      [
        "ERROR: two things are wrong",
        "  checks.0.check is missing",
        "  (top) must be an object",
        "fix: Correct every place that is listed; each line gives the path and what is allowed there.",
        "code: config-invalid",
        "",
      ].join("\n"),
    );
  });

  it("is an envelope on standard output with --json", async () => {
    const io = testIo();

    const code = await runProgram(["fail", "--json"], [failing(invalid)], io);

    const envelope: unknown = JSON.parse(io.written.out);
    assert.equal(code, EXIT.usage);
    assert.equal(io.written.err, "");
    assert.deepEqual(envelope, {
      muster: 1,
      command: "fail",
      result: "error",
      verdict: "two things are wrong",
      error: {
        code: "config-invalid",
        message: "two things are wrong",
        fix: "Correct every place that is listed; each line gives the path and what is allowed there.",
        problems: invalid.problems,
      },
    });
  });

  it("that nobody named shows no stack, and names the file that has it", async () => {
    const io = testIo();

    const code = await runProgram(["fail"], [failing(new TypeError("x is not a function"))], io);

    assert.equal(code, EXIT.unjudged);
    assert.match(io.written.err, /^ERROR: x is not a function \(the full detail is in .*error\.log\)\n/);
    assert.doesNotMatch(io.written.err, /\n\s+at /);
  });
});
