import assert from "node:assert/strict";
import { test } from "node:test";
import { createSlots } from "./slots.ts";

test("places are given in order, and what waits beyond the bound is refused", async () => {
  const slots = createSlots(1, 1);
  const order: string[] = [];
  await slots.take();
  const second = slots.take().then(() => order.push("second"));

  await assert.rejects(slots.take(), { code: "overloaded" });
  assert.deepEqual(order, []);
  slots.give();
  await second;
  assert.deepEqual(order, ["second"]);
});

test("who goes away while waiting leaves the place to the next", async () => {
  const slots = createSlots(1, 2);
  await slots.take();
  const impatient = new AbortController();
  const first = slots.take(impatient.signal);
  const second = slots.take();

  impatient.abort();

  await assert.rejects(first, { code: "interrupted" });
  slots.give();
  await second;
  slots.give();
  await slots.idle();
});
