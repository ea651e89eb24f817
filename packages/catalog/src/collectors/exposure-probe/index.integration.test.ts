import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { exposedFiles } from "../../checks/exposed-files/index.ts";
import { judgeFacts } from "../../testing/judge.ts";
import type { ExposureProbe } from "./facts.ts";
import { createExposureProbe } from "./index.ts";
import { controlBeside, PLACES } from "./places.ts";

async function probing(content: (path: string) => string | undefined) {
  const paths: string[] = [];
  const server = http.createServer(({ url = "" }, response) => {
    paths.push(url);
    const text = content(url);
    response.writeHead(text === undefined ? 404 : 200).end(text ?? "<h1>Not found</h1>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  try {
    const collector = createExposureProbe({ now: () => 0 }, () => "nobody");
    const target = { url, paths: { readiness: "/", metrics: "/" } };
    const facts = await collector.collect(target, { signal: AbortSignal.timeout(30_000) });
    return { facts, paths };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function outcome(facts: ExposureProbe): string {
  return judgeFacts(exposedFiles, { "exposure-probe": facts }).outcome;
}

/** What each place holds when it is really there. */
const REAL: Readonly<Record<string, string>> = {
  "/.git/HEAD": "ref: refs/heads/main\n",
  "/.svn/wc.db": "SQLite format 3\0",
  "/.hg/requires": "dotencode\nfncache\nrevlogv1\nstore\n",
  "/.env": "# settings\n\nDB_PASSWORD=S3CRET\n",
  "/.aws/credentials": "[default]\naws_access_key_id = S3CRET\n",
  "/.htpasswd": "admin:$apr1$S3CRET$x\n",
  "/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nS3CRET\n",
  "/backup.sql": "--\n-- PostgreSQL database dump\n--\n",
  "/dump.sql": "-- MySQL dump 10.13\n",
  "/phpinfo.php": "<html><head><title>PHP 8.1 - phpinfo()</title>",
  "/server-status": "<html><head><title>Apache Status</title>",
  "/actuator/env": '{"activeProfiles":[],"propertySources":[]}',
  "/debug/pprof/": "<p>Types of profiles available:</p>",
};

test("everything that is open is found, and none of its content is kept", async () => {
  const { facts, paths } = await probing((path) => REAL[path]);

  const judgement = judgeFacts(exposedFiles, { "exposure-probe": facts });

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.length, PLACES.length);
  assert.doesNotMatch(JSON.stringify(facts), /S3CRET/);
  assert.equal(paths.length, 2 * PLACES.length, "each place once, and one control for each that was recognised");
});

test("a server that has nothing is asked once for each place", async () => {
  const { facts, paths } = await probing(() => undefined);

  assert.equal(outcome(facts), "pass");
  assert.equal(paths.length, PLACES.length);
});

test("a single-page application that answers its index to everything has nothing open", async () => {
  const index = '<!doctype html><html><head><title>App</title></head><body><script src="/app.js"></script>';

  const { facts } = await probing(() => index);

  assert.equal(outcome(facts), "pass");
});

test("a server that answers everything with what is looked for has nothing open", async () => {
  const { facts } = await probing(() => "KEY=value\n");

  assert.equal(outcome(facts), "pass");
  assert.equal(facts.probes.find(({ path }) => path === "/.env")?.control?.recognised, true);
});

test("the control keeps folder, dot and extension", () => {
  const controls = ["/.git/HEAD", "/.env", "/backup.sql", "/debug/pprof/"].map((path) => controlBeside(path, "x"));

  assert.deepEqual(controls, ["/.git/x", "/.x", "/x.sql", "/debug/pprof/x"]);
});
