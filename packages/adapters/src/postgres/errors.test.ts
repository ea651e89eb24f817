import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MusterError } from "@muster/kernel";
import { databaseError, namingErrors } from "./errors.ts";

describe("naming failures of the database", () => {
  for (const [code, named] of [
    ["ECONNREFUSED", "database-unreachable"],
    ["ECONNRESET", "database-unreachable"],
    ["ENOTFOUND", "database-unreachable"],
    ["08006", "database-unreachable"],
    ["28P01", "database-unreachable"],
    ["3D000", "database-unreachable"],
    ["53300", "database-unreachable"],
    ["57014", "database-unreachable"],
    ["57P01", "database-unreachable"],
    ["57P03", "database-unreachable"],
    ["53100", "database-full"],
    ["ENOSPC", "database-full"],
    ["EDQUOT", "database-full"],
  ] as const) {
    test(`${code} is ${named}`, () => {
      const cause = Object.assign(new Error("it failed"), { code });

      const error = databaseError(cause);

      assert.ok(error instanceof MusterError);
      assert.equal(error.code, named);
      assert.match(error.message, /it failed/);
      assert.equal(error.cause, cause);
    });
  }

  for (const message of [
    "Connection terminated unexpectedly",
    "timeout exceeded when trying to connect",
    "Client has encountered a connection error and is not queryable",
  ]) {
    test(`"${message}" is database-unreachable`, () => {
      assert.equal((databaseError(new Error(message)) as MusterError).code, "database-unreachable");
    });
  }

  test("a disk that is full is named by PostgreSQL's words too", () => {
    const error = Object.assign(new Error('could not extend file "base/1/2": No space left on device'), {
      code: "58030",
    });

    assert.equal((databaseError(error) as MusterError).code, "database-full");
  });

  test("a host with several addresses tells of all of them", () => {
    const error = new AggregateError([
      new Error("connect ECONNREFUSED ::1"),
      new Error("connect ECONNREFUSED 127.0.0.1"),
    ]);

    const named = databaseError(error) as MusterError;

    assert.equal(named.code, "database-unreachable");
    assert.equal(named.message, "PostgreSQL: connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1");
  });

  for (const [what, error] of [
    ["a violated constraint", Object.assign(new Error("duplicate key"), { code: "23505" })],
    ["a mistake of ours", new TypeError("undefined is not a function")],
    ["an error that has its name", new MusterError("run-active", "a run is going on")],
    ["what is no error", "nonsense"],
  ] as const) {
    test(`${what} stays what it is`, () => {
      assert.equal(databaseError(error), error);
    });
  }

  test("work that fails fails with the name, and work that does not gives its result", async () => {
    const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });

    await assert.rejects(
      namingErrors(() => Promise.reject(refused)),
      { code: "database-unreachable" },
    );
    assert.equal(await namingErrors(async () => 7), 7);
  });
});
