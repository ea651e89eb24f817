import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { createAuthenticator } from "./authenticator.ts";
import type { Principal } from "./role.ts";

const VERA: Principal = { user: "vera", role: "viewer", scopes: ["predict"], via: "key", id: "1" };
const EXPIRES_AT = 10 * 3_600_000;

/** A store that is there, away, or does not answer; it counts how often it was asked. */
function stage() {
  const at = { now: 0, store: "there" as "there" | "away" | "silent", revoked: false, asked: 0 };
  const authenticator = createAuthenticator(
    {
      recognise() {
        at.asked += 1;
        if (at.store === "away") return Promise.reject(new MusterError("database-unreachable", "away"));
        if (at.store === "silent") return new Promise(() => undefined);
        return Promise.resolve(at.revoked ? undefined : { principal: VERA, expiresAt: EXPIRES_AT });
      },
    },
    { now: () => at.now },
    (token) => token,
    () => new Promise((resolve) => setImmediate(resolve)),
  );
  return { at, authenticator };
}

test("a holder is remembered for ten seconds, and asked for again after them", async () => {
  const { at, authenticator } = stage();
  await authenticator.recognise("key");

  at.now = 9_999;
  assert.equal(authenticator.recognise("key"), VERA);
  at.now = 10_000;
  assert.equal(await authenticator.recognise("key"), VERA);

  assert.equal(at.asked, 2);
});

test("who is remembered can be told without asking the store, and of others nothing", async () => {
  const { at, authenticator } = stage();
  assert.equal(authenticator.remembered("key"), undefined);
  await authenticator.recognise("key");

  at.now = 60_000;
  assert.equal(authenticator.remembered("key"), VERA);
  authenticator.forget();
  assert.equal(authenticator.remembered("key"), undefined);

  assert.equal(at.asked, 1);
});

test("while the store is away or silent, who was known goes on, and the store is not stormed", async () => {
  for (const store of ["away", "silent"] as const) {
    const { at, authenticator } = stage();
    await authenticator.recognise("key");
    at.store = store;

    at.now = 30_000;
    assert.equal(await authenticator.recognise("key"), VERA, store);
    for (let time = 0; time < 100; time += 1) assert.equal(authenticator.recognise("key"), VERA, store);

    assert.equal(at.asked, 2, store);
  }
});

test("nobody goes on for longer than a quarter of an hour, or than the key is good", async () => {
  const { at, authenticator } = stage();
  await authenticator.recognise("key");
  at.now = EXPIRES_AT - 60_000;
  await authenticator.recognise("key");
  at.store = "away";

  at.now = EXPIRES_AT - 1;
  assert.equal(await authenticator.recognise("key"), VERA);
  at.now = EXPIRES_AT;
  await assert.rejects(async () => authenticator.recognise("key"), { code: "database-unreachable" });

  const other = stage();
  await other.authenticator.recognise("key");
  other.at.store = "away";
  other.at.now = 900_000;
  await assert.rejects(async () => other.authenticator.recognise("key"), { code: "database-unreachable" });
});

test("what was not known before is not known while the store is away", async () => {
  const { at, authenticator } = stage();
  at.store = "away";

  await assert.rejects(async () => authenticator.recognise("key"), { code: "database-unreachable" });
});

test("after a revocation was told nobody goes on; after a broken connection everybody is asked for again", async () => {
  const { at, authenticator } = stage();
  await authenticator.recognise("key");

  at.revoked = true;
  authenticator.recheck();
  assert.equal(await authenticator.recognise("key"), undefined);

  const told = stage();
  await told.authenticator.recognise("key");
  told.authenticator.forget();
  told.at.store = "away";
  await assert.rejects(async () => told.authenticator.recognise("key"), { code: "database-unreachable" });
});
