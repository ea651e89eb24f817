import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Platform, runScenario, SCENARIOS, startPlatform } from "../../bench/scenarios/platform.ts";

describe("the scenarios of the model platform", () => {
  const closing = new AsyncDisposableStack();
  let platform: Platform;

  before(async () => {
    platform = await startPlatform(closing);
  });
  after(() => closing.disposeAsync());

  for (const scenario of SCENARIOS) {
    it(`${scenario} is answered as it should be`, async () => {
      const given = { ...platform.credentials, MODELS_URL: platform.url, RATE: "20", FOR: "500ms" };

      const { report, text } = await runScenario(scenario, given);

      const checks = report.scenarios.flatMap((each) => each.checks);
      assert.ok(report.total.requests >= 10, text);
      assert.equal(report.total.failed, 0, text);
      assert.ok(checks.length > 0 && checks.every((check) => check.failed === 0), text);
    });
  }

  it("says what is missing when a scenario needs a key and has none", async () => {
    await assert.rejects(
      runScenario("upload", { MODELS_URL: platform.url }),
      /load-set-up[\s\S]*MODELS_KEY is not set/,
    );
  });
});
