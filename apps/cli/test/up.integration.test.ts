import assert from "node:assert/strict";
import { access, chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { GateVerdict } from "@muster/kernel";
import { olderNode } from "../src/testing/older-node.ts";
import { type Ended, type Running, runMuster, startMuster } from "../src/testing/run-command.ts";

interface UpEnvelope {
  readonly command: string;
  readonly result: string;
  readonly verdict: string;
  readonly data: {
    readonly verdict: GateVerdict;
    readonly files: { readonly html: string; readonly facts: string };
    readonly head: { readonly seq: number; readonly hash: string };
    readonly console?: { readonly url: string; readonly signIn: string };
  };
}

/** Waits until a condition holds. */
async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes that a process started. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

describe("muster up and the commands beside it", { concurrency: false }, () => {
  let folder: string;
  let service: Server;
  let head: { readonly seq: number; readonly hash: string };

  async function muster(...args: string[]): Promise<Ended> {
    return runMuster(args, { cwd: folder });
  }

  function config(checks: string): string {
    const { port } = service.address() as AddressInfo;
    return [
      'import { defineConfig } from "muster";',
      "export default defineConfig({",
      '  service: { name: "shop", title: "Shop", owner: "shop team" },',
      `  environments: { local: { url: "http://127.0.0.1:${port}", allow: [] } },`,
      '  checks: [{ check: "http-availability" }, { check: "http-status" }, { check: "tls-encryption" }],',
      `  controls: [${checks}],`,
      '  gates: { production: { title: "To production", environment: "local", controls: "all" } },',
      "});",
      "",
    ].join("\n");
  }
  const AVAILABLE = '{ id: "available", title: "The service answers", checks: ["http-availability", "http-status"] },';
  const ENCRYPTED = '{ id: "encrypted", title: "Traffic is encrypted", checks: ["tls-encryption"] },';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-up-"));
    // Under root, PostgreSQL runs as another user; where that one may enter, its files stay in here and go with the folder.
    await chmod(folder, 0o755);
    service = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    await writeFile(join(folder, "muster.config.ts"), config(AVAILABLE + ENCRYPTED));
  });
  after(async () => {
    service.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("asks no Muster to look again where none runs", async () => {
    const { code, err } = await muster("run");

    assert.equal(code, 2);
    assert.match(err, /no Muster answers for this data folder/);
  });

  it("before anything was judged, readiness says that there is no evidence, and exits 3", async () => {
    const { code, err } = await muster("readiness");

    assert.equal(code, 3);
    assert.match(err, /^ERROR: there is no evidence in .*\.muster yet/);
  });

  it("judges once, prints one envelope and nothing else to standard output, and exits 1", async () => {
    const { code, out, err } = await muster("up", "--once", "--json");

    const envelope = JSON.parse(out) as UpEnvelope;
    assert.equal(code, 1);
    assert.equal(envelope.verdict, "NOT READY: 1 of 2 controls met; 1 failed");
    assert.equal(envelope.result, "bad");
    assert.match(err, /✓ PostgreSQL .*\n✓ Migrations /);
    await access(envelope.data.files.html);
    head = envelope.data.head;
  });

  it("decides the gate again from the ledger, in every form", async () => {
    const [text, minimal, github, junit] = await Promise.all([
      muster("readiness"),
      muster("readiness", "--reporter", "minimal"),
      muster("readiness", "--reporter", "github"),
      muster("readiness", "--junit"),
    ]);

    assert.deepEqual([text.code, minimal.code, github.code, junit.code], [1, 1, 1, 1], text.err + minimal.err);
    assert.match(text.out, /^NOT READY: 1 of 2 controls met; 1 failed\n\n■ failed {3}Traffic is encrypted/);
    assert.match(minimal.out, /^NOT READY: .*\nfailed encrypted: tls-encryption: /);
    assert.match(github.out, /^::error title=Traffic is encrypted \(failed\)::tls-encryption/);
    assert.match(junit.out, /failures="1"/);
  });

  it("lists, shows, verifies and exports the evidence", async () => {
    const list = await muster("evidence", "list", "--kind", "judgement", "--limit", "2");
    const failures = await muster("evidence", "list", "--outcome", "fail", "--json");
    const show = await muster("evidence", "show", "2", "--json");
    const exported = await muster("evidence", "export", "--out", "evidence.jsonl");
    const again = await muster("evidence", "export", "--out", "evidence.jsonl");
    const verified = await muster("evidence", "verify", "--head", `${head.seq}:${head.hash}`);

    assert.match(
      list.out,
      /^record +age +outcome +what +environment +summary\n(.*\n){2}2 of 3 records; older ones: --before \d+\n$/,
    );
    const page = JSON.parse(failures.out) as { data: { records: { evidence: { check: string } }[] } };
    assert.deepEqual(
      page.data.records.map((each) => each.evidence.check),
      ["tls-encryption"],
    );
    const detail = JSON.parse(show.out) as { data: { record: { seq: number }; facts: Record<string, unknown> } };
    assert.equal(detail.data.record.seq, 2);
    assert.deepEqual(Object.keys(detail.data.facts), ["http-exchange"]);
    assert.equal(exported.code, 0);
    assert.match(exported.out, /^EXPORTED: \d+ records to evidence\.jsonl\n$/);
    assert.equal(again.code, 2, "a file is not written over");
    assert.equal(verified.code, 0);
    assert.match(verified.out, /^INTACT: \d+ records verified\n/);
  });

  it("does not verify against a head that is not this chain's", async () => {
    const wrong = await muster("evidence", "verify", "--head", `${head.seq}:${"0".repeat(64)}`);
    const cut = await muster("evidence", "verify", "--head", `999:${"0".repeat(64)}`);

    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /^BROKEN: record \d+ has another hash than the head that was written down/);
    assert.equal(cut.code, 1);
    assert.match(cut.out, /^BROKEN: the chain ends at record \d+, but record 999 was written/);
  });

  it("says that there is no such record", async () => {
    const { code, err } = await muster("evidence", "show", "999");

    assert.equal(code, 2);
    assert.match(err, /there is no record 999; the ledger has \d+/);
  });

  it("opens the gate once what fails is waived, in the name of who did it", async () => {
    const waived = await muster("waive", "encrypted", "--until", "3d", "--reason", "reached over the VPN only");
    const ready = await muster("readiness");

    assert.equal(waived.code, 0, waived.err);
    assert.match(waived.out, /^WAIVED: encrypted in local until .*, by .* \(record \d+\)\n$/);
    assert.equal(ready.code, 0);
    assert.match(ready.out, /^READY: 1 of 2 controls met; 1 waived/);
  });

  it("says every thing that is wrong with a waiver", async () => {
    const { code, err } = await muster("waive", "encrypted", "--until", "1999-12-31", "--reason", "short");

    assert.equal(code, 2);
    assert.match(err, /reason/);
    assert.match(err, /until lies in the past/);
  });

  it("serves until it is interrupted, signs people in with a link, and stops in order", async () => {
    const up = startMuster(["up", "--port", "0"], { cwd: folder });
    await up.until("Serving until Ctrl-C.");
    const [server = 0] = await childrenOf(up.child.pid ?? 0);

    const link = await muster("link");
    const url = new URL(link.out.trim());
    const token = new URLSearchParams(url.hash.slice(1)).get("token");
    const signIn = await fetch(new URL("/api/v1/session", url), {
      method: "POST",
      headers: { "content-type": "application/json", origin: url.origin },
      body: JSON.stringify({ token }),
    });
    const again = await muster("run");
    up.child.kill("SIGINT");
    const ended = await up.ended;

    assert.equal(again.code, 0, again.err);
    assert.match(again.err, /✓ Health .*\n✓ Security .*\n✓ Load .*\n✓ Gate .*\n✓ Report/);
    assert.match(again.out, /^READY: 1 of 2 controls met; 1 waived/);
    assert.equal(signIn.status < 300, true, `${signIn.status} ${await signIn.text()}`);
    assert.equal(ended.code, 0);
    assert.match(ended.err, /stopping; Ctrl-C again ends everything at once\n+stopped\n/);
    assert.match(ended.out, /console +http:\/\/127\.0\.0\.1:\d+\nsign in +http:/);
    assert.equal(isAlive(server), false);
  });

  it("makes no link where no console runs", async () => {
    const { code, err } = await muster("link");

    assert.equal(code, 2);
    assert.match(err, /no console answers for this data folder/);
  });

  it("says so and exits 3 when the server dies", async () => {
    const up = startMuster(["up", "--port", "0"], { cwd: folder });
    await up.until("Serving until Ctrl-C.");
    const [server = 0] = await childrenOf(up.child.pid ?? 0);

    process.kill(server, "SIGKILL");
    const { code, err } = await up.ended;

    assert.equal(code, 3);
    assert.match(err, /ERROR: the server was ended by SIGKILL; what it printed is in .*server-output\.log/);
  });

  it("leaves no server behind when the command itself is killed", async () => {
    const up: Running = startMuster(["up", "--port", "0"], { cwd: folder });
    await up.until("watch in the console");
    const [server = 0] = await childrenOf(up.child.pid ?? 0);

    up.child.kill("SIGKILL");
    await up.ended;

    await eventually(() => !isAlive(server), "the server ends");
  });

  const older = olderNode();
  it(
    "behind an older Node too: interrupted it stops in order, killed it leaves nothing behind",
    { skip: older === undefined && "no older Node here" },
    async () => {
      const options = { cwd: folder, ...(older === undefined ? {} : { node: older }) };
      const interrupted = startMuster(["up", "--port", "0"], options);
      await interrupted.until("Serving until Ctrl-C.");
      interrupted.child.kill("SIGINT");
      const ended = await interrupted.ended;

      const killed = startMuster(["up", "--port", "0"], options);
      await killed.until("watch in the console");
      const [command = 0] = await childrenOf(killed.child.pid ?? 0);
      const [server = 0] = await childrenOf(command);
      killed.child.kill("SIGKILL");
      await eventually(() => !isAlive(command) && !isAlive(server), "command and server end");

      assert.equal(ended.code, 0);
      assert.match(ended.err, /stopped/);
    },
  );

  it("reports every problem of a configuration at once, and exits 2", async () => {
    await writeFile(join(folder, "broken.ts"), config('{ id: "A B", title: "", checks: ["http-statu"] }'));

    const { code, err } = await muster("up", "--once", "--config", "broken.ts", "--data", "broken-data");

    assert.equal(code, 2);
    assert.match(err, /controls\.0\.id /);
    assert.match(err, /controls\.0\.title /);
  });

  it("exits 3 when PostgreSQL cannot be reached, with the address and without a stack", async () => {
    const env = { DATABASE_URL: "postgres://muster:secret@127.0.0.1:9/muster" };

    const up = await runMuster(["up", "--once"], { cwd: folder, env });
    const verify = await runMuster(["evidence", "verify"], { cwd: folder, env });

    for (const { code, err } of [up, verify]) {
      assert.equal(code, 3, err);
      assert.match(err, /ECONNREFUSED/);
      assert.doesNotMatch(err, /\n\s+at /);
      assert.equal(err.includes("secret"), false);
    }
  });
});
