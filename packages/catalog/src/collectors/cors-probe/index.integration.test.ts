import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { corsPolicy } from "../../checks/cors-policy/index.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { createCorsProbe, foreignOrigins } from "./index.ts";

const clock = { now: () => 0 };

async function probing(allow: (origin: string, own: string) => Record<string, string>) {
  const server = http.createServer((request, response) => {
    response.writeHead(200, allow(request.headers.origin ?? "", request.headers.host ?? "")).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const collector = createCorsProbe(clock, () => "nobody");
  try {
    const target = { url, paths: { readiness: "/", metrics: "/" } };
    return { host: url.host, facts: await collector.collect(target, { signal: AbortSignal.timeout(10_000) }) };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test("every foreign origin is sent once, and what came back is kept", async () => {
  const { host, facts } = await probing(() => ({}));

  assert.deepEqual(
    facts.probes.map(({ origin, status, allowOrigin }) => [origin, status, allowOrigin]),
    [
      ["http://nobody.com", 200, undefined],
      ["null", 200, undefined],
      [`http://nobody.${host}`, 200, undefined],
      [`http://${host}.nobody.com`, 200, undefined],
      [`http://${host}%60nobody.com`, 200, undefined],
    ],
  );
  assert.equal(judgeFacts(corsPolicy, { "cors-probe": facts }).outcome, "pass");
});

test("a server that compares only the end of the origin is found out", async () => {
  const { host, facts } = await probing((origin, own) =>
    origin.endsWith(own) ? { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true" } : {},
  );

  const judgement = judgeFacts(corsPolicy, { "cors-probe": facts });

  assert.equal(judgement.outcome, "fail");
  assert.equal(judgement.findings?.length, 1);
  assert.match(judgement.findings?.[0]?.resource ?? "", new RegExp(`http://nobody\\.${host}$`));
});

test("an https service is asked for its unencrypted twin as well", () => {
  const origins = foreignOrigins(new URL("https://service.example/"), "nobody");

  assert.deepEqual(origins.at(-1), { kind: "insecure-twin", origin: "http://service.example" });
});
