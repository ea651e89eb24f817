import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { onInterruption } from "./interruption.ts";

// Signals are the process's own, so this suite has a process to itself.
describe("an interruption", () => {
  let time: number;
  let seen: string[];
  let ignore: () => void;

  beforeEach(() => {
    time = 0;
    seen = [];
    ignore = onInterruption({ stop: () => seen.push("stop"), end: () => seen.push("end") }, () => time);
  });
  afterEach(() => ignore());

  it("stops at the first Ctrl-C, and ends at once at a second one", () => {
    process.emit("SIGINT", "SIGINT");
    time = 2_000;
    process.emit("SIGINT", "SIGINT");

    assert.deepEqual(seen, ["stop", "end"]);
  });

  it("takes one keystroke that arrives twice, from the terminal and through npm, for one", () => {
    process.emit("SIGINT", "SIGINT");
    time = 20;
    process.emit("SIGINT", "SIGINT");

    assert.deepEqual(seen, ["stop"]);
  });

  it("stops once, however often SIGTERM and SIGHUP come", () => {
    process.emit("SIGTERM", "SIGTERM");
    time = 5_000;
    process.emit("SIGHUP", "SIGHUP");
    process.emit("SIGTERM", "SIGTERM");

    assert.deepEqual(seen, ["stop"]);
  });

  it("is nobody's business any more once listening ended", () => {
    ignore();

    assert.equal(process.listenerCount("SIGINT"), 0);
    assert.equal(process.listenerCount("SIGTERM"), 0);
    assert.equal(process.listenerCount("SIGHUP"), 0);
  });
});
