import assert from "node:assert/strict";
import { test } from "node:test";
import { includesRole, ROLES } from "./role.ts";

test("each role may do what the ones before it may, and no more", () => {
  for (const [place, held] of ROLES.entries()) {
    for (const [needed, role] of ROLES.entries()) assert.equal(includesRole(held, role), place >= needed);
  }
});

test("roles grow from viewer to admin", () => {
  assert.equal(ROLES[0], "viewer");
  assert.equal(ROLES.at(-1), "admin");
});
