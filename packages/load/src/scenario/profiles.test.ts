import assert from "node:assert/strict";
import { test } from "node:test";
import { arrivalsOf, courseOf, peakOf } from "../schedule/stages.ts";
import { checkPlan } from "./load-plan.ts";
import { PROFILES, profile } from "./profiles.ts";
import { defineScenario } from "./scenario.ts";

const visit = defineScenario({ name: "visit", run: () => {} });

test("every profile is a plan that holds, for users and for arrivals", () => {
  for (const name of PROFILES) {
    for (const model of [profile(name, { users: 3 }), profile(name, { arrivalsPerSecond: 50 })]) {
      checkPlan({ target: "http://127.0.0.1/", workloads: [{ scenarios: [visit], model }] }, name);
    }
  }
});

test("a spike is ten times what is normal, a breakpoint goes far beyond, a light load is never nobody", () => {
  const spike = profile("spike", { arrivalsPerSecond: 100 });
  const light = profile("light", { users: 2 });
  const breakpoint = profile("breakpoint", { users: 10 });

  assert.ok("arrivalsPerSecond" in spike && "users" in light && "users" in breakpoint);
  assert.equal(peakOf(courseOf(spike.arrivalsPerSecond, undefined)), 1_000);
  assert.ok(arrivalsOf(courseOf(spike.arrivalsPerSecond, undefined)) > 30_000);
  assert.equal(peakOf(courseOf(light.users, undefined)), 1);
  assert.equal(peakOf(courseOf(breakpoint.users, undefined)), 200);
});
