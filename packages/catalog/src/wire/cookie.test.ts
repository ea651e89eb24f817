import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSetCookie } from "./cookie.ts";

test("attributes are read without regard to case and space", () => {
  assert.deepEqual(parseSetCookie("id=a=b; SECURE;httponly ; SameSite = Lax; Path=/app; Domain=a.example; max-age=1"), {
    name: "id",
    secure: true,
    httpOnly: true,
    sameSite: "lax",
    path: "/app",
    domain: "a.example",
    persistent: true,
  });
});

test("a cookie of a name and a value has nothing else", () => {
  assert.deepEqual(parseSetCookie("a=b"), { name: "a", secure: false, httpOnly: false, persistent: false });
});

test("the value is never kept, with a name or without", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[^;]{0,30}$/), fc.constantFrom("name=", "="), (noise, start) => {
      assert.doesNotMatch(JSON.stringify(parseSetCookie(`${start}${noise}S3CRET; Secure`)), /S3CRET/);
    }),
  );
  assert.equal(parseSetCookie("S3CRET").name, "");
});
