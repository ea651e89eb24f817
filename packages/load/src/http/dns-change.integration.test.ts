import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LoadReport } from "@muster/contract";
import { dnsServer } from "../testing/dns-server.ts";

const run = promisify(execFile);
// A process of its own can be given another name server only where it can have mounts of its own.
const mountsOfItsOwn = spawnSync("unshare", ["--mount", "true"]).status === 0;
const skip = mountsOfItsOwn ? false : "needs the right to give a process mounts of its own (root on Linux)";

/** A server that closes each connection after its answer, as a deployment that goes away does. */
async function closing(host: string, port: number, onRequest: () => void) {
  const server = createServer((_request, response) => {
    onRequest();
    response.setHeader("connection", "close").end("ok");
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("connections that are made after a name has another address go there", { skip }, async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "muster-dns-"));
  stack.defer(() => rm(folder, { recursive: true }));
  // Another one for each process, because port 53 is taken once only.
  const nameServer = `127.53.${process.pid & 255}.${(process.pid >> 8) & 255 || 1}`;
  const dns = stack.use(await dnsServer(nameServer, "127.0.0.1"));
  const seen = { before: 0, after: 0, old: 0 };
  const first = stack.use(
    await closing("127.0.0.1", 0, () => {
      if (dns.address === "127.0.0.1") seen.before += 1;
      else seen.old += 1;
      if (seen.before >= 50) dns.address = "127.0.0.2";
    }),
  );
  stack.use(await closing("127.0.0.2", first.port, () => (seen.after += 1)));
  const resolver = join(folder, "resolv.conf");
  await writeFile(resolver, `nameserver ${nameServer}\noptions timeout:2 attempts:2\n`);
  const script = fileURLToPath(new URL("../testing/load-process.ts", import.meta.url));

  const { stdout } = await run("unshare", [
    "--mount",
    "sh",
    "-c",
    'mount --bind "$1" /etc/resolv.conf && exec "$2" "$3" "$4"',
    "sh",
    resolver,
    process.execPath,
    script,
    `http://service.example:${first.port}/`,
  ]);

  const { total } = JSON.parse(stdout) as LoadReport;
  assert.equal(total.failed, 0, stdout.slice(0, 2_000));
  assert.equal(seen.before, 50);
  // Only what was on its way already still came to the old address: one request of each of the four users.
  assert.ok(seen.old <= 4, `${seen.old} requests went to the old address`);
  assert.ok(seen.after > 50, `${seen.after} requests went to the new address`);
  assert.equal(total.requests, seen.before + seen.old + seen.after);
});
