import assert from "node:assert/strict";
import { test } from "node:test";
import { lockoutMs } from "./lockout.ts";
import { passwordProblem } from "./password.ts";

test("passwords that are hard to guess are taken, whatever characters they have", () => {
  for (const password of [
    "correct horse battery staple",
    "mungo-petrel-tarn-quill",
    "x7Q!m2Lp9#zR",
    "vulkan tasse nebel ruder",
  ]) {
    assert.equal(passwordProblem(password, "ada"), undefined, password);
  }
});

test("passwords that are short, common, in a row, repeated or the user's own name are refused", () => {
  const weak = [
    "",
    "Passw0rd!",
    "password123456789",
    "abcdefghijklmnop",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "12345678901234567890",
    "ada.lovelace",
    "Muster2026!",
    "qwertyuiop!",
    "xyxyxyxyxyxyxy",
  ];
  for (const password of weak)
    assert.match(passwordProblem(password, "ada.lovelace")?.message ?? "", /too easy/, password);
});

test("a user whose name is short has no name to look for", () => {
  assert.equal(passwordProblem("correct horse battery staple", ""), undefined);
});

test("a password that would cost minutes to hash is refused by its length", () => {
  assert.match(passwordProblem("x7Q!m2Lp9#zR".repeat(100), "ada")?.message ?? "", /at most 256/);
});

test("mistyping costs nothing, guessing costs twice as long each time, and nobody is locked out for ever", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 40].map(lockoutMs);

  assert.deepEqual(delays, [0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 900_000]);
});
