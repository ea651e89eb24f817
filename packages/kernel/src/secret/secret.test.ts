import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { format, inspect } from "node:util";
import { Secret } from "./secret.ts";

describe("a secret", () => {
  const secret = new Secret("hunter2");

  for (const [how, text] of [
    ["made text", String(secret)],
    ["joined", (["a", secret] as readonly unknown[]).join(" ")],
    ["serialised", JSON.stringify({ deep: [{ secret }] })],
    ["inspected", inspect({ deep: [{ secret }] }, { depth: null, showHidden: true })],
    ["logged", format("%s %o %j", secret, secret, { secret })],
    ["in an error", String(new Error("no login with ".concat(secret as unknown as string)))],
    ["spread", JSON.stringify({ ...secret })],
  ] as const) {
    test(`does not show when it is ${how}`, () => {
      assert.ok(!text.includes("hunter2"), text);
    });
  }

  test("is given to whoever asks for it by name", () => {
    assert.equal(secret.reveal(), "hunter2");
  });
});
