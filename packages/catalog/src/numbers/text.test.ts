import assert from "node:assert/strict";
import { test } from "node:test";
import { byteSize, grouped, milliseconds, percent } from "./text.ts";

test("milliseconds have as many digits as say something", () => {
  const written = [0, 0.4239, 8.14, 9.96, 212.4, 12_400].map(milliseconds);

  assert.deepEqual(written, ["0 ms", "0.42 ms", "8.1 ms", "10 ms", "212 ms", "12,400 ms"]);
});

test("a share is never rounded to nothing or to all", () => {
  const written = [0, 1, 0.5, 0.001, 0.12345, 0.00001, 0.99999, 1e-9, 1 - 1e-9].map(percent);

  assert.deepEqual(written, [
    "0 %",
    "100 %",
    "50 %",
    "0.1 %",
    "12.35 %",
    "0.001 %",
    "99.999 %",
    "< 0.0001 %",
    "> 99.9999 %",
  ]);
});

test("bytes are in powers of 1024", () => {
  const written = [0, 512, 1_024, 1_536, 268_435_456, 79 * 1024 ** 3].map(byteSize);

  assert.deepEqual(written, ["0 B", "512 B", "1 KiB", "1.5 KiB", "256 MiB", "79 GiB"]);
});

test("thousands are separated, decimals are not", () => {
  assert.deepEqual([1, 999, 1_000, 1_234_567.1234].map(grouped), ["1", "999", "1,000", "1,234,567.1234"]);
});
