import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { MusterError } from "@muster/kernel";
import { processIdentity } from "./process-identity.ts";
import { type ServiceProcessOptions, startServiceProcess } from "./service-process.ts";

const ANSWERS_READY = `
  const server = require("node:http").createServer((request, response) => response.writeHead(200).end("yes"));
  server.listen(Number(process.env.PORT), "127.0.0.1");
`;

async function options(
  test: TestContext,
  program: string,
  more: Partial<ServiceProcessOptions> = {},
): Promise<ServiceProcessOptions> {
  const folder = await mkdtemp(join(tmpdir(), "muster-service-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return {
    name: "shop-staging",
    command: ["node", "-e", program],
    env: { PORT: "{port}" },
    cwd: folder,
    readiness: "/readyz",
    readyWithinMs: 10_000,
    folder,
    onNotice: () => {},
    signal: new AbortController().signal,
    ...more,
  };
}

async function rejection(promise: Promise<unknown>): Promise<MusterError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof MusterError);
    return error;
  }
  throw new Error("it did not fail");
}

describe("a service's process", () => {
  it("is ready when its readiness path answers, and gone after stop", async (test) => {
    const service = await startServiceProcess(await options(test, ANSWERS_READY));

    const answer = await fetch(new URL("/anything", service.url));
    await service.stop();

    assert.equal(await answer.text(), "yes");
    assert.equal(await processIdentity(service.pid), undefined);
  });

  it("that ends at once is reported with the end of its log", async (test) => {
    const error = await rejection(
      startServiceProcess(await options(test, "console.error('the model is missing'); process.exit(3)")),
    );

    assert.equal(error.code, "service-start");
    assert.match(error.message, /ended before it was ready/);
    assert.match(error.message, /the model is missing/);
  });

  it("that never becomes ready is reported with what it answered, and does not stay", async (test) => {
    const unready = ANSWERS_READY.replace("200", "503");
    const error = await rejection(startServiceProcess(await options(test, unready, { readyWithinMs: 1_500 })));

    assert.match(error.message, /not ready within 1500 ms: \/readyz answers 503/);
  });

  it("whose program does not exist is named", async (test) => {
    const error = await rejection(startServiceProcess(await options(test, "", { command: ["no-such-program"] })));

    assert.match(error.message, /there is no program "no-such-program"/);
  });

  it("is stopped with everything that it started itself", async (test) => {
    const parent = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
      require("node:fs").writeFileSync("child.pid", String(child.pid));
      ${ANSWERS_READY}
    `;
    const given = await options(test, parent);
    const service = await startServiceProcess(given);
    const child = Number(await readFile(join(given.folder, "child.pid"), "utf8"));
    assert.ok(await processIdentity(child));

    await service.stop();

    while (await processIdentity(child)) await new Promise(setImmediate);
    assert.equal(await processIdentity(child), undefined);
  });

  it("that an earlier Muster left is ended before a new one starts", async (test) => {
    const notices: string[] = [];
    const given = await options(test, ANSWERS_READY, { onNotice: (text) => notices.push(text) });
    const left = await startServiceProcess(given);

    const next = await startServiceProcess(given);

    await left.ended;
    assert.deepEqual(notices, [`ended shop-staging (pid ${left.pid}), which an earlier Muster had left`]);
    await next.stop();
  });

  it("does not end a stranger that has the pid of the note by now", async (test) => {
    const given = await options(test, ANSWERS_READY);
    const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
      detached: true,
      stdio: "ignore",
    });
    await once(stranger, "spawn");
    await writeFile(
      join(given.folder, "shop-staging.pid.json"),
      JSON.stringify({ pid: stranger.pid, identity: "another time" }),
    );

    const service = await startServiceProcess(given);
    await service.stop();

    assert.ok(await processIdentity(stranger.pid as number));
    stranger.kill("SIGKILL");
    await once(stranger, "exit");
  });

  it("sees only what is named for it in its environment", async (test) => {
    process.env["A_SECRET_OF_MUSTER"] = "hush";
    const printing = `console.log(Object.keys(process.env).sort().join()); ${ANSWERS_READY}`;
    const given = await options(test, printing);

    const service = await startServiceProcess(given);
    await service.stop();

    const log = await readFile(join(given.folder, "shop-staging.log"), "utf8");
    assert.doesNotMatch(log, /A_SECRET_OF_MUSTER/);
    assert.match(log, /EXIT_WITH_PARENT.*PATH.*PORT/);
    assert.deepEqual(
      (await readdir(given.folder)).filter((name) => name.endsWith(".pid.json")),
      [],
    );
  });
});
