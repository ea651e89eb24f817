import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { ServingTable } from "../../domain/serving/serving-table.ts";
import type { Metrics } from "../../domain/observability/metrics.ts";

const Health = Type.Object({ status: Type.String() });
const Readiness = Type.Object({
  status: Type.Enum(["ready", "not-ready"]),
  models: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
  degraded: Type.Optional(
    Type.Array(Type.String(), { description: "What does not work, although predictions are answered without it" }),
  ),
});

/** Where a person who only has the address finds the rest. */
const ENTRANCE = {
  service: "muster-models",
  protocol: "/v2",
  api: "/openapi.json",
  ready: "/readyz",
  metrics: "/metrics",
};

export interface OperationsRouteOptions {
  readonly table: ServingTable;
  readonly metrics: Metrics;
  /** A sentence for each part that does not work and without which predictions are answered. */
  readonly degraded: () => readonly string[];
}

/** What operators and their machines ask for. */
// Fastify asks plugins to be asynchronous.
export async function operationsRoutes(
  app: FastifyInstance,
  { table, metrics, degraded }: OperationsRouteOptions,
): Promise<void> {
  const tags = ["Operations"];
  const open = { access: "public" } as const;
  app.get("/", { config: open, schema: { hide: true } }, () => ENTRANCE);
  app.get(
    "/livez",
    { config: open, schema: { tags, summary: "Whether the process lives", response: { 200: Health } } },
    () => ({
      status: "ok",
    }),
  );
  app.get(
    "/readyz",
    {
      config: open,
      schema: {
        tags,
        summary: "Whether every model is loaded and warm, and the service is not stopping",
        response: { 200: Readiness, 503: Readiness },
      },
    },
    (_, reply) => {
      const ready = table.ready();
      const models = table.loaded().map(({ name, version }) => ({ name, version }));
      const without = [...degraded()];
      return reply
        .code(ready ? 200 : 503)
        .send({ status: ready ? "ready" : "not-ready", models, ...(without.length > 0 && { degraded: without }) });
    },
  );
  app.get(
    "/metrics",
    {
      config: open,
      schema: {
        tags,
        summary: "Metrics in the Prometheus text format",
        produces: ["text/plain"],
        response: { 200: Type.String() },
      },
    },
    async (_, reply) => reply.header("content-type", metrics.contentType).send(await metrics.render()),
  );
}
