import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { localPath, readSearch, writeSearch } from "./address.ts";

describe("addresses", () => {
  test("carry plain names and values", () => {
    assert.equal(
      writeSearch({ outcome: "fail", before: 40, text: "a b", kind: undefined }),
      "?outcome=fail&before=40&text=a+b",
    );
    assert.deepEqual(readSearch("?outcome=fail&before=40"), { outcome: "fail", before: "40" });
    assert.equal(writeSearch({}), "");
  });

  test("lead back into the console after signing in", () => {
    assert.equal(localPath("/evidence?outcome=fail"), "/evidence?outcome=fail");
  });

  const elsewhere = [
    "https://attacker.example",
    "//attacker.example/x",
    "/\\attacker.example",
    "\\\\attacker.example",
    "javascript:alert(1)",
    "evidence",
    "/sign-in",
    "/.//attacker.example",
    42,
    undefined,
  ];
  for (const address of elsewhere) {
    test(`do not lead to ${String(address)}`, () => assert.equal(localPath(address), undefined));
  }
});
