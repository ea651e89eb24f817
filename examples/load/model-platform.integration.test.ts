import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { LoadReport } from "@muster/contract";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

interface Outcome {
  readonly report: LoadReport;
  readonly text: string;
}

describe("the scenarios of the model platform", () => {
  let platform: ChildProcess;
  let url: string;

  before(async () => {
    const { DATABASE_URL: _url, ...env } = process.env;
    platform = spawn(process.execPath, [path("../../apps/models/src/main.ts")], {
      env: { ...env, PORT: "0", EXIT_WITH_PARENT: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    url = await new Promise((resolve, reject) => {
      let log = "";
      platform.stdout?.setEncoding("utf8").on("data", (text: string) => {
        log += text;
        const listening = /"url":"(http:[^"]+)","msg":"listening"/.exec(log);
        if (listening) resolve(listening[1] as string);
      });
      platform.once("exit", () => reject(new Error(`the platform did not start:\n${log}`)));
    });
  });
  after(() => void platform.kill());

  function run(scenario: string): Promise<Outcome> {
    const words = ["load", "run", path("model-platform.load.ts"), "--workers", "1", "--json"];
    const env = { ...process.env, MODELS_URL: url, SCENARIO: scenario, RATE: "20", FOR: "500ms" };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [path("../../apps/cli/bin/muster.js"), ...words], { env }, (_error, text, errors) => {
        const start = text.indexOf("{");
        if (start < 0) reject(new Error(errors));
        else resolve({ report: (JSON.parse(text) as { data: LoadReport }).data, text });
      });
    });
  }

  // Those that log in need a platform with a database and are run by hand.
  for (const scenario of ["health", "single", "batch", "upload", "explore", "mixed"]) {
    it(`${scenario} is answered as it should be`, async () => {
      const { report, text } = await run(scenario);

      const checks = report.scenarios.flatMap((each) => each.checks);
      assert.ok(report.total.requests >= 10, text);
      assert.equal(report.total.failed, 0, text);
      assert.ok(checks.length > 0 && checks.every((check) => check.failed === 0), text);
    });
  }
});
