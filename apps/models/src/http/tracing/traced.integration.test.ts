import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import pino from "pino";
import { readConfiguration } from "../../configuration.ts";
import { startService } from "../../service.ts";
import { createClient } from "../../testing/client.ts";

const BODY = { inputs: [{ name: "measurements", datatype: "FP32", shape: [1, 4], data: [38.1, 17.6, 187, 3_425] }] };
const INFER = "/v2/models/penguins/infer";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

interface Received {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

/** A collector: takes OTLP as JSON over HTTP, and keeps it. */
async function collector(context: TestContext) {
  const spans: Received[] = [];
  const services = new Set<unknown>();
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
    void request.toArray().then((chunks: Buffer[]) => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: {
          resource: { attributes: { key: string; value: { stringValue?: string } }[] };
          scopeSpans: { spans: Received[] }[];
        }[];
      };
      for (const { resource, scopeSpans } of resourceSpans) {
        services.add(resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue);
        spans.push(...scopeSpans.flatMap((scope) => scope.spans));
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, services, paths };
}

async function setUp(context: TestContext, env: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  const service = await startService(readConfiguration({ PORT: "0", CACHE_MB: "0", ...env }), log);
  context.after(() => service.stop());
  return { call: createClient(service.url), stop: () => service.stop(), lines };
}

function attributesOf(span: Received | undefined): Record<string, unknown> {
  return Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}

test("a sampled request gives two spans under its caller's, and its answer says where to find them", async (context) => {
  const { url, spans, services, paths } = await collector(context);
  const { call, stop } = await setUp(context, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: "predictions" });

  const answer = await call(INFER, { body: BODY, headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  // What is left is sent before the service ends.
  await stop();

  assert.equal(answer.status, 200);
  const [server, model] = ["POST /v2/models/:name/infer", "infer penguins"].map((name) =>
    spans.find((span) => span.name === name),
  );
  assert.deepEqual([spans.length, ...services], [2, "predictions"]);
  assert.deepEqual(paths, ["POST /v1/traces application/json"]);
  assert.deepEqual([server?.traceId, server?.parentSpanId, server?.kind], [TRACE, PARENT, 2]);
  assert.deepEqual([model?.traceId, model?.parentSpanId], [TRACE, server?.spanId]);
  assert.equal(answer.headers.get("traceresponse"), `00-${TRACE}-${server?.spanId}-01`);
  assert.deepEqual(attributesOf(server), {
    "http.request.method": "POST",
    "http.route": "/v2/models/:name/infer",
    "http.response.status_code": 200,
  });
  assert.deepEqual(attributesOf(model), {
    "muster.model.name": "penguins",
    "muster.model.version": "1",
    "muster.model.rows": 1,
    "muster.model.cached": false,
  });
  const [, milliseconds] = /^inference;dur=([\d.]+)$/.exec(answer.headers.get("server-timing") ?? "") ?? [];
  const length = (span: Received | undefined): number =>
    Number(BigInt(span?.endTimeUnixNano ?? 0) - BigInt(span?.startTimeUnixNano ?? 0)) / 1e6;
  assert.ok(Number(milliseconds) > 0 && Number(milliseconds) <= length(server));
  assert.ok(length(model) <= length(server));
});

test("a request that does not fit the model has failed in the model's span, and not in the service's, whose fault it is not", async (context) => {
  const { url, spans } = await collector(context);
  const { call, stop } = await setUp(context, { OTEL_EXPORTER_OTLP_ENDPOINT: url });
  const wrong = { inputs: [{ ...BODY.inputs[0], shape: [1, 3], data: [1, 2, 3] }] };

  const answer = await call(INFER, { body: wrong, headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  await stop();

  assert.equal(answer.status, 400);
  assert.deepEqual(Object.fromEntries(spans.map(({ name, status }) => [name, status.code ?? 0])), {
    "POST /v2/models/:name/infer": 0,
    "infer penguins": 2,
  });
});

test("a request that is not sampled leaves no span and no header", async (context) => {
  const { url, spans } = await collector(context);
  const { call, stop } = await setUp(context, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: "0" });

  const answers = [
    await call(INFER, { body: BODY }),
    await call(INFER, { body: BODY, headers: { traceparent: `00-${TRACE}-${PARENT}-00` } }),
  ];
  await stop();

  assert.deepEqual(spans, []);
  for (const { headers } of answers) {
    assert.deepEqual([headers.get("traceresponse"), headers.get("server-timing")], [null, null]);
  }
});

test("with the ratio 1 a request without a caller's trace begins one", async (context) => {
  const { url, spans } = await collector(context);
  const { call, stop } = await setUp(context, { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: "1" });

  const { headers } = await call("/livez");
  await stop();

  assert.deepEqual(
    spans.map(({ name, traceId }) => [name, traceId]),
    [["GET /livez", headers.get("traceresponse")?.split("-")[1]]],
  );
});

test("without a collector a caller who traces is told the time of the model, and nothing else", async (context) => {
  const { call } = await setUp(context, {});

  const { headers } = await call(INFER, { body: BODY, headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });

  assert.match(headers.get("server-timing") ?? "", /^inference;dur=\d/);
  assert.equal(headers.get("traceresponse"), null);
});

test("a collector that is not there costs no answer, and is told of once in the log", async (context) => {
  const { call, stop, lines } = await setUp(context, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });

  const answer = await call(INFER, { body: BODY, headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
  await stop();

  assert.equal(answer.status, 200);
  assert.equal(lines.length, 1);
  assert.match(lines.join(""), /ECONNREFUSED.*spans are not delivered/);
});
