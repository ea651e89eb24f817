import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { canonicalJson, type Json } from "@muster/kernel";
import { runMuster } from "../src/testing/run-command.ts";

interface Envelope {
  readonly result: string;
  readonly verdict: string;
  readonly data: { readonly evidence: readonly Json[] };
  readonly error?: { readonly code: string };
}

describe("muster check", () => {
  let folder: string;
  let server: Server;
  let url: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-check-"));
    server = createServer((_request, response) => {
      response.setHeader("server", "Shop/1.2.3");
      response.end("hello");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  after(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("judges an address, exits 1 when something failed, and says so first", async () => {
    const { code, out } = await runMuster(["check", url], { cwd: folder });

    assert.equal(code, 1);
    assert.match(out, /^FAIL: \d+ of \d+ checks pass; \d+ fail/);
    assert.match(out, /■ fail +The service is reached without encryption \(tls-encryption, critical\)/);
    assert.match(out, /tells "Shop\/1\.2\.3"/);
    assert.match(out, /fix: /);
  });

  it("judges saved facts again to the same evidence, byte for byte, with the service gone", async () => {
    const live = await runMuster(["check", url, "--json", "--save", "facts.json", "--html", "live.html"], {
      cwd: folder,
    });
    server.closeAllConnections();
    const replay = await runMuster(["check", "--replay", "facts.json", "--json", "--html", "replay.html"], {
      cwd: folder,
    });

    assert.equal(live.code, replay.code);
    assert.equal(replay.out, live.out);
    const evidenceOf = (text: string): string => canonicalJson((JSON.parse(text) as Envelope).data.evidence);
    assert.equal(evidenceOf(replay.out), evidenceOf(live.out));
    const pages = await Promise.all(["live.html", "replay.html"].map((name) => readFile(join(folder, name), "utf8")));
    assert.equal(pages[0], pages[1]);
    assert.match(pages[0] ?? "", /<!doctype html>/i);
  });

  it("prints the same text for a replay", async () => {
    const live = await runMuster(["check", url, "--save", "again.json"], { cwd: folder });
    const replay = await runMuster(["check", "--replay", "again.json"], { cwd: folder });

    assert.equal(replay.out, live.out);
  });

  const forms: readonly (readonly [options: string[], expected: RegExp])[] = [
    [["--reporter", "minimal"], /^FAIL: .*\nfail /],
    [["--reporter", "github"], /^::error title=/],
    [["--junit"], /^<\?xml version="1\.0"[\s\S]*<failure /],
    [["--sarif"], /^\{\n {2}"\$schema"[\s\S]*"2\.1\.0"/],
  ];
  for (const [options, expected] of forms) {
    it(`prints with ${options.join(" ")} what is asked for`, async () => {
      const { code, out } = await runMuster(["check", url, ...options], { cwd: folder });

      assert.equal(code, 1);
      assert.match(out, expected);
    });
  }

  it("asks what no visitor asks only with --audit", async () => {
    const [visitor, auditor] = await Promise.all([
      runMuster(["check", url, "--json"], { cwd: folder }),
      runMuster(["check", url, "--json", "--audit"], { cwd: folder }),
    ]);

    assert.equal(visitor.out.includes('"cors-policy"'), false);
    assert.equal(auditor.out.includes('"cors-policy"'), true);
  });

  it("of an address where nothing listens fails on availability and says why the rest is unknown", async () => {
    const { code, out } = await runMuster(["check", "http://127.0.0.1:9/"], { cwd: folder });

    assert.equal(code, 1);
    assert.match(out, /ECONNREFUSED/);
    assert.match(out, /◌ unknown +\d+ checks could not be judged/);
  });

  const refusals: readonly (readonly [args: string[], code: string, message: RegExp])[] = [
    [["check"], "usage", /needs a URL, or --replay/],
    [["check", "example.org"], "target-invalid", /did you mean https:\/\/example\.org/],
    [["check", "--replay", "none.json"], "facts-invalid", /none\.json is not there/],
    [["check", "http://127.0.0.1", "--replay", "x"], "usage", /cannot be used together/],
    [["check", "http://127.0.0.1", "--sarif"], "usage", /only one form/],
  ];
  for (const [args, code, message] of refusals) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { code: exit, out } = await runMuster([...args, "--json"], { cwd: folder });

      const envelope = JSON.parse(out) as Envelope;
      assert.equal(exit, 2);
      assert.equal(envelope.error?.code, code);
      assert.match(envelope.verdict, message);
    });
  }
});
