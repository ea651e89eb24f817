import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAddress } from "./address.ts";

describe("an address to check", () => {
  it("is a complete http or https address", () => {
    assert.equal(readAddress("https://example.org/path").href, "https://example.org/path");
  });

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ["example.org", /did you mean https:\/\/example\.org\?/],
    ["ftp://example.org", /not a complete http or https address$/],
    ["", /not a complete/],
    ["https://user:secret@example.org", /user name or a password/],
  ];
  for (const [text, message] of refused) {
    it(`is not "${text}"`, () => {
      assert.throws(() => readAddress(text), { code: "target-invalid", message });
    });
  }

  it("is not repeated with its password in the refusal", () => {
    assert.throws(
      () => readAddress("https://user:secret@example.org"),
      (error: Error) => !error.message.includes("secret"),
    );
  });
});
