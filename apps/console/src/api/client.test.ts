import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createApi } from "./client.ts";
import { asFailure, Failure } from "./failure.ts";
import { worthRetrying } from "./retry.ts";

/** A client whose server gives one answer, and what it was asked. */
function answering(answer: () => Response | Promise<Response>) {
  const asked: { path: string; init: RequestInit }[] = [];
  const times: number[] = [];
  const api = createApi({
    async fetch(path, init = {}) {
      assert.ok(typeof path === "string");
      asked.push({ path, init });
      return answer();
    },
    onServerTime: (time) => times.push(time),
  });
  return { api, asked, times };
}

const json = (status: number, body: unknown): Response => Response.json(body, { status });

const PROBLEM = {
  type: "urn:muster:error:forbidden",
  title: "Your role does not allow this",
  status: 403,
  detail: "this needs the role approver; you have viewer",
  code: "forbidden",
  fix: "Ask an admin for the role that the message names.",
  requestId: "0b0e6c1e",
  problems: [],
};

describe("the API client", () => {
  test("asks for a page of evidence with its filters", async () => {
    const { api, asked } = answering(() => json(200, { records: [], total: 0 }));

    await api.evidence({ outcome: "fail", before: 40 });

    assert.equal(asked[0]?.path, "/api/v1/evidence?outcome=fail&before=40");
  });

  test("asks for one gate by name", async () => {
    const { api, asked } = answering(() => json(200, {}));

    await api.readiness("pre production");
    await api.readiness(undefined);

    assert.deepEqual(
      asked.map((each) => each.path),
      ["/api/v1/readiness?gate=pre%20production", "/api/v1/readiness"],
    );
  });

  test("sends what it writes as JSON", async () => {
    const { api, asked } = answering(() => json(202, { id: "run-1" }));

    await api.startRun("production");

    assert.equal(asked[0]?.init.method, "POST");
    assert.equal(asked[0]?.init.body, '{"gate":"production"}');
    assert.equal(new Headers(asked[0]?.init.headers).get("content-type"), "application/json");
  });

  test("takes an empty answer for done", async () => {
    const { api } = answering(() => new Response(null, { status: 204 }));

    assert.equal(await api.signOut(), undefined);
  });

  test("fails with the sentence, the fix and the request id of the server", async () => {
    const { api } = answering(() => json(403, PROBLEM));

    const failure = asFailure(await api.verify().catch((error: unknown) => error));

    assert.equal(failure.code, "forbidden");
    assert.equal(failure.message, "this needs the role approver; you have viewer");
    assert.equal(failure.requestId, "0b0e6c1e");
  });

  test("says so when nothing answers", async () => {
    const { api } = answering(() => {
      throw new TypeError("fetch failed");
    });

    await assert.rejects(api.record(1), { code: "unreachable", status: 0 });
  });

  test("says so when something else answers in Muster's place", async () => {
    const proxy = answering(() => new Response("<html>Bad gateway</html>", { status: 502 }));
    const page = answering(() => new Response("<html>Sign in to the network</html>", { status: 200 }));

    await assert.rejects(proxy.api.record(1), { code: "unexpected-answer", status: 502 });
    await assert.rejects(page.api.record(1), { code: "unexpected-answer", status: 200 });
  });

  test("passes on the abort of whoever lost interest", async () => {
    const aborted = AbortSignal.abort();
    const { api } = answering(() => {
      throw aborted.reason;
    });

    await assert.rejects(api.record(1, aborted), { name: "AbortError" });
  });

  test("learns the server's time from its answers", async () => {
    const { api, times } = answering(
      () =>
        new Response("{}", { headers: { date: "Sat, 21 Nov 2026 21:00:00 GMT", "content-type": "application/json" } }),
    );

    await api.record(1);

    assert.deepEqual(times, [Date.UTC(2026, 10, 21, 21)]);
  });
});

describe("asking again", () => {
  const failure = (status: number) => new Failure({ code: "x", status, title: "", detail: "", fix: "" });

  test("is worth it when nothing answered, twice, and not when the server said no", () => {
    assert.equal(worthRetrying(0, failure(0)), true);
    assert.equal(worthRetrying(1, failure(503)), true);
    assert.equal(worthRetrying(2, failure(503)), false);
    assert.equal(worthRetrying(0, failure(403)), false);
    assert.equal(worthRetrying(0, new Error("a fault of the console")), false);
  });
});
