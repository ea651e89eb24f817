import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SAMPLE_CHECKS } from "@muster/report/sample";
import { buildCommands, type PaletteActs, recordCommand } from "./commands.ts";
import { ranked } from "./match.ts";

/** Acts that only note what was asked for. */
function noting(): { acts: PaletteActs; noted: unknown[][] } {
  const noted: unknown[][] = [];
  const note =
    (name: string) =>
    (...parts: unknown[]): void => {
      noted.push([name, ...parts]);
    };
  return {
    noted,
    acts: {
      goReadiness: note("readiness"),
      goModels: note("models"),
      goModel: note("model"),
      goEvidence: note("evidence"),
      goRecord: note("record"),
      goLoad: note("load"),
      verify: note("verify"),
      run: note("run"),
      setTheme: note("theme"),
      showHelp: note("help"),
      signOut: note("sign-out"),
    },
  };
}

describe("the palette", () => {
  test("has an id of its own for every command", () => {
    const commands = buildCommands({ checks: SAMPLE_CHECKS, controls: [], mayRun: true, acts: noting().acts });

    assert.equal(new Set(commands.map(({ id }) => id)).size, commands.length);
  });

  test("offers a run only to those who may start one", () => {
    const ids = (mayRun: boolean) =>
      buildCommands({ checks: [], controls: [], mayRun, acts: noting().acts }).map(({ id }) => id);

    assert.ok(ids(true).includes("run"));
    assert.ok(!ids(false).includes("run"));
  });

  test("shows the command line that lists the same as a page does", () => {
    const { acts, noted } = noting();
    const failures = buildCommands({ checks: [], controls: [], mayRun: false, acts }).find(
      ({ id }) => id === "failures",
    );

    failures?.run();

    assert.equal(failures?.command, "muster evidence list --kind judgement --outcome fail");
    assert.deepEqual(noted, [["evidence", { kind: "judgement", outcome: "fail" }]]);
  });

  test("goes to a record by its number", () => {
    const { acts, noted } = noting();

    recordCommand(" #118 ", acts)?.run();

    assert.deepEqual(noted, [["record", 118]]);
    for (const query of ["", "0", "#", "12a", "-4"]) assert.equal(recordCommand(query, acts), undefined);
  });
});

describe("matching", () => {
  const titles = ["Evidence", "Evidence of failures", "Latency under load is inside the objective", "Theme light"];
  const found = (query: string) => ranked(titles, query, (title) => title);

  test("keeps everything in order when nothing is asked for", () => {
    assert.deepEqual(found("  "), titles);
  });

  test("puts what begins with the word before what only contains it", () => {
    assert.deepEqual(found("ev"), ["Evidence", "Evidence of failures"]);
    assert.deepEqual(found("load"), ["Latency under load is inside the objective"]);
  });

  test("wants every word, in any order", () => {
    assert.deepEqual(found("fail evid"), ["Evidence of failures"]);
    assert.deepEqual(found("fail theme"), []);
  });
});
