import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSchema } from "graphql";
import { fieldNeeds } from "./field-access.ts";
import { GRAPHQL_SDL } from "./sdl.ts";

const DIRECTIVE = "directive @needs(role: Role!) on OBJECT | FIELD_DEFINITION enum Role { viewer admin }";

test("a field asks for its own role, or else for the one of its type", () => {
  const schema = buildSchema(`${DIRECTIVE} type Query @needs(role: viewer) { a: Int b: Int @needs(role: admin) }`);

  assert.deepEqual(fieldNeeds(schema), [
    { field: "Query.a", role: "viewer" },
    { field: "Query.b", role: "admin" },
  ]);
});

test("a field that does not say who may read it is refused", () => {
  const schema = buildSchema(`${DIRECTIVE} type Query { a: Int b: Thing @needs(role: admin) } type Thing { c: Int }`);

  assert.throws(() => fieldNeeds(schema), /these fields do not say who may read them: Query\.a, Thing\.c/);
});

test("users, usage and the audit log are for admins", () => {
  const admins = fieldNeeds(buildSchema(GRAPHQL_SDL)).filter(({ role }) => role === "admin");

  assert.deepEqual([...new Set(admins.map(({ field }) => field.replace(/\..*/, "")))].toSorted(), [
    "AuditEntry",
    "AuditPage",
    "Query",
    "UsageRow",
    "User",
    "UserPage",
  ]);
  assert.deepEqual(
    admins.map(({ field }) => field).filter((field) => field.startsWith("Query.")),
    ["Query.usage", "Query.audit", "Query.users"],
  );
});
