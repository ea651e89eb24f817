import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { LoadReport } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { startLoadFile } from "../run/load-run.ts";
import { loadPlan } from "../scenario/load-plan.ts";
import { type Handler, httpServer, type TestServer } from "../testing/servers.ts";

const scripts = join(import.meta.dirname, "../testing/k6-scripts");

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  return body;
}

/** A small shop, with everything that the scripts look at. */
function shop(seen: string[]): Handler {
  return async (request, response) => {
    const { method, url = "", headers } = request;
    const body = await read(request);
    seen.push(`${method} ${url}`);
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    const item = /^\/items\/(\d)$/.exec(url);
    if (url === "/") response.setHeader("content-type", "text/html").end("<h1>shop</h1>");
    else if (url === "/items") json(200, { items: [{ id: 1 }, { id: 2 }, { id: 3 }] });
    else if (item !== null) json(200, { id: Number(item[1]) });
    else if (method === "POST" && url === "/tokens")
      json(201, { token: `t-${(JSON.parse(body) as { for: string }).for}` });
    else if (method === "POST" && url === "/session") {
      const form = new URLSearchParams(body);
      if (headers.cookie !== undefined) json(400, "an iteration begins without cookies");
      else {
        response.setHeader("set-cookie", `session=${encodeURIComponent(form.get("name") ?? "")}; Path=/`);
        json(200, {});
      }
    } else if (url === "/cart") {
      response.end(`cart of ${decodeURIComponent(/session=([^;]*)/.exec(headers.cookie ?? "")?.[1] ?? "nobody")}`);
    } else if (url === "/orders") {
      const form = await new Response(body, { headers: { "content-type": headers["content-type"] ?? "" } }).formData();
      const note = form.get("note") as File;
      const right = headers.authorization === "Bearer t-load" && form.get("item") === "7" && note.name === "note.txt";
      json(right ? 201 : 400, {});
    } else if (url === "/echo") json(200, { agent: headers["user-agent"], body: JSON.parse(body) as unknown });
    else if (method === "DELETE" || url === "/news" || url === "/health") response.end("ok");
    else response.writeHead(404).end();
  };
}

describe("scripts for k6", () => {
  const seen: string[] = [];
  let server: TestServer;
  let folder: string;
  before(async () => {
    server = await httpServer(shop(seen));
    folder = await mkdtemp(join(tmpdir(), "muster-k6-"));
    process.env["BASE_URL"] = server.url.origin;
  });
  after(async () => {
    delete process.env["BASE_URL"];
    await rm(folder, { recursive: true });
    await server[Symbol.asyncDispose]();
  });

  async function run(script: string, workers = 1): Promise<LoadReport> {
    seen.length = 0;
    const report = await startLoadFile(join(scripts, script), workers).report;
    assert.deepEqual(
      report.thresholds.filter(({ ok }) => !ok).map(({ summary }) => summary),
      [],
    );
    assert.equal(report.total.failed, 0, JSON.stringify(report.messages));
    return report;
  }

  async function refused(source: string): Promise<MusterError> {
    const file = join(folder, "script.js");
    await writeFile(file, source);
    const error = await loadPlan(file).then(
      () => assert.fail("the script was taken"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof MusterError);
    assert.equal(error.code, "load-plan-invalid");
    return error;
  }

  test("stages, groups, checks, metrics and thresholds are what they are in k6", async () => {
    const report = await run("browse.js");

    assert.equal(report.thresholds.length, 9);
    const [scenario] = report.scenarios;
    assert.equal(scenario?.name, "default");
    assert.deepEqual(
      scenario.checks.map(({ name, failed }) => [name, failed]),
      [
        ["home is there", 0],
        ["home is HTML", 0],
        ["catalogue / the right item", 0],
      ],
    );
    assert.deepEqual(scenario.steps.map(({ name }) => name).toSorted(), [
      "GET /",
      "catalogue / GET /items",
      "catalogue / item",
    ]);
    assert.ok(scenario.iterations.completed >= 2);
    assert.equal(scenario.iterations.failed, 0);
  });

  test("scenarios, set-up, shared data, modules, cookies, forms and batches are, too", async () => {
    const report = await run("checkout.js", 2);

    const shoppers = report.scenarios.find(({ name }) => name === "shoppers");
    const probes = report.scenarios.find(({ name }) => name === "probes");
    assert.ok((shoppers?.iterations.completed ?? 0) >= 1);
    assert.equal(probes?.iterations.completed, 4, "ten a second for 400 ms");
    assert.deepEqual(
      shoppers?.checks.filter(({ failed }) => failed > 0),
      [],
    );
    assert.equal(shoppers?.checks.length, 5);
    assert.equal(seen[0], "POST /tokens");
    assert.equal(seen.at(-1), "DELETE /tokens/t-load");
    assert.equal(seen.filter((each) => each.endsWith("/tokens")).length, 1, "set-up is done once");
  });

  test("a rate can grow, bodies can be thrown away", async () => {
    const report = await run("ramp.js");

    const [scenario] = report.scenarios;
    assert.equal(scenario?.iterations.completed, 20);
    assert.deepEqual(
      scenario.checks.filter(({ failed }) => failed > 0),
      [],
    );
  });

  test("without options there is one iteration", async () => {
    const report = await run("once.js");

    const { completed, interrupted, failed } = report.scenarios[0]?.iterations ?? assert.fail();
    assert.deepEqual([completed, interrupted, failed], [1, 0, 0]);
    assert.deepEqual(seen, ["GET /"]);
  });

  test("virtual users can have their iterations counted one by one", async () => {
    const file = join(folder, "each.js");
    await writeFile(
      file,
      `import http from "k6/http";
       import { sleep } from "k6";
       export const options = { scenarios: { each: { executor: "per-vu-iterations", vus: 3, iterations: 2 } } };
       export default () => { http.get(\`${server.url.origin}/items/\${__VU}\`); sleep(__VU / 100); };`,
    );
    seen.length = 0;

    const report = await startLoadFile(file, 2).report;

    const { completed, failed, interrupted } = report.scenarios[0]?.iterations ?? assert.fail();
    assert.deepEqual([completed, failed, interrupted], [6, 0, 0]);
    assert.deepEqual(
      seen.toSorted(),
      [1, 1, 2, 2, 3, 3].map((vu) => `GET /items/${vu}`),
    );
  });

  test("what is not there is said when the script is read, all at once", async () => {
    const error = await refused(`
      import http from "k6/http";
      export const options = {
        rps: 5,
        batchPerHost: 2,
        scenarios: {
          a: { executor: "externally-controlled" },
          b: { executor: "constant-vus", vus: 1, duration: "soon", gracefulRampDown: "0s" },
          c: { executor: "constant-vus", vus: 400, duration: "1s", exec: "gone" },
        },
        thresholds: { http_req_sending: ["p(95)<1"], "http_req_duration{status:200}": ["p(95)<1"], checks: ["rate>>1"] },
      };
      export default () => { http.get("http://127.0.0.1:1/"); };
      export function handleSummary() {}
    `);

    assert.deepEqual(error.problems.map(({ path }) => path).toSorted(), [
      "handleSummary",
      "options",
      "options.batchPerHost",
      "options.rps",
      "options.scenarios.a.executor",
      "options.scenarios.b.duration",
      "options.scenarios.b.gracefulRampDown",
      "options.scenarios.c.exec",
      "options.thresholds.checks",
      "options.thresholds.http_req_duration{status:200}",
      "options.thresholds.http_req_sending",
    ]);
  });

  test("modules that are not there are named", async () => {
    const grpc = await refused('import grpc from "k6/net/grpc"; import http from "k6/http"; export default () => {};');
    const remote = await refused(
      'import http from "k6/http"; import { x } from "https://jslib.k6.io/k6-utils/1.4.0/index.js"; export default () => {};',
    );
    const nowhere = await refused(
      'import http from "k6/http"; export default () => { http.get(`http://${__ENV.H}/`); };',
    );

    assert.match(grpc.message, /"k6\/net\/grpc" is not supported/);
    assert.match(remote.message, /not fetched from the network/);
    assert.match(nowhere.message, /names no address that may be loaded/);
  });

  test("what is not there in a function fails its iterations, and says so", async () => {
    const file = join(folder, "unsupported.js");
    await writeFile(
      file,
      `import http from "k6/http";
       export const options = { iterations: 1 };
       export default () => { http.get("${server.url.href}", { compression: "gzip" }); };`,
    );

    const report = await startLoadFile(file, 1).report;

    assert.equal(report.scenarios[0]?.iterations.failed, 1);
    assert.match(JSON.stringify(report.messages), /the parameter \\"compression\\" of a request is not supported/);
  });

  test("only origins that the script names are loaded", async () => {
    await using elsewhere = await httpServer((_request, response) => response.end());
    const file = join(folder, "elsewhere.js");
    await writeFile(
      file,
      `import http from "k6/http";
       export const options = { iterations: 1 };
       const port = ${elsewhere.url.port};
       export default () => { http.get("${server.url.href}"); http.get(\`http://127.0.0.1:\${port}/\`); };`,
    );

    const report = await startLoadFile(file, 1).report;

    assert.equal(report.scenarios[0]?.iterations.failed, 1);
    assert.match(JSON.stringify(report.messages), /is not among the origins that may be loaded/);
    assert.equal(elsewhere.connections.opened, 0);
  });

  test("a script that ends its thread begins again in another", async () => {
    const file = join(folder, "ending.js");
    await writeFile(
      file,
      `import http from "k6/http";
       export const options = { iterations: 3 };
       let mine = 0;
       export default () => { http.get("${server.url.href}"); mine += 1; if (mine === 1 && __ITER === 0) process.exit(3); };`,
    );

    const report = await startLoadFile(file, 1).report;

    const { completed, failed } = report.scenarios[0]?.iterations ?? assert.fail();
    assert.deepEqual([completed, failed], [2, 1]);
    assert.match(JSON.stringify(report.messages), /the script ended the process/);
  });

  test("a script that never lets go is ended with the run", async () => {
    const file = join(folder, "endless.js");
    await writeFile(
      file,
      `import http from "k6/http";
       export const options = { scenarios: { a: { executor: "constant-vus", vus: 2, duration: "200ms", gracefulStop: "100ms" } } };
       export default () => { http.get("${server.url.href}"); for (;;); };`,
    );

    const report = await startLoadFile(file, 1).report;

    assert.equal(report.scenarios[0]?.iterations.interrupted, 2);
  });
});
