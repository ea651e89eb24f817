import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { temporaryPostgres } from "@muster/adapters/testing";
import type { LoadReport } from "@muster/contract";
import { signInFirstAdmin } from "../../apps/models/src/testing/client.ts";
import { startProcess } from "../../apps/models/src/testing/running-service.ts";
import { ROOT } from "../../tools/test/suites.ts";

const run = promisify(execFile);

test("the model platform's own description becomes a plan that has the right types and loads it", async (context) => {
  const postgres = await temporaryPostgres();
  const data = await mkdtemp(join(tmpdir(), "muster-openapi-"));
  await mkdir(join(ROOT, ".muster"), { recursive: true });
  // Inside the clone, so that the packages resolve as they do for a user.
  const folder = await mkdtemp(join(ROOT, ".muster/openapi-"));
  context.after(async () => {
    await postgres.close();
    await rm(data, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });
  const often = "1000000";
  const service = await startProcess(
    { DATABASE_URL: postgres.ownerUrl.reveal(), DATA_FOLDER: data, RATE_READ: often, RATE_WRITE: often },
    context,
  );
  const env = { ...process.env, API_TOKEN: await signInFirstAdmin(service) };
  const plan = join(folder, "models.load.ts");
  const muster = (...words: string[]): Promise<{ stdout: string }> =>
    run(process.execPath, [join(ROOT, "apps/cli/bin/muster.js"), ...words], { cwd: folder, env }).catch(
      (error: unknown) => error as { stdout: string },
    );

  await muster("load", "import", "openapi", `${service.url}/openapi.json`, "--out", plan);
  const source = await readFile(plan, "utf8");
  await writeFile(
    plan,
    source.replace('for: "1m" }', 'for: "1s" }').replace("thresholds:", 'gracefulStop: "1s", thresholds:'),
  );
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", files: ["models.load.ts"], include: [] }),
  );
  const complaints = await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, "--noEmit"], { cwd: ROOT }).then(
    () => "",
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  const ran = await muster("load", "run", plan, "--workers", "1", "--json");
  const report = (JSON.parse(ran.stdout) as { data: LoadReport }).data;

  assert.equal(complaints, "");
  assert.ok(source.includes("Open Inference Protocol") && source.includes("if (deletes) {"));
  assert.ok(report.total.requests > 20, `${report.total.requests} requests`);
  assert.deepEqual(
    report.scenarios.map(({ iterations }) => iterations.failed),
    report.scenarios.map(() => 0),
    JSON.stringify(report.messages),
  );
  const steps = report.scenarios.flatMap((scenario) => scenario.steps);
  const live = steps.find(({ name }) => name === "GET /livez" || name === "GET /v2/health/live");
  assert.ok(live === undefined || live.failed === 0);
  assert.ok(
    steps.some(({ failed }) => failed === 0),
    "some operations need nothing that is not there",
  );
  assert.ok(!steps.some(({ name }) => name.startsWith("DELETE")));
});
