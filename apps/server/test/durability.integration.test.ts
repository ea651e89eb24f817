import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openEmbeddedPostgres, openPool, postgresLedger } from "@muster/adapters";
import type { Evidence } from "@muster/kernel";
import { closingAfter, type ServerProcess, startServer, temporaryProject } from "./server-process.ts";

type Project = Awaited<ReturnType<typeof temporaryProject>>;

/** A project of a test, and how to start servers on it. */
async function project(
  test: TestContext,
): Promise<Project & { server(options?: Partial<Parameters<typeof startServer>[0]>): ServerProcess }> {
  const closing = closingAfter(test);
  const made = await temporaryProject();
  closing.defer(() => made.remove());
  return {
    ...made,
    server(options = {}) {
      const started = startServer({ config: made.config, data: made.data, ...options });
      closing.defer(async () => void (await started.stop()));
      return started;
    },
  };
}

/** What the ledger of a project holds, oldest first, once nothing runs on it. */
async function evidenceOf({ data }: Project): Promise<{ records: readonly Evidence[]; intact: boolean }> {
  const postgres = await openEmbeddedPostgres({ dataFolder: data, exclusive: false });
  const pool = openPool(postgres.url);
  try {
    const ledger = postgresLedger(pool);
    const { records } = await ledger.page({}, 100);
    return { records: records.map((each) => each.evidence).reverse(), intact: (await ledger.verify()).intact };
  } finally {
    await pool.end();
    await postgres.close();
  }
}

function stepDone(step: string): (announcement: { change: { step: string; state: string } }) => boolean {
  return ({ change }) => change.step === step && change.state === "done";
}

describe("a run", () => {
  it("goes from nothing to a verdict and leaves its evidence and its files", async (test) => {
    const made = await project(test);
    const first = made.server({ once: true });

    const { verdict, files, run } = await first.heard("verdict");
    const code = await first.ended;
    const { records, intact } = await evidenceOf(made);

    assert.equal(verdict.sentence, "NOT READY: 2 of 3 controls met; 1 failed");
    assert.equal(code, 1);
    assert.ok(files.html.startsWith(made.data));
    assert.deepEqual(
      records.map((each) =>
        each.kind === "judgement" ? `${each.check} ${each.outcome}` : each.kind === "run" ? each.milestone : each.kind,
      ),
      [
        "started",
        "http-availability pass",
        "readiness-endpoint pass",
        "tls-encryption fail",
        "error-rate pass",
        "completed",
      ],
    );
    assert.ok(records.every((each) => each.run === run));
    assert.equal(intact, true);
  });

  it("goes on after kill -9, keeps what was done, and does nothing twice", async (test) => {
    const made = await project(test);
    const killed = made.server();
    await killed.heard("step", stepDone("security"));
    killed.child.kill("SIGKILL");
    await killed.ended;

    const second = made.server({ once: true });
    const { text } = await second.heard("notice", (notice) => notice.text.startsWith("continuing run"));
    const { run } = await second.heard("verdict");
    await second.ended;
    const { records, intact } = await evidenceOf(made);

    assert.match(text, new RegExp(`continuing run ${run}`));
    assert.deepEqual(
      records.filter((each) => each.kind === "run").map((each) => each.milestone),
      ["started", "completed"],
    );
    assert.equal(records.filter((each) => each.kind === "judgement").length, 4);
    assert.equal(intact, true);
  });

  it("ends as aborted when the configuration changed while it was interrupted, and a new one follows", async (test) => {
    const made = await project(test);
    const killed = made.server();
    await killed.heard("step", stepDone("health"));
    killed.child.kill("SIGKILL");
    await killed.ended;
    await made.changeConfiguration();

    const second = made.server({ once: true });
    await second.heard("verdict");
    await second.ended;
    const { records } = await evidenceOf(made);

    const milestones = records.flatMap((each) =>
      each.kind === "run" ? [[each.milestone, each.summary] as const] : [],
    );
    assert.deepEqual(
      milestones.map(([milestone]) => milestone),
      ["started", "aborted", "started", "completed"],
    );
    assert.match(milestones[1]?.[1] ?? "", /configuration is another one/);
  });

  it("goes on after an orderly stop in the middle", async (test) => {
    const made = await project(test);
    const stopped = made.server();
    await stopped.heard("step", stepDone("service"));
    assert.equal(await stopped.stop(), 0);

    const second = made.server({ once: true });
    await second.heard("notice", (notice) => notice.text.startsWith("continuing run"));
    const { verdict } = await second.heard("verdict");
    await second.ended;

    assert.equal(verdict.counts.met, 2);
  });

  it("says that the service did not start, with the end of its log, and ends as aborted", async (test) => {
    const made = await project(test);
    const text = await readFile(made.config, "utf8");
    const broken = JSON.stringify(["node", "-e", "console.error('no model was found'); process.exit(7)"]);
    await writeFile(made.config, text.replace(/"command": \[[^\]]*\]/, `"command": ${broken}`));

    const failing = made.server({ once: true });
    const { code, message } = await failing.heard("failed");

    assert.equal(code, "service-start");
    assert.match(message, /no model was found/);
    assert.equal(await failing.ended, 3);
  });
});

describe("without its database", () => {
  it("the server says so, ends with 3, and has everything at the next start", async (test) => {
    const made = await project(test);
    const first = made.server();
    await first.heard("step", stepDone("security"));
    const [pid] = (await readFile(join(made.data, "postgres", "cluster", "postmaster.pid"), "utf8")).split("\n");

    process.kill(Number(pid), "SIGKILL");
    const { code } = await first.heard("failed");
    const exit = await first.ended;
    const second = made.server({ once: true });
    const { verdict } = await second.heard("verdict");
    await second.ended;
    const { records, intact } = await evidenceOf(made);

    assert.equal(code, "database-unreachable");
    assert.equal(exit, 3);
    assert.equal(verdict.counts.met, 2);
    assert.equal(records.filter((each) => each.kind === "judgement").length % 4, 0);
    assert.equal(intact, true);
  });

  it("that DATABASE_URL names, the server says that it cannot be reached and ends with 3", async (test) => {
    const made = await project(test);
    const lost = made.server({ once: true, env: { DATABASE_URL: "postgres://muster:secret@127.0.0.1:1/muster" } });

    const { code, message } = await lost.heard("failed");

    assert.equal(code, "database-unreachable");
    assert.doesNotMatch(message, /secret/);
    assert.equal(await lost.ended, 3);
  });
});

describe("two servers on one data folder", () => {
  it("are told apart: the second says who runs", async (test) => {
    const made = await project(test);
    const first = made.server();
    await first.heard("listening");

    const second = made.server();
    const { code, message } = await second.heard("failed");

    assert.equal(code, "already-running");
    assert.match(message, new RegExp(String(first.child.pid)));
    assert.equal(await second.ended, 2);
    assert.equal(first.child.exitCode, null);
  });
});

describe("a port that is taken", () => {
  it("is left to whoever has it, and the console says where it is instead", async (test) => {
    const made = await project(test);
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    test.after(() => squatter.close());
    const { port } = squatter.address() as AddressInfo;

    const started = made.server({ port });
    const { text } = await started.heard("notice", (notice) => notice.text.includes("is taken"));
    const { url } = await started.heard("listening");

    assert.equal(text, `port ${port} is taken, so the console is on ${new URL(url).port}`);
    assert.equal((await fetch(new URL("/livez", url))).status, 200);
    assert.equal(await started.stop(), 0);
  });
});
