import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createStepList } from "./step-list.ts";
import { testIo } from "../testing/test-io.ts";

const plain = (_tone: unknown, text: string): string => text;

describe("the step list", () => {
  it("prints one line for each step that ends, where nobody watches", () => {
    const io = testIo();
    const steps = createStepList(io, plain);

    steps.change({ step: "database", state: "running" });
    steps.change({ step: "database", state: "done", ms: 1_234, note: "started" });
    steps.notice("port 7400 is taken");
    steps.change({ step: "load", state: "failed", ms: 5 });

    assert.equal(io.written.err, "✓ PostgreSQL       1.2 s    started\nport 7400 is taken\n■ Load             5 ms\n");
  });

  it("redraws in place on a terminal: it goes back over exactly the lines it drew", () => {
    const io = testIo({ errIsTerminal: true });
    const steps = createStepList(io, plain);

    steps.change({ step: "database", state: "running" });
    const first = io.written.err;
    io.written.err = "";
    io.time += 2_000;
    steps.notice("something to know");
    const second = io.written.err;
    steps.settle();

    assert.equal(first.split("\n").length - 1, 8);
    assert.ok(
      second.startsWith("\u001b[8A\u001b[0Jsomething to know\n▸ PostgreSQL       2.0 s"),
      JSON.stringify(second),
    );
  });

  it("cuts a note that would wrap, since a wrapped line cannot be drawn over", () => {
    const io = testIo({ errIsTerminal: true, columns: () => 60 });
    const steps = createStepList(io, plain);

    steps.change({ step: "database", state: "done", ms: 1, note: "x".repeat(200) });
    steps.settle();

    for (const line of io.written.err.split("\n")) assert.ok([...line].length <= 60, line);
  });
});
