import assert from "node:assert/strict";
import { test } from "node:test";
import { MusterError } from "@muster/kernel";
import { readAccessLog, replayPlan } from "./access-log.ts";
import { readCurl } from "./curl.ts";
import { readHar } from "./har.ts";
import { planSource } from "./imported-request.ts";

const har = JSON.stringify({
  log: {
    entries: [
      {
        startedDateTime: "2026-11-21T12:00:01.200Z",
        request: {
          method: "POST",
          url: "https://shop.example.org/cart?x=1",
          headers: [
            { name: "Content-Type", value: "application/json" },
            { name: "Cookie", value: "session=secret" },
            { name: "Authorization", value: "Bearer secret" },
            { name: ":authority", value: "shop.example.org" },
          ],
          postData: { text: '{"item":"a\\"b"}' },
        },
      },
      {
        startedDateTime: "2026-11-21T12:00:00.000Z",
        request: { method: "GET", url: "https://shop.example.org/", headers: [] },
      },
      {
        startedDateTime: "2026-11-21T12:00:02.000Z",
        request: { method: "GET", url: "https://ads.example.net/x", headers: [] },
      },
      { request: { method: "GET", url: "data:text/plain,x" } },
      null,
    ],
  },
});

test("an HTTP archive becomes its requests in the order of time, with the pauses between them", () => {
  const requests = readHar(har);

  assert.deepEqual(
    requests.map(({ method, url, afterMs }) => [method, url.href, afterMs]),
    [
      ["GET", "https://shop.example.org/", undefined],
      ["POST", "https://shop.example.org/cart?x=1", 1_200],
      ["GET", "https://ads.example.net/x", 800],
    ],
  );
  assert.throws(() => readHar("{}"), MusterError);
  assert.throws(() => readHar("<html>"), MusterError);
});

test("the plan that is written keeps no secret and loads one origin only", () => {
  const source = planSource(readHar(har), "shop.har\nimport evil");

  assert.match(source, /target: "https:\/\/shop\.example\.org"/);
  assert.match(source, /await user\.think\(1200\);/);
  assert.match(source, /Left out: requests to https:\/\/ads\.example\.net/);
  assert.match(source, /"authorization": process\.env\["AUTHORIZATION"\] \?\? ""/);
  assert.doesNotMatch(source, /secret/);
  assert.doesNotMatch(source, /^import evil/m);
  assert.throws(() => planSource([], "empty.har"), MusterError);
});

test("curl commands are read as a shell reads them", () => {
  const [first, second, third, fourth] = readCurl(`curl 'https://a.example/x?y=1' \\
  -H 'Accept: text/html' -H "X-Say: a \\"b\\"" --compressed -o /dev/null
curl -XPUT --json '{"a":1}' a.example/put ; curl -G -d q=1 --data-urlencode 'r=a b' http://a.example/find
curl --data-raw $'it\\'s\\n\\u0041' -u me:pw http://a.example/`);

  assert.equal(first?.url.href, "https://a.example/x?y=1");
  assert.deepEqual(first?.headers, { accept: "text/html", "x-say": 'a "b"' });
  assert.deepEqual([second?.method, second?.url.href, second?.body], ["PUT", "http://a.example/put", '{"a":1}']);
  assert.equal(second?.headers["content-type"], "application/json");
  assert.deepEqual([third?.method, third?.url.search, third?.body], ["GET", "?q=1&r=a%20b", undefined]);
  assert.deepEqual([fourth?.method, fourth?.body], ["POST", "it's\nA"]);
  assert.equal(fourth?.headers["authorization"], "Basic bWU6cHc=");
});

test("what is no curl command is refused", () => {
  for (const text of [
    "wget http://a.example",
    "curl",
    "curl -H",
    "curl 'open",
    "curl http://",
    "curl -d @file http://a.example",
  ]) {
    assert.throws(() => readCurl(text), MusterError, text);
  }
});

test("an access log becomes requests with their times, without what cannot be sent again", () => {
  const log = `10.0.0.1 - - [21/Nov/2026:13:00:01 +0100] "GET /b?x=1 HTTP/1.1" 200 12 "-" "curl"
10.0.0.1 - ada [21/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" 304 0
10.0.0.1 - - [21/Nov/2026:12:00:02 +0000] "POST /login HTTP/1.1" 200 5
10.0.0.1 - - [21/Nov/2026:12:00:03 +0000] "GET //evil.example/ HTTP/1.1" 200 5
nonsense
`;

  const { requests, skipped } = readAccessLog(log, new URL("http://127.0.0.1:8080/"));

  assert.deepEqual(
    requests.map(({ url, at }) => [url.href, new Date(at).toISOString()]),
    [
      ["http://127.0.0.1:8080/a", "2026-11-21T12:00:00.000Z"],
      ["http://127.0.0.1:8080/b?x=1", "2026-11-21T12:00:01.000Z"],
      ["http://127.0.0.1:8080//evil.example/", "2026-11-21T12:00:03.000Z"],
    ],
  );
  assert.equal(skipped, 2);
  assert.throws(() => readAccessLog("nothing\n", new URL("http://x/")), MusterError);
});

test("a replay keeps the pace of the log, times a factor, and spreads what the log counts into one second", () => {
  const base = new URL("http://127.0.0.1:8080/");
  const line = (second: number, path: string): string =>
    `10.0.0.1 - - [21/Nov/2026:12:00:0${second} +0000] "GET ${path} HTTP/1.1" 200 1`;
  const { requests } = readAccessLog([line(0, "/a"), line(0, "/b"), line(3, "/c")].join("\n"), base);

  const [workload] = replayPlan(requests, base, 2).workloads;

  assert.deepEqual(workload?.model, { arrivalsAt: [0, 250, 1_500] });
  assert.throws(() => replayPlan(requests, base, 0), MusterError);
});
