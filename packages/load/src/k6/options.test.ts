import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MusterError } from "@muster/kernel";
import { k6DurationMs } from "./duration.ts";
import { type K6Settings, k6Settings } from "./options.ts";
import { originsIn } from "./origins.ts";

function settingsOf(options: unknown): K6Settings {
  const metrics = { size: "trend", sales: "counter", good: "rate", depth: "gauge" } as const;
  return k6Settings({ options, functions: ["default", "other"], metrics }, "script.js");
}

const modelOf = (options: unknown): unknown => settingsOf(options).scenarios[0]?.model;

describe("options of k6", () => {
  test("durations are read as k6 writes them", () => {
    const read = ["500ms", "30s", "1m30s", "1.5h", "2d", 250, "0s"].map(k6DurationMs);

    assert.deepEqual(read, [500, 30_000, 90_000, 5_400_000, 172_800_000, 250, 0]);
    assert.deepEqual([k6DurationMs("soon"), k6DurationMs(""), k6DurationMs(null)], [undefined, undefined, undefined]);
  });

  test("shorthands become the models that they stand for", () => {
    assert.deepEqual(modelOf({ vus: 5, duration: "1m" }), {
      users: [
        { to: 5, over: "1ms" },
        { to: 5, over: "60000ms" },
      ],
    });
    assert.deepEqual(modelOf({ stages: [{ duration: "10s", target: 20 }] }), {
      users: [
        { to: 1, over: "1ms" },
        { to: 20, over: "10000ms" },
      ],
    });
    assert.equal(settingsOf({ vus: 2, iterations: 10 }).scenarios[0]?.iterations, 10);
    assert.equal(settingsOf(undefined).scenarios[0]?.iterations, 1);
  });

  test("rates count per second, whatever unit of time the script has", () => {
    const constant = {
      executor: "constant-arrival-rate",
      rate: 120,
      timeUnit: "1m",
      duration: "10s",
      preAllocatedVUs: 4,
      maxVUs: 8,
    };
    const ramping = {
      executor: "ramping-arrival-rate",
      startRate: 10,
      timeUnit: "2s",
      stages: [{ target: 40, duration: "5s" }],
      preAllocatedVUs: 4,
    };

    assert.deepEqual(modelOf({ scenarios: { a: constant } }), { arrivalsPerSecond: 2, for: "10000ms", maxUsers: 8 });
    assert.deepEqual(modelOf({ scenarios: { a: ramping } }), {
      arrivalsPerSecond: [
        { to: 5, over: "1ms" },
        { to: 20, over: "5000ms" },
      ],
      maxUsers: 4,
    });
  });

  test("a scenario may begin later, and have a function, tags and variables of its own", () => {
    const { scenarios } = settingsOf({
      tags: { team: "a" },
      scenarios: {
        later: {
          executor: "constant-vus",
          vus: 1,
          duration: "1s",
          startTime: "30s",
          exec: "other",
          tags: { kind: "b" },
          env: { X: 1 },
        },
      },
    });

    const [later] = scenarios;
    assert.deepEqual(later?.model, {
      users: [
        { to: 0, over: "30000ms" },
        { to: 1, over: "1ms" },
        { to: 1, over: "1000ms" },
      ],
    });
    assert.equal(later?.exec, "other");
    assert.deepEqual(later.tags, { team: "a", kind: "b" });
    assert.deepEqual(later.env, { X: "1" });
  });

  test("thresholds become demands on the same figures", () => {
    const { thresholds, counted, systemTags } = settingsOf({
      thresholds: {
        http_req_duration: ["p(95)<500", "avg<200", { threshold: "max<1e3".replace("1e3", "1000"), abortOnFail: true }],
        "http_req_duration{kind:read}": ["med<=50"],
        "http_req_waiting{name:item}": "p(99.9)<300",
        http_req_failed: ["rate<0.015"],
        checks: ["rate>0.9"],
        http_reqs: ["rate>=10", "count>100"],
        iteration_duration: ["p(90)<2000"],
        size: ["p(50)>3"],
        sales: ["count>=7"],
        good: ["rate>0.95"],
        depth: ["value<4"],
      },
    });

    assert.deepEqual(
      thresholds.map(({ that, tag, scenario }) => [that, tag ?? scenario ?? ""].join(" ").trim()),
      [
        "response p95 < 500ms",
        "response mean < 200ms",
        "response max < 1000ms",
        "response p50 <= 50ms kind=read",
        "firstByte p99.9 < 300ms name=item",
        "errors < 1.5%",
        "checks > 90%",
        "rate >= 10/s",
        "http_reqs total > 100",
        "iteration p90 < 2000ms default",
        "size p50 > 3",
        "sales total >= 7",
        "good mean > 0.95",
        "depth last < 4",
      ],
    );
    assert.equal(thresholds[2]?.abort, true);
    assert.deepEqual([...counted], ["http_reqs"]);
    assert.deepEqual([...systemTags], ["name"]);
  });

  test("more virtual users than threads that a machine should have are refused", () => {
    assert.throws(() => settingsOf({ vus: 301, duration: "1s" }), MusterError);
  });

  test("the origins of a script are those that it writes out or reads from the environment", () => {
    const source = `
      // see https://k6.io/docs
      http.get("https://a.example/x"); http.get('http://b.example:81'); http.get(\`http://c.example/\${id}\`);
      http.get(\`https://\${host}/\`); http.get(\`https://api.\${host}/\`); http.get(__ENV.BASE + __ENV["OTHER"]);
    `;

    const origins = originsIn([source], {
      BASE: "http://d.example/base",
      OTHER: "no address",
      HIDDEN: "http://e.example",
    });

    assert.deepEqual(origins, ["http://d.example", "https://a.example", "http://b.example:81", "http://c.example"]);
  });
});
