import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import type { Registry } from "../../domain/registry/registry.ts";
import type { Shadow } from "../../domain/traffic/shadow.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";
import { expectedRevision } from "./revision.ts";

const Percent = Type.Number({ minimum: 0, maximum: 100 });
const ModelParams = Type.Object({ model: Type.String({ pattern: MODEL_NAME_PATTERN }) });
const trafficMembers = {
  canaryPercent: Percent,
  shadowPercent: Percent,
};
const TrafficSchema = Type.Object({ model: Type.String(), ...trafficMembers, revision: Type.Integer() });
const Count = Type.Integer({ minimum: 0 });
const ShadowSchema = Type.Object({
  champion: Type.String(),
  challenger: Type.String(),
  rows: Count,
  agreeing: Count,
  agreement: Type.Union([Type.Number(), Type.Null()]),
  agreementLow: Type.Number({ description: "With 95 % confidence the agreement lies between these (Wilson)" }),
  agreementHigh: Type.Number(),
  largestDifference: Type.Union([Type.Number(), Type.Null()]),
  failures: Count,
  skipped: Count,
});

export interface TrafficRouteOptions {
  readonly registry: Registry;
  readonly shadow: Shadow;
  /** Brings this replica in step with the registry; the others are told by the database. */
  readonly follow: () => Promise<void>;
}

/** Canary and shadow: who gets the challenger, and how it does. */
export async function trafficRoutes(
  plain: FastifyInstance,
  { registry, shadow, follow }: TrafficRouteOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ["Models"];
  const read = { access: { role: "viewer", scope: "read" } } as const;
  const operate = { access: { role: "operator", scope: "write" } } as const;

  app.get(
    "/v1/models/:model/traffic",
    {
      config: { ...read, kept: "private" },
      schema: {
        tags,
        summary: "How callers are shared out",
        params: ModelParams,
        response: answers(200, TrafficSchema),
      },
    },
    async (request, reply) => {
      const traffic = await registry.traffic(request.params.model);
      return reply.header("etag", `"${traffic.revision}"`).send(traffic);
    },
  );
  app.put(
    "/v1/models/:model/traffic",
    {
      config: operate,
      schema: {
        tags,
        summary: "Give the challenger a share of the callers (canary), or let it compute unseen (shadow)",
        params: ModelParams,
        headers: Type.Object({
          "if-match": Type.Optional(Type.String()),
          "if-none-match": Type.Optional(Type.String()),
        }),
        body: Type.Object(trafficMembers, { additionalProperties: false }),
        response: answers(200, TrafficSchema),
      },
    },
    async (request, reply) => {
      const { model } = request.params;
      const traffic = await registry.setTraffic(model, request.body, expectedRevision(request), callerOf(request).user);
      await follow();
      return reply.header("etag", `"${traffic.revision}"`).send(traffic);
    },
  );
  app.get(
    "/v1/models/:model/shadow",
    {
      config: read,
      schema: {
        tags,
        summary: "How the challenger agrees with the champion, on this replica",
        params: ModelParams,
        response: answers(200, ShadowSchema),
      },
    },
    (request) => {
      const statistics = shadow.statistics(request.params.model);
      if (!statistics)
        throw new MusterError("not-found", `nothing of "${request.params.model}" was computed in the shadow yet`);
      return { ...statistics };
    },
  );
}
