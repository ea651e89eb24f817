import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Secret } from "@muster/kernel";
import snappy from "snappyjs";
import { sampleReport } from "../../testing/sample-report.ts";
import { httpServer } from "../../testing/servers.ts";
import { pushReport } from "./push-report.ts";

const installed = spawnSync("prometheus", ["--version"]).status === 0;
const skip = installed ? false : "Prometheus is not installed; on Debian: apt-get install prometheus";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

describe("remote write to a real Prometheus", { skip }, () => {
  let folder: string;
  let prometheus: ChildProcess;
  let base: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-prometheus-"));
    await writeFile(join(folder, "prometheus.yml"), "global: {}\n");
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    prometheus = spawn(
      "prometheus",
      [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--web.enable-remote-write-receiver",
      ],
      { stdio: "ignore" },
    );
    const deadline = performance.now() + 20_000;
    while (
      !(await fetch(`${base}/-/ready`).then(
        (answer) => answer.ok,
        () => false,
      ))
    ) {
      if (performance.now() > deadline) throw new Error("Prometheus did not become ready");
      await delay(50);
    }
  });
  after(async () => {
    if (prometheus.exitCode === null) {
      prometheus.kill("SIGTERM");
      await once(prometheus, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  });

  async function query(text: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const url = new URL("/api/v1/query", base);
    url.searchParams.set("query", text);
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  test("every figure arrives with its labels, whatever characters are in them", async () => {
    const remote = { url: new URL("/api/v1/write", base), labels: { run: "nightly 1" } };

    await pushReport(remote, sampleReport(), Date.now());

    const [requests] = await query("muster_load_requests_total");
    assert.deepEqual(requests, {
      metric: { __name__: "muster_load_requests_total", run: "nightly 1", scenario: 'shop "A"', step: "GET /a<b>" },
      value: 100,
    });
    assert.deepEqual(
      (await query('muster_load_threshold_met{threshold="errors < 0.5%"}')).map(({ value }) => value),
      [0],
    );
  });

  test("response times are a histogram from which Prometheus reckons the percentiles that we report", async () => {
    const report = sampleReport();
    await pushReport({ url: new URL("/api/v1/write", base), labels: { run: "times" } }, report, Date.now());

    const [p50] = await query('histogram_quantile(0.5, muster_load_response_seconds_bucket{run="times"})');
    const [own] = await query('muster_load_response_seconds{run="times",quantile="0.5"}');

    // The times are 1 to 100 ms, and 50 ms lies at the edge of a bucket.
    assert.ok(Math.abs((p50?.value ?? 0) - 0.05) < 0.002, String(p50?.value));
    assert.ok(Math.abs((own?.value ?? 0) - 0.05) < 0.001, String(own?.value));
  });

  test("states of a run that follow each other are one series over time", async () => {
    const remote = { url: new URL("/api/v1/write", base), labels: { run: "course" } };
    const now = Date.now();

    for (const back of [3_000, 2_000, 1_000]) await pushReport(remote, sampleReport(), now - back);

    const [count] = await query('count_over_time(muster_load_requests_total{run="course"}[1m])');
    assert.equal(count?.value, 3);
  });

  test("what Prometheus does not take is not sent again, and its reason is said", async () => {
    const remote = { url: new URL("/api/v1/write", base), labels: { run: "old" } };
    const now = Date.now();
    await pushReport(remote, sampleReport(), now);

    await assert.rejects(pushReport(remote, sampleReport(), now - 86_400_000, { tries: 5 }), {
      code: "load-remote-write",
      message: /answered 400: .*out of (bounds|order)/,
    });
  });
});

describe("remote write to a receiver in trouble", () => {
  test("a busy one is tried again, with the same bytes and the credentials", async () => {
    const seen: { body: Buffer; fields: unknown }[] = [];
    await using server = await httpServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { authorization } = request.headers;
      seen.push({
        body: Buffer.concat(parts),
        fields: [
          request.headers["content-encoding"],
          request.headers["x-prometheus-remote-write-version"],
          authorization,
        ],
      });
      response.writeHead(seen.length < 3 ? 503 : 204).end();
    });
    const remote = { url: server.url, labels: { run: "1" }, authorization: new Secret("Bearer t0ken") };

    await pushReport(remote, sampleReport(), Date.now(), { tries: 3, waitMs: 1 });

    assert.equal(seen.length, 3);
    assert.deepEqual(seen[0]?.fields, ["snappy", "0.1.0", "Bearer t0ken"]);
    assert.deepEqual(seen[2]?.body, seen[0]?.body);
    assert.match(
      Buffer.from(snappy.uncompress(seen[0]?.body ?? Buffer.of())).toString("latin1"),
      /muster_load_requests_total/,
    );
  });

  test("credentials in the address go into the field that is for them", async () => {
    let seen: string | undefined;
    await using server = await httpServer((request, response) => {
      seen = request.headers.authorization;
      response.writeHead(204).end();
    });
    const url = new URL(server.url);
    url.username = "user";
    url.password = "pa:ss";

    await pushReport({ url, labels: {} }, sampleReport(), Date.now());

    assert.equal(seen, `Basic ${Buffer.from("user:pa:ss").toString("base64")}`);
  });

  test("one that is not there is named without the credentials in its address", async () => {
    const url = new URL(`http://user:secret@127.0.0.1:${await freePort()}/api/v1/write`);

    await assert.rejects(pushReport({ url, labels: {} }, sampleReport(), Date.now()), (error: Error) => {
      assert.doesNotMatch(error.message, /secret/);
      return /127\.0\.0\.1:\d+\/api\/v1\/write: /.test(error.message);
    });
  });
});
