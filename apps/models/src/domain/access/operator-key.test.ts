import assert from "node:assert/strict";
import { test } from "node:test";
import { withOperatorKey } from "./operator-key.ts";
import { refusal } from "./role.ts";

test("the key whose digest the platform was started with opens an operator's doors, and no admin's", async () => {
  const found = await withOperatorKey(undefined, "digest").recognise("digest", 0);

  assert.ok(found);
  assert.equal(refusal(found.principal, { role: "operator", scope: "write" }), undefined);
  assert.match(refusal(found.principal, { role: "admin", scope: "read" }) ?? "", /needs the role admin/);
});

test("every other digest is the store's to know", async () => {
  const asked: string[] = [];
  const store = {
    async recognise(hash: string) {
      asked.push(hash);
      return undefined;
    },
  };

  assert.equal(await withOperatorKey(store, "digest").recognise("another", 0), undefined);
  assert.equal(await withOperatorKey(undefined, "digest").recognise("another", 0), undefined);
  assert.deepEqual(asked, ["another"]);
});
