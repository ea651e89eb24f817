import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { Identity } from "@muster/kernel";
import type { Pool } from "pg";
import { asIntruder, emptyDatabase } from "../testing/owner.ts";
import { type TemporaryPostgres, temporaryPostgres } from "../testing/temporary-postgres.ts";
import { postgresIdentity } from "./identity.ts";
import { openPool } from "./pool.ts";

const NOW = "2026-03-14T12:00:00.000Z";
const LATER = "2026-03-14T13:00:00.000Z";
const TOMORROW = "2026-03-15T12:00:00.000Z";

let postgres: TemporaryPostgres;
let pool: Pool;
let identity: Identity;

before(async () => {
  postgres = await temporaryPostgres();
  pool = openPool(postgres.url);
  identity = postgresIdentity(pool);
});

after(async () => {
  await pool.end();
  await postgres.close();
});

beforeEach(async () => {
  await emptyDatabase(postgres.ownerUrl);
  await identity.ensureUser({ name: "ada", role: "admin" });
});

describe("users, links and sessions in PostgreSQL", () => {
  test("a user is created once and keeps the role that is stored", async () => {
    const again = await identity.ensureUser({ name: "ada", role: "viewer" });

    assert.deepEqual(again, { name: "ada", role: "admin" });
  });

  test("a link opens a session for its user", async () => {
    await identity.createLink("link", "ada", LATER);

    const signedIn = await identity.redeemLink("link", { hash: "session", expiresAt: TOMORROW }, NOW);

    assert.deepEqual(signedIn, { name: "ada", role: "admin", expiresAt: TOMORROW });
    assert.deepEqual(await identity.session("session", NOW), signedIn);
  });

  test("a link works once, also for many who come at once", async () => {
    await identity.createLink("link", "ada", LATER);

    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, place) =>
        identity.redeemLink("link", { hash: `session-${place}`, expiresAt: TOMORROW }, NOW),
      ),
    );

    assert.equal(answers.filter(Boolean).length, 1);
    const sessions = await asIntruder(postgres.ownerUrl, "select hash from muster.session");
    assert.equal(sessions.length, 1);
  });

  test("a link that is too old or unknown opens nothing", async () => {
    await identity.createLink("link", "ada", NOW);

    assert.equal(await identity.redeemLink("link", { hash: "a", expiresAt: TOMORROW }, NOW), undefined);
    assert.equal(await identity.redeemLink("other", { hash: "b", expiresAt: TOMORROW }, NOW), undefined);
    assert.equal(await identity.session("a", NOW), undefined);
  });

  test("a link is not used up when the session cannot be opened", async () => {
    await identity.createLink("first", "ada", LATER);
    await identity.createLink("second", "ada", LATER);
    await identity.redeemLink("first", { hash: "taken", expiresAt: TOMORROW }, NOW);

    await assert.rejects(identity.redeemLink("second", { hash: "taken", expiresAt: TOMORROW }, NOW));

    assert.ok(await identity.redeemLink("second", { hash: "fresh", expiresAt: TOMORROW }, NOW));
  });

  test("a session ends at its time, or when it is ended", async () => {
    await identity.createLink("link", "ada", LATER);
    await identity.redeemLink("link", { hash: "session", expiresAt: TOMORROW }, NOW);

    assert.equal(await identity.session("session", TOMORROW), undefined);
    assert.ok(await identity.session("session", LATER));
    await identity.endSession("session");
    assert.equal(await identity.session("session", LATER), undefined);
  });

  test("signing in removes sessions and links that have ended", async () => {
    await identity.createLink("old", "ada", "2026-03-14T11:00:00.000Z");
    await identity.createLink("first", "ada", LATER);
    await identity.redeemLink("first", { hash: "short", expiresAt: NOW }, "2026-03-14T11:30:00.000Z");
    await identity.createLink("second", "ada", LATER);

    await identity.redeemLink("second", { hash: "fresh", expiresAt: TOMORROW }, NOW);

    const left = await asIntruder(
      postgres.ownerUrl,
      "select hash from muster.session union all select hash from muster.sign_in_link order by 1",
    );
    assert.deepEqual(left, [{ hash: "first" }, { hash: "fresh" }, { hash: "second" }]);
  });

  test("the audit log keeps what was done and cannot be changed", async () => {
    await identity.audit({
      at: NOW,
      actor: "ada",
      action: "waiver.granted",
      detail: { control: "tls", days: 3, ok: true },
    });

    const entries = await asIntruder(postgres.ownerUrl, "select actor, action, detail from muster.audit_log");
    assert.deepEqual(entries, [
      { actor: "ada", action: "waiver.granted", detail: { control: "tls", days: 3, ok: true } },
    ]);
    for (const statement of [
      "update muster.audit_log set actor = 'x'",
      "delete from muster.audit_log",
      "truncate muster.audit_log",
    ]) {
      await assert.rejects(pool.query(statement), { code: "42501" });
    }
  });
});
