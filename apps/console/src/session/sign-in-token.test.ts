import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tokenOfFragment, tokenOfPaste } from "./sign-in-token.ts";

const TOKEN = "q9Vb0mGk3rT7yWx2LfZc8nPs5hJd1aEu_4-oIiKlQwE";

describe("the secret of a sign-in link", () => {
  test("is read from the fragment of the address", () => {
    assert.equal(tokenOfFragment(`#token=${TOKEN}`), TOKEN);
    assert.equal(tokenOfFragment("#token="), undefined);
    assert.equal(tokenOfFragment(""), undefined);
  });

  const pastes = [
    `http://127.0.0.1:8410/sign-in#token=${TOKEN}`,
    `  http://127.0.0.1:8410/sign-in#token=${TOKEN}\n`,
    `#token=${TOKEN}`,
    `token=${TOKEN}`,
    TOKEN,
  ];
  for (const pasted of pastes) {
    test(`is found in ${JSON.stringify(pasted.replace(TOKEN, "…"))}`, () => assert.equal(tokenOfPaste(pasted), TOKEN));
  }

  for (const pasted of [
    "",
    "hello",
    "http://127.0.0.1:8410/sign-in",
    "x".repeat(201),
    "not a token at all, but long",
  ]) {
    test(`is not found in ${JSON.stringify(pasted.slice(0, 30))}`, () => assert.equal(tokenOfPaste(pasted), undefined));
  }
});
